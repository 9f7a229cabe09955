"""The sequence of a run, once for all verbs and executors: index, target check, start, run lock, units, tests, report."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from seedbed.actions.context import AppContext
from seedbed.actions.runs.attempt import this_attempt
from seedbed.actions.runs.executor import (
    LEDGER,
    NO_TRACKER,
    AttemptContext,
    Executor,
    ReportShown,
    Step,
    UnitResult,
    UnitTracker,
    WorkUnit,
)
from seedbed.actions.runs.lease import lease_of, renewing_lease, take_lease
from seedbed.actions.runs.run_errors import capture_error
from seedbed.actions.runs.run_index import tracked_on_run_index
from seedbed.actions.runs.write_report import Outcome
from seedbed.core.errors import DataError, SeedbedError
from seedbed.core.report import Report
from seedbed.database.ledger.attempts import record_attempt
from seedbed.database.ledger.leases import is_overtaken

S = TypeVar("S")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stage:
    """Units that run side by side, then the tests of what they did.

    - `tests`: is given how each unit ended; what the report says of the stage.
    - `at_once`: at most so many units side by side; 0: all that may start.
    """

    units: tuple[WorkUnit, ...]
    tests: Callable[[Mapping[str, UnitResult]], Outcome]
    tracker: UnitTracker = NO_TRACKER
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class RunSpec(Generic[S]):
    """What one verb does in the sequence.

    - `start`: the database is ready and the run is noted; its result is handed to the stages and the report.
    - `stages`: each decides its units, from what `start` returned. A stage runs only where those before it had no error.
    - `report`: writes the report.
    - `check`: raises where the request is wrong and no target has to be asked for it.
    - `dry_run`: what a dry run does instead of all of this; None for a run that writes.
    """

    start: Callable[[AppContext], S]
    stages: tuple[Callable[[Executor, S], Stage], ...]
    report: Callable[[AppContext, S, Outcome], Report]
    check: Callable[[], object] | None = None
    dry_run: Step[Report] | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run's report, and the error that it tells; None where the run completed."""

    report: Report
    error: SeedbedError | None = None


@dataclass(frozen=True, slots=True)
class TargetRecord:
    """Where an orchestrator keeps the fingerprint of a run's first targets: raises where it is another one; keeps it."""

    check: Callable[[str], None]
    remember: Callable[[str], None]


def orchestrate(
    context: AppContext,
    executor: Executor,
    attempt: AttemptContext,
    spec: RunSpec[S],
    record: TargetRecord | None = None,
) -> RunResult:
    """Runs one attempt. An error before its first unit raises, and the page of runs tells it; a later one is in the report too."""
    if spec.dry_run:
        report = executor.step(spec.dry_run)
        report = replace(report, seconds=round(time.time() - attempt.began, 3))
        return RunResult(report, _would_fail(report))
    with tracked_on_run_index(context, attempt.run, attempt.link):
        if spec.check:
            spec.check()
        if record:
            record.check(context.fingerprint)
        start = partial(_start, attempt=attempt, start=spec.start)
        started = executor.step(Step("begin", f"begin {attempt.run.name}", start, LEDGER))
        if record:
            record.remember(context.fingerprint)
        lease = lease_of(attempt.run, attempt.link)
        take = partial(take_lease, lease=lease, max_wait_s=attempt.wait_limits.lease_s)
        executor.step(Step("lease", "lease", take, LEDGER))
        with renewing_lease(context.database(), lease):
            outcome = _run_stages(executor, spec, started)
            return _report(executor, partial(_write, attempt=attempt, write=spec.report, started=started), outcome)


def _would_fail(report: Report) -> SeedbedError | None:
    return (
        DataError(report.error.message, next_step=report.error.next, code=report.error.code) if report.error else None
    )


def _start(context: AppContext, *, attempt: AttemptContext, start: Callable[[AppContext], S]) -> S:
    started = start(context)
    run = attempt.run
    record_attempt(context.database(), run.root, this_attempt(run.attempt, attempt.version, context.root))
    return started


def _run_stages(executor: Executor, spec: RunSpec[S], started: S) -> Outcome:
    """What the stages came to. Only what the first one has to know before its units raises: until then nothing was done."""
    first, *later = spec.stages
    outcome = _decide_and_run(executor, first, started)
    for stage in later:
        if not outcome.error:
            then, error = capture_error(partial(_decide_and_run, executor, stage, started), Outcome())
            outcome = _joined(outcome, replace(then, error=then.error or error))
    return outcome


def _decide_and_run(executor: Executor, stage: Callable[[Executor, S], Stage], started: S) -> Outcome:
    return _run_stage(executor, stage(executor, started))


def _run_stage(executor: Executor, stage: Stage) -> Outcome:
    def run() -> Outcome:
        return stage.tests(executor.map_units(stage.units, stage.tracker, at_once=stage.at_once))

    outcome, error = capture_error(run, Outcome())
    return replace(outcome, error=outcome.error or error)


def _joined(first: Outcome, then: Outcome) -> Outcome:
    return replace(first, notes=(*first.notes, *then.notes), files=(*first.files, *then.files), error=then.error)


def _report(executor: Executor, write: Callable[..., Report], outcome: Outcome) -> RunResult:
    """The report, written and shown. Raises that a newer attempt has taken over, before what the run itself failed with."""
    try:
        report = executor.step(Step("report", "report", partial(write, outcome=outcome), LEDGER))
        executor.show(ReportShown(report, outcome.test_results))
    except Exception as error:
        if outcome.error is None or is_overtaken(error):
            raise
        log.error("the report is not written error=%s", error)  # noqa: TRY400 - the run's own error is the one that counts
        raise outcome.error from error
    return RunResult(report, outcome.error)


def _write(
    context: AppContext,
    *,
    attempt: AttemptContext,
    write: Callable[[AppContext, S, Outcome], Report],
    started: S,
    outcome: Outcome,
) -> Report:
    return write(context, started, replace(outcome, seconds=time.time() - attempt.began))
