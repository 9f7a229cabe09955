"""What references point at: the rows that targets hold, and in a dry run those that it would have loaded."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext
from seedbed.actions.csv.sources import notes_on_ends, sources_of
from seedbed.actions.setup.select import ModuleUnit, SetupRequest, entities_of, withheld_entities
from seedbed.core.errors import DataError
from seedbed.core.rows import Block, PreparedBlock
from seedbed.core.spec import Entity
from seedbed.master_data.prepare import Lookup

NOT_LOADED = "not loaded, because their content is fictitious and the environment does not name them"
PlannedRows = dict[str, list[Mapping[str, str]]]


def lookup_for(context: AppContext, entity: Entity, planned: PlannedRows) -> Lookup:
    """For each reference column: the cells that are right -> the value to store."""
    lookup: dict[str, Mapping[str, str]] = {}
    for column in entity.references:
        reference = column.references
        if reference is None:
            continue
        referred = context.entities[reference.entity]
        withheld = context.target(referred.target).ids(referred, by=reference.by, take=reference.take)
        rows = [row for row in planned.get(referred.name, []) if reference.by in row]
        new = {row[reference.by]: row.get(reference.take, "") for row in rows}
        lookup[column.name] = {**new, **withheld}
    return lookup


def load_notes(context: AppContext, request: SetupRequest, units: Iterable[ModuleUnit]) -> tuple[str, ...]:
    """Sentences on what was left out and on files that may have been cut off, and with mode entity on the entities that the
    chosen ones refer to and that hold no row.
    """
    chosen = entities_of(units)
    withheld = withheld_entities(request, catalogue_of(context))
    notes = [f"{NOT_LOADED}: {', '.join(withheld)}{_who_refers(chosen, withheld)}"] if withheld else []
    notes += [note for entity in chosen for note in _notes_on_files(context, request, entity)]
    if request.mode == "entity":
        empty = empty_references(context, chosen)
        notes += [f"referred to, and empty: {', '.join(empty)}"] if empty else []
    return tuple(notes)


def _who_refers(chosen: Sequence[Entity], withheld: Collection[str]) -> str:
    referring = [e.id for e in chosen if any(c.references and c.references.entity in withheld for c in e.references)]
    if not referring:
        return ""
    refer = "refers" if len(referring) == 1 else "refer"
    return f" ({', '.join(referring)} {refer} to them: where the target does not hold them, such rows are skipped)"


def _notes_on_files(context: AppContext, request: SetupRequest, entity: Entity) -> tuple[str, ...]:
    try:
        return notes_on_ends(sources_of(request.data_dirs, entity, root=context.root))
    except DataError:  # no file, or none that can be read: its own loading says so
        return ()


def empty_references(context: AppContext, chosen: Sequence[Entity]) -> list[str]:
    """The entities that are referred to, are not among those to be loaded, and hold no row yet."""
    names = {entity.id for entity in chosen}
    referred = {c.references.entity: c.references for entity in chosen for c in entity.references if c.references}
    return [
        name
        for name, reference in referred.items()
        if name not in names
        and not context.target(context.entities[name].target).ids(
            context.entities[name], by=reference.by, take=reference.take
        )
    ]


def note_planned(
    context: AppContext, entity: Entity, parts: Iterable[PreparedBlock], planned: PlannedRows
) -> Iterator[PreparedBlock]:
    """The same parts; what they would load is noted, so that the dry run's later entities find it."""
    pointing = [c.references for other in context.entities.values() for c in other.references if c.references]
    wanted = {name for r in pointing if r.entity == entity.id for name in (r.by, r.take)}
    rows = planned.setdefault(entity.id, [])
    for part in parts:
        if part.block is not None and wanted:
            rows += _planned_rows(entity, part.block, wanted)
        yield part


def _planned_rows(entity: Entity, block: Block, names: set[str]) -> list[dict[str, str]]:
    table = block.table
    rows: list[dict[str, str]] = [
        {name: str(value) for name, value in row.items() if value is not None}
        for row in table.select([name for name in table.column_names if name in names]).to_pylist()
    ]
    if "id" in names and not entity.own_id:
        keys = table.select([name for name in entity.key if name in table.column_names]).to_pylist()
        for row, key in zip(rows, keys, strict=True):
            row["id"] = derived_id(entity, [key.get(name, entity.column(name).default) for name in entity.key])
    return rows


def derived_id(entity: Entity, key: Sequence[object]) -> str:
    """The id that the database derives from the natural key (`database/ddl.py` has the same rule as SQL)."""
    texts = "/".join(_as_database_text(value) for value in key)
    return str(UUID(hashlib.md5(f"{entity.id}/{texts}".encode(), usedforsecurity=False).hexdigest()))


def _as_database_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
