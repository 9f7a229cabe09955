"""How far a flow run's rows have come, as a progress artifact in Prefect's UI."""

import logging
import time
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from seedbed.actions.gen_mock import Progress

PAUSE_S = 2.0  # between two updates: each is a request to the server
log = logging.getLogger("seedbed.progress")


class Shown:
    """A progress artifact: per cent done, and in words how much of what, at which rate, and the time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._told = progress, time.monotonic()
        self._artifact: UUID | None = None
        self._show(progress.said())

    def tell(self, *, is_last: bool) -> None:
        """Shows how far it has come, unless something was shown just before; what may be the last is always shown."""
        now = time.monotonic()
        if not is_last and now - self._told < PAUSE_S:
            return
        self._told = now
        self._show(self._progress.said(is_over=is_last))

    def _show(self, said: str) -> None:
        done = self._progress.per_cent
        try:
            if self._artifact is None:
                self._artifact = create_progress_artifact(done, key="progress", description=said)
            else:
                update_progress_artifact(self._artifact, done, said)
        except httpx.HTTPError as error:  # it is for the eye; the run goes on without it
            log.warning("Prefect does not show the run's progress error=%s", error)
