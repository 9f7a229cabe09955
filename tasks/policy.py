"""When a step is tried again and when its result is kept: one policy for all units, said here."""

import threading
from typing import Any

from prefect.task_runners import ThreadPoolTaskRunner

from seedbed.core.errors import SeedbedError
from seedbed.settings import Settings, read


def retry_delays_s() -> list[float]:
    """Seconds before each further attempt of a unit; the usual ones where settings cannot be read, which the flow itself says."""
    try:
        return read().retry_delays_s
    except SeedbedError:  # at import it would be a crash without a word: the flow reads them again, and fails with it
        return Settings().retry_delays_s


RETRY_DELAYS_S = retry_delays_s()
TASK_RUNNER = ThreadPoolTaskRunner()
# Waiting tasks hold threads, so the thread pool stays wide; this is what limits the work itself.
AT_WORK = threading.BoundedSemaphore(4)


def is_worth_retrying(task: Any, task_run: Any, state: Any) -> bool:
    """Whether the world outside failed and may recover; wrong data and wrong requests are never retried."""
    del task, task_run
    try:
        state.result()
    except SeedbedError as error:
        return error.is_transient
    except Exception:  # noqa: BLE001 - an error that is not ours is a bug: retrying hides it
        return False
    return False


def key_of_unit(context: Any, parameters: dict[str, Any]) -> str:
    """The key that the flow has computed: under it the result of a completed unit is found again by a retry."""
    del context
    return str(parameters["key"])


RETRIES: dict[str, Any] = {
    "retries": len(RETRY_DELAYS_S),
    "retry_delay_seconds": RETRY_DELAYS_S,
    "retry_condition_fn": is_worth_retrying,
}
KEPT: dict[str, Any] = {**RETRIES, "persist_result": True, "result_serializer": "json", "cache_key_fn": key_of_unit}
EVERY_TIME: dict[str, Any] = {"persist_result": False}
