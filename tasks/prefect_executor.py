"""Executes a run's steps and units as tasks of Prefect: with retries, kept results, and artifacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture

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
from seedbed.core.errors import NotRun, Transient
from seedbed.logs import enable_info_logging
from seedbed.wiring import app_context
from tasks.artifacts import publish_artifacts
from tasks.policy import EVERY_TIME, KEPT, RETRIES, at_work
from tasks.progress_artifact import ProgressArtifact
from tasks.waiting_tag import await_flow_run_targets

T = TypeVar("T")
# Names of states: Prefect has found the result of an earlier attempt; what the task waits for did not complete.
CACHED, NOT_READY = "Cached", "NotReady"


@dataclass(frozen=True, slots=True)
class PrefectExecutor:
    """The executor of a flow run: steps run in the flow's process, units where its task runner executes them."""

    attempt: AttemptContext
    at_once: int
    progress: ProgressArtifact = field(default_factory=ProgressArtifact)

    def step(self, step: Step[T]) -> T:
        """What the step's work returns; raises what ended it after all retries."""
        chosen = retried_step if step.is_retried else single_step
        found: T = chosen.with_options(name=step.kind)(step, self.attempt)
        return found

    def map_units(
        self, units: Sequence[WorkUnit], tracker: UnitTracker = NO_TRACKER, *, at_once: int = 0
    ) -> Mapping[str, UnitResult]:
        """How each unit ended, see `Executor`. Each is a task that waits for those of the units that it needs."""
        return run_side_by_side(units, self._submit, result_of, tracker, at_once=at_once)

    def show(self, shown: ProgressShown | ReportShown) -> None:
        """Shows it in Prefect's UI, as artifacts."""
        if isinstance(shown, ProgressShown):
            self.progress.show(shown)
        else:
            publish_artifacts(shown.report, list(shown.test_results))

    def _submit(self, unit: WorkUnit, needs: list[PrefectFuture[Any]]) -> PrefectFuture[Any]:
        chosen = kept_unit if unit.key else retried_unit if unit.step.is_retried else single_unit
        return chosen.with_options(name=unit.step.kind).submit(unit, self.attempt, unit.key, wait_for=needs)


def run_step(step: Step[Any], attempt: AttemptContext) -> Any:
    """What the step's work returns, once its targets answer."""
    await_flow_run_targets(step.targets, attempt)
    return step.work(app_context())


def run_unit(unit: WorkUnit, attempt: AttemptContext, key: str) -> Any:
    """What the unit's work returns; `key` finds the result again on a retry of the run."""
    del key
    enable_info_logging()  # the process may be one of Dask, which has no flow
    await_flow_run_targets(unit.step.targets, attempt)
    with at_work():
        return unit.step.work(app_context())


STEP: dict[str, Any] = {"task_run_name": "{step.name}", "cache_policy": NO_CACHE, **EVERY_TIME}
UNIT: dict[str, Any] = {"task_run_name": "{unit.step.name}"}
single_step = task(run_step, **STEP)
retried_step = task(run_step, **STEP, **RETRIES)
single_unit = task(run_unit, **UNIT, cache_policy=NO_CACHE, **EVERY_TIME)
retried_unit = task(run_unit, **UNIT, cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
kept_unit = task(run_unit, **UNIT, **KEPT)


def result_of(unit: WorkUnit, future: PrefectFuture[Any]) -> UnitResult:
    """How the unit's task ended."""
    try:
        future.wait()  # until then its state is asked of the server, which may not know the last one yet
        if future.state.name == NOT_READY:
            return UnitResult(error=NotRun(f"{unit.name} was not run: what it waits for failed"))
        found = future.result(raise_on_failure=False)
    except Exception as error:  # noqa: BLE001 - no error of the task, which would be its result: the process that ran it is lost
        why = f"{type(error).__name__}: {error}"
        lost = Transient(
            f"what executed {unit.name} is gone ({why})",
            next_step="retry: what is noted is not done again",
            code="worker-lost",
        )
        return UnitResult(error=lost)
    if isinstance(found, BaseException):
        return UnitResult(error=as_seedbed_error(found))
    return UnitResult(found, is_kept=future.state.name == CACHED)
