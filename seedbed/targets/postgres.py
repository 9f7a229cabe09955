"""PostgreSQL: an entity's rows, its skips and its receipt in one transaction."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from seedbed.core.report import EntityReport
from seedbed.core.rows import Part
from seedbed.core.spec import Entity
from seedbed.database.engines import Database
from seedbed.database.loading import Loading, load
from seedbed.targets.port import Delivery, Recorder


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
        return self.database.pairs(entity.relation, by, take)

    def deliver(self, entity: Entity, parts: Iterable[Part], delivery: Delivery, recorder: Recorder) -> EntityReport:
        """Loads the parts; the recorder's notes are part of the same transaction."""
        started = time.monotonic()
        loading = Loading(entity, delivery.on_duplicate, delivery.dry_run)
        with self.database.transaction() as cursor:
            notes = recorder.within(cursor)
            notes.begin(entity.name)
            report = load(cursor, loading, parts, notes)
            report = replace(report, seconds=round(time.monotonic() - started, 3))
            if not delivery.dry_run:
                notes.finish(report, digest=delivery.digest)
        return report

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The table's rows as text, in blocks."""
        return self.database.frames(entity.relation, [column.name for column in entity.columns])

    def close(self) -> None:
        """Gives the pooled connections back."""
        self.database.close()
