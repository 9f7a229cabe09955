"""Set-up without an orchestrator: the same steps in one process, the same report."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from seedbed.actions.attempts import this_attempt
from seedbed.actions.audit import audit, refused_error
from seedbed.actions.begin import begin
from seedbed.actions.house import House, Run
from seedbed.actions.leasing import kept, lease_of, take_lease
from seedbed.actions.load import Job, load_unit
from seedbed.actions.plan import Plan, known_refusals, plan_run
from seedbed.actions.references import notes_on
from seedbed.actions.rehearse import rehearse
from seedbed.actions.report import Outcome, write_report
from seedbed.actions.select import SetupRequest, Unit, catalogue_of, entities_of, select
from seedbed.actions.waiting import IMPATIENT, Patience, Watch, await_targets, targets_of
from seedbed.core.errors import DataError, NotRun, SeedbedError, UnitsFailed
from seedbed.core.report import Report
from seedbed.database.attempts_made import note_attempt
from seedbed.database.ledger import Notes, skipped_total

T = TypeVar("T")
NO_VERDICTS: list[dict[str, Any]] = []
NO_NOTES: tuple[str, ...] = ()
log = logging.getLogger(__name__)

LONGEST, LONGEST_UNITS, LONGEST_STEP = 300, 90, 90


@dataclass(frozen=True, slots=True)
class Direct:
    """How a set-up without an orchestrator goes about it: how long it waits, the pause between questions, and which code it is."""

    patience: Patience = IMPATIENT
    pause_s: float = 60
    version: str = ""


AT_ONCE = Direct()


def setup(house: House, run: Run, request: SetupRequest, direct: Direct = AT_ONCE) -> Report:
    """Loads what was asked for, audits it and writes the report; a unit's failure is in the report, not raised."""
    watch = Watch(time.time(), direct.patience.targets_s, direct.pause_s)
    chosen = entities_of(select(request, catalogue_of(house)))
    if request.dry_run:
        await_targets(house, targets_of(house, chosen), watch)
        rehearsed = rehearse(house, run, request, plan_run(house, run, request, {}))
        return replace(rehearsed, seconds=round(time.time() - watch.began, 3))
    await_targets(house, ["postgres"], watch)
    begin(house, run, chosen)
    note_attempt(house.database(), run.root, this_attempt(run.attempt, direct.version, house.root))
    lease = lease_of(run)
    take_lease(house, lease, patience_s=direct.patience.lease_s)
    with kept(house.database(), lease):
        return _written(house, run, request, watch)


def _written(house: House, run: Run, request: SetupRequest, watch: Watch) -> Report:
    plan = plan_run(house, run, request, known_refusals(house, run))
    failed = _load(house, run, request, plan, watch)
    loaded = [unit for unit in plan.units if unit.name not in failed]
    verdicts, broken = tried(lambda: _audited(house, run, request, loaded, watch), NO_VERDICTS)
    strict, unread = tried(lambda: skipped_error(request, house, run), None)
    notes, unnoted = tried(lambda: notes_on(house, request, loaded), NO_NOTES)
    error = failure(failed, broken, refused_error(verdicts), strict, unread, unnoted)
    seconds = time.time() - watch.began
    outcome = Outcome(seconds, (), tuple(verdicts), notes, error, request.data_dirs, request.on_duplicate)
    return write_report(house, run, outcome, units=[unit.name for unit in plan.units])


def tried(work: Callable[[], T], otherwise: T) -> tuple[T, SeedbedError | None]:
    """What the work gives, or else `otherwise` and the error that it ended with: a run's end is reached all the same."""
    try:
        return work(), None
    except SeedbedError as error:
        return otherwise, error


def _audited(
    house: House, run: Run, request: SetupRequest, units: Sequence[Unit], watch: Watch
) -> list[dict[str, Any]]:
    await_targets(house, targets_of(house, entities_of(units)), watch)
    return audit(house, run, request, units)


def _load(house: House, run: Run, request: SetupRequest, plan: Plan, watch: Watch) -> dict[str, SeedbedError]:
    failed: dict[str, SeedbedError] = {}
    for unit in plan.units:
        broken = [need for need in unit.needs if need in failed]
        if broken:
            failed[unit.name] = NotRun(f"{unit.name} was not run: it waits for {broken[0]}")
            continue
        try:
            await_targets(house, targets_of(house, unit.entities), watch)
            load_unit(house, Job(run, request, unit, plan.refusals), Notes(house.database(), run.writer, unit.name))
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
    step = _cut(first.next_step or "read the report, then retry", LONGEST_STEP)
    units = _cut(units, LONGEST_UNITS)
    message = _cut(first.message, LONGEST - len(units) - len(step) - len("; "))
    return UnitsFailed(f"{units}{message}", causes, next_step=step)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def skipped_error(request: SetupRequest, house: House, run: Run) -> SeedbedError | None:
    """With --strict, the error that any skipped row is."""
    if not request.strict:
        return None
    skipped = skipped_total(house.database(), run.root)
    if not skipped:
        return None
    return DataError(
        f"{skipped} rows were skipped, and --strict allows none",
        next_step="correct the rejects and load them",
        code="rows-skipped",
    )
