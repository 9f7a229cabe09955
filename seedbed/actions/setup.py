"""Set-up without an orchestrator: the same steps in one process, the same report."""

import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from seedbed.actions.audit import audit, refused_error
from seedbed.actions.begin import begin
from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, load_unit
from seedbed.actions.plan import Plan, plan_run
from seedbed.actions.references import notes_on
from seedbed.actions.rehearse import rehearse
from seedbed.actions.report import Outcome, write_report
from seedbed.actions.select import SetupRequest
from seedbed.core.errors import DataError, NotRun, SeedbedError, UnitsFailed
from seedbed.core.report import Report
from seedbed.database.ledger import Notes, skipped_total

log = logging.getLogger(__name__)


def setup(house: House, run: Run, request: SetupRequest) -> Report:
    """Loads what was asked for, audits it and writes the report; a failure is in the report, not raised."""
    started = time.monotonic()
    plan = plan_run(house, run, request)
    if request.dry_run:
        return replace(rehearse(house, run, request, plan), seconds=round(time.monotonic() - started, 3))
    begin(house, run)
    failed = _load(house, run, request, plan)
    loaded = [unit for unit in plan.units if unit.name not in failed]
    verdicts = audit(house, run, request, loaded)
    error = failure(failed, refused_error(verdicts), skipped_error(request, house, run))
    notes = notes_on(house, request, loaded)
    outcome = Outcome(time.monotonic() - started, (), tuple(verdicts), notes, error, request.data_dirs)
    return write_report(house, run, outcome, units=[unit.name for unit in plan.units])


def _load(house: House, run: Run, request: SetupRequest, plan: Plan) -> dict[str, SeedbedError]:
    failed: dict[str, SeedbedError] = {}
    for unit in plan.units:
        broken = [need for need in unit.needs if need in failed]
        if broken:
            failed[unit.name] = NotRun(f"{unit.name} was not run: it waits for {broken[0]}")
            continue
        try:
            load_unit(house, Job(run, request, unit, plan.refusals), Notes(house.database(), run.root, unit.name))
        except SeedbedError as error:
            failed[unit.name] = error
    return failed


def failure(failed: Mapping[str, SeedbedError], *others: SeedbedError | None) -> SeedbedError | None:
    """One error for all that failed, in at most 300 characters: the units, the first cause, the next step."""
    causes = [*failed.values(), *(error for error in others if error)]
    if not causes:
        return None
    first = causes[0]
    broken = [name for name, error in failed.items() if not isinstance(error, NotRun)]
    waiting = [name for name in failed if name not in broken]
    units = (
        f"{', '.join(broken)} failed" + (f" ({', '.join(waiting)} not run): " if waiting else ": ") if broken else ""
    )
    step = first.next_step or "read the report, then retry"
    room = 298 - len(units) - len(step)
    message = first.message if len(first.message) <= room else first.message[: max(room - 3, 0)] + "..."
    return UnitsFailed(f"{units}{message}", causes, next_step=step)


def skipped_error(request: SetupRequest, house: House, run: Run) -> SeedbedError | None:
    """With --strict, the error that any skipped row is."""
    if not request.strict:
        return None
    skipped = skipped_total(house.database(), run.root)
    if not skipped:
        return None
    return DataError(
        f"{skipped} rows were skipped, and --strict allows none", next_step="correct the rejects and load them"
    )
