"""Runs in the ledger: when they began, where they went, their reports, and how often the audit refused what they loaded."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.errors import UserError
from seedbed.database.engines import Database
from seedbed.database.ledger import leases
from seedbed.database.ledger.leases import AttemptRef

FOUND = """
SELECT run, name, verb, fingerprint, report, environment, request FROM seedbed.run
WHERE (%(wanted)s = '' OR run = %(wanted)s OR starts_with(name, %(wanted)s) OR right(name, length(%(wanted)s) + 1) = '-' || %(wanted)s)
  AND verb <> %(but)s
ORDER BY started_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the ledger knows it."""

    run: str
    name: str
    verb: str
    fingerprint: str
    report: Mapping[str, Any] | None
    environment: str = ""


def record_run_start(database: Database, record: RunRecord, targets: Mapping[str, str]) -> str:
    """Notes that the run began; a later attempt leaves the first note as it is. Returns the first attempt's fingerprint.

    UserError where what the run created was cleaned up since: to go on would leave half of it.
    """
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO seedbed.run (run, name, verb, fingerprint, environment, targets) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (run) DO NOTHING",
            (
                *(record.run, record.name, record.verb, record.fingerprint, record.environment),
                json.dumps(dict(targets)),
            ),
        )
        cursor.execute("SELECT fingerprint FROM seedbed.run WHERE run = %s", (record.run,))
        (fingerprint,) = cursor.fetchone()
    check_not_cleaned(database, record.run)
    return str(fingerprint)


def check_not_cleaned(database: Database, run: str) -> None:
    """UserError where what the run created was cleaned up since."""
    with database.transaction() as cursor:
        cursor.execute("SELECT cleaned_by FROM seedbed.run WHERE run = %s AND cleaned_by <> ''", (run,))
        found = cursor.fetchone()
    if found:
        raise UserError(f"this run was cleaned up by {found[0]}", next_step="start a new run", code="run-cleaned-up")


def recorded_target_address(database: Database, run: str, target: str) -> str:
    """Where that target was when the run began; "" where it had none."""
    with database.transaction() as cursor:
        cursor.execute("SELECT coalesce(targets ->> %s, '') FROM seedbed.run WHERE run = %s", (target, run))
        found = cursor.fetchone()
    return str(found[0]) if found else ""


def record_run_end(database: Database, writer: AttemptRef, report: Mapping[str, Any]) -> None:
    """Notes the run's report; a retry replaces it. Overtaken where a newer attempt has begun."""
    with database.transaction() as cursor:
        leases.check_newest_attempt(cursor, writer)
        cursor.execute(
            "UPDATE seedbed.run SET report = %s, ended_at = now() WHERE run = %s", (json.dumps(report), writer.run)
        )


def find_run(database: Database, wanted: str = "") -> RunRecord | None:
    """The run of that name or id, or of a name that begins so; the latest where nothing is asked for."""
    return next(iter(find_runs(database, wanted, most=1)), None)


def find_runs(database: Database, wanted: str, *, most: int, but: str = "") -> tuple[RunRecord, ...]:
    """The runs of that name or id, or of a name that begins so, the latest first; `but`: those of this verb are left out."""
    return tuple(record for record, _ in _found(database, wanted, most, but))


def find_run_request(database: Database, wanted: str) -> tuple[RunRecord, Mapping[str, Any]] | None:
    """The run of that name or id, or of a name that begins so, and its frozen request; None where it has none, or there is no such run."""
    for record, request in _found(database, wanted, 1):
        return (record, request) if request is not None else None
    return None


def _found(
    database: Database, wanted: str, most: int, but: str = ""
) -> list[tuple[RunRecord, Mapping[str, Any] | None]]:
    with database.transaction() as cursor:
        cursor.execute(FOUND, {"wanted": wanted, "most": most, "but": but})
        return [(RunRecord(*row[:-1]), row[-1]) for row in cursor.fetchall()]


def freeze_request(database: Database, run: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the run was asked for: as its first attempt has noted it, else as it is given, which is noted."""
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE seedbed.run SET request = coalesce(request, %s::jsonb) WHERE run = %s RETURNING request",
            (json.dumps(dict(request)), run),
        )
        return dict(cursor.fetchone()[0])


def record_failed_tests(database: Database, writer: AttemptRef, entities: Iterable[str]) -> None:
    """Notes that the audit refused these entities, so that a retry loads them again. LeaseLost where another writes by now."""
    with database.transaction() as cursor:
        leases.check_lease(cursor, writer)
        for entity in entities:
            cursor.execute(
                "INSERT INTO seedbed.refusal (run, entity, times) VALUES (%s, %s, 1) "
                "ON CONFLICT (run, entity) DO UPDATE SET times = refusal.times + 1",
                (writer.run, entity),
            )


def count_failed_tests(database: Database, run: str) -> Mapping[str, int]:
    """How often the audit of this run has refused each entity."""
    with database.transaction() as cursor:
        cursor.execute("SELECT entity, times FROM seedbed.refusal WHERE run = %s", (run,))
        return dict(cursor.fetchall())
