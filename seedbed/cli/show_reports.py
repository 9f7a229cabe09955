"""Reports as people read them on a terminal, and as JSON for programs."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from seedbed.core.report import Check, Report, RunFailure, total
from seedbed.settings import read_settings

MARKS = {"PASS": "✅ PASS", "SKIP": "⏩ SKIP", "FAIL": "🚫 FAIL", "WARN": "⚠️  WARN"}
COUNTS = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed", "removed", "retired", "deactivated")
LISTED = (
    "patients",
    "portrait",
    "skips",
    "changes",
    "retired",
    "remaining",
    "ui",
)  # kinds of files that people look for
SKIPS_SHOWN = 10


def print_report(report: Report, *, as_json: bool = False) -> None:
    """The report on stdout."""
    if as_json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
    if report.environment:
        console.print(f"environment: {report.environment}", markup=False)
    for name, address in report.targets.items():
        console.print(f"{name}: {address}", markup=False)
    if report.entities:
        console.print(_entities(report))
    _print_skips(console, report)
    _print_missing_keys(console, report)
    lines = [check_line(check) for check in report.checks if check.status in ("FAIL", "WARN") or check.name == "Audit"]
    lines += [f"{file.kind}: {file.path}" for file in report.files if file.kind in LISTED]
    lines += [f"attempt {one.number}: {one.version} on {one.host}, {one.started}" for one in report.attempts]
    lines += [f"note: {note}" for note in report.notes]
    for line in lines:
        console.print(line, markup=False)
    if report.error:
        print_error(report.error)
    url = report_url(report)
    if url:
        console.print(f"report: {url}", markup=False)
    console.print(f"{report.verb} {report.run}: {report.state} in {report.seconds:.1f} s", style="bold")


def report_url(report: Report) -> str:
    """Where the run's page is served; its path where nothing serves it, "" where there is none."""
    page = next((file.path for file in report.files if file.kind == "report"), "")
    served = read_settings().REPORTS_URL.rstrip("/") if page else ""
    return f"{served}/{report.run}/report.html" if served else page


def print_error(failure: RunFailure) -> None:
    """An error on stderr: what, and the next step."""
    print(f"error: {failure.message}", file=sys.stderr)
    if failure.next:
        print(f"next: {failure.next}", file=sys.stderr)


def print_targets(environment: str, addresses: Mapping[str, str]) -> None:
    """Where a run will write, on stderr, before it begins."""
    print(f"environment: {environment or 'none'}", file=sys.stderr)
    for target, address in addresses.items():
        print(f"{target}: {address}", file=sys.stderr)


def print_checks(checks: Sequence[Check]) -> None:
    """Health checks, a line each, and their sum."""
    for check in checks:
        print(check_line(check))
    counted: Counter[str] = Counter(check.status for check in checks)
    print(", ".join(f"{counted[status]} {status}" for status in MARKS if counted[status]))


def check_line(check: Check) -> str:
    """One check, with the next step where it failed."""
    line = f"{MARKS[check.status]}  {check.name}"
    line += f": {check.message}" if check.message else ""
    return line + (f"\n         next: {check.next}" if check.next and check.status != "PASS" else "")


def _entities(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("module", "entity", "target"):
        table.add_column(name, no_wrap=True)
    shown = [name for name in COUNTS if name in ("read", "skipped") or any(getattr(e, name) for e in report.entities)]
    for name in shown:
        table.add_column(name, justify="right", no_wrap=True)
    for entity in (*report.entities, total(report.entities)):
        counts = [f"{getattr(entity, name):,}" for name in shown]
        table.add_row(
            entity.module, entity.entity, entity.target, *counts, style="bold" if entity.entity == "total" else ""
        )
    return table


def _print_skips(console: Console, report: Report) -> None:
    if not report.skips:
        return
    console.print(f"rows skipped: {report.skipped_total}", style="bold")
    for count in report.skip_counts:
        console.print(f"  {count.rows:>6}  {count.entity}  {count.reason}", markup=False)
    for skip in report.skips[:SKIPS_SHOWN]:
        console.print(f"  {skip.file} row {skip.row} [{skip.key}] {skip.reason}: {skip.message}", markup=False)
    if report.skipped_total > SKIPS_SHOWN:
        console.print("  ... all of them in the skips file", markup=False)


def _print_missing_keys(console: Console, report: Report) -> None:
    if not report.retired:
        return
    whole = sum(entity.retired for entity in report.entities)
    console.print(f"no longer in the files: {whole}", style="bold")
    for one in report.retired[:SKIPS_SHOWN]:
        console.print(f"  {one.entity} [{one.key}]{' set inactive' if one.deactivated else ''}", markup=False)
    if whole > SKIPS_SHOWN:
        console.print("  ... all of them in retired.csv", markup=False)
