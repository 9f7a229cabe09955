"""The ledger of rows that an API registered one by one: what each became, so that none is sent twice and each can be removed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from seedbed.core.registration import Settled
from seedbed.core.report import Skip
from seedbed.database import leases
from seedbed.database.copying import copy_in
from seedbed.database.engines import Database

AT_ONCE = 10_000
DRAWN = "drawn"  # stands where a file's name stands in the skips of rows that no file holds
Rejected = Callable[[int], tuple[Sequence[str], Sequence[str]]]

BEGUN = """
SELECT EXISTS (SELECT 1 FROM seedbed.sending WHERE run = %(run)s AND entity = %(entity)s
  AND first <= %(last)s AND last >= %(first)s),
  ARRAY(SELECT "row" FROM seedbed.registered WHERE run = %(run)s AND entity = %(entity)s
  AND "row" BETWEEN %(first)s AND %(last)s)
"""
BEGIN = """
DELETE FROM seedbed.skip WHERE run = %(run)s AND entity = %(entity)s AND "row" BETWEEN %(first)s AND %(last)s
  AND reason = 'api_unavailable';
INSERT INTO seedbed.sending (run, entity, first, last) VALUES (%(run)s, %(entity)s, %(first)s, %(last)s)
ON CONFLICT (run, entity, first) DO UPDATE SET last = greatest(sending.last, excluded.last)
"""
NOTE = """
INSERT INTO seedbed.registered (run, entity, "row", at, key, outcome, number, target_id, age)
SELECT %(run)s, %(entity)s, s.row, %(at)s, s.key, s.outcome, s.number, s.target_id, s.age
FROM unnest(%(row)s::bigint[], %(key)s::text[], %(outcome)s::text[], %(number)s::text[], %(target_id)s::text[], %(age)s::integer[])
  s(row, key, outcome, number, target_id, age)
ON CONFLICT (run, entity, "row") DO NOTHING
"""
FORGET_SKIPS = (
    'DELETE FROM seedbed.skip WHERE run = %(run)s AND entity = %(entity)s AND "row" = ANY(%(skipped)s::bigint[])'
)
SETTLED = """
SELECT r."row", r.key, r.outcome, r.number, r.target_id, r.age, s.reason, coalesce(s.message, '')
FROM seedbed.registered r LEFT JOIN seedbed.skip s
  ON s.run = r.run AND s.entity = r.entity AND s."row" = r."row" AND r.outcome = 'skipped'
WHERE r.run = %s AND r.entity = %s ORDER BY r."row"
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """A range of rows as earlier attempts left it: whether any of it may have been sent, and which rows are settled for good."""

    maybe_sent: bool
    settled: frozenset[int]


@dataclass(frozen=True, slots=True)
class UnitRows:
    """Whose rows are noted: those of a run's unit, of an entity, at the place that the target describes."""

    run: str
    unit: str
    entity: str
    at: str


def begin_unit(database: Database, run: str, unit: str, entity: str, rows: range) -> Begun:
    """How far earlier attempts came with the rows; from now on these count as begun. UserError where the lease is lost.

    Earlier cuts of the same rows count too. Skips of rows that never reached the API are forgotten: they are tried again.
    """
    if not rows:
        return Begun(maybe_sent=False, settled=frozenset())
    told = {"run": run, "unit": unit, "entity": entity, "first": rows[0], "last": rows[-1]}
    with database.transaction() as cursor:
        leases.check(cursor, run)
        cursor.execute(BEGUN, told)
        maybe_sent, settled = cursor.fetchone()
        cursor.execute(BEGIN, told)
    return Begun(maybe_sent, frozenset(settled))


def note_settled(database: Database, whose: UnitRows, settled: Sequence[Settled], rejected: Rejected) -> None:
    """Notes what became of rows, in one transaction; noting a row again changes nothing. UserError where the lease is lost.

    `rejected`: a row's header and cells for the file of rejects; asked for skipped rows alone.
    """
    if not settled:
        return
    final = [one for one in settled if one.is_final]
    skipped = [one for one in settled if one.outcome == "skipped"]
    columns = ("row", "key", "outcome", "number", "target_id", "age")
    told = {**asdict(whose), **{name: [getattr(one, name) for one in final] for name in columns}}
    told["skipped"] = [one.row for one in skipped]
    with database.transaction() as cursor:
        leases.check(cursor, whose.run, doing=f"{NOTE}; {FORGET_SKIPS}" if skipped else NOTE, told=told)
        if skipped:
            copy_in(cursor, "seedbed.skip", _skips(whose, skipped, rejected))


def _skips(whose: UnitRows, skipped: Sequence[Settled], rejected: Rejected) -> pa.Table:
    plain = []
    for one in skipped:
        header, cells = rejected(one.row)
        skip = Skip(whose.entity, DRAWN, one.row, one.key, one.reason or "unknown_outcome", one.message)
        facts = {"run": whose.run, "unit": whose.unit, **asdict(skip)}
        plain.append({**facts, "header": list(header), "cells": list(cells)})
    return pa.Table.from_pylist(plain)


def created_elsewhere(database: Database, run: str, entity: str, at: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that another run created at that place and that nobody has removed since."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT key FROM seedbed.registered WHERE entity = %s AND at = %s AND key = ANY(%s) AND run <> %s "
            "AND outcome = 'created' AND removed = ''",
            (entity, at, list(keys), run),
        )
        return frozenset(key for (key,) in cursor.fetchall())


def settled_blocks(database: Database, run: str, entity: str) -> Iterator[list[Settled]]:
    """All rows of the run that are settled for good, in their order, streamed, 10,000 at a time."""
    with database.transaction(streamed="seedbed_settled") as cursor:
        cursor.execute(SETTLED, (run, entity))
        while rows := cursor.fetchmany(AT_ONCE):
            yield [Settled(*row) for row in rows]


def outcome_counts(database: Database, run: str, entity: str) -> Mapping[str, int]:
    """How many rows are settled for good, by outcome: created, exists, skipped."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT outcome, count(*) FROM seedbed.registered WHERE run = %s AND entity = %s GROUP BY outcome",
            (run, entity),
        )
        return dict(cursor.fetchall())


def unavailable_count(database: Database, run: str, entity: str) -> int:
    """How many rows never reached the API, and wait for a retry."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT count(*) FROM seedbed.skip WHERE run = %s AND entity = %s AND reason = 'api_unavailable'",
            (run, entity),
        )
        return int(cursor.fetchone()[0])
