"""What runs did, kept in schema `seedbed` of the database that they filled: receipts, skips, changes, servers' answers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa

from seedbed.core.report import Change, EntityReport, Skip, SkipCount
from seedbed.core.rows import SkippedRow
from seedbed.database.copying import Cursor, copy_in
from seedbed.database.engines import Database


@dataclass(frozen=True, slots=True)
class Notes:
    """The recorder of one run and unit. With a cursor, everything is part of that transaction; else each note is its own."""

    database: Database
    run: str
    unit: str
    cursor: Cursor | None = None

    def within(self, cursor: Cursor) -> "Notes":
        """The same notes, as part of a transaction."""
        return replace(self, cursor=cursor)

    @contextmanager
    def _open(self) -> Iterator[Cursor]:
        if self.cursor is not None:
            yield self.cursor
            return
        with self.database.transaction() as cursor:
            yield cursor

    def begin(self, entity: str) -> None:
        """Forgets what an earlier attempt of this run noted for the entity."""
        with self._open() as cursor:
            for table in ("skip", "change", "receipt"):
                cursor.execute(f"DELETE FROM seedbed.{table} WHERE run = %s AND entity = %s", (self.run, entity))

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Notes rows that were left out."""
        if not rows:
            return
        plain = [
            {"run": self.run, "unit": self.unit, **asdict(r.skip), "header": r.header, "cells": r.cells} for r in rows
        ]
        with self._open() as cursor:
            copy_in(cursor, "seedbed.skip", _table(plain))

    def change(self, changes: Sequence[Change]) -> None:
        """Notes cells that an update changed."""
        if not changes:
            return
        plain = [
            {"run": self.run, "entity": c.entity, "key": c.key, "name": c.column, "before": c.before, "after": c.after}
            for c in changes
        ]
        with self._open() as cursor:
            copy_in(cursor, "seedbed.change", _table(plain))

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """What a server answered to this request in an earlier attempt."""
        with self._open() as cursor:
            cursor.execute("SELECT answer FROM seedbed.answer WHERE request = %s", (request,))
            found = cursor.fetchone()
        return dict(found[0]) if found else None

    def note_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Notes a server's answer."""
        with self._open() as cursor:
            cursor.execute(
                "INSERT INTO seedbed.answer (request, run, answer) VALUES (%s, %s, %s) ON CONFLICT (request) DO NOTHING",
                (request, self.run, json.dumps(answer)),
            )

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Notes the receipt of a delivered entity."""
        with self._open() as cursor:
            cursor.execute(
                "INSERT INTO seedbed.receipt (run, unit, entity, digest, report) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (run, entity) DO UPDATE SET (unit, digest, report, noted_at) = "
                "(excluded.unit, excluded.digest, excluded.report, now())",
                (self.run, self.unit, report.entity, digest, json.dumps(asdict(report))),
            )

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """What an earlier attempt of this run delivered of the entity from the same input; None where it did not."""
        with self._open() as cursor:
            cursor.execute(
                "SELECT report FROM seedbed.receipt WHERE run = %s AND entity = %s AND digest = %s",
                (self.run, entity, digest),
            )
            found = cursor.fetchone()
        return EntityReport(**found[0]) if found else None


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


def _table(plain: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{k: list(v) if isinstance(v, tuple) else v for k, v in row.items()} for row in plain])


def skips_of(database: Database, run: str, *, most: int | None = None) -> Iterator[SkippedRow]:
    """The skips of a run, by entity, file and row, streamed."""
    with database.transaction(streamed="seedbed_skips") as cursor:
        cursor.execute(
            "SELECT entity, file, row, key, reason, message, header, cells FROM seedbed.skip WHERE run = %s "
            "ORDER BY unit, entity, file, row LIMIT %s",
            (run, most),
        )
        for entity, file, row, key, reason, message, header, cells in cursor:
            yield SkippedRow(Skip(entity, file, row, key, reason, message), tuple(header), tuple(cells))


def changes_of(database: Database, run: str) -> Iterator[Change]:
    """The changed cells of a run, streamed."""
    with database.transaction(streamed="seedbed_changes") as cursor:
        cursor.execute(
            "SELECT entity, key, name, before, after FROM seedbed.change WHERE run = %s ORDER BY place", (run,)
        )
        for row in cursor:
            yield Change(*row)


def receipts_of(database: Database, run: str) -> tuple[EntityReport, ...]:
    """The receipts of a run, in the order they were noted."""
    with database.transaction() as cursor:
        cursor.execute("SELECT report FROM seedbed.receipt WHERE run = %s ORDER BY noted_at, entity", (run,))
        return tuple(EntityReport(**report) for (report,) in cursor.fetchall())
