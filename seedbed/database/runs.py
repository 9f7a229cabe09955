"""Runs in the ledger: when they began, where they went, their reports, and how often the audit refused what they loaded."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.database.engines import Database


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the ledger knows it."""

    run: str
    name: str
    verb: str
    fingerprint: str
    report: Mapping[str, Any] | None
    environment: str = ""


def begin_run(database: Database, record: RunRecord, targets: Mapping[str, str]) -> str:
    """Notes that the run began; a later attempt leaves the first note as it is. Returns the first attempt's fingerprint."""
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
        return str(cursor.fetchone()[0])


def end_run(database: Database, run: str, report: Mapping[str, Any]) -> None:
    """Notes the run's report; a retry replaces it."""
    with database.transaction() as cursor:
        cursor.execute("UPDATE seedbed.run SET report = %s, ended_at = now() WHERE run = %s", (json.dumps(report), run))


def find_run(database: Database, wanted: str = "") -> RunRecord | None:
    """The run of that name or id, or of a name that begins so; the latest where nothing is asked for."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT run, name, verb, fingerprint, report, environment FROM seedbed.run "
            "WHERE %(wanted)s = '' OR run = %(wanted)s OR starts_with(name, %(wanted)s) OR name LIKE '%%-' || %(wanted)s "
            "ORDER BY started_at DESC LIMIT 1",
            {"wanted": wanted},
        )
        found = cursor.fetchone()
    return RunRecord(*found) if found else None


def refuse(database: Database, run: str, entities: Iterable[str]) -> None:
    """Notes that the audit refused these entities, so that a retry loads them again."""
    with database.transaction() as cursor:
        for entity in entities:
            cursor.execute(
                "INSERT INTO seedbed.refusal (run, entity, times) VALUES (%s, %s, 1) "
                "ON CONFLICT (run, entity) DO UPDATE SET times = refusal.times + 1",
                (run, entity),
            )


def refusals_of(database: Database, run: str) -> Mapping[str, int]:
    """How often the audit of this run has refused each entity."""
    with database.transaction() as cursor:
        cursor.execute("SELECT entity, times FROM seedbed.refusal WHERE run = %s", (run,))
        return dict(cursor.fetchall())
