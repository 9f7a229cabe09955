"""One entity's blocks into its table, in the caller's transaction: COPY where the table is empty, merge where it is not."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from seedbed.core.report import Change, EntityReport, SkipReason
from seedbed.core.rows import Block, PreparedBlock, SkippedRow
from seedbed.core.spec import Entity
from seedbed.database.cursor import Cursor
from seedbed.database.load import merge_rows
from seedbed.database.load.bisect import RejectedRow, apply_or_bisect, check_rejected_rows
from seedbed.master_data.prepare import skipped_row
from seedbed.master_data.table_rows import TableBlock, blocks_of

EXISTS = "the row exists and differs; load with --on-duplicate update to change it"
OTHER_ID = "id: the row exists with another id, and an id never changes"
AnyBlock = Block | TableBlock


class LoadRecorder(Protocol):
    """Where a load records skipped rows, changed cells and written keys."""

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Records skipped rows."""
        ...

    def change(self, changes: Sequence[Change]) -> None:
        """Notes changed cells."""
        ...

    def claim_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Notes keys whose rows are ours from now on."""
        ...


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How an entity is loaded."""

    entity: Entity
    on_duplicate: Literal["skip", "update"] = "skip"
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Loader:
    """A load under way; `guilty`: what the database has said of the rows that it refused so far."""

    cursor: Cursor
    options: LoadOptions
    recorder: LoadRecorder
    rejected_messages: list[str] = field(default_factory=list)

    def record_rejected(self, block: AnyBlock, rejected: Sequence[RejectedRow]) -> int:
        """Notes the rows as skipped, and says how many; DataError where they have become too many."""
        self.skip(block, "constraint", rejected)
        self.rejected_messages.extend(words for _, words in rejected)
        check_rejected_rows(len(self.rejected_messages), "".join(self.rejected_messages[-1:]))
        return len(rejected)

    def skip(self, block: AnyBlock, reason: SkipReason, rows: Sequence[RejectedRow]) -> None:
        """Notes rows as skipped, by their positions, each with its message."""
        if rows:
            source = block.source
            self.recorder.skip([skipped_row(self.options.entity, source, at, reason, words) for at, words in rows])

    def apply(
        self, block: AnyBlock, positions: Sequence[int], change: Callable[[Sequence[int]], None]
    ) -> tuple[int, set[int]]:
        """Changes the table; returns how many rows changed and which were refused. A dry run takes all for granted."""
        if self.options.dry_run or not positions:
            return len(positions), set()
        rejected = apply_or_bisect(self.cursor, positions, change)
        refused = {position for position, _ in rejected}
        self.claim_keys(block, [position for position in positions if position not in refused])
        return len(positions) - self.record_rejected(block, rejected), refused

    def claim_keys(self, block: AnyBlock, written: Sequence[int] | np.ndarray) -> None:
        """Notes that the rows at these positions are ours: this load wrote them."""
        if len(written):
            keys = block.keys if len(written) == len(block) else block.keys.iloc[np.asarray(written)]
            self.recorder.claim_keys(self.options.entity.id, keys, at=self.options.entity.table_address)


def load(cursor: Cursor, loading: LoadOptions, parts: Iterable[PreparedBlock], notes: LoadRecorder) -> EntityReport:
    """Loads every part of a file and accounts for every row read; skips and changes are noted as they are found."""
    counts: Counter[str] = Counter()

    def open_rows() -> Iterator[Block]:
        for part in parts:
            notes.skip(part.skips)
            counts.update(read=part.read - (len(part.block) if part.block else 0), skipped=len(part.skips))
            if part.block is not None:
                yield part.block

    return _counted(_load_blocks(cursor, loading, open_rows(), notes), counts)


def load_tables(cursor: Cursor, loading: LoadOptions, tables: Iterable[pa.Table], notes: LoadRecorder) -> EntityReport:
    """Loads generated tables as `load` loads a file; a row that repeats a key of an earlier one is skipped.

    DataError where a table does not fit the entity.
    """
    counts: Counter[str] = Counter()

    def open_rows() -> Iterator[TableBlock]:
        for block, skips in blocks_of(loading.entity, tables):
            notes.skip(skips)
            counts.update(read=len(skips), skipped=len(skips))
            if len(block):
                yield block

    return _counted(_load_blocks(cursor, loading, open_rows(), notes), counts)


def _counted(report: EntityReport, counts: Counter[str]) -> EntityReport:
    """The report with the rows that were skipped before the load."""
    return replace(report, read=report.read + counts["read"], skipped=report.skipped + counts["skipped"])


def _load_blocks(cursor: Cursor, loading: LoadOptions, blocks: Iterable[AnyBlock], notes: LoadRecorder) -> EntityReport:
    work = _Loader(cursor, loading, notes)
    report = EntityReport(loading.entity.module_id, loading.entity.id, "postgres")
    standing: merge_rows.TableState | None = None
    for block in blocks:
        report = replace(report, read=report.read + len(block))
        standing = standing or merge_rows.lock_table(cursor, loading.entity)
        merge = merge_rows.merge_of(loading.entity, block, standing.audit_columns)
        fresh = standing.is_empty and standing.allows_copy and not loading.dry_run
        report = (_copy if fresh else _merge)(work, merge, block, report)
    return report


def _copy(work: _Loader, merge: merge_rows.Merge, block: AnyBlock, report: EntityReport) -> EntityReport:
    """The table was empty when this load began, and keys are unique within it: every row is new."""
    rejected = merge_rows.copy_fresh(work.cursor, merge, block.table)
    refused = work.record_rejected(block, rejected)
    work.claim_keys(block, np.setdiff1d(np.arange(len(block)), [position for position, _ in rejected]))
    return replace(report, inserted=report.inserted + len(block) - refused, skipped=report.skipped + refused)


def _merge(work: _Loader, merge: merge_rows.Merge, block: AnyBlock, report: EntityReport) -> EntityReport:
    refused = work.record_rejected(block, merge_rows.stage_block(work.cursor, merge, block.table))
    found = merge_rows.classify_staged(work.cursor, merge)
    work.skip(block, "constraint", [(at, OTHER_ID) for at in found.other_id])
    inserted, rejected = work.apply(block, found.new, lambda rows: merge_rows.insert_staged(work.cursor, merge, rows))
    updated, left = _update(work, merge, block, found.changed)
    return replace(
        report,
        inserted=report.inserted + inserted,
        updated=report.updated + updated,
        unchanged=report.unchanged + len(block) - refused - len(found.new) - len(found.changed) - len(found.other_id),
        skipped=report.skipped + refused + len(found.other_id) + len(rejected) + left,
        differing=report.differing + len(found.changed),
    )


def _update(work: _Loader, merge: merge_rows.Merge, block: AnyBlock, changed: Sequence[int]) -> tuple[int, int]:
    """How many of the changed rows were updated, and how many left as they are."""
    if work.options.on_duplicate == "skip":
        work.skip(block, "duplicate_in_table", [(at, EXISTS) for at in changed])
        return 0, len(changed)
    cells = list(merge_rows.differing_cells(work.cursor, merge, changed)) if changed else []
    updated, rejected = work.apply(block, changed, lambda rows: merge_rows.update_staged(work.cursor, merge, rows))
    work.recorder.change([change for position, change in cells if position not in rejected])
    return updated, len(rejected)
