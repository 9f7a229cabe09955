"""Notes and targets that live in memory: for dry runs, for tests, and for trying a new dataset."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from seedbed.core.report import Change, EntityReport
from seedbed.core.rows import Part, SkippedRow
from seedbed.core.spec import Entity
from seedbed.targets.port import Delivery, Recorder


@dataclass(slots=True)
class MemoryRecorder:
    """A recorder that forgets everything when the process ends."""

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

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Notes rows that were left out."""
        self.skips += rows

    def change(self, changes: Sequence[Change]) -> None:
        """Notes changed cells."""
        self.changes += changes

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """What a server answered."""
        return self.answers.get(request)

    def note_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Notes a server's answer."""
        self.answers[request] = answer

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """The receipt of the same input."""
        report, noted = self.receipts.get(entity, (None, ""))
        return report if noted == digest else None

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Notes a receipt."""
        self.receipts[report.entity] = (report, digest)


@dataclass(slots=True)
class MemoryTarget:
    """A target that keeps each entity's rows, by key, as text."""

    name: str = "memory"
    rows: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def describe(self) -> str:
        """Where it is."""
        return "memory of this process"

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each row's `by` -> its `take`."""
        held = self.rows.get(entity.name, {})
        return {row[by]: key if take == "id" else row[take] for key, row in held.items()}

    def deliver(self, entity: Entity, parts: Iterable[Part], delivery: Delivery, recorder: Recorder) -> EntityReport:
        """Keeps the rows."""
        held = self.rows.setdefault(entity.name, {})
        report = EntityReport(entity.module, entity.name, self.name)
        for part in parts:
            recorder.skip(part.skips)
            report = replace(report, read=report.read + part.read, skipped=report.skipped + len(part.skips))
            if part.block is None:
                continue
            for key, row in zip(part.block.keys, part.block.source.text.to_dict("records"), strict=True):
                before = held.get(key)
                outcome = "inserted" if before is None else "unchanged" if before == row else "updated"
                report = replace(report, **{outcome: getattr(report, outcome) + 1})
                if not delivery.dry_run:
                    held[key] = {str(name): str(cell) for name, cell in row.items()}
        return report

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """The rows as one frame."""
        yield pd.DataFrame(list(self.rows.get(entity.name, {}).values()), dtype="str")

    def close(self) -> None:
        """Nothing to give back."""
