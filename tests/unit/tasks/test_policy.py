import os
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest
from prefect.task_runners import ThreadPoolTaskRunner
from prefect_dask import DaskTaskRunner

from seedbed.core.errors import Transient, UnitsFailed, UserError
from seedbed.settings import Settings
from seedbed.targets.http.concurrency import DeliveryInterrupted
from tasks.policy import UNITS_A_PROCESS, chosen_task_runner, is_worth_retrying, key_of_unit, units_at_once
from tasks.prefect_executor import kept_unit

DASK = {"SEEDBED_TASK_RUNNER": "dask"}
ROOT = Path(__file__).resolve().parents[3]
FLOW = """
from flows.refresh_staging import refresh_staging
from seedbed.core.errors import UserError
from tasks.policy import RETRY_DELAYS_S
try:
    refresh_staging.fn()
except UserError as error:
    print(RETRY_DELAYS_S, error)
"""


def test_settings_that_cannot_be_read_fail_the_flow_and_not_its_import() -> None:
    environ = {**os.environ, "SEEDBED_ENV": "no-such-staging", "SEEDBED_RETRY_DELAYS_S": "7"}
    done = subprocess.run(
        [sys.executable, "-c", FLOW], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[30.0, 120.0] unknown environment in SEEDBED_ENV 'no-such-staging'")


def test_units_run_in_threads_unless_dask_is_chosen() -> None:
    assert isinstance(chosen_task_runner(Settings()), ThreadPoolTaskRunner)
    own = chosen_task_runner(Settings(**DASK, SEEDBED_DASK_WORKERS=3))
    assert isinstance(own, DaskTaskRunner)
    assert (own.cluster_kwargs["n_workers"], own.cluster_kwargs["security"]) == (3, True)
    running = chosen_task_runner(Settings(**DASK, SEEDBED_DASK_ADDRESS="tls://scheduler.example.org:8786"))
    assert (running.address, running.cluster_kwargs) == ("tls://scheduler.example.org:8786", {})


def test_dask_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect_dask", None)
    with pytest.raises(UserError, match="prefect-dask cannot be imported") as refused:
        chosen_task_runner(Settings(**DASK))
    assert "pip install 'seedbed[dask]'" in refused.value.next_step


def test_each_process_of_a_cluster_has_its_units() -> None:
    assert units_at_once(Settings(**DASK, SEEDBED_DASK_WORKERS=8)) == 8 * UNITS_A_PROCESS


def test_a_task_and_its_errors_reach_another_process() -> None:
    there = cloudpickle.loads(cloudpickle.dumps(kept_unit.with_options(name="patients")))
    assert (there.name, there.retry_condition_fn, there.cache_key_fn) == ("patients", is_worth_retrying, key_of_unit)
    causes = [Transient("it is away", next_step="start it"), DeliveryInterrupted("3 of 5 sent", next_step="retry")]
    for error in (*causes, UnitsFailed("2 of 9 failed", causes, next_step="retry")):
        there = cloudpickle.loads(cloudpickle.dumps(error))
        assert (type(there), str(there), there.next_step) == (type(error), str(error), error.next_step)
        assert (there.exit_code, there.is_transient) == (4, True)
