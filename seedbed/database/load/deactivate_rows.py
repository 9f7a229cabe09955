"""Sets rows inactive whose keys are no longer in the file, in the caller's transaction; inactive rows are not touched."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from seedbed.core.report import Change
from seedbed.core.spec import Entity
from seedbed.database.cursor import Cursor
from seedbed.database.load.bisect import apply_or_bisect
from seedbed.database.load.merge_rows import POSITION, Merge, copy_rows
from seedbed.database.schema.audit_columns import read_audit_columns
from seedbed.database.schema.ddl import in_our_names
from seedbed.database.sql_names import regclass_text

ACTIVE = "active"
STAGE = "pg_temp.seedbed_retiring"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RowsToDeactivate:
    """Keys of one entity that have left its file. `keys`: by position, the cells as the table stores them; `shown`: all, for people."""

    entity: Entity
    keys: Mapping[int, Mapping[str, str]]
    shown: Sequence[str]
    dry_run: bool = False


def can_deactivate(entity: Entity) -> bool:
    """Whether the entity's rows can be set inactive: they stand in PostgreSQL and have a boolean `active`."""
    return entity.target == "postgres" and any(c.name == ACTIVE and c.kind == "boolean" for c in entity.columns)


def deactivate_rows(cursor: Cursor, leaving: RowsToDeactivate) -> dict[int, Change]:
    """Sets the rows inactive; returns the changed cell by the key's position. A dry run only says what it would be."""
    if not leaving.keys:
        return {}
    merge = Merge(leaving.entity, leaving.entity.key)
    if loose := _loose_keys(cursor, leaving.entity):
        log.warning(
            "rows stay active: equal keys may be spelt in two ways entity=%s columns=%s", leaving.entity.id, loose
        )
        return {}
    misfits = _stage(cursor, merge, leaving)
    of_active = f"{merge.key_condition('s', 't')} AND t.{merge.stored(ACTIVE)}"
    cursor.execute(f"SELECT s.{POSITION} FROM {STAGE} s JOIN {merge.relation} t ON {of_active} ORDER BY 1")
    positions = [int(position) for (position,) in cursor.fetchall()]
    sets = {merge.stored(ACTIVE): "false"}
    if leaving.entity.audit != "none":
        sets |= read_audit_columns(cursor, leaving.entity.relation).on_update

    def update(rows: Sequence[int]) -> None:
        cursor.execute(
            f"UPDATE {merge.relation} t SET {', '.join(f'{name} = {value}' for name, value in sets.items())} "
            f"FROM {STAGE} s WHERE {of_active} AND s.{POSITION} = ANY(%s)",
            (list(rows),),
        )

    refused = dict(apply_or_bisect(cursor, positions, update) if positions and not leaving.dry_run else [])
    for position, words in {**misfits, **refused}.items():
        log.warning("row stays active entity=%s key=%s error=%s", leaving.entity.id, leaving.shown[position], words)
    return {
        position: Change(leaving.entity.id, leaving.shown[position], ACTIVE, "true", "false")
        for position in positions
        if position not in refused
    }


def _loose_keys(cursor: Cursor, entity: Entity) -> list[str]:
    """The key's columns in which two spellings may be one value: a key whose spelling has left the file may still stand in it."""
    # A reference's cell is looked up by its exact text, whatever the type of the id that it stands for.
    names = [entity.stored(name) for name in entity.key if entity.column(name).references is None]
    cursor.execute(
        "SELECT a.attname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
        "LEFT JOIN pg_collation c ON c.oid = a.attcollation WHERE a.attrelid = %s::regclass AND a.attname = ANY(%s) "
        "AND NOT (t.typname IN ('text', 'varchar') AND coalesce(c.collisdeterministic, true))",
        (regclass_text(entity.relation), names),
    )
    return [name for (name,) in cursor.fetchall()]


def _stage(cursor: Cursor, merge: Merge, leaving: RowsToDeactivate) -> dict[int, str]:
    """Copies the keys into a temporary table; returns keys that do not fit its types."""
    cursor.execute(
        f"DROP TABLE IF EXISTS {STAGE}; CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS "
        f"SELECT {in_our_names(merge.entity, merge.columns)}, 0::bigint AS {POSITION} FROM {merge.relation} LIMIT 0"
    )
    keys, positions = leaving.keys.values(), list(leaving.keys)
    cells = {name: pa.array([key.get(name) for key in keys], type=pa.string()) for name in merge.columns}
    table = pa.table({**cells, POSITION: pa.array(positions, type=pa.int64())})
    return {positions[at]: words for at, words in copy_rows(cursor, STAGE, table)}
