"""How far a flow run's rows have come, as a progress artifact in Prefect's UI."""

import logging
import time
from types import TracebackType

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from seedbed.actions.waiting import duration

PAUSE_S = 2.0  # between two updates: each is a request to the server
log = logging.getLogger("seedbed.progress")


class Shown:
    """A progress artifact: done, rate and time left."""

    def __init__(self, count: int) -> None:
        self.count, self.began, self._told = count, time.monotonic(), 0.0
        self._artifact = create_progress_artifact(0.0, key="progress", description=f"0 of {count:,} patients")

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        del kind, error, at

    def tell(self, done: int) -> None:
        """Shows that so many rows are done, unless something was shown just before; the last is always shown."""
        now = time.monotonic()
        if done < self.count and now - self._told < PAUSE_S:
            return
        self._told = now
        try:
            update_progress_artifact(
                self._artifact, 100 * done / self.count, described(done, self.count, now - self.began)
            )
        except httpx.HTTPError as error:  # it is for the eye; the run goes on without it
            log.warning("Prefect does not show the run's progress error=%s", error)


def described(done: int, count: int, seconds: float) -> str:
    """Done, rate and time left, as in `400 of 1,000 patients, 812/s, 1 s left`."""
    rate = done / seconds if seconds > 0 else 0.0
    left = f", {duration((count - done) / rate)} left" if rate and done < count else ""
    return f"{done:,} of {count:,} patients, {rate:,.0f}/s{left}"
