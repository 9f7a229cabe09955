"""Set-up: what its run does in the sequence, and the whole of it in one process."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext, Run
from seedbed.actions.diagnose import diagnose
from seedbed.actions.runs.direct_executor import RUN_NOW, DirectOptions, direct_executor
from seedbed.actions.runs.executor import LEDGER, Executor, Step, UnitResult, WorkUnit
from seedbed.actions.runs.orchestrate import RunSpec, Stage, orchestrate
from seedbed.actions.runs.run_errors import capture_error, combine_errors
from seedbed.actions.runs.start_run import start_run
from seedbed.actions.runs.wait_for_targets import required_targets
from seedbed.actions.runs.write_report import Outcome, write_report
from seedbed.actions.setup.audit import audit, failed_tests_error
from seedbed.actions.setup.dry_run import dry_run_setup
from seedbed.actions.setup.load import Job, load_unit
from seedbed.actions.setup.plan import plan_run, read_failed_tests
from seedbed.actions.setup.references import load_notes
from seedbed.actions.setup.select import ModuleUnit, SetupRequest, entities_of, select
from seedbed.core.errors import DataError, SeedbedError
from seedbed.core.report import Check, Report, as_json
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import skipped_total

DOCTOR = WorkUnit("doctor", Step("doctor", "doctor", diagnose, is_retried=False))
Plain = dict[str, Any]
NO_VERDICTS: list[Plain] = []
NO_NOTES: tuple[str, ...] = ()


def setup(context: AppContext, run: Run, request: SetupRequest, options: DirectOptions = RUN_NOW) -> Report:
    """Loads what was asked for, tests it and writes the report; a unit's failure is in the report, not raised."""
    executor = direct_executor(context, run, options)
    return orchestrate(context, executor, executor.attempt, setup_spec(context, run, request)).report


def setup_spec(context: AppContext, run: Run, request: SetupRequest, *, has_doctor: bool = False) -> RunSpec[None]:
    """What a set-up does. `has_doctor`: the health checks run beside the modules, and are in the report."""
    return RunSpec(
        start=partial(_start, run=run, request=request),
        stages=(partial(load_stage, context, run, request, has_doctor=has_doctor),),
        report=partial(_report, run=run, request=request),
        dry_run=_dry_run(context, run, request) if request.dry_run else None,
    )


def _start(context: AppContext, *, run: Run, request: SetupRequest) -> None:
    start_run(context, run, entities_of(_units_of(context, request)))


def _units_of(context: AppContext, request: SetupRequest) -> tuple[ModuleUnit, ...]:
    return tuple(select(request, catalogue_of(context)))


def load_stage(
    context: AppContext, run: Run, request: SetupRequest, executor: Executor, _: None, *, has_doctor: bool = False
) -> Stage:
    """One unit a module, which starts after those that it refers to; then the tests of what was loaded."""
    refusals = executor.step(Step("refusals", "refusals", partial(read_failed_tests, run=run), LEDGER))
    plan = plan_run(context, run, request, refusals)
    units = tuple(_work_unit(context, Job(run, request, unit, refusals), plan.keys[unit.name]) for unit in plan.units)

    def tests(results: Mapping[str, UnitResult]) -> Outcome:
        failed = failures_of(plan.units, results)
        loaded = [unit for unit in plan.units if unit.name not in failed]
        test_results, broken = capture_error(
            lambda: _audit(context, run, request, executor, loaded),
            NO_VERDICTS,
            during="the audit broke: ",
            code="tests-broken",
        )
        strict, unread = capture_error(lambda: skipped_rows_error(request, context, run) if loaded else None, None)
        notes, unnoted = capture_error(lambda: load_notes(context, request, loaded), NO_NOTES)
        error = combine_errors(failed, broken, failed_tests_error(test_results), strict, unread, unnoted)
        return Outcome(checks=_checks_of(results), test_results=tuple(test_results), notes=notes, error=error)

    return Stage((*((DOCTOR,) if has_doctor else ()), *units), tests)


def _work_unit(context: AppContext, job: Job, key: str) -> WorkUnit:
    name = job.unit.name
    step = Step("setup", f"setup {name}", partial(_load, job=job), required_targets(context, job.unit.entities))
    return WorkUnit(name, step, key, job.unit.needs)


def _load(context: AppContext, *, job: Job) -> list[Plain]:
    notes = LedgerRecorder(context.database(), job.run.attempt_ref, job.unit.name)
    return [as_json(report) for report in load_unit(context, job, notes)]


def failures_of(units: Sequence[ModuleUnit], results: Mapping[str, UnitResult]) -> dict[str, SeedbedError]:
    """What ended the units that did not complete: first those that failed, then those that were not run because of them."""
    errors = {unit.name: error for unit in units if (error := results[unit.name].error)}
    failed = {name: error for name, error in errors.items() if results[name].was_run}
    return failed | errors


def _audit(
    context: AppContext, run: Run, request: SetupRequest, executor: Executor, loaded: Sequence[ModuleUnit]
) -> list[Plain]:
    """The verdicts on what was loaded; none where nothing was."""
    if not loaded:
        return NO_VERDICTS
    work = partial(audit, run=run, request=request, units=loaded)
    return executor.step(Step("audit", "audit", work, required_targets(context, entities_of(loaded))))


def _checks_of(results: Mapping[str, UnitResult]) -> tuple[Check, ...]:
    """The health checks; one failed check where they could not be made."""
    found = results.get(DOCTOR.name, UnitResult(()))
    if found.error:
        return (Check("Doctor", "FAIL", found.error.message, found.error.next_step or "run `seedbed doctor`"),)
    return tuple(found.value)


def skipped_rows_error(request: SetupRequest, context: AppContext, run: Run) -> SeedbedError | None:
    """With --strict, the error that any skipped row is."""
    if not request.strict:
        return None
    skipped = skipped_total(context.database(), run.root)
    if not skipped:
        return None
    return DataError(
        f"{skipped} rows were skipped, and --strict allows none",
        next_step="correct the rejects and load them",
        code="rows-skipped",
    )


def _dry_run(context: AppContext, run: Run, request: SetupRequest) -> Step[Report]:
    targets = required_targets(context, entities_of(_units_of(context, request)))
    return Step("rehearse", "dry run", partial(_rehearse, run=run, request=request), targets)


def _rehearse(context: AppContext, *, run: Run, request: SetupRequest) -> Report:
    return dry_run_setup(context, run, request, plan_run(context, run, request, {}))


def _report(context: AppContext, _: None, outcome: Outcome, *, run: Run, request: SetupRequest) -> Report:
    ended = replace(outcome, data_dirs=request.data_dirs, on_duplicate=request.on_duplicate)
    return write_report(context, run, ended, units=[unit.name for unit in _units_of(context, request)])
