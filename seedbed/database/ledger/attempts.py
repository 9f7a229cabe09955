"""The attempts of runs: which code ran them, where, and since when."""

from datetime import UTC

from seedbed.core.report import Attempt
from seedbed.database.engines import Database


def record_attempt(database: Database, run: str, attempt: Attempt) -> None:
    """Notes that the attempt began; the database's clock says when, and a step that is tried again leaves the first note."""
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO seedbed.attempt (run, number, version, host) VALUES (%s, %s, %s, %s) ON CONFLICT (run, number) DO NOTHING",
            (run, attempt.number, attempt.version, attempt.host),
        )


def attempts_of(database: Database, run: str) -> tuple[Attempt, ...]:
    """The attempts of a run, in order."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT number, version, host, started_at FROM seedbed.attempt WHERE run = %s ORDER BY number", (run,)
        )
        return tuple(
            Attempt(number, version, host, started.astimezone(UTC).isoformat(timespec="seconds"))
            for number, version, host, started in cursor.fetchall()
        )
