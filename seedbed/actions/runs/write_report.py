"""A run's report: assembled from the ledger, written as files for people and programs."""

import csv
import json
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from seedbed.actions.context import AppContext, Run
from seedbed.actions.csv.sources import shown_path
from seedbed.actions.runs.run_index import write_index
from seedbed.core.errors import SeedbedError, failure_of
from seedbed.core.report import SKIPS_SHOWN, Check, EntityReport, File, Report
from seedbed.core.rows import SkippedRow
from seedbed.database.ledger.attempts import attempts_of
from seedbed.database.ledger.leases import check_newest_attempt
from seedbed.database.ledger.run_records import record_run_end
from seedbed.database.ledger.run_results import changes_of, iter_missing_keys, receipts_of, skip_counts_of, skips_of
from seedbed.database.load.deactivate_rows import can_deactivate
from seedbed.formats.spreadsheet_cells import without_formula
from seedbed.master_data.prepare import REJECT_COLUMNS
from seedbed.pages.run_pages import render

SKIP_COLUMNS = ("entity", "file", "row", "key", "reason", "message")
CHANGE_COLUMNS = ("entity", "key", "column", "before", "after")
RETIRED_COLUMNS = ("entity", "key", "deactivated")
EXACT_CELLS = "rejects files and skip-records hold the cells exactly as read, also formulas: import them as text into a spreadsheet"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run's last step knows beside the ledger. `data_dirs`: where its rows came from."""

    seconds: float = 0.0
    checks: tuple[Check, ...] = ()
    test_results: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    error: SeedbedError | None = None
    data_dirs: tuple[Path, ...] = ()
    on_duplicate: str = "skip"
    files: tuple[File, ...] = ()


