"""The dry run: what a set-up would insert, update, leave and skip; nothing is touched, no file is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from seedbed.actions.context import AppContext, Run
from seedbed.actions.permit import check_no_production
from seedbed.actions.runs.write_report import missing_key_notes
from seedbed.actions.setup.load import Job, load_unit
from seedbed.actions.setup.plan import RunPlan
from seedbed.actions.setup.references import PlannedRows, load_notes
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import DataError, SeedbedError, UnitsFailed, failure_of
from seedbed.core.report import SKIPS_SHOWN, EntityReport, Report, SkipCount
from seedbed.database.ledger.receipts import LedgerRecorder, keeps_holdings
from seedbed.master_data.keys import display_key
from seedbed.targets.memory import MemoryRecorder


def dry_run_setup(context: AppContext, run: Run, request: SetupRequest, plan: RunPlan) -> Report:
    """The report that the set-up would give; its state is failed where units would fail, or rows be skipped under --strict."""
    check_no_production(context)
    database = context.database()
    # What earlier runs wrote is read from the ledger; nothing is noted there.
    recorder = MemoryRecorder(past=LedgerRecorder(database, run.attempt_ref, "") if keeps_holdings(database) else None)
    planned: PlannedRows = {}
    failed: dict[str, SeedbedError] = {}
    for unit in plan.units:
        if any(need in failed for need in unit.needs):
            continue
        try:
            load_unit(context, Job(run, replace(request, dry_run=True), unit, {}, planned), recorder)
        except SeedbedError as error:
            failed[unit.name] = error
    reports = [report for report, _ in recorder.receipts.values()]  # of what would fail too
    skipped = sum(r.skipped for r in reports)
    ended = _error(failed, skipped if request.strict else 0)
    counted = Counter((row.skip.entity, row.skip.reason) for row in recorder.skips)
    return Report(
        verb=run.verb,
        run=run.name,
        targets=_addresses(context, reports),
        entities=tuple(reports),
        skips=tuple(row.skip for row in recorder.skips[:SKIPS_SHOWN]),
        skipped_total=skipped,
        skip_counts=tuple(SkipCount(*what, rows) for what, rows in counted.most_common()),
        state="failed" if ended else "completed",
        error=failure_of(ended) if ended else None,
        retired=tuple(replace(one, key=display_key(one.key)) for one in recorder.retired[:SKIPS_SHOWN]),
        notes=(
            "dry run: nothing was touched, so what constraints and triggers would say is not known",
            *load_notes(context, request, plan.units),
            *missing_key_notes(context, reports),
        ),
        environment=context.environment_name,
    )


def _addresses(context: AppContext, reports: Sequence[EntityReport]) -> dict[str, str]:
    named = sorted({report.target for report in reports} & context.target_addresses.keys())
    return {name: context.target_addresses[name] for name in named}


def _error(failed: Mapping[str, SeedbedError], skipped: int) -> SeedbedError | None:
    if failed:
        first = next(iter(failed.values()))
        message = f"would fail: {', '.join(failed)}; {first.message}"
        return UnitsFailed(message, tuple(failed.values()), next_step=first.next_step)
    if skipped:
        return DataError(
            f"{skipped} rows would be skipped, and --strict allows none",
            next_step="correct the files",
            code="rows-skipped",
        )
    return None
