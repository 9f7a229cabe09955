"""Executes a run in threads of this process, without an orchestrator."""

import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.executor import (
    NO_TRACKER,
    AttemptContext,
    ProgressShown,
    ReportShown,
    Step,
    UnitResult,
    UnitTracker,
    WorkUnit,
)
from seedbed.actions.runs.run_errors import as_seedbed_error
from seedbed.actions.runs.unit_scheduler import run_side_by_side
from seedbed.actions.runs.wait_for_targets import NO_WAIT, Clock, TargetWaiter, WaitLimits, await_targets
from seedbed.core.errors import NotRun, SeedbedError, Transient

T = TypeVar("T")
UNITS_AT_ONCE = 4  # few, so that a dead API costs the retries of few; enough to draw and note while others are sent
END_S = 3.0  # after Ctrl-C units get so long to end by themselves
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DirectOptions:
    """How a run without an orchestrator is executed.

    - `patience`: how long it waits for targets and for the run lock.
    - `pause_s`: seconds between two questions to a target that does not answer.
    - `version`: what the configuration calls the code; "" to ask git.
    - `retry_delays_s`: seconds before each further try of a step or unit; without any, each is tried once.
    """

    wait_limits: WaitLimits = NO_WAIT
    pause_s: float = 60
    version: str = ""
    retry_delays_s: tuple[float, ...] = ()


RUN_NOW = DirectOptions()


@dataclass(frozen=True, slots=True)
class DirectExecutor:
    """The executor whose steps run in the calling thread, and whose units run in a pool of threads.

    `at_once` limits the units that work, not those that wait. `is_over`: set once the run is interrupted; no thread pauses longer.
    """

    context: AppContext
    attempt: AttemptContext
    pause_s: float = 60
    retry_delays_s: tuple[float, ...] = ()
    at_once: int = UNITS_AT_ONCE
    is_over: threading.Event = field(default_factory=threading.Event)
    away: dict[str, float] = field(default_factory=dict)

    def step(self, step: Step[T]) -> T:
        """What the step's work returns; raises what ended it after all retries."""
        return self._tried(step, nullcontext())

    def map_units(
        self, units: Sequence[WorkUnit], tracker: UnitTracker = NO_TRACKER, *, at_once: int = 0
    ) -> Mapping[str, UnitResult]:
        """How each unit ended, see `Executor`."""
        at_work = threading.BoundedSemaphore(self.at_once)
        pool = ThreadPoolExecutor(max(1, at_once or len(units)), thread_name_prefix="unit")
        started: list[Future[Any]] = []

        def start(unit: WorkUnit, needs: list["Future[Any]"]) -> "Future[Any]":
            started.append(pool.submit(self._run_unit, unit, dict(zip(unit.needs, needs, strict=True)), at_work))
            return started[-1]

        def result_of(unit: WorkUnit, future: "Future[Any]") -> UnitResult:
            error = future.exception()
            if error is not None and not isinstance(error, Exception):
                log.error("%s was ended by %s", unit.name, type(error).__name__)
                self._end(started, None)  # the unit was killed, and so is the run: the others end what they do
                raise error
            return UnitResult(error=as_seedbed_error(error)) if error else UnitResult(future.result())

        try:
            return run_side_by_side(units, start, result_of, tracker, at_once=at_once)
        except BaseException:
            self._end(started, END_S)
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def show(self, shown: ProgressShown | ReportShown) -> None:
        """Nothing: the command line has a bar of its own, and prints the report."""

    def _run_unit(
        self, unit: WorkUnit, needs: "Mapping[str, Future[Any]]", at_work: AbstractContextManager[Any]
    ) -> Any:
        for name, future in needs.items():
            if future.exception() is not None:  # waits for it
                raise NotRun(f"{unit.name} was not run: it waits for {name}")
        return self._tried(unit.step, at_work)

    def _tried(self, step: Step[T], at_work: AbstractContextManager[Any]) -> T:
        for delay_s in self.retry_delays_s if step.is_retried else ():
            try:
                return self._worked(step, at_work)
            except SeedbedError as error:
                if not error.is_transient:
                    raise
                log.warning("%s: %s - tried again in %g s", step.name, error.message, delay_s)
            self._pause(delay_s)
        return self._worked(step, at_work)

    def _worked(self, step: Step[T], at_work: AbstractContextManager[Any]) -> T:
        clock = Clock(sleep=self._pause)
        max_wait_s = self.attempt.wait_limits.targets_s
        local = self.context.local_time
        watch = TargetWaiter(self.attempt.began, max_wait_s, self.pause_s, self.away, clock=clock, local=local)
        await_targets(self.context, step.targets, watch)
        with at_work:
            return step.work(self.context)

    def _pause(self, seconds: float) -> None:
        if self.is_over.wait(seconds):
            raise Transient("the run was interrupted")

    def _end(self, started: Sequence["Future[Any]"], within_s: float | None) -> None:
        self.is_over.set()
        for future in started:
            future.cancel()
        wait(started, within_s)


def direct_executor(
    context: AppContext, run: Run, options: DirectOptions, *, at_once: int = UNITS_AT_ONCE
) -> DirectExecutor:
    """The executor of an attempt that begins now."""
    attempt = AttemptContext(run, options.wait_limits, version=options.version)
    return DirectExecutor(context, attempt, options.pause_s, options.retry_delays_s, at_once)
