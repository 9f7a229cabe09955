"""Whether the tables that are there take what the entities bring: said before any row moves."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from seedbed.core.spec import Column, Entity, Kind
from seedbed.database.engines import Database
from seedbed.database.schema.audit_columns import is_filled_automatically
from seedbed.database.schema.catalog import StoredColumn, StoredTable, read_tables

TEXT = frozenset({"text", "varchar", "bpchar", "name", "citext", "uuid"})
WHOLE = frozenset({"int2", "int4", "int8"})
TYPES: Mapping[Kind, frozenset[str]] = {
    "text": TEXT,
    "integer": WHOLE | {"numeric"},
    "decimal": frozenset({"numeric", "float4", "float8"}),
    "boolean": frozenset({"bool"}),
    "date": frozenset({"date", "timestamp"}),
    "timestamp": frozenset({"timestamp", "timestamptz"}),
    "json": frozenset({"jsonb"}),
}


@dataclass(frozen=True, slots=True)
class Incompatibilities:
    """Sentences on missing tables, and on tables that differ from what the entities need."""

    absent: tuple[str, ...]
    different: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        yield from (*self.absent, *self.different)


def find_incompatibilities(
    database: Database, chosen: Iterable[Entity], entities: Mapping[str, Entity]
) -> Incompatibilities:
    """What keeps the chosen entities from being loaded; of the tables that they only refer to, what is read there counts."""
    held = {entity.id: entity for entity in chosen if entity.target == "postgres"}
    read = {e.id: e for entity in held.values() for e, _ in _referred(entity, entities) if e.id not in held}
    with database.transaction() as cursor:
        tables = read_tables(cursor, [entity.relation for entity in (*held.values(), *read.values())])
    wanted = [*held.values(), *read.values()]
    absent = [f"table {entity.relation} is missing" for entity in wanted if entity.relation not in tables]
    different: list[str] = []
    for entity in held.values():
        if table := tables.get(entity.relation):
            different += _of_table(entity, table)
            different += _of_references(entity, table, tables, entities)
    different += [sentence for entity in held.values() for sentence in _of_referred(entity, tables, entities)]
    return Incompatibilities(tuple(absent), tuple(dict.fromkeys(different)))


def _of_table(entity: Entity, table: StoredTable) -> Iterator[str]:
    if table.kind != "table":
        yield f"{entity.relation} is a {table.kind}: rows go into tables only"
        return
    absent = [column for column in entity.columns if column.stored not in table.columns]
    yield from (f"{entity.relation} lacks the column {column.stored}" for column in absent)
    for column in entity.columns:
        if column not in absent:
            yield from _of_column(f"{entity.relation}.{column.stored}", column, table.columns[column.stored])
    key = tuple(sorted(entity.stored(name) for name in entity.key))
    if not any(entity.column(name) in absent for name in entity.key) and key not in table.unique:
        yield f"{entity.relation} has no unique key on {', '.join(entity.stored(name) for name in entity.key)}"
    ours = {column.stored for column in entity.columns}
    for name, stored in table.columns.items():
        if stored.must_be_filled and name not in ours and not is_filled_automatically(name, stored):
            yield f'{entity.relation} has a column "{name}" that must be filled and that we do not know: give it a default'


def _of_column(column_name: str, column: Column, stored: StoredColumn) -> Iterator[str]:
    if stored.is_computed:
        yield f"{column_name} is computed by the database, and the file brings it"
    elif stored.base == "json" and column.kind in ("json", "text"):
        yield f"{column_name} is json, which cannot be compared: make it jsonb"
    elif column.references and column.kind != "list":
        return  # judged by what it refers to
    elif not _takes(column.kind, stored):
        yield f"{column_name} is {stored.sql_type}, and the file brings {column.kind}"


def _takes(kind: Kind, stored: StoredColumn) -> bool:
    if kind == "list":
        return stored.of in ("S", "E")
    return stored.base in TYPES[kind] or (kind == "text" and stored.category in ("S", "E"))


def _of_references(
    entity: Entity, table: StoredTable, tables: Mapping[str, StoredTable], entities: Mapping[str, Entity]
) -> Iterator[str]:
    """Columns whose type is not that of what they refer to; what another target holds is text."""
    referred_by_name = {column.name: referred for referred, column in _referred(entity, entities)}
    for column in entity.references:
        stored = table.columns.get(column.stored)
        if stored is None or column.kind == "list" or column.references is None:
            continue
        column_name = f"{entity.relation}.{column.stored}"
        if column.name not in referred_by_name:
            if not _takes("text", stored):
                yield f"{column_name} is {stored.sql_type}, and the file brings text"
            continue
        referred = referred_by_name[column.name]
        take = referred.stored(column.references.take)
        pointed = tables[referred.relation].columns.get(take) if referred.relation in tables else None
        if pointed and _family(pointed) != _family(stored):
            yield f"{column_name} is {stored.sql_type}, and {referred.relation}.{take}, to which it refers, is {pointed.sql_type}"


def _family(stored: StoredColumn) -> str:
    """Types that compare with each other, and whose values can be copied from one to the other."""
    if stored.base in WHOLE or stored.base == "numeric":
        return "number"
    return "text" if stored.category == "S" else stored.base


def _of_referred(entity: Entity, tables: Mapping[str, StoredTable], entities: Mapping[str, Entity]) -> Iterator[str]:
    """Columns of other tables that are read to find what a cell refers to, and that are not there."""
    for referred, column in _referred(entity, entities):
        reference, table = column.references, tables.get(referred.relation)
        for name in (reference.by, reference.take) if reference else ():
            if table and referred.stored(name) not in table.columns:
                yield f"{referred.relation} lacks the column {referred.stored(name)}, by which {entity.relation} refers to it"


def _referred(entity: Entity, entities: Mapping[str, Entity]) -> Iterator[tuple[Entity, Column]]:
    """The entities of PostgreSQL that the entity refers to, each with the column that does."""
    for column in entity.references:
        referred = entities[column.references.entity] if column.references else entity
        if column.references and referred.target == "postgres":
            yield referred, column
