"""When a step is tried again, when its result is kept, and where it is executed: one policy for all units, said here."""

import logging
import threading
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from seedbed.actions.runs.direct_executor import UNITS_AT_ONCE
from seedbed.core.errors import SeedbedError, UserError
from seedbed.settings import Settings, read_settings

log = logging.getLogger("seedbed.tasks")  # Prefect's UI shows the lines of loggers below seedbed


def retry_delays_s() -> list[float]:
    """Seconds before each further attempt of a unit; the usual ones where settings cannot be read, which the flow itself says."""
    try:
        return read_settings().retry_delays_s
    except SeedbedError:  # at import it would be a crash without a word: the flow reads them again, and fails with it
        return Settings().retry_delays_s


def task_runner() -> TaskRunner[Any]:
    """Where units are executed; threads where the settings' choice cannot be had, which the flow itself says."""
    try:
        return chosen_task_runner(read_settings())
    except SeedbedError:  # as above
        return ThreadPoolTaskRunner()


def chosen_task_runner(settings: Settings) -> TaskRunner[Any]:
    """Threads of the run's own process, or the processes of a Dask cluster; UserError where Dask is not installed."""
    if settings.SEEDBED_TASK_RUNNER == "threads":
        return ThreadPoolTaskRunner()
    try:
        from prefect_dask import DaskTaskRunner  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise UserError(
            f"SEEDBED_TASK_RUNNER=dask, and prefect-dask cannot be imported ({error})",
            next_step="pip install 'seedbed[dask]' where the flow runs, or set it to threads",
            code="dask-not-installed",
        ) from error
    if settings.SEEDBED_DASK_ADDRESS:
        return DaskTaskRunner(address=settings.SEEDBED_DASK_ADDRESS)
    return DaskTaskRunner(cluster_kwargs=own_cluster(settings.SEEDBED_DASK_WORKERS))


def own_cluster(processes: int) -> dict[str, Any]:
    """A cluster of this machine. Its connections are encrypted with keys of its own: whoever reached it otherwise could run code as us."""
    return {
        "n_workers": processes,
        "threads_per_worker": UNITS_A_PROCESS,
        "dashboard_address": f"{HOST}:0",  # its usual port would be taken by a second run
        "security": True,
    }


def units_at_once(settings: Settings) -> int:
    """How many units of a run are executed at once."""
    return (
        UNITS_AT_ONCE if settings.SEEDBED_TASK_RUNNER == "threads" else UNITS_A_PROCESS * settings.SEEDBED_DASK_WORKERS
    )


HOST = "127.0.0.1"
UNITS_A_PROCESS = 2  # one is drawn or noted while another is sent
RETRY_DELAYS_S = retry_delays_s()
TASK_RUNNER = task_runner()
# Waiting tasks hold threads, so the thread pool stays wide; this is what limits the work itself.
_AT_WORK = threading.BoundedSemaphore(4)


def at_work() -> threading.BoundedSemaphore:
    """What a step holds while it works. A function, because a task that names a lock cannot be handed to another process."""
    return _AT_WORK


def is_worth_retrying(task: Any, task_run: Any, state: Any) -> bool:
    """Whether the world outside failed and may recover; wrong data and wrong requests are never retried."""
    del task
    try:
        state.result()
    except SeedbedError as error:
        return error.is_transient
    except Exception:  # a bug: retrying hides it, and of what is not tried again Prefect logs no traceback
        log.exception("%s: an unexpected error", task_run.name)
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
