"""Rows into a table that may hold rows already: stage, classify (new, changed, unchanged), merge; all in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from seedbed.core.report import Change
from seedbed.core.rows import Block
from seedbed.core.spec import Entity
from seedbed.database.cursor import Cursor
from seedbed.database.load.bisect import RejectedRow, apply_or_bisect
from seedbed.database.load.copy_rows import copy_in
from seedbed.database.schema.audit_columns import AUDIT_COLUMN_NAMES, EXISTING, AuditColumns, select_audit_columns
from seedbed.database.schema.ddl import in_our_names
from seedbed.database.sql_names import quote_identifier, quote_relation, regclass_text, sql_literal
from seedbed.master_data.table_rows import TableBlock

STAGE = "pg_temp.seedbed_stage"
POSITION = "seedbed_position"
ANALYZED_ROWS = 2_000  # a plan for fewer staged rows is quick whatever it is
BEGIN = """
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_advisory_xact_lock(hashtext('seedbed'), hashtext(%(name)s));
SELECT NOT EXISTS (SELECT 1 FROM {relation}), NOT row_security_active(%(relation)s::regclass), ({existing})
"""


@dataclass(frozen=True, slots=True)
class TableState:
    """How a table stands when its load begins. `takes_copies`: row security does not hold for us; `kept`: its bookkeeping columns."""

    is_empty: bool
    allows_copy: bool
    audit_columns: AuditColumns


@dataclass(frozen=True, slots=True)
class StagedRows:
    """How one staged block stands to the table: positions in the block of rows that are new, changed, or there with another id."""

    new: tuple[int, ...]
    changed: tuple[int, ...]
    other_id: tuple[int, ...]


JsonPart = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Merge:
    """One entity's table and the columns that the file has, by our names; what is staged has these too.

    `absent`: parts of its JSON columns for which the file has no header. `kept`: the bookkeeping columns that the table has.
    """

    entity: Entity
    columns: tuple[str, ...]
    absent: tuple[JsonPart, ...] = ()
    audit_columns: AuditColumns = field(default_factory=AuditColumns)

    @property
    def relation(self) -> str:
        """The table as SQL names it."""
        return quote_relation(self.entity.relation)

    @property
    def updatable_columns(self) -> tuple[str, ...]:
        """The columns that an update may change: neither the key nor an id, which never changes."""
        return tuple(name for name in self.columns if name not in self.entity.key and name != "id")

    @property
    def brings_id(self) -> bool:
        """Whether the file has ids in addition to keys."""
        return "id" in self.columns and "id" not in self.entity.key

    @property
    def undeleted(self) -> tuple[str, ...]:
        """The marks of deletion, which go when a file names the row."""
        return self.audit_columns.undeleted if self.entity.audit == "stamps_and_version" else ()

    def stored(self, name: str) -> str:
        """One of our columns, as SQL names it in the table."""
        return quote_identifier(self.entity.stored(name))

    def key_condition(self, staged: str, stored: str) -> str:
        """The condition that two rows have the same key; only where a key may be NULL does NULL equal NULL."""
        conditions = []
        for name in self.entity.key:
            column = self.entity.column(name)
            operator = "=" if column.required else "IS NOT DISTINCT FROM"
            default = "NULL" if column.default is None else sql_literal(column.default)
            value = f"{staged}.{quote_identifier(name)}" if name in self.columns else default
            conditions.append(f"{stored}.{self.stored(name)} {operator} {value}")
        return " AND ".join(conditions)


def merge_of(entity: Entity, block: Block | TableBlock, kept: AuditColumns) -> Merge:
    """How a block of rows is merged: columns that the file has and lacks, and further columns of the table."""
    columns, headers = tuple(block.table.column_names), block.headers
    absent = (
        (column.name, path)
        for column in entity.columns
        for part, path in zip(column.parts, column.json_paths, strict=True)
        if column.name in columns and part not in headers
    )
    brought = {entity.stored(name) for name in columns}
    first = {name: value for name, value in kept.first.items() if name not in brought}
    return Merge(entity, columns, tuple(absent), replace(kept, first=first))


def lock_table(cursor: Cursor, entity: Entity) -> TableState:
    """Holds other loads of the same table back until this transaction ends, and says how it stands; readers are not held."""
    # A constraint that waits for the end of the transaction could no longer say which row breaks it. The statements are sent
    # at once; each sees what was committed before it began, so that the last one sees what the lock was waited for.
    statement = BEGIN.format(relation=quote_relation(entity.relation), existing=EXISTING)
    named = {
        "name": entity.relation,
        "relation": regclass_text(entity.relation),
        "bookkeeping": list(AUDIT_COLUMN_NAMES),
    }
    cursor.execute(statement, named)
    is_empty, takes_copies, existing = cursor.fetchone()
    return TableState(is_empty, takes_copies, select_audit_columns(existing))


def copy_fresh(cursor: Cursor, merge: Merge, table: pa.Table) -> list[RejectedRow]:
    """Copies rows into the entity's table; returns the rejected ones."""
    renamed = table.rename_columns([merge.entity.stored(name) for name in table.column_names])
    for name, value in merge.audit_columns.first.items():
        renamed = renamed.append_column(name, pa.repeat(value, table.num_rows))
    return copy_rows(cursor, merge.relation, renamed)


