"""The ledger of rows that an API registered one by one: what each became, so that none is sent twice and each can be removed."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from seedbed.core.registration import RegisterResult
from seedbed.core.report import Skip, plain_skip
from seedbed.database.engines import Database
from seedbed.database.ledger import leases
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.load.copy_rows import copy_in

AT_ONCE = 10_000
DRAWN = "drawn"  # stands where a file's name stands in the skips of rows that no file holds
Rejected = Callable[[int], tuple[Sequence[str], Sequence[str]]]

BEGUN = """
SELECT ARRAY(SELECT ARRAY[greatest(first, %(first)s), least(last, %(last)s)] FROM seedbed.sending
  WHERE run = %(run)s AND entity = %(entity)s AND first <= %(last)s AND last >= %(first)s ORDER BY first),
  ARRAY(SELECT "row" FROM seedbed.registered WHERE run = %(run)s AND entity = %(entity)s
  AND "row" BETWEEN %(first)s AND %(last)s)
"""
BEGIN = """
DELETE FROM seedbed.skip WHERE run = %(run)s AND entity = %(entity)s AND "row" BETWEEN %(first)s AND %(last)s
  AND reason = 'api_unavailable'
"""
MARK = """
INSERT INTO seedbed.sending (run, entity, first, last) VALUES (%(run)s, %(entity)s, %(first)s, %(last)s)
ON CONFLICT (run, entity, first) DO UPDATE SET last = greatest(sending.last, excluded.last)
"""
# A range that reaches beyond the rows, of another cut, keeps what lies beyond.
CLEAR = """
INSERT INTO seedbed.sending (run, entity, first, last)
SELECT run, entity, %(last)s + 1, max(last) FROM seedbed.sending
WHERE run = %(run)s AND entity = %(entity)s AND first <= %(last)s AND last > %(last)s GROUP BY run, entity
ON CONFLICT (run, entity, first) DO UPDATE SET last = greatest(sending.last, excluded.last);
DELETE FROM seedbed.sending WHERE run = %(run)s AND entity = %(entity)s AND first BETWEEN %(first)s AND %(last)s;
UPDATE seedbed.sending SET last = %(first)s - 1
WHERE run = %(run)s AND entity = %(entity)s AND first < %(first)s AND last >= %(first)s;
INSERT INTO seedbed.sending (run, entity, first, last)
SELECT %(run)s, %(entity)s, d, d FROM unnest(%(in_doubt)s::bigint[]) d
"""
NOTE = """
INSERT INTO seedbed.registered (run, entity, "row", at, key, outcome, number, target_id, answer)
SELECT %(run)s, %(entity)s, s.row, %(at)s, s.key, s.outcome, s.number, s.target_id, s.answer::jsonb
FROM unnest(%(row)s::bigint[], %(key)s::text[], %(outcome)s::text[], %(number)s::text[], %(target_id)s::text[], %(answer)s::text[])
  s(row, key, outcome, number, target_id, answer)
ON CONFLICT (run, entity, "row") DO UPDATE SET
  (outcome, number, target_id, answer) = (excluded.outcome, excluded.number, excluded.target_id, excluded.answer)
WHERE registered.outcome = 'exists' AND excluded.outcome = 'created'
"""
DOUBTED = """
SELECT d."row" FROM seedbed.sending s CROSS JOIN LATERAL generate_series(s.first, s.last) d("row")
WHERE s.run = %(run)s AND s.entity = %(entity)s AND NOT EXISTS (SELECT 1 FROM seedbed.registered r
  WHERE r.run = s.run AND r.entity = s.entity AND r."row" = d."row")
UNION
SELECT r."row" FROM seedbed.registered r JOIN seedbed.skip k ON k.run = r.run AND k.entity = r.entity AND k."row" = r."row"
WHERE r.run = %(run)s AND r.entity = %(entity)s AND r.outcome = 'skipped' AND k.reason = 'unknown_outcome'
ORDER BY "row"
"""
REPORTED = """
SELECT count(DISTINCT r."row") FROM seedbed.registered r
JOIN seedbed.skip k ON k.run = r.run AND k.entity = r.entity AND k."row" = r."row" JOIN seedbed.run n ON n.run = r.run
WHERE r.run = %s AND r.entity = %s AND r.outcome = 'skipped' AND k.reason = 'unknown_outcome'
  AND n.report IS NOT NULL AND n.ended_at >= r.noted_at
"""
FORGET_SKIPS = (
    'DELETE FROM seedbed.skip WHERE run = %(run)s AND entity = %(entity)s AND "row" = ANY(%(skipped)s::bigint[])'
)
SETTLED = """
SELECT r."row", r.key, r.outcome, r.number, r.target_id, r.answer, s.reason, coalesce(s.message, '')
FROM seedbed.registered r LEFT JOIN seedbed.skip s
  ON s.run = r.run AND s.entity = r.entity AND s."row" = r."row" AND r.outcome = 'skipped'
WHERE r.run = %s AND r.entity = %s ORDER BY r."row"
"""


@dataclass(frozen=True, slots=True)
class UnitProgress:
    """A range of rows as earlier attempts left it: which may be at the API without our having heard of it, and which are settled for good.

    `in_doubt`: ranges, in their order; they may hold settled rows.
    """

    unknown_ranges: tuple[range, ...]
    final_rows: frozenset[int]

    def unknown_rows(self) -> frozenset[int]:
        """The rows in doubt that are not settled."""
        return frozenset(chain.from_iterable(self.unknown_ranges)) - self.final_rows


@dataclass(frozen=True, slots=True)
class UnitRows:
    """Whose rows are noted: those of a run's unit, of an entity, at the place that the target describes; and who notes them."""

    attempt_ref: AttemptRef
    unit: str
    entity: str
    at: str


