"""Which unit starts when: in order, at most so many side by side, and each with the futures of what it needs."""

from collections import deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from seedbed.actions.runs.executor import UnitResult, UnitTracker, WorkUnit


class Submitted(Protocol):
    """A unit that was started, as any executor or task runner returns it."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> None:
        """Calls the function with the unit's future once it has ended."""
        ...


F = TypeVar("F", bound=Submitted)


def run_side_by_side(
    units: Sequence[WorkUnit],
    start: Callable[[WorkUnit, list[F]], F],
    result_of: Callable[[WorkUnit, F], UnitResult],
    tracker: UnitTracker,
    *,
    at_once: int = 0,
) -> dict[str, UnitResult]:
    """How each started unit ended, by name, in the units' order.

    `start` is given the futures of what the unit needs, and returns its own. Results are taken, and tracked, in this thread.
    """
    waiting, futures, ended = deque(units), dict[str, F](), SimpleQueue[tuple[WorkUnit, F]]()
    results: dict[str, UnitResult] = {}
    while True:
        while waiting and len(futures) - len(results) < (at_once or len(units)) and tracker.may_start():
            unit = waiting.popleft()
            futures[unit.name] = start(unit, [futures[need] for need in unit.needs])
            _queue_when_done(futures[unit.name], unit, ended)
        if len(results) == len(futures):
            return {name: results[name] for name in futures}
        unit, future = ended.get()
        results[unit.name] = result_of(unit, future)
        tracker.on_end(unit, results[unit.name])


def _queue_when_done(future: F, unit: WorkUnit, ended: "SimpleQueue[tuple[WorkUnit, F]]") -> None:
    future.add_done_callback(lambda done: ended.put((unit, done)))
