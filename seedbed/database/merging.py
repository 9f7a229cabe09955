"""Rows into a table that may hold rows already: stage, classify (new, changed, unchanged), merge; all in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from seedbed.core.report import Change
from seedbed.core.spec import Entity
from seedbed.database.copying import Cursor, copy_in
from seedbed.database.ddl import quoted

STAGE, DIFF, POSITION, IS_NEW = "seedbed_stage", "seedbed_diff", "seedbed_position", "seedbed_is_new"


@dataclass(frozen=True, slots=True)
class Difference:
    """How one staged block stands to the table: positions in the block of rows that are new or changed."""

    new: tuple[int, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """One entity's table and the columns that the file has."""

    entity: Entity
    columns: tuple[str, ...]

    @property
    def relation(self) -> str:
        """The table as SQL names it."""
        return quoted(self.entity.relation)

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns that an update may change: neither the key nor an id, which never changes."""
        return tuple(name for name in self.columns if name not in self.entity.key and name != "id")

    def joined(self, staged: str, stored: str) -> str:
        """The condition that two rows have the same key; only where a key may be NULL does NULL equal NULL."""
        conditions = []
        for name in self.entity.key:
            operator = "=" if self.entity.column(name).required else "IS NOT DISTINCT FROM"
            conditions.append(f"{stored}.{quoted(name)} {operator} {staged}.{quoted(name)}")
        return " AND ".join(conditions)


def lock(cursor: Cursor, merge: Merge) -> None:
    """Holds other loads of the same table back until this transaction ends; readers are not held."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext('seedbed'), hashtext(%s))", (merge.entity.relation,))


def is_empty(cursor: Cursor, merge: Merge) -> bool:
    """Whether the table has no row."""
    cursor.execute(f"SELECT NOT EXISTS (SELECT 1 FROM {merge.relation})")
    return bool(cursor.fetchone()[0])


def stage(cursor: Cursor, merge: Merge, table: pa.Table) -> Difference:
    """Copies the block beside the table and says which of its rows are new or changed."""
    _make_stage(cursor, merge)
    positions = pa.array(range(table.num_rows), type=pa.int64())
    copy_in(cursor, STAGE, table.select(list(merge.columns)).append_column(POSITION, positions))
    cursor.execute(f"ANALYZE {STAGE}")
    first = merge.entity.key[0] if merge.entity.column(merge.entity.key[0]).required else "id"
    is_new = f"t.{quoted(first)} IS NULL"
    row = "({})".format
    differs = " OR ".join([is_new, *_distinct(merge, row)])
    cursor.execute(
        f"CREATE TEMP TABLE {DIFF} ON COMMIT DROP AS SELECT s.*, {is_new} AS {IS_NEW} FROM {STAGE} s "
        f"LEFT JOIN {merge.relation} t ON {merge.joined('s', 't')} WHERE {differs}"
    )
    cursor.execute(f"SELECT {POSITION}, {IS_NEW} FROM {DIFF} ORDER BY {POSITION}")
    found: list[tuple[int, bool]] = cursor.fetchall()
    return Difference(tuple(p for p, new in found if new), tuple(p for p, new in found if not new))


def _distinct(merge: Merge, row: Any) -> list[str]:
    if not merge.compared:
        return []
    stored = row(", ".join(f"t.{quoted(name)}" for name in merge.compared))
    staged = row(", ".join(f"s.{quoted(name)}" for name in merge.compared))
    return [f"{stored} IS DISTINCT FROM {staged}"]


def _make_stage(cursor: Cursor, merge: Merge) -> None:
    names = ", ".join(quoted(name) for name in merge.columns)
    cursor.execute(f"DROP TABLE IF EXISTS {STAGE}, {DIFF}")
    cursor.execute(
        f"CREATE TEMP TABLE {STAGE} ON COMMIT DROP AS SELECT {names}, 0::bigint AS {POSITION} FROM {merge.relation} LIMIT 0"
    )


def differing_cells(cursor: Cursor, merge: Merge) -> Iterator[Change]:
    """Every cell in which a changed staged row and its stored row differ, as text."""
    if not merge.compared:
        return
    cells = ", ".join(f"('{name}', t.{quoted(name)}::text, s.{quoted(name)}::text)" for name in merge.compared)
    key = " || '/' || ".join(f"coalesce(s.{quoted(name)}::text, '')" for name in merge.entity.key)
    cursor.execute(
        f"SELECT {key}, v.name, v.before, v.after FROM {DIFF} s JOIN {merge.relation} t ON {merge.joined('s', 't')} "
        f"CROSS JOIN LATERAL (VALUES {cells}) v(name, before, after) "
        f"WHERE NOT s.{IS_NEW} AND v.before IS DISTINCT FROM v.after ORDER BY s.{POSITION}"
    )
    for key_text, name, before, after in cursor.fetchall():
        yield Change(merge.entity.name, key_text, name, before, after)


def insert_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The new staged rows of these positions into the table."""
    names = ", ".join(quoted(name) for name in merge.columns)
    cursor.execute(
        f"INSERT INTO {merge.relation} ({names}) SELECT {names} FROM {DIFF} "
        f"WHERE {IS_NEW} AND {POSITION} = ANY(%s) ORDER BY {POSITION}",
        (list(positions),),
    )


def update_staged(cursor: Cursor, merge: Merge, positions: Sequence[int]) -> None:
    """The stored rows of these changed positions get what was staged."""
    sets = [f"{quoted(name)} = s.{quoted(name)}" for name in merge.compared]
    if merge.entity.audit != "none":
        sets += ["updated_at = now()", "updated_by = 'system'"]
    cursor.execute(
        f"UPDATE {merge.relation} t SET {', '.join(sets)} FROM {DIFF} s "
        f"WHERE {merge.joined('s', 't')} AND NOT s.{IS_NEW} AND s.{POSITION} = ANY(%s)",
        (list(positions),),
    )