def begin_unit(database: Database, writer: AttemptRef, unit: str, entity: str, rows: range) -> UnitProgress:
    """How far earlier attempts came with the rows, whatever their cut. LeaseLost where another writes by now.

    Skips of rows that are to be tried again (`api_unavailable`) are forgotten.
    """
    if not rows:
        return UnitProgress(unknown_ranges=(), final_rows=frozenset())
    told = {"run": writer.run, "unit": unit, "entity": entity, "first": rows[0], "last": rows[-1]}
    with database.transaction() as cursor:
        leases.check_lease(cursor, writer)
        cursor.execute(BEGUN, told)
        unknown, results = cursor.fetchone()
        cursor.execute(BEGIN, told)
    return UnitProgress(tuple(range(first, last + 1) for first, last in unknown), frozenset(results))


def mark_sending(database: Database, writer: AttemptRef, entity: str, first: int, last: int) -> None:
    """Notes, before they are sent, that the rows `first` to `last` may be at the API. LeaseLost where another writes by now."""
    with database.transaction() as cursor:
        told = {"run": writer.run, "entity": entity, "first": first, "last": last}
        leases.check_lease(cursor, writer, doing=MARK, values=told)


def end_unit(database: Database, writer: AttemptRef, entity: str, rows: range, unknown: Sequence[int]) -> None:
    """Notes that of the rows only those in doubt may be at the API unheard of, whatever was marked. LeaseLost where another writes."""
    if not rows:
        return
    told = {"run": writer.run, "entity": entity, "first": rows[0], "last": rows[-1], "in_doubt": list(unknown)}
    with database.transaction() as cursor:
        leases.check_lease(cursor, writer, doing=CLEAR, values=told)


def list_unknown_rows(database: Database, run: str, entity: str) -> list[int]:
    """The run's rows with unknown outcome, in their order; rows skipped as `unknown_outcome` too."""
    with database.transaction() as cursor:
        cursor.execute(DOUBTED, {"run": run, "entity": entity})
        return [row for (row,) in cursor.fetchall()]


def count_reported_unknown(database: Database, run: str, entity: str) -> int:
    """How many rows with unknown outcome the run's report names as skipped; later ones are not in it."""
    with database.transaction() as cursor:
        cursor.execute(REPORTED, (run, entity))
        return int(cursor.fetchone()[0])


def record_results(database: Database, whose: UnitRows, results: Sequence[RegisterResult], rejected: Rejected) -> None:
    """Notes what became of rows, in one transaction. LeaseLost where another writes by now.

    Noting a row again changes nothing, but that who `exists` is ours where it was `created`: an earlier try may tell it later.

    `rejected`: a row's header and cells for the file of rejects; asked for skipped rows alone.
    """
    if not results:
        return
    final = [one for one in results if one.is_final]
    skipped = [one for one in results if one.outcome == "skipped"]
    told = result_columns(final)
    told |= {
        "run": whose.attempt_ref.run,
        "entity": whose.entity,
        "at": whose.at,
        "skipped": [one.row for one in skipped],
    }
    with database.transaction() as cursor:
        leases.check_lease(cursor, whose.attempt_ref, doing=f"{NOTE}; {FORGET_SKIPS}" if skipped else NOTE, values=told)
        if skipped:
            copy_in(cursor, "seedbed.skip", _skips(whose, skipped, rejected))


def result_columns(results: Sequence[RegisterResult]) -> dict[str, Any]:
    """The rows column by column, as NOTE takes them; answers as JSON."""
    plain = {name: [getattr(one, name) for one in results] for name in ("row", "key", "outcome", "number", "target_id")}
    return {**plain, "answer": [json.dumps(dict(one.answer)) for one in results]}


def _skips(whose: UnitRows, skipped: Sequence[RegisterResult], rejected: Rejected) -> pa.Table:
    plain = []
    for one in skipped:
        header, cells = rejected(one.row)
        skip = Skip(whose.entity, DRAWN, one.row, one.key, one.reason or "unknown_outcome", one.message)
        facts = {"run": whose.attempt_ref.run, "unit": whose.unit, **plain_skip(skip)}
        plain.append({**facts, "header": list(header), "cells": list(cells)})
    return pa.Table.from_pylist(plain)


def keys_created_by_other_runs(
    database: Database, run: str, entity: str, at: str, keys: Sequence[str]
) -> frozenset[str]:
    """The keys that another run created at that address and that are not removed."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT key FROM seedbed.registered WHERE entity = %s AND at = %s AND key = ANY(%s) AND run <> %s "
            "AND outcome = 'created' AND removed = ''",
            (entity, at, list(keys), run),
        )
        return frozenset(key for (key,) in cursor.fetchall())


def iter_results(database: Database, run: str, entity: str) -> Iterator[list[RegisterResult]]:
    """All rows of the run that are settled for good, in their order, streamed, 10,000 at a time."""
    with database.transaction(streamed="seedbed_settled") as cursor:
        cursor.execute(SETTLED, (run, entity))
        while rows := cursor.fetchmany(AT_ONCE):
            yield [RegisterResult(*row) for row in rows]


def outcome_counts(database: Database, run: str, entity: str) -> Mapping[str, int]:
    """How many rows are settled for good, by outcome: created, exists, skipped."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT outcome, count(*) FROM seedbed.registered WHERE run = %s AND entity = %s GROUP BY outcome",
            (run, entity),
        )
        return dict(cursor.fetchall())
