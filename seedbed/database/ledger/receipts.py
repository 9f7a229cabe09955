"""What runs did, kept in schema `seedbed` of the database that they filled: receipts, skips, changes, servers' answers."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import Any

import pandas as pd
import pyarrow as pa

from seedbed.core.create_intents import Creations
from seedbed.core.report import Change, EntityReport, MissingKey, known_fields, plain_skip
from seedbed.core.rows import SkippedRow
from seedbed.database.cursor import Cursor
from seedbed.database.engines import Database
from seedbed.database.ledger import created_records, leases
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.load.copy_rows import copy_in
from seedbed.master_data.keys import SeenKeys

RECEIPT_SCHEMA = 1  # what a receipt's JSON means; a receipt of a later meaning is none to us
KEYS_A_ROW = 10_000
HELD_AT_ONCE = 10  # rows of seedbed.holding in memory
OF_AN_ATTEMPT = ("skip", "change", "retired", "receipt")
NOTE_RECEIPT = """
INSERT INTO seedbed.receipt (run, unit, entity, digest, report, schema)
VALUES (%(run)s, %(unit)s, %(entity)s, %(digest)s, %(report)s, %(schema)s)
ON CONFLICT (run, entity) DO UPDATE SET (unit, digest, report, schema, noted_at) =
(excluded.unit, excluded.digest, excluded.report, excluded.schema, now())
"""


@dataclass(frozen=True, slots=True)
class LedgerRecorder:
    """Records one unit of one attempt: in the transaction of `cursor`, or each record in its own.

    Caches: `known` owned keys, `receipts` by entity with their digests, `asked` entities whose receipts were used.
    """

    database: Database
    attempt_ref: AttemptRef
    unit: str
    cursor: Cursor | None = None
    known: dict[tuple[str, str], SeenKeys] = field(default_factory=dict, repr=False, compare=False)
    receipts: dict[str, tuple[str, EntityReport]] = field(default_factory=dict, repr=False, compare=False)
    asked: set[str] = field(default_factory=set, repr=False, compare=False)

    @property
    def run(self) -> str:
        """The run's root."""
        return self.attempt_ref.run

    def within(self, cursor: Cursor) -> "LedgerRecorder":
        """The same notes, as part of a transaction."""
        return replace(self, cursor=cursor, known={}, receipts={}, asked=set())  # what it notes may be rolled back

    @contextmanager
    def _open(self) -> Iterator[Cursor]:
        if self.cursor is not None:
            yield self.cursor
            return
        with self.database.transaction() as cursor:
            yield cursor

    @contextmanager
    def _writing(self) -> Iterator[Cursor]:
        """The same, where another may write by now: within the transaction of a load, `begin` has made sure of that."""
        with self._open() as cursor:
            if self.cursor is None:
                leases.check_lease(cursor, self.attempt_ref)
            yield cursor

    def begin(self, entity: str) -> None:
        """Forgets what an earlier attempt of this run noted for the entity."""
        deletes = (
            f"DELETE FROM seedbed.{table} WHERE run = %(run)s AND entity = %(entity)s" for table in OF_AN_ATTEMPT
        )
        with self._open() as cursor:
            leases.check_lease(
                cursor, self.attempt_ref, doing="; ".join(deletes), values={"run": self.run, "entity": entity}
            )

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Records skipped rows."""
        if not rows:
            return
        facts = {"run": self.run, "unit": self.unit}
        plain = [{**facts, **plain_skip(r.skip), "header": r.header, "cells": r.cells} for r in rows]
        with self._writing() as cursor:
            copy_in(cursor, "seedbed.skip", _table(plain))

    def change(self, changes: Sequence[Change]) -> None:
        """Notes cells that an update changed."""
        if not changes:
            return
        plain = [
            {"run": self.run, "entity": c.entity, "key": c.key, "name": c.column, "before": c.before, "after": c.after}
            for c in changes
        ]
        with self._writing() as cursor:
            copy_in(cursor, "seedbed.change", _table(plain))

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """What a server answered to this request in an earlier attempt."""
        with self._writing() as cursor:
            cursor.execute("SELECT answer FROM seedbed.answer WHERE request = %s", (request,))
            found = cursor.fetchone()
        return dict(found[0]) if found else None

    def record_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Notes a server's answer."""
        with self._writing() as cursor:
            cursor.execute(
                "INSERT INTO seedbed.answer (request, run, answer) VALUES (%s, %s, %s) ON CONFLICT (request) DO NOTHING",
                (request, self.run, json.dumps(answer)),
            )

    def owned_keys(self, entity: str, *, at: str = "") -> Iterator[pd.Series]:
        """The keys that our runs have written at that place, in blocks, streamed; in a transaction, those of earlier ones."""
        name = "seedbed_held"
        streamed = self.cursor.connection.cursor(name=name) if self.cursor else None
        with streamed or self.database.transaction(streamed=name) as cursor:
            cursor.execute(
                "SELECT keys FROM seedbed.holding WHERE entity = %s AND at = %s "
                "AND xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid ORDER BY place",
                (entity, at),
            )
            while rows := cursor.fetchmany(HELD_AT_ONCE):
                keys = list(chain.from_iterable(keys for (keys,) in rows))
                yield pd.Series(keys, dtype="object")  # to be hashed: any other type costs two conversions

    def claim_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Records keys as owned; keys that are owned already are not recorded again."""
        if keys.empty:
            return
        known = self._known(entity, at)
        # A transaction is that of one load, in which each key comes once: what it notes itself is not looked up.
        new = keys[~(known.is_present(keys) if self.cursor else known.find_repeats(keys))]
        if not new.empty:
            with self._writing() as cursor:
                copy_in(cursor, "seedbed.holding", _holdings(new, {"entity": entity, "at": at, "run": self.run}))

    def _known(self, entity: str, at: str) -> SeenKeys:
        if (entity, at) not in self.known:
            seen = self.known[entity, at] = SeenKeys()
            for block in self.owned_keys(entity, at=at):
                seen.find_repeats(block)
        return self.known[entity, at]

    def release_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Releases keys that this run claimed and whose rows were not written."""
        if keys.empty:
            return
        with self._writing() as cursor:
            cursor.execute(
                "UPDATE seedbed.holding SET keys = ARRAY(SELECT k FROM unnest(keys) k WHERE k <> ALL(%(keys)s)) "
                "WHERE run = %(run)s AND entity = %(entity)s AND at = %(at)s AND keys && %(keys)s",
                {"run": self.run, "entity": entity, "at": at, "keys": keys.tolist()},
            )
        self.known.pop((entity, at), None)

    def pending_creations(self, entity: str, *, at: str = "") -> Mapping[str, float]:
        """Keys whose creation this run requested without a recorded answer -> time of the request, in seconds of the epoch."""
        with self._open() as cursor:
            return created_records.list_pending_creations(cursor, self.run, entity, at)

    def record_creations(self, entity: str, noted: Creations, *, at: str = "") -> None:
        """Records what this run requests the target to create, and what it created."""
        if noted:
            with self._writing() as cursor:
                created_records.store_creations(cursor, created_records.CreationSummary(self.run, entity, at, 0), noted)

    def check_lease(self) -> None:
        """LeaseLost where another run, or a newer attempt of this one, writes by now."""
        with self._writing():
            pass

    def record_missing(self, missing: Sequence[MissingKey]) -> None:
        """Notes keys that the file no longer has."""
        if missing:
            with self._writing() as cursor:
                copy_in(cursor, "seedbed.retired", _table([{"run": self.run, **asdict(one)} for one in missing]))

    def is_first_load(self, entity: str) -> bool:
        """Whether no other run has delivered the entity; a receipt without digest is one of rows that failed."""
        with self._open() as cursor:
            cursor.execute(
                "SELECT NOT EXISTS (SELECT 1 FROM seedbed.receipt WHERE entity = %s AND run <> %s AND digest <> '')",
                (entity, self.run),
            )
            return bool(cursor.fetchone()[0])

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Notes the receipt of a delivered entity."""
        with self._open() as cursor:
            told = {"entity": report.entity, "digest": digest, "report": json.dumps(asdict(report))}
            told |= {"run": self.run, "unit": self.unit}
            leases.check_lease(cursor, self.attempt_ref, doing=NOTE_RECEIPT, values={**told, "schema": RECEIPT_SCHEMA})

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """What an earlier attempt of this run delivered of the entity from the same input; None where it did not."""
        if not self.asked or entity in self.asked:  # once for all entities, unless one is asked for again
            self._read_receipts()
        self.asked.add(entity)
        noted, report = self.receipts.get(entity, ("", None))
        return report if noted == digest else None

    def _read_receipts(self) -> None:
        with self._open() as cursor:
            cursor.execute(
                "SELECT entity, digest, report FROM seedbed.receipt WHERE run = %s AND schema <= %s",
                (self.run, RECEIPT_SCHEMA),
            )
            found = cursor.fetchall()
        self.asked.clear()
        self.receipts.clear()
        self.receipts.update({name: (digest, known_fields(EntityReport, report)) for name, digest, report in found})


def keeps_holdings(database: Database) -> bool:
    """Whether the database has our tables already, in a version that knows what is ours."""
    with database.transaction() as cursor:
        cursor.execute("SELECT to_regclass('seedbed.holding') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _holdings(keys: pd.Series, facts: Mapping[str, str]) -> pa.Table:
    """Rows of seedbed.holding: the keys, many in each, and the same facts in all."""
    texts = pa.chunked_array([pa.array(keys, type=pa.string(), from_pandas=True)]).combine_chunks()
    offsets = pa.array([*range(0, len(texts), KEYS_A_ROW), len(texts)], type=pa.int32())
    lists = pa.ListArray.from_arrays(offsets, texts)
    return pa.table({**{name: pa.repeat(fact, len(lists)) for name, fact in facts.items()}, "keys": lists})


def _table(plain: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist([{k: list(v) if isinstance(v, tuple) else v for k, v in row.items()} for row in plain])
