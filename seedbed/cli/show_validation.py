"""A validation as people read it on a terminal."""

from collections.abc import Iterator

from seedbed.actions.validate.file_result import WARNING, BadRow, FileResult, count_files
from seedbed.actions.validate.run_validation import Validation
from seedbed.cli.show_reports import print_error
from seedbed.core.differences import Comparison, FileComparison, RowDifference

ROWS_SHOWN = 20
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
ONLY = {
    "new": "a new file",
    "gone": "the file is gone",
    "reordered": "only the order of rows differs",
    "rewritten": "only bytes differ: line ends, quotes, order of columns or the like",
    "moved": "the same bytes in another file",
}


def print_validation(done: Validation) -> None:
    """What was found on stdout, file by file, then the sum and where the page is; the error on stderr."""
    for line in _lines(done):
        print(line)
    if done.report.error:
        print_error(done.report.error)


def _lines(done: Validation) -> Iterator[str]:
    report = done.report
    said = {check.name: check for check in report.checks if check.status == "FAIL"}
    told: set[str] = set()
    for result in done.file_results:
        if result.error:
            refusal = said[result.entity]
            yield f"{result.entity}: refused: {refusal.message}"
            yield f"  next: {refusal.next}"
        if result.rules or result.unlooked:
            yield from _file(result, is_second=result.file in told)
            told.add(result.file)
    if done.comparison:
        yield from _comparison(done.comparison)
    for check in done.file_warnings:
        yield f"warning: {check.name}: {check.message}"
        yield f"  next: {check.next}"
    yield from (f"note: {note}" for note in report.notes)
    yield _sum(done)
    yield from (f"{file.kind}: {file.path}" for file in report.files if file.kind in ("skips", "page"))


def _file(result: FileResult, *, is_second: bool) -> Iterator[str]:
    """`is_second`: whether another entity that reads the file has been told of before."""
    rules = sum(rule.severity == WARNING and rule.rows > 0 for rule in result.rules)
    warned = f", {result.warned} with warnings of {_some(rules, 'rule')}" if result.warned else ""
    read_as = f" (as {result.entity})" if is_second else ""
    yield f"{result.file}{read_as}: {result.skipped} of {result.read} rows would be skipped{warned}"
    for column, (entity, why) in result.unlooked.items():
        cause = "has no file" if why == "absent" else "has a file that is refused"
        yield f"  warning: {column} was not looked up: {entity} {cause}"
    yield from (f"  warning: {rule.sentence}" for rule in result.rules if not rule.rows)
    yield from (_row(row, result.file) for row in result.rows[:ROWS_SHOWN])
    more = result.rows_total - ROWS_SHOWN
    if more > 0:
        yield f"  and {more} more"


def _row(row: BadRow, file: str) -> str:
    of_correction = f"{row.file} " if row.file != file else ""
    return f"  {of_correction}row {row.row} [{row.key}] {row.reason}: {row.message}"


def _sum(done: Validation) -> str:
    report = done.report
    read = sum(entity.read for entity in report.entities)
    refused = count_files(result for result in done.file_results if result.error)
    return (
        f"{report.verb}: {_some(count_files(done.file_results), 'file')}, {_some(read, 'row')} in {report.seconds:.1f} s: "
        f"{_some(report.skipped_total, 'row')} would be skipped, {_some(done.warnings, 'warning')}, {_some(refused, 'file')} refused"
    )


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _comparison(comparison: Comparison) -> Iterator[str]:
    for one in comparison.files:
        if one.state != "unchanged":
            yield from _compared(one)
    differing = [one for one in comparison.unique_files if one.state != "unchanged"]
    counts = [sum(getattr(one, name) for one in differing) for name in ("added", "removed", "changed")]
    unchanged = len(comparison.unique_files) - len(differing)
    yield (
        f"against {comparison.against}: {counts[0]} added, {counts[1]} removed, {counts[2]} changed; "
        f"files that differ: {len(differing)}, as they were: {unchanged}"
    )


def _compared(one: FileComparison) -> Iterator[str]:
    counts = f"{one.added} added, {one.removed} removed, {one.changed} changed"
    if one.state == "unreadable":
        yield f"{one.entity}: cannot be compared: {one.message}"
        return
    only = ONLY.get(one.state, one.message)
    said = [counts] if one.state in ("changed", "new", "gone") else []
    said += [only] if only else []
    said += [f"it was {one.came_from} before"] if one.came_from else []
    said += [f"the file is counted with {one.counted_with}"] if one.counted_with else []
    yield f"{one.file}{f' ({one.entity})' if one.counted_with else ''}: {'; '.join(said)}"
    for what, columns in (("new columns", one.columns_added), ("columns that are gone", one.columns_removed)):
        if columns:
            yield f"  {what}: {', '.join(columns)}"
    yield from (_difference(row) for row in one.differences[:ROWS_SHOWN])
    if one.total > ROWS_SHOWN and not one.counted_with:
        yield f"  and {one.total - ROWS_SHOWN} more"


def _difference(row: RowDifference) -> str:
    if row.kind == "changed":
        cells = ", ".join(
            f"{cell.column}: {cell.before or '(empty)'} -> {cell.after or '(empty)'}" for cell in row.cells
        )
    else:
        cells = ", ".join(f"{cell.column}={cell.after or cell.before}" for cell in row.cells)
    return f"  {SIGNS[row.kind]} row {row.row} [{row.key}] {cells}"
