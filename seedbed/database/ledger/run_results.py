"""What a run did, read from the ledger: its receipts, skips, changes and missing keys."""

from collections.abc import Iterator

from seedbed.core.report import Change, EntityReport, MissingKey, Skip, SkipCount, known_fields
from seedbed.core.rows import SkippedRow
from seedbed.database.engines import Database
from seedbed.master_data.keys import display_key


def skip_counts_of(database: Database, run: str) -> tuple[SkipCount, ...]:
    """How many rows the run has left out, by entity and reason, the most first."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT entity, reason, count(*) FROM seedbed.skip WHERE run = %s GROUP BY entity, reason ORDER BY 3 DESC, 1, 2",
            (run,),
        )
        return tuple(SkipCount(*row) for row in cursor.fetchall())


def skipped_total(database: Database, run: str) -> int:
    """How many rows the run has left out."""
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM seedbed.skip WHERE run = %s", (run,))
        return int(cursor.fetchone()[0])


def skipped_of(database: Database, run: str, entity: str) -> int:
    """How many rows of an entity the run has left out."""
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM seedbed.skip WHERE run = %s AND entity = %s", (run, entity))
        return int(cursor.fetchone()[0])


def skips_of(database: Database, run: str, *, most: int | None = None) -> Iterator[SkippedRow]:
    """The skips of a run, by entity, file and row, streamed."""
    with database.transaction(streamed="seedbed_skips") as cursor:
        cursor.execute(
            "SELECT entity, file, row, key, reason, message, code, params, header, cells FROM seedbed.skip WHERE run = %s "
            "ORDER BY unit, entity, file, row LIMIT %s",
            (run, most),
        )
        for *facts, header, cells in cursor:
            yield SkippedRow(Skip(*facts), tuple(header), tuple(cells))


def changes_of(database: Database, run: str) -> Iterator[Change]:
    """The changed cells of a run, streamed."""
    with database.transaction(streamed="seedbed_changes") as cursor:
        cursor.execute(
            "SELECT entity, key, name, before, after FROM seedbed.change WHERE run = %s ORDER BY place", (run,)
        )
        for row in cursor:
            yield Change(*row)


def iter_missing_keys(database: Database, run: str) -> Iterator[MissingKey]:
    """The keys that the run found to have left the files, as people read them, by entity; streamed."""
    with database.transaction(streamed="seedbed_retired") as cursor:
        cursor.execute(
            "SELECT entity, key, deactivated FROM seedbed.retired WHERE run = %s ORDER BY entity, key", (run,)
        )
        for entity, key, deactivated in cursor:
            yield MissingKey(entity, display_key(key), deactivated)


def receipts_of(database: Database, run: str) -> tuple[EntityReport, ...]:
    """The receipts of a run, in the order they were noted."""
    with database.transaction() as cursor:
        cursor.execute("SELECT report FROM seedbed.receipt WHERE run = %s ORDER BY noted_at, entity", (run,))
        return tuple(known_fields(EntityReport, report) for (report,) in cursor.fetchall())
