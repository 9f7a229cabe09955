"""Outages shorter than the patience: the run waits, says so, goes on, and ends Completed without a hand."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedbed.actions.context import Run
from seedbed.actions.runs.direct_executor import DirectOptions
from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.actions.setup.run_setup import setup
from seedbed.core.errors import Transient
from seedbed.database.engines import open_database
from seedbed.stack import postgres_service
from tests.support.builders.houses import small_house
from tests.support.stack.project import Project, seen

DEAD_CORTEX = {"path": "/cortex*", "status": 503, "rate": 1.0}
SLOW_LABS = {"path": "/cortex/labs*", "latency_s": 3.0, "rate": 1.0}
WAITING = "waiting for Cortex API since "


@pytest.fixture
def healed(project: Project) -> Iterator[Project]:
    yield project
    project.faults()


def waits(project: Project, run: str) -> list[str]:
    return [tag for tag in project.tags(run) if tag.startswith(WAITING)]


def told(project: Project, run: str) -> list[str]:
    return [line for line in project.log(run) if line.startswith(("waiting for", "Cortex API answers"))]


@pytest.mark.stack
def test_an_outage_that_began_before_the_run_is_waited_for_while_independent_modules_go_on(healed: Project) -> None:
    healed.faults(DEAD_CORTEX)
    run = healed.start("setup/adhoc", mode="modules", modules="finance,lab", wait_for_targets=120)
    seen(lambda: waits(healed, run))
    seen(lambda: healed.task_states(run, attempt=1).get("setup finance") == "Completed")
    assert healed.prefect("GET", f"flow_runs/{run}")["state_name"] == "Running"
    healed.faults()
    ended = healed.ended(run)
    assert (ended["state_name"], ended["run_count"]) == ("Completed", 1), ended["state"]["message"]
    assert waits(healed, run) == []
    waiting, back = seen(lambda: both if len(both := told(healed, run)) == 2 else None)
    assert waiting.startswith(WAITING)
    assert back.startswith("Cortex API answers again after ")


@pytest.mark.stack
def test_an_outage_that_begins_in_the_middle_of_a_delivery_is_healed_by_the_units_next_attempt(healed: Project) -> None:
    healed.faults(SLOW_LABS)
    run = healed.start("setup/adhoc", mode="modules", modules="finance,lab", wait_for_targets=120)
    seen(healed.struck)
    healed.faults(DEAD_CORTEX)
    seen(lambda: waits(healed, run))
    healed.faults()
    ended = healed.ended(run)
    assert (ended["state_name"], ended["run_count"]) == ("Completed", 1), ended["state"]["message"]
    assert waits(healed, run) == []


@pytest.mark.stack
def test_an_outage_of_the_database_in_the_middle_is_healed_too(healed: Project) -> None:
    healed.faults(SLOW_LABS)
    run = healed.start("setup/adhoc", mode="modules", modules="finance,lab", wait_for_targets=120)
    seen(healed.struck)
    cluster = postgres_service.installed(healed.root / ".seedbed")
    assert cluster is not None
    assert postgres_service.stop(cluster)
    healed_in = threading.Timer(3, lambda: postgres_service.start(cluster))
    healed_in.start()
    healed_in.join()
    healed.faults()
    ended = healed.ended(run)
    assert (ended["state_name"], ended["run_count"]) == ("Completed", 1), ended["state"]["message"]


@pytest.mark.stack
def test_an_outage_longer_than_the_patience_fails_and_says_since_when(healed: Project) -> None:
    healed.faults(DEAD_CORTEX)
    done = healed.run("setup", "--mode", "modules", "--modules", "lab", "--wait-for-targets", "2", check=False)
    assert done.returncode == 4, done.stderr
    assert "lab failed: Cortex API did not answer for" in done.stderr


def test_without_an_orchestrator_the_database_is_waited_for_too(tmp_path: Path) -> None:
    cluster = postgres_service.start(postgres_service.install(tmp_path / "cluster"))
    try:
        small = small_house(open_database(cluster.address()), tmp_path)
        request = small.job().request
        small.file(small.entity("test_ward"), "code\nA\n")
        postgres_service.stop(cluster)
        with pytest.raises(Transient, match=r"PostgreSQL did not answer for \d s \(since \d\d:\d\d\)"):
            setup(small.house, Run("run-1", "run-1"), request, DirectOptions(WaitLimits(targets_s=1), pause_s=0.2))
        back = threading.Timer(2, lambda: postgres_service.start(cluster))
        back.start()
        started = time.monotonic()
        setup(small.house, Run("run-2", "run-2"), request, DirectOptions(WaitLimits(targets_s=60), pause_s=0.2))
        assert time.monotonic() - started > 2
        back.join()
        assert small.query("SELECT run, number FROM seedbed.attempt") == [("run-2", 1)]
        small.database.close()
    finally:
        postgres_service.remove_cluster(cluster)
