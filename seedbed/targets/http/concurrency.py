"""Requests side by side, their results in order, and when to stop sending."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from seedbed.core.errors import SeedbedError, Transient
from seedbed.core.report import EntityReport

EXHAUSTED_IN_A_ROW = 3
LOOK_S = 1.0  # so long a delivery believes that the lease is its own
J = TypeVar("J")
R = TypeVar("R")


class DeliveryInterrupted(Transient):
    """A delivery that did not reach every row: `report`, where there is one, says what was done; a retry sends the rest."""

    code = "target-unavailable"

    def __init__(self, message: str, *, next_step: str = "", report: EntityReport | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.report = report


class Breaker:
    """Whether anything is still sent: not after three exhausted requests in a row, nor after what no retry mends."""

    def __init__(self) -> None:
        self.exhausted = 0
        self.last: Transient | None = None
        self.fatal: SeedbedError | None = None
        self._in_a_row = 0

    @property
    def is_open(self) -> bool:
        """Whether sending has stopped."""
        return self.fatal is not None or self._in_a_row >= EXHAUSTED_IN_A_ROW

    @property
    def has_failed(self) -> bool:
        """Whether any request has failed for good."""
        return self.fatal is not None or self.last is not None

    def answered(self) -> None:
        """Note an answer, whatever it says: the service is there."""
        self._in_a_row = 0

    def failed(self, error: SeedbedError) -> None:
        """Note a request that got no answer (Transient), or an error that ends the unit."""
        if isinstance(error, Transient):
            self.exhausted, self.last = self.exhausted + 1, error
            self._in_a_row += 1
        else:
            self.fatal = self.fatal or error


def at_most_every(check: Callable[[], None], *, every_s: float = LOOK_S) -> Callable[[], None]:
    """The check, made at most once in so many seconds, however often it is asked for; also after this process has stood still."""
    last = -math.inf

    def checked() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= every_s:
            check()
            last = now

    return checked


def map_ordered(
    take: Callable[[], J | None], work: Callable[[J], R], *, lanes: int
) -> Iterator[tuple[J, R | SeedbedError]]:
    """Each job with its result or our error, in the order taken; at most `lanes` run at once.

    `take` gives the next job, or None if there is none now; it is asked again after each result, which may make new ones.
    """
    flying: deque[tuple[J, Future[R | SeedbedError]]] = deque()
    with ThreadPoolExecutor(lanes, thread_name_prefix="delivery") as pool:
        while True:
            while len(flying) < lanes and (job := take()) is not None:
                flying.append((job, pool.submit(_caught, work, job)))
            if not flying:
                return
            job, future = flying.popleft()
            yield job, future.result()


def _caught(work: Callable[[J], R], job: J) -> R | SeedbedError:
    try:
        return work(job)
    except SeedbedError as error:
        return error
