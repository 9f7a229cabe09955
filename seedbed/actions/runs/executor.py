"""The port `Executor`: how a run's steps and units are executed, by threads of this process or by Prefect."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.wait_for_targets import NO_WAIT, WaitLimits
from seedbed.core.errors import NotRun, SeedbedError
from seedbed.core.report import Report

T = TypeVar("T")
LEDGER = ("postgres",)  # the target that every step needs which reads or writes our records


@dataclass(frozen=True, slots=True)
class AttemptContext:
    """One attempt of a run, as all its steps see it, in whichever process they are. It holds values only.

    - `run`: the run and the number of the attempt.
    - `patience`: how long the attempt waits for targets and for the run lock.
    - `began`: start of the attempt, in seconds of the epoch.
    - `link`: the run's page in Prefect's UI; "" without Prefect.
    - `version`: what the configuration calls the code; "" to ask git.
    """

    run: Run
    wait_limits: WaitLimits = NO_WAIT
    began: float = field(default_factory=time.time)
    link: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One step of a run: waits until its targets answer, then does its work.

    - `kind`: what its task is called in Prefect, the same for all runs: "setup".
    - `name`: what people read: "setup finance".
    - `work`: is given the live parts of the process that executes the step. It can be pickled.
    - `targets`: the targets that have to answer first.
    - `is_retried`: whether a transient error is tried again, after the configured delays.
    """

    kind: str
    name: str
    work: Callable[[AppContext], T]
    targets: tuple[str, ...] = ()
    is_retried: bool = True


@dataclass(frozen=True, slots=True)
class WorkUnit:
    """What is executed, retried and kept as a whole: a module, or a range of rows.

    - `name`: names the unit within its run: "finance".
    - `step`: its work, whose result is plain JSON.
    - `key`: under this key a retry of the run finds the result again; "" where the unit runs in every attempt.
    - `needs`: names of the units that have to complete first.
    """

    name: str
    step: Step[Any]
    key: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitResult:
    """How a unit ended.

    - `value`: what its work returned; None after an error.
    - `error`: what ended it after all retries; `NotRun` where a unit that it needs did not complete.
    - `is_kept`: whether the result is one of an earlier attempt.
    """

    value: Any = None
    error: SeedbedError | None = None
    is_kept: bool = False

    @property
    def was_run(self) -> bool:
        """False where a unit that it needs did not complete."""
        return not isinstance(self.error, NotRun)


def ignore_result(unit: WorkUnit, result: UnitResult) -> None:
    """Does nothing."""


def may_always_start() -> bool:
    """Always true."""
    return True


@dataclass(frozen=True, slots=True)
class UnitTracker:
    """What watches units: `on_end` is called after each unit, one at a time; no unit starts once `may_start` is false."""

    on_end: Callable[[WorkUnit, UnitResult], None] = ignore_result
    may_start: Callable[[], bool] = may_always_start


NO_TRACKER = UnitTracker()


@dataclass(frozen=True, slots=True)
class ProgressShown:
    """How far the units have come: per cent, the same in words, and whether it may be the last time."""

    per_cent: float
    words: str
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A run's report, and the results of its tests as plain JSON."""

    report: Report
    test_results: tuple[dict[str, Any], ...] = ()


class Executor(Protocol):
    """Executes a run's steps and units.

    >>> refusals = executor.step(Step("refusals", "refusals", read_refusals))
    >>> results = executor.map_units([WorkUnit("site", load_site), WorkUnit("lab", load_lab, needs=("site",))])
    """

    @property
    def at_once(self) -> int:
        """How many ranges of rows are executed side by side."""
        ...

    def step(self, step: Step[T]) -> T:
        """What the step's work returns; raises what ended it after all retries."""
        ...

    def map_units(
        self, units: Sequence[WorkUnit], tracker: UnitTracker = NO_TRACKER, *, at_once: int = 0
    ) -> Mapping[str, UnitResult]:
        """Executes units, at most `at_once` side by side (0: all that may start); how each ended, by name, in order.

        A unit comes after all that it needs, in `units` and in time. One that fails stops what needs it and nothing else.
        Units that the tracker let not start have no result.
        """
        ...

    def show(self, shown: ProgressShown | ReportShown) -> None:
        """Shows it to people who watch the run."""
        ...
