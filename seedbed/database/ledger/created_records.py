"""The ledger of what runs created in APIs and directories, and of what a cleanup has taken away again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedbed.core.create_intents import Creations
from seedbed.core.registration import RegisterResult
from seedbed.database.cursor import Cursor
from seedbed.database.engines import Database
from seedbed.database.ledger.registered_rows import NOTE as NOTE_SETTLED
from seedbed.database.ledger.registered_rows import result_columns

AT_ONCE = 100
OF_A_RUN = "run = %(run)s AND entity = %(entity)s AND at = %(at)s"
NOTE = f"""
UPDATE seedbed.registered r SET outcome = 'created', target_id = c.id
FROM unnest(%(created)s::text[], %(ids)s::text[]) c(key, id) WHERE {OF_A_RUN} AND r.key = c.key;
DELETE FROM seedbed.registered WHERE {OF_A_RUN}
  AND (key = ANY(%(asking)s::text[]) OR (outcome = 'asked' AND key = ANY(%(not_created)s::text[])));
INSERT INTO seedbed.registered (run, entity, "row", at, key, outcome)
SELECT %(run)s, %(entity)s, s.place + (SELECT coalesce(max("row"), 0) FROM seedbed.registered
  WHERE run = %(run)s AND entity = %(entity)s), %(at)s, s.key, 'asked'
FROM unnest(%(asking)s::text[]) WITH ORDINALITY s(key, place)
"""
STILL_THERE = """
SELECT "row", key, number, target_id FROM seedbed.registered
WHERE run = %(run)s AND entity = %(entity)s AND at = %(at)s AND "row" > %(after)s AND outcome = 'created' AND removed = ''
ORDER BY "row" LIMIT %(most)s
"""
NOTE_REMOVED = """
UPDATE seedbed.registered r SET removed = s.state FROM unnest(%(rows)s::bigint[], %(states)s::text[]) s(row, state)
WHERE run = %(run)s AND entity = %(entity)s AND r."row" = s.row
"""
SINGLE_OUT = """
DELETE FROM seedbed.sending WHERE run = %(run)s AND entity = %(entity)s;
DELETE FROM seedbed.registered WHERE run = %(run)s AND entity = %(entity)s AND outcome = 'skipped' AND "row" = ANY(%(rows)s::bigint[]);
INSERT INTO seedbed.sending (run, entity, first, last)
SELECT %(run)s, %(entity)s, r, r FROM unnest(%(rows)s::bigint[]) r
"""
NO_DOUBT = (
    "DELETE FROM seedbed.sending WHERE run = %(run)s AND entity = %(entity)s AND first = ANY(%(known)s::bigint[])"
)
# A name whose user is gone is nobody's: whoever makes it next may keep it. One that another run has made since stays ours.
LET_GO = """
WITH gone AS (
  SELECT lower(r.key) AS name, r.at FROM seedbed.registered r
  WHERE r.run = %(run)s AND r.entity = %(entity)s AND r."row" = ANY(%(rows)s::bigint[]) AND r.removed IN ('removed', 'absent')
  AND NOT EXISTS (SELECT 1 FROM seedbed.registered o WHERE o.entity = r.entity AND o.at = r.at AND o.key = r.key
    AND o.run <> r.run AND o.outcome = 'created' AND o.removed = '')
)
UPDATE seedbed.holding h SET keys = ARRAY(SELECT k FROM unnest(h.keys) k WHERE lower(k) NOT IN (SELECT name FROM gone))
WHERE h.entity = %(entity)s AND h.at IN (SELECT at FROM gone)
  AND EXISTS (SELECT 1 FROM unnest(h.keys) k WHERE lower(k) IN (SELECT name FROM gone))
"""

UNCLEANED = """
SELECT name FROM seedbed.run n WHERE n.environment IN ('', %(environment)s) AND (
  EXISTS (SELECT FROM seedbed.registered r
    WHERE r.run = n.run AND (r.outcome = 'asked' OR (r.outcome = 'created' AND r.removed = '')))
  OR EXISTS (SELECT FROM seedbed.sending s WHERE s.run = n.run AND s.last - s.first >= (SELECT count(*) FROM seedbed.registered r
    WHERE r.run = s.run AND r.entity = s.entity AND r."row" BETWEEN s.first AND s.last))
  OR EXISTS (SELECT FROM seedbed.registered r JOIN seedbed.skip k ON k.run = r.run AND k.entity = r.entity AND k."row" = r."row"
    WHERE r.run = n.run AND r.outcome = 'skipped' AND k.reason = 'unknown_outcome'))
