"""Notes and targets that live in memory: for dry runs, for tests, and for trying a new dataset."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pyarrow as pa

from seedbed.core.create_intents import Creations
from seedbed.core.report import Change, EntityReport, MissingKey
from seedbed.core.rows import Block, PreparedBlock, SkippedRow
from seedbed.core.spec import Entity
from seedbed.master_data.keys import display_key
from seedbed.master_data.prepare import REJECT_COLUMNS, skipped_row
from seedbed.master_data.table_rows import blocks_of
from seedbed.targets.accounting import check_limits, record_missing_keys
from seedbed.targets.port import Delivery
from seedbed.targets.recorder import Recorder, TableRecorder

Row = dict[str, str]


@dataclass(slots=True)
class MemoryRecorder:
    """A recorder that forgets everything when the process ends.

    `past`: where a dry run reads what earlier runs held and delivered; `delivered_before`: entities of which tests say so.
    """

    past: Recorder | None = None
    delivered_before: set[str] = field(default_factory=set)
    holdings: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)
    asking: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    created: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    retired: list[MissingKey] = field(default_factory=list)
    skips: list[SkippedRow] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    answers: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    receipts: dict[str, tuple[EntityReport, str]] = field(default_factory=dict)

    def within(self, cursor: object) -> "MemoryRecorder":  # noqa: ARG002 - a transaction means nothing here
        """The same notes."""
        return self

    def begin(self, entity: str) -> None:
        """Forgets the entity's notes."""
        self.skips = [row for row in self.skips if row.skip.entity != entity]
        self.changes = [change for change in self.changes if change.entity != entity]
        self.retired = [one for one in self.retired if one.entity != entity]

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Notes rows that were left out."""
        self.skips += rows

    def change(self, changes: Sequence[Change]) -> None:
        """Notes changed cells."""
        self.changes += changes

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """What a server answered."""
        return self.answers.get(request)

    def record_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Notes a server's answer."""
        self.answers[request] = answer

    def owned_keys(self, entity: str, *, at: str = "") -> Iterator[pd.Series]:
        """The keys that were held before and since."""
        if self.past is not None:
            yield from self.past.owned_keys(entity, at=at)
        if keys := self.holdings.get((entity, at)):
            yield pd.Series(list(keys), dtype="str")

    def claim_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Notes keys that are ours."""
        self.holdings.setdefault((entity, at), {}).update(dict.fromkeys(keys.tolist()))

    def release_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Lets go of keys."""
        gone, stored = set(keys), self.holdings.get((entity, at), {})
        self.holdings[entity, at] = {key: None for key in stored if key not in gone}

    def pending_creations(self, entity: str, *, at: str = "") -> Mapping[str, float]:
        """Keys whose creation was asked for."""
        return dict(self.asking.get((entity, at), {}))

    def record_creations(self, entity: str, noted: Creations, *, at: str = "") -> None:
        """Notes creations."""
        asking = self.asking.setdefault((entity, at), {})
        for key in (*noted.created, *noted.not_created):
            asking.pop(key, None)
        asking.update(dict.fromkeys(noted.requested, time.time()))
        self.created.setdefault((entity, at), {}).update(noted.created)

    def check_lease(self) -> None:
        """Nobody else writes into this process."""

    def record_missing(self, missing: Sequence[MissingKey]) -> None:
        """Notes keys that the file no longer has."""
        self.retired += missing

    def is_first_load(self, entity: str) -> bool:
        """Whether nothing says that the entity was delivered before."""
        return entity not in self.delivered_before and (self.past is None or self.past.is_first_load(entity))

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """The receipt of the same input."""
        report, noted = self.receipts.get(entity, (None, ""))
        return report if noted == digest else None

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Notes a receipt."""
        self.receipts[report.entity] = (report, digest)


@dataclass(slots=True)
class MemoryTarget:
    """A target that keeps each entity's rows, by key, as text under the file's headers."""

    name: str = "memory"
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)

    def describe(self) -> str:
        """Where it is."""
        return "memory of this process"

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each row's `by` -> its `take`; a row's id is its key, unless the file brings ids."""
        stored = self.rows.get(entity.id, {})
        return {_cell(entity, key, row, by): _cell(entity, key, row, take) for key, row in stored.items()}

    def deliver(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: TableRecorder
    ) -> EntityReport:
        """Keeps the rows, all or none."""
        recorder.begin(entity.id)
        stored = dict(self.rows.get(entity.id, {}))
        taking = _Taking(entity, delivery.on_duplicate, recorder, delivery.dry_run)
        report = EntityReport(entity.module_id, entity.id, self.name)
        for part in parts:
            recorder.skip(part.skips)
            report = replace(report, read=report.read + part.read, skipped=report.skipped + len(part.skips))
            if part.block is not None:
                report = _keep(stored, part.block, taking, report)
        report = replace(report, retired=record_missing_keys(entity.id, delivery, recorder))
        check_limits(delivery, report, recorder)
        if not delivery.dry_run:
            self.rows[entity.id] = stored
            recorder.finish(report, digest=delivery.digest)
        return report

    def tables(self, delivery: Delivery, recorder: TableRecorder) -> "MemoryTables":
        """The target of generated tables, for one delivery."""
        return MemoryTables(self, delivery, recorder)

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The rows as one frame."""
        yield pd.DataFrame(list(self.rows.get(entity.id, {}).values()), dtype="str")

    def ping(self) -> None:
        """Memory is always there."""

    def close(self) -> None:
        """Nothing to give back."""


@dataclass(frozen=True, slots=True)
class MemoryTables:
    """Takes the generated tables of one delivery."""

    target: MemoryTarget
    delivery: Delivery
    recorder: TableRecorder

    def deliver(self, entity: Entity, tables: Iterable[pa.Table]) -> EntityReport:
        """Keeps the rows, all or none."""
        return self.target.deliver(entity, _parts_of(entity, tables), self.delivery, self.recorder)


def _parts_of(entity: Entity, tables: Iterable[pa.Table]) -> Iterator[PreparedBlock]:
    for block, skips in blocks_of(entity, tables):
        yield PreparedBlock(len(block) + len(skips), Block(block.source, block.table, block.keys), tuple(skips))


@dataclass(frozen=True, slots=True)
class _Taking:
    entity: Entity
    on_duplicate: str
    recorder: TableRecorder
    dry_run: bool


def _keep(stored: dict[str, Row], block: Block, taking: _Taking, report: EntityReport) -> EntityReport:
    counts: Counter[str] = Counter()
    written: list[str] = []
    text = block.source.text.drop(columns=list(REJECT_COLUMNS), errors="ignore")
    for position, (key, row) in enumerate(zip(block.keys, text.to_dict("records"), strict=True)):
        before = stored.get(key)
        after = {**(before or {}), **{str(name): str(cell) for name, cell in row.items()}}
        outcome = "inserted" if before is None else "unchanged" if before == after else "updated"
        if outcome == "updated" and taking.on_duplicate == "skip":
            words = "the row exists and differs"
            taking.recorder.skip([skipped_row(taking.entity, block.source, position, "duplicate_in_table", words)])
            counts["skipped"] += 1
            continue
        counts[outcome] += 1
        stored[key] = after
        if outcome != "unchanged":
            written.append(key)
        if before is not None:
            taking.recorder.change(list(_changes(taking.entity, key, before, after)))
    if not taking.dry_run:
        taking.recorder.claim_keys(taking.entity.id, pd.Series(written, dtype="str"))
    return replace(report, **{name: getattr(report, name) + number for name, number in counts.items()})


def _changes(entity: Entity, key: str, before: Row, after: Row) -> Iterator[Change]:
    for name, cell in after.items():
        if before.get(name, "") != cell:
            yield Change(entity.id, display_key(key), name, before.get(name) or None, cell or None)


def _cell(entity: Entity, key: str, row: Row, name: str) -> str:
    return display_key(key) if name == "id" and not entity.own_id else row.get(entity.column(name).headers[0], "")
