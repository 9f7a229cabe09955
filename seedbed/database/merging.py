"""Rows into a table that may hold rows already: stage, classify (new, changed, unchanged), merge; all in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from seedbed.core.report import Change
from seedbed.core.rows import Block
from seedbed.core.spec import Entity
from seedbed.database.attempts import Guilty, attempt
from seedbed.database.copying import Cursor, copy_in
from seedbed.database.ddl import literal, quoted

STAGE, DIFF, POSITION, KIND = "seedbed_stage", "seedbed_diff", "seedbed_position", "seedbed_kind"
UNDELETED = ("deleted_at", "deleted_by")


@dataclass(frozen=True, slots=True)
class Difference:
    """How one staged block stands to the table: positions in the block of rows that are new, changed, or there with another id."""

    new: tuple[int, ...]
    changed: tuple[int, ...]
    other_id: tuple[int, ...]


JsonPart = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Merge:
    """One entity's table and the columns that the file has; `absent`: parts of its JSON columns for which the file has no header."""

    entity: Entity
    columns: tuple[str, ...]
    absent: tuple[JsonPart, ...] = ()

    @property
    def relation(self) -> str:
        """The table as SQL names it."""
        return quoted(self.entity.relation)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that an update may change: neither the key nor an id, which never changes."""
        return tuple(name for name in self.columns if name not in self.entity.key and name != "id")

    @property
    def brings_id(self) -> bool:
        """Whether the file says ids beside the keys."""
        return "id" in self.columns and "id" not in self.entity.key

    @property
    def forgets_deletion(self) -> bool:
        """Whether a row that was marked as deleted comes back when a file names it."""
        return self.entity.audit == "stamps_and_version"

    def joined(self, staged: str, stored: str) -> str:
        """The condition that two rows have the same key; only where a key may be NULL does NULL equal NULL."""
        conditions = []
        for name in self.entity.key:
            column = self.entity.column(name)
            operator = "=" if column.required else "IS NOT DISTINCT FROM"
            default = "NULL" if column.default is None else literal(column.default)
            value = f"{staged}.{quoted(name)}" if name in self.columns else default
            conditions.append(f"{stored}.{quoted(name)} {operator} {value}")
        return " AND ".join(conditions)


def merge_of(entity: Entity, block: Block) -> Merge:
    """How a block of the entity's rows is merged: what its file has, and what it lacks."""
    columns, headers = tuple(block.table.column_names), set(block.source.text.columns)
    absent = (
        (column.name, path)
        for column in entity.columns
        for part, path in zip(column.parts, column.json_paths, strict=True)
        if column.name in columns and part not in headers
    )
    return Merge(entity, columns, tuple(absent))


def lock(cursor: Cursor, merge: Merge) -> None:
    """Holds other loads of the same table back until this transaction ends; readers are not held."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seedbed'), hashtext(%s))", (merge.entity.relation,))


def is_empty(cursor: Cursor, merge: Merge) -> bool:
    """Whether the table has no row."""
    cursor.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {merge.relation})")
    return bool(cursor.fetchone()[0])


def copy_rows(cursor: Cursor, relation: str, table: pa.Table) -> list[Guilty]:
    """Copies the rows into the relation, but those that it refuses; returns these."""

    def copy(positions: Sequence[int]) -> None:
        copy_in(cursor, relation, table.slice(positions[0], len(positions)))

    return attempt(cursor, range(table.num_rows), copy)


def stage(cursor: Cursor, merge: Merge, table: pa.Table) -> list[Guilty]:
    """Copies the block beside the table; returns the rows whose values the table's types refuse."""
    names = ", ".join(quoted(name) for name in merge.columns)
    cursor.execute(f"DROP TABLE IF EXISTS {STAGE}, {DIFF}")
    cursor.execute(
        f"CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS SELECT {names}, 0::bigint AS {POSITION} FROM {merge.relation} LIMIT 0"
    )
    positions = pa.array(range(table.num_rows), type=pa.int64())
    guilty = copy_rows(cursor, STAGE, table.select(list(merge.columns)).append_column(POSITION, positions))
    for column, path in merge.absent:
        _keep_stored(cursor, merge, column, path)
    cursor.execute(f"ANALYZE {STAGE}")
    return guilty