ORDER BY started_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class CreationSummary:
    """How many records of an entity a run created at one address, and their present state.

    `in_doubt`: rows with unknown outcome. `reported`: the part of them that the run's report names.
    """

    run: str
    entity: str
    at: str
    remaining: int
    removed: int = 0
    pending: int = 0
    unknown: int = 0
    reported: int = 0


@dataclass(frozen=True, slots=True)
class CreatedRecord:
    """A record that a run created. `number`, `target_id`: how the target calls it."""

    row: int
    entity: str
    at: str
    key: str
    number: str
    target_id: str


def summarize_creations(database: Database, run: str) -> tuple[CreationSummary, ...]:
    """What the run created, by entity and place."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT entity, at, count(*) FILTER (WHERE outcome = 'created' AND removed = ''), count(*) FILTER (WHERE removed <> ''), "
            "count(*) FILTER (WHERE outcome = 'asked') FROM seedbed.registered WHERE run = %s AND outcome IN ('created', 'asked') "
            "GROUP BY entity, at ORDER BY entity, at",
            (run,),
        )
        return tuple(CreationSummary(run, *row) for row in cursor.fetchall())


def uncleaned_runs(database: Database, environment: str, *, most: int) -> tuple[str, ...]:
    """Names of the environment's runs that have records left, or may have, by the ledger; the latest first."""
    with database.transaction() as cursor:
        cursor.execute(UNCLEANED, {"environment": environment, "most": most})
        return tuple(name for (name,) in cursor.fetchall())


def iter_created(database: Database, made: CreationSummary) -> Iterator[list[CreatedRecord]]:
    """The records that are still there, as far as the ledger knows, in order of their rows, 100 at a time.

    Each block is a transaction of its own: removing takes long, and what is removed is noted meanwhile.
    """
    told = {"run": made.run, "entity": made.entity, "at": made.at, "most": AT_ONCE}
    after = -1
    while True:
        with database.transaction() as cursor:
            cursor.execute(STILL_THERE, {**told, "after": after})
            found = [CreatedRecord(row, made.entity, made.at, *rest) for row, *rest in cursor.fetchall()]
        if not found:
            return
        yield found
        after = found[-1].row


def record_removed(cursor: Cursor, run: str, entity: str, states: Mapping[int, str]) -> None:
    """Notes what became of rows that a run created: removed, absent or deactivated; names of users who are gone are let go."""
    told = {"run": run, "entity": entity, "rows": list(states), "states": list(states.values())}
    cursor.execute(f"{NOTE_REMOVED}; {LET_GO}", told)


def store_creations(cursor: Cursor, whose: CreationSummary, creations: Creations) -> None:
    """Notes what the run asks a target to create, and what has become of it."""
    told: dict[str, str | list[str]] = {"run": whose.run, "entity": whose.entity, "at": whose.at}
    told |= {"asking": list(creations.requested), "not_created": list(creations.not_created)}
    told |= {"created": list(creations.created), "ids": list(creations.created.values())}
    cursor.execute(NOTE, told)


def split_ranges(cursor: Cursor, whose: CreationSummary, rows: Sequence[int]) -> None:
    """From now on exactly these rows of the run are in doubt, one by one instead of in ranges, and none of them is settled."""
    cursor.execute(SINGLE_OUT, {"run": whose.run, "entity": whose.entity, "rows": list(rows)})


def record_resolved(
    cursor: Cursor, whose: CreationSummary, created: Sequence[RegisterResult], *, known: Sequence[int]
) -> None:
    """Records the outcome of rows that had an unknown one: `created` by the run, or `known` in another way."""
    told: dict[str, Any] = {"run": whose.run, "entity": whose.entity, "at": whose.at, "known": list(known)}
    told |= result_columns(created)
    cursor.execute(f"{NOTE_SETTLED}; {NO_DOUBT}", told)


def list_pending_creations(cursor: Cursor, run: str, entity: str, at: str) -> dict[str, float]:
    """Keys whose creation was requested without a recorded answer -> time of the request, in seconds of the epoch."""
    cursor.execute(
        "SELECT key, extract(epoch FROM noted_at)::float FROM seedbed.registered "
        "WHERE run = %s AND entity = %s AND at = %s AND outcome = 'asked' ORDER BY \"row\"",
        (run, entity, at),
    )
    return dict(cursor.fetchall())


def record_cleanup(cursor: Cursor, run: str, by: str) -> None:
    """Notes the name of the cleanup that takes away what the run created: no attempt of that run follows."""
    cursor.execute("UPDATE seedbed.run SET cleaned_by = %s WHERE run = %s", (by, run))
