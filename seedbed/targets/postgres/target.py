"""PostgreSQL: an entity's rows, its skips and its receipt in one transaction."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace

import pandas as pd
import pyarrow as pa

from seedbed.core.errors import AuthError, DataError, UserError
from seedbed.core.report import EntityReport, MissingKey
from seedbed.core.rows import PreparedBlock
from seedbed.core.spec import Entity
from seedbed.database.cursor import Cursor
from seedbed.database.engines import Database
from seedbed.database.load.deactivate_rows import RowsToDeactivate, can_deactivate, deactivate_rows
from seedbed.database.load.load_rows import LoadOptions, LoadRecorder, load, load_tables
from seedbed.database.schema.inspection import open_briefly
from seedbed.master_data.keys import display_key, missing_keys
from seedbed.targets.accounting import check_limits
from seedbed.targets.port import Delivery, MissingKeyRule
from seedbed.targets.postgres.skip_buffer import SkipBuffer, buffer_skips
from seedbed.targets.recorder import TableRecorder, TransactionRecorder

PING_S = 5.0
Load = Callable[[Cursor, LoadOptions, LoadRecorder], EntityReport]


@dataclass(frozen=True, slots=True)
class PostgresTarget:
    """The tables of one database."""

    database: Database
    name: str = "postgres"

    def describe(self) -> str:
        """Host, port and database."""
        return str(self.database.address)

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each row's `by` -> its `take`, as text."""
        return self.database.pairs(entity, by, take)

    def deliver(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: TransactionRecorder
    ) -> EntityReport:
        """Loads the parts; the recorder's notes are part of the same transaction."""
        return _deliver(
            self.database, entity, (delivery, recorder), lambda cursor, how, notes: load(cursor, how, parts, notes)
        )

    def tables(self, delivery: Delivery, recorder: TransactionRecorder) -> "PostgresTables":
        """The target of generated tables, for one delivery."""
        return PostgresTables(self.database, delivery, recorder)

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The table's rows as text, in blocks."""
        return self.database.frames(entity)

    def ping(self) -> None:
        """Raise Transient where the database does not answer; a refusal is no reason to wait."""
        brief = open_briefly(self.database.address, PING_S)
        with suppress(AuthError, DataError, UserError), closing(brief), brief.transaction() as cursor:
            cursor.execute("SELECT 1")

    def close(self) -> None:
        """Gives the pooled connections back."""
        self.database.close()


@dataclass(frozen=True, slots=True)
class PostgresTables:
    """Takes the generated tables of one delivery."""

    database: Database
    delivery: Delivery
    recorder: TransactionRecorder

    def deliver(self, entity: Entity, tables: Iterable[pa.Table]) -> EntityReport:
        """Loads the tables; the recorder's notes are part of the same transaction."""
        return _deliver(
            self.database,
            entity,
            (self.delivery, self.recorder),
            lambda cursor, how, notes: load_tables(cursor, how, tables, notes),
        )


def _deliver(
    database: Database, entity: Entity, asked: tuple[Delivery, TransactionRecorder], load_rows: Load
) -> EntityReport:
    """Loads rows, records them and the receipt in one transaction; where change limits stop it, the skips stay recorded."""
    delivery, recorder = asked
    started = time.monotonic()
    with buffer_skips(entity.id, recorder) as kept, database.transaction() as cursor:
        notes = recorder.within(cursor)
        notes.begin(entity.id)
        report = load_rows(
            cursor, LoadOptions(entity, delivery.on_duplicate, delivery.dry_run), SkipBuffer(notes, kept)
        )
        report = _record_missing(cursor, entity, delivery, notes, report)
        check_limits(delivery, report, notes)
        report = replace(report, seconds=round(time.monotonic() - started, 3))
        if not delivery.dry_run:
            notes.finish(report, digest=delivery.digest)
    return report


def _record_missing(
    cursor: Cursor, entity: Entity, delivery: Delivery, notes: TableRecorder, report: EntityReport
) -> EntityReport:
    """Notes what the file no longer has of the rows that are ours, and sets it inactive where that is asked for and possible."""
    rule = delivery.missing_key_rule
    if rule is None:
        return report
    for block in missing_keys(notes.owned_keys(entity.id, at=entity.table_address), rule.is_present):
        keys = block.tolist()
        asked = _leaving(entity, keys, rule, dry_run=delivery.dry_run)
        # A file of which nothing was read says nothing of what has left it.
        may = rule.deactivate and report.read > 0 and can_deactivate(entity)
        gone = deactivate_rows(cursor, asked) if may else {}
        notes.change(list(gone.values()))
        notes.record_missing([MissingKey(entity.id, key, position in gone) for position, key in enumerate(keys)])
        report = replace(report, retired=report.retired + len(keys), deactivated=report.deactivated + len(gone))
    return report


def _leaving(entity: Entity, keys: list[str], rule: MissingKeyRule, *, dry_run: bool) -> RowsToDeactivate:
    stored = {position: cells for position, key in enumerate(keys) if (cells := rule.stored_key(key)) is not None}
    return RowsToDeactivate(entity, stored, [display_key(key) for key in keys], dry_run)
