"""The doctor's one step."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from seedbed.actions.diagnose import diagnose
from seedbed.core.report import as_json
from seedbed.wiring import app_context
from tasks.policy import EVERY_TIME


@task(name="doctor", task_run_name="doctor", cache_policy=NO_CACHE, **EVERY_TIME)
def run_doctor() -> list[dict[str, Any]]:
    """Every health check; a failed one does not stop the run."""
    return [as_json(check) for check in diagnose(app_context())]
