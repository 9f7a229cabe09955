"""One entity's blocks into its table, in the caller's transaction: COPY where the table is empty, merge where it is not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from seedbed.core.report import Change, EntityReport
from seedbed.core.rows import Block, Part, SkippedRow
from seedbed.core.spec import Entity
from seedbed.database import merging
from seedbed.database.attempts import Guilty, attempt
from seedbed.database.copying import Cursor, copy_in
from seedbed.masters.prepare import skipped_row

EXISTS = "the row exists and differs; load with --on-duplicate update to change it"


class NoteTaker(Protocol):
    """What loading notes: rows left out and cells changed."""

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Notes rows that were left out."""
        ...

    def change(self, changes: Sequence[Change]) -> None:
        """Notes changed cells."""
        ...


@dataclass(frozen=True, slots=True)
class Loading:
    """How an entity is loaded."""

    entity: Entity
    on_duplicate: Literal["skip", "update"] = "skip"
    dry_run: bool = False


def load(cursor: Cursor, loading: Loading, parts: Iterable[Part], notes: NoteTaker) -> EntityReport:
    """Loads every part and accounts for every row read; skips and changes are noted as they are found."""
    report = EntityReport(loading.entity.module, loading.entity.name, "postgres")
    fresh: bool | None = None
    for part in parts:
        notes.skip(part.skips)
        report = replace(report, read=report.read + part.read, skipped=report.skipped + len(part.skips))
        if part.block is None:
            continue
        merge = merging.Merge(loading.entity, tuple(part.block.table.column_names))
        if fresh is None:
            merging.lock(cursor, merge)
            fresh = not loading.dry_run and merging.is_empty(cursor, merge)
        step = _copy if fresh else _merge
        report = step(cursor, loading, part.block, notes, report)
    return report


Step = Callable[[Cursor, Loading, Block, NoteTaker, EntityReport], EntityReport]


def _copy(cursor: Cursor, loading: Loading, block: Block, notes: NoteTaker, report: EntityReport) -> EntityReport:
    """The table was empty when this load began, and keys are unique within it: every row is new."""
    relation = merging.Merge(loading.entity, ()).relation

    def copy(positions: Sequence[int]) -> None:
        table = block.table if len(positions) == len(block) else block.table.take(list(positions))
        copy_in(cursor, relation, table)

    guilty = attempt(cursor, range(len(block)), copy)
    _skip_guilty(loading.entity, block, guilty, notes)
    return replace(report, inserted=report.inserted + len(block) - len(guilty), skipped=report.skipped + len(guilty))


def _merge(cursor: Cursor, loading: Loading, block: Block, notes: NoteTaker, report: EntityReport) -> EntityReport:
    merge = merging.Merge(loading.entity, tuple(block.table.column_names))
    difference = merging.stage(cursor, merge, block.table)
    unchanged = len(block) - len(difference.new) - len(difference.changed)
    report = replace(
        report, unchanged=report.unchanged + unchanged, differing=report.differing + len(difference.changed)
    )
    inserted, refused = _do(cursor, loading, difference.new, lambda rows: merging.insert_staged(cursor, merge, rows))
    _skip_guilty(loading.entity, block, refused, notes)
    report = replace(report, inserted=report.inserted + inserted, skipped=report.skipped + len(refused))
    if loading.on_duplicate == "skip":
        notes.skip(
            [skipped_row(loading.entity, block.source, at, "duplicate_in_table", EXISTS) for at in difference.changed]
        )
        return replace(report, skipped=report.skipped + len(difference.changed))
    changes = list(merging.differing_cells(cursor, merge))
    updated, refused = _do(cursor, loading, difference.changed, lambda rows: merging.update_staged(cursor, merge, rows))
    _skip_guilty(loading.entity, block, refused, notes)
    notes.change(changes if not refused else _without(changes, loading.entity, block, refused))
    return replace(report, updated=report.updated + updated, skipped=report.skipped + len(refused))


def _do(
    cursor: Cursor, loading: Loading, positions: Sequence[int], work: Callable[[Sequence[int]], None]
) -> tuple[int, list[Guilty]]:
    if loading.dry_run or not positions:
        return len(positions), []
    guilty = attempt(cursor, positions, work)
    return len(positions) - len(guilty), guilty


def _skip_guilty(entity: Entity, block: Block, guilty: Sequence[Guilty], notes: NoteTaker) -> None:
    notes.skip([skipped_row(entity, block.source, position, "constraint", words) for position, words in guilty])


def _without(changes: list[Change], entity: Entity, block: Block, guilty: Sequence[Guilty]) -> list[Change]:
    refused = {
        "/".join(str(block.table.column(name)[position].as_py() or "") for name in entity.key) for position, _ in guilty
    }
    return [change for change in changes if change.key not in refused]