def copy_rows(cursor: Cursor, relation: str, table: pa.Table, *, after: str = "") -> list[RejectedRow]:
    """Copies rows into the relation; returns the rejected ones. `after`: statements that create the relation."""

    def copy(positions: Sequence[int]) -> None:
        copy_in(cursor, relation, table.slice(positions[0], len(positions)))

    return apply_or_bisect(cursor, range(table.num_rows), copy, after=after)


def stage_block(cursor: Cursor, merge: Merge, table: pa.Table) -> list[RejectedRow]:
    """Copies the block into a temporary table; returns the rows whose values do not fit its types."""
    names = in_our_names(merge.entity, merge.columns)
    made = (
        f"DROP TABLE IF EXISTS {STAGE}; "
        f"CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS SELECT {names}, 0::bigint AS {POSITION} FROM {merge.relation} LIMIT 0"
    )
    positions = pa.array(range(table.num_rows), type=pa.int64())
    staged = table.select(list(merge.columns)).append_column(POSITION, positions)
    guilty = copy_rows(cursor, STAGE, staged, after=made)
    for column, path in merge.absent:
        _keep_stored(cursor, merge, column, path)
    if table.num_rows > ANALYZED_ROWS:
        cursor.execute(f"ANALYZE {STAGE}")
    return guilty


def _keep_stored(cursor: Cursor, merge: Merge, column: str, path: Sequence[str]) -> None:
    """The part of a JSON object that the file says nothing of is staged as it is stored."""
    stored = f"t.{merge.stored(column)} #> ARRAY[{', '.join(map(sql_literal, path))}]"
    cursor.execute(
        f"UPDATE {STAGE} s SET {quote_identifier(column)} = {_with_part(f's.{quote_identifier(column)}', path, stored)} "
        f"FROM {merge.relation} t WHERE {merge.key_condition('s', 't')} AND {stored} IS NOT NULL"
    )


def _with_part(outer: str, path: Sequence[str], value: str) -> str:
    first, *rest = path
    inner = _with_part(f"{outer} -> {sql_literal(first)}", rest, value) if rest else value
    return f"coalesce({outer}, '{{}}') || jsonb_build_object({sql_literal(first)}, {inner})"