def write_report(context: AppContext, run: Run, outcome: Outcome, *, units: Sequence[str]) -> Report:
    """The run's report; its files are written anew and what a failed attempt left is removed.

    `units`: the modules of this run. Files: `logs/skip-records-<run>.csv`, `output/<run>/rejects/<module>/<entity>.csv`,
    `output/<run>/changes.csv`, `retired.csv`, `report.html` and `report.json`; none of rows skipped, changed
    or retired where there are none. Overtaken where a newer attempt has begun: it writes them.
    """
    database, folder = context.database(), context.output / run.name
    entities = _in_order(context, receipts_of(database, run.root))
    files = (*outcome.files, *_write_listings(context, run))
    report = Report(
        verb=run.verb,
        run=run.name,
        state="failed" if outcome.error else "completed",
        seconds=round(outcome.seconds, 3),
        targets={
            name: context.target_addresses[name]
            for name in sorted({e.target for e in entities} | {"postgres"})
            if name in context.target_addresses
        },
        entities=entities,
        skips=tuple(row.skip for row in skips_of(database, run.root, most=SKIPS_SHOWN)),
        skipped_total=sum(e.skipped for e in entities),
        skip_counts=skip_counts_of(database, run.root),
        checks=(*outcome.checks, *_audit_check(outcome.test_results)),
        notes=(*outcome.notes, *_advice(context, run, entities, outcome), *missing_key_notes(context, entities)),
        error=failure_of(outcome.error) if outcome.error else None,
        attempts=attempts_of(database, run.root),
        retired=tuple(islice(iter_missing_keys(database, run.root), SKIPS_SHOWN)),
        environment=context.environment_name,
    )
    page, plain = folder / "report.html", folder / "report.json"
    report = replace(report, files=(*files, _file(context, "report", page), _file(context, "json", plain)))
    folder.mkdir(parents=True, exist_ok=True)
    page.write_text(render({**report.to_json(), "units": list(units)}, list(outcome.test_results)), encoding="utf-8")
    plain.write_text(json.dumps(report.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    write_index(folder.parent, report.to_json(), outcome.test_results)
    record_run_end(database, run.attempt_ref, report.to_json())
    return report


def _write_listings(context: AppContext, run: Run) -> tuple[File, ...]:
    database, folder = context.database(), context.output / run.name
    with database.transaction() as cursor:
        check_newest_attempt(cursor, run.attempt_ref)  # before the first file is touched
    return (
        *write_skips(context, run, skips_of(database, run.root)),
        *write_listing(context, folder / "changes.csv", CHANGE_COLUMNS, changes_of(database, run.root)),
        *write_listing(context, folder / "retired.csv", RETIRED_COLUMNS, iter_missing_keys(database, run.root)),
    )


def _audit_check(test_results: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    if not test_results:
        return ()
    bad = [str(verdict["entity"]) for verdict in test_results if not verdict["success"]]
    warned = any(check["status"] == "WARN" for verdict in test_results for check in verdict["checks"])
    message = f"{len(test_results) - len(bad)} of {len(test_results)} tables are sound" + (
        f"; not {', '.join(bad)}" if bad else ""
    )
    step = "read the report; correct the CSV or the rule, then retry" if bad else ""
    return (Check("Audit", "FAIL" if bad else "WARN" if warned else "PASS", message, step),)


def _in_order(context: AppContext, reports: Iterable[EntityReport]) -> tuple[EntityReport, ...]:
    place = {name: at for at, name in enumerate(context.entities)}
    modules = {name: at for at, name in enumerate(context.modules)}
    return tuple(sorted(reports, key=lambda r: (modules.get(r.module, 99), place.get(r.entity, 999))))


def _advice(context: AppContext, run: Run, entities: Sequence[EntityReport], outcome: Outcome) -> tuple[str, ...]:
    notes = []
    differing = sum(e.differing for e in entities if not e.updated)
    if differing:
        notes.append(f"{differing} rows exist and differ; `--on-duplicate update` changes them")
    rejects = context.output / run.name / "rejects"
    if (
        any(e.skipped and e.entity in context.entities for e in entities) and rejects.exists()
    ):  # what is drawn has no file
        folders = [shown_path(folder, context.root) for folder in (*(outcome.data_dirs or context.data_dirs), rejects)]
        update = ["--on-duplicate", "update"] if outcome.on_duplicate == "update" else []
        command = shlex.join(["seedbed", "setup", *update, *(part for folder in folders for part in ("-d", folder))])
        notes.append(f"to load corrected rows: correct the files below {folders[-1]}, then `{command}`")
    if rejects.exists():
        notes.append(EXACT_CELLS)
    return tuple(notes)


def missing_key_notes(context: AppContext, entities: Iterable[EntityReport]) -> tuple[str, ...]:
    """A sentence on the keys that have left the files and whose rows nothing sets inactive."""
    listed = [
        e for e in entities if e.retired and not (can_deactivate(context.entity(e.entity)) or e.target == "keycloak")
    ]
    if not listed:
        return ()
    said = ", ".join(f"{e.retired} of {e.entity} ({e.target})" for e in listed)
    return (f"no longer in the files, and only listed, for nothing sets them inactive: {said}",)


def _file(context: AppContext, kind: str, path: Path) -> File:
    return File(kind, shown_path(path, context.root))


def write_skips(context: AppContext, run: Run, rows: Iterable[SkippedRow]) -> tuple[File, ...]:
    """The rows, which come entity by entity, as rejects that can be corrected and as one list; no file where there is none."""
    rejects = context.output / run.name / "rejects"
    listing = context.logs / f"skip-records-{run.name}.csv"
    _keep_edited(rejects, context.output / run.name / "report.json")
    shutil.rmtree(rejects, ignore_errors=True)
    listing.unlink(missing_ok=True)
    files: list[File] = []
    for name, of_entity in groupby(rows, key=lambda row: row.skip.entity):
        path = rejects / context.entity(name).own_path
        files.append(_file(context, "rejects", path))
        _write_rejects(path, listing, of_entity)
    return (_file(context, "skips", listing), *files) if files else ()


def _keep_edited(rejects: Path, written: Path) -> None:
    """Rejects that somebody has begun to correct are put aside, not replaced."""
    if not written.exists():
        return
    edited = [path for path in rejects.rglob("*.csv") if path.stat().st_mtime > written.stat().st_mtime]
    if edited:
        rejects.rename(rejects.with_name(f"rejects-corrected-{int(max(path.stat().st_mtime for path in edited))}"))


def _write_rejects(path: Path, listing: Path, rows: Iterable[SkippedRow]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    listing.parent.mkdir(parents=True, exist_ok=True)
    is_first = not listing.exists()
    header: tuple[str, ...] = ()
    with (
        path.open("a", encoding="utf-8", newline="") as reject,
        listing.open("a", encoding="utf-8", newline="") as skip,
    ):
        rejected, listed = csv.writer(reject, lineterminator="\n"), csv.writer(skip, lineterminator="\n")
        if is_first:
            listed.writerow(SKIP_COLUMNS)
        for row in rows:
            found = row.skip
            if not header:
                header = tuple(name for name in row.header if name not in REJECT_COLUMNS)
                rejected.writerow([*header, *REJECT_COLUMNS])
            cells = dict(zip(row.header, row.cells, strict=True))
            stands_for = cells.get("_row") or found.row
            rejected.writerow([*(cells.get(name, "") for name in header), stands_for, found.reason, found.message])
            listed.writerow([getattr(found, name) for name in SKIP_COLUMNS])


def write_listing(context: AppContext, path: Path, columns: Sequence[str], rows: Iterable[object]) -> tuple[File, ...]:
    """The rows as a CSV file for a spreadsheet, whose kind is its name; no file where there is none."""
    path.unlink(missing_ok=True)
    found = iter(rows)
    first = next(found, None)
    if first is None:
        return ()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([without_formula(getattr(row, name)) for name in columns] for row in chain([first], found))
    return (_file(context, path.stem, path),)