def _keep_stored(cursor: Cursor, merge: Merge, column: str, path: Sequence[str]) -> None:
    """The part of a JSON object that the file says nothing of is staged as it is stored."""
    stored = f"t.{quoted(column)} #> ARRAY[{', '.join(map(literal, path))}]"
    cursor.execute(
        f"UPDATE {STAGE} s SET {quoted(column)} = {_with_part(f's.{quoted(column)}', path, stored)} "
        f"FROM {merge.relation} t WHERE {merge.joined('s', 't')} AND {stored} IS NOT NULL"
    )


def _with_part(outer: str, path: Sequence[str], value: str) -> str:
    first, *rest = path
    inner = _with_part(f"{outer} -> {literal(first)}", rest, value) if rest else value
    return f"coalesce({outer}, '{{}}') || jsonb_build_object({literal(first)}, {inner})"


def compare(cursor: Cursor, merge: Merge) -> Difference:
    """How the staged rows stand to the stored ones."""
    first = merge.entity.key[0] if merge.entity.column(merge.entity.key[0]).required else "id"
    is_new = f"t.{quoted(first)} IS NULL"
    has_other_id = "t.id IS DISTINCT FROM s.id" if merge.brings_id else "false"
    differs = " OR ".join([is_new, has_other_id, *_distinct(merge)])
    cursor.execute(
        f"CREATE TEMP TABLE {DIFF} ON COMMIT DROP AS SELECT s.*, "
        f"CASE WHEN {is_new} THEN 'new' WHEN {has_other_id} THEN 'other_id' ELSE 'changed' END AS {KIND} "
        f"FROM {STAGE} s LEFT JOIN {merge.relation} t ON {merge.joined('s', 't')} WHERE {differs}"
    )
    cursor.execute(f"SELECT {POSITION}, {KIND} FROM {DIFF} ORDER BY {POSITION}")
    found: dict[str, list[int]] = {"new": [], "changed": [], "other_id": []}
    for position, kind in cursor.fetchall():
        found[kind].append(position)
    return Difference(**{kind: tuple(positions) for kind, positions in found.items()})


def _distinct(merge: Merge) -> list[str]:
    conditions = ["t.deleted_at IS NOT NULL"] if merge.forgets_deletion else []
    if merge.compared:
        stored = ", ".join(f"t.{quoted(name)}" for name in merge.compared)
        staged = ", ".join(f"s.{quoted(name)}" for name in merge.compared)
        conditions.append(f"({stored}) IS DISTINCT FROM ({staged})")
    return conditions


def differing_cells(cursor: Cursor, merge: Merge) -> Iterator[tuple[int, Change]]:
    """Every cell in which a changed staged row and its stored row differ, as text, with the row's position in the block."""
    cells = [f"('{name}', t.{quoted(name)}::text, s.{quoted(name)}::text)" for name in merge.compared]
    cells += [f"('{name}', t.{name}::text, NULL)" for name in UNDELETED if merge.forgets_deletion]
    if not cells:
        return
    key = " || '/' || ".join(f"coalesce(t.{quoted(name)}::text, '')" for name in merge.entity.key)
    cursor.execute(
        f"SELECT s.{POSITION}, {key}, v.name, v.before, v.after FROM {DIFF} s "
        f"JOIN {merge.relation} t ON {merge.joined('s', 't')} "
        f"CROSS JOIN LATERAL (VALUES {', '.join(cells)}) v(name, before, after) "
        f"WHERE s.{KIND} = 'changed' AND v.before IS DISTINCT FROM v.after ORDER BY s.{POSITION}"
    )
    for position, key_text, name, before, after in cursor.fetchall():
        yield position, Change(merge.entity.name, key_text, name, before, after)


def insert_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The new staged rows of these positions into the table."""
    names = ", ".join(quoted(name) for name in merge.columns)
    cursor.execute(
        f"INSERT INTO {merge.relation} ({names}) SELECT {names} FROM {DIFF} "
        f"WHERE {KIND} = 'new' AND {POSITION} = ANY(%s) ORDER BY {POSITION}",
        (list(positions),),
    )


def update_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The stored rows of these changed positions get what was staged."""
    sets = [f"{quoted(name)} = s.{quoted(name)}" for name in merge.compared]
    if merge.entity.audit != "none":
        sets += ["updated_at = now()", "updated_by = 'system'"]
    if merge.forgets_deletion:
        sets += [f"{name} = NULL" for name in UNDELETED]
    cursor.execute(
        f"UPDATE {merge.relation} t SET {', '.join(sets)} FROM {DIFF} s "
        f"WHERE {merge.joined('s', 't')} AND s.{KIND} = 'changed' AND s.{POSITION} = ANY(%s)",
        (list(positions),),
    )