def classify_staged(cursor: Cursor, merge: Merge) -> StagedRows:
    """How the staged rows stand to the stored ones."""
    is_new = "t.ctid IS NULL"  # no column of a table that others made is sure to be filled
    has_other_id = f't.{merge.stored("id")} IS DISTINCT FROM s."id"' if merge.brings_id else "false"
    differs = " OR ".join([is_new, has_other_id, *_distinct(merge)])
    cursor.execute(
        f"SELECT s.{POSITION}, CASE WHEN {is_new} THEN 'new' WHEN {has_other_id} THEN 'other_id' ELSE 'changed' END "
        f"FROM {STAGE} s LEFT JOIN {merge.relation} t ON {merge.key_condition('s', 't')} WHERE {differs} ORDER BY s.{POSITION}"
    )
    found: dict[str, list[int]] = {"new": [], "changed": [], "other_id": []}
    for position, kind in cursor.fetchall():
        found[kind].append(position)
    return StagedRows(**{kind: tuple(positions) for kind, positions in found.items()})


def _distinct(merge: Merge) -> list[str]:
    conditions = [f"t.{merge.undeleted[0]} IS NOT NULL"] if merge.undeleted else []
    if merge.updatable_columns:
        stored = ", ".join(f"t.{merge.stored(name)}" for name in merge.updatable_columns)
        staged = ", ".join(f"s.{quote_identifier(name)}" for name in merge.updatable_columns)
        conditions.append(f"({stored}) IS DISTINCT FROM ({staged})")
    return conditions


def differing_cells(cursor: Cursor, merge: Merge, changed: Sequence[int]) -> Iterator[tuple[int, Change]]:
    """Every cell in which a changed staged row and its stored row differ, as text, with the row's position in the block."""
    cells = [
        f"({sql_literal(name)}, t.{merge.stored(name)}::text, s.{quote_identifier(name)}::text)"
        for name in merge.updatable_columns
    ]
    cells += [f"('{name}', t.{name}::text, NULL)" for name in merge.undeleted]
    if not cells:
        return
    key = " || '/' || ".join(f"coalesce(t.{merge.stored(name)}::text, '')" for name in merge.entity.key)
    cursor.execute(
        f"SELECT s.{POSITION}, {key}, v.name, v.before, v.after FROM {STAGE} s "
        f"JOIN {merge.relation} t ON {merge.key_condition('s', 't')} "
        f"CROSS JOIN LATERAL (VALUES {', '.join(cells)}) v(name, before, after) "
        f"WHERE s.{POSITION} = ANY(%s::bigint[]) AND v.before IS DISTINCT FROM v.after ORDER BY s.{POSITION}",
        (_array(changed),),
    )
    for position, key_text, name, before, after in cursor.fetchall():
        yield position, Change(merge.entity.id, key_text, name, before, after)


def insert_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The new staged rows of these positions into the table."""
    names = ", ".join([*(merge.stored(name) for name in merge.columns), *merge.audit_columns.first])
    values = ", ".join(
        [*(quote_identifier(name) for name in merge.columns), *map(sql_literal, merge.audit_columns.first.values())]
    )
    cursor.execute(
        f"INSERT INTO {merge.relation} ({names}) SELECT {values} FROM {STAGE} "
        f"WHERE {POSITION} = ANY(%s::bigint[]) ORDER BY {POSITION}",
        (_array(positions),),
    )


def update_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The stored rows of these changed positions get what was staged."""
    sets = [f"{merge.stored(name)} = s.{quote_identifier(name)}" for name in merge.updatable_columns]
    if merge.entity.audit != "none":
        sets += [f"{name} = {value}" for name, value in merge.audit_columns.on_update.items()]
    sets += [f"{name} = NULL" for name in merge.undeleted]
    cursor.execute(
        f"UPDATE {merge.relation} t SET {', '.join(sets)} FROM {STAGE} s "
        f"WHERE {merge.key_condition('s', 't')} AND s.{POSITION} = ANY(%s::bigint[])",
        (_array(positions),),
    )


def _array(positions: Sequence[int]) -> str:
    """The positions as PostgreSQL reads an array: a literal is read many times faster than an expression."""
    return f"{{{','.join(map(str, positions))}}}"
