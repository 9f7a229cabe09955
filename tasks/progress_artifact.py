"""How far a flow run's rows have come, as a progress artifact in Prefect's UI."""

import logging
import time
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from seedbed.actions.runs.executor import ProgressShown

PAUSE_S = 2.0  # between two updates: each is a request to the server
log = logging.getLogger("seedbed.progress")


class ProgressArtifact:
    """A progress artifact: per cent done, and in words how much of what, at which rate, and the time left."""

    def __init__(self) -> None:
        self._shown_at = 0.0
        self._artifact: UUID | None = None

    def show(self, shown: ProgressShown) -> None:
        """Shows how far it has come, unless something was shown just before; the first and what may be the last is always shown."""
        now = time.monotonic()
        if self._artifact and not shown.is_last and now - self._shown_at < PAUSE_S:
            return
        self._shown_at = now
        try:
            if self._artifact is None:
                self._artifact = create_progress_artifact(shown.per_cent, key="progress", description=shown.words)
            else:
                update_progress_artifact(self._artifact, shown.per_cent, shown.words)
        except httpx.HTTPError as error:  # it is for the eye; the run goes on without it
            log.warning("Prefect does not show the run's progress error=%s", error)
