"""Attempts of one run: on another worker with an empty disk, with other targets, too late, and seen from another folder."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seedbed.datasets.hospital.entities import ENTITIES
from tests.support.stack.project import Project, clean_environment, copy_project

pytestmark = pytest.mark.stack
DEAD_LABS = {"path": "/cortex/labs*", "status": 503, "rate": 1.0}
OF_FINANCE = [entity for entity in ENTITIES.values() if entity.module == "finance" and entity.target == "postgres"]
POOL = "work_pools/seedbed"


@pytest.fixture
def healed(project: Project) -> Iterator[Project]:
    yield project
    project.faults()


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project's files on another worker's disk: no output, no results, the same targets and server."""
    return copy_project(tmp_path_factory.mktemp("elsewhere"))


def environment_of(elsewhere: Project, project: Project) -> dict[str, str]:
    home = elsewhere.root / "prefect-home"
    return {
        **clean_environment(elsewhere.root),
        "SEEDBED_STATE_DIR": str(project.root / ".seedbed"),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": project.local["PREFECT_API_URL"],
        "PREFECT_LOCAL_STORAGE_PATH": str(home / "storage"),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "seedbed",
        "SEEDBED_CODE_VERSION": "the other worker's",
    }


@contextmanager
def no_worker(project: Project) -> Iterator[None]:
    """Within it the pool gives out no run."""
    project.prefect("PATCH", POOL, {"is_paused": True})
    try:
        yield
    finally:
        project.prefect("PATCH", POOL, {"is_paused": False})


def executed(run: str, environment: dict[str, str], folder: Path) -> None:
    """The run, taken up by a process in that folder."""
    command = [sys.executable, "-m", "prefect", "flow-run", "execute", run]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def checksums(project: Project) -> dict[str, str]:
    found = {}
    for entity in OF_FINANCE:
        names = ", ".join(f'"{column.name}"' for column in entity.columns)
        rows = project.rows(f'SELECT {names} FROM "{entity.relation}" ORDER BY {names}')
        found[entity.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def receipts(project: Project, run: str) -> list[tuple[str, datetime]]:
    return project.rows(f"SELECT entity, noted_at FROM seedbed.receipt WHERE run = '{run}' ORDER BY entity")


@pytest.fixture(scope="module")
def retried_elsewhere(project: Project, elsewhere: Project) -> tuple[str, dict[str, str], list[object]]:
    """A run that failed half way here and was retried there; the checksums and the receipts before."""
    project.faults(DEAD_LABS)
    run = project.start("setup/adhoc", mode="modules", modules="finance,lab", wait_for_targets=0)
    failed = project.ended(run)
    assert failed["state_name"] == "Failed", failed["state"]["message"]
    before, noted = checksums(project), receipts(project, run)
    project.faults()
    with no_worker(project):
        project.retry(run)
        executed(run, environment_of(elsewhere, project), elsewhere.root)
    ended = project.ended(run, attempt=2)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    return run, before, [one for one in noted if one[0] in {entity.name for entity in OF_FINANCE}]


def test_a_retry_on_another_worker_with_an_empty_disk_ends_in_the_same_state(
    project: Project, retried_elsewhere: tuple[str, dict[str, str], list[object]]
) -> None:
    run, before, noted = retried_elsewhere
    assert project.task_states(run, attempt=2)["setup finance"] == "Completed"  # nothing kept there: it ran again
    assert checksums(project) == before
    assert noted
    assert [
        one for one in receipts(project, run) if one in noted
    ] == noted  # and found its receipts: nothing written twice


def test_the_report_names_each_attempts_code_and_machine(
    project: Project, retried_elsewhere: tuple[str, dict[str, str], list[object]]
) -> None:
    run, _, _ = retried_elsewhere
    shown = json.loads(project.run("report", run, "--json").stdout)
    assert [(one["number"], one["version"]) for one in shown["attempts"]][1] == (2, "the other worker's")
    assert [one["host"] for one in shown["attempts"]] == [os.uname().nodename] * 2


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project's files in a folder in which nothing has run."""
    return copy_project(tmp_path_factory.mktemp("other"))


@pytest.mark.parametrize("verb", ["report", "rejects", "changes"])
def test_a_run_is_shown_from_any_folder(
    project: Project, other: Project, verb: str, retried_elsewhere: tuple[str, dict[str, str], list[object]]
) -> None:
    run, _, _ = retried_elsewhere
    done = other.run(verb, run, "--json", env={"SEEDBED_STATE_DIR": str(project.root / ".seedbed")})
    assert done.stdout == project.run(verb, run, "--json").stdout
    assert not (other.root / "output").exists()


def test_an_attempt_with_other_targets_stops_before_any_row(
    healed: Project, elsewhere: Project, retried_elsewhere: tuple[str, dict[str, str], list[object]]
) -> None:
    run, _, _ = retried_elsewhere
    before = healed.rows("SELECT count(*) FROM seedbed.attempt")
    moved = elsewhere.root / "moved"
    moved.mkdir()
    local = {**healed.local, "CORTEX_API_URL": healed.local["CORTEX_API_URL"] + "/elsewhere"}
    (moved / "local.json").write_text(json.dumps(local))
    (moved / "VERSION").write_bytes((healed.root / ".seedbed" / "VERSION").read_bytes())
    with no_worker(healed):
        healed.retry(run)
        environment = {**environment_of(elsewhere, healed), "SEEDBED_STATE_DIR": str(moved)}
        executed(run, environment, elsewhere.root)
    ended = healed.ended(run, attempt=3)
    assert ended["state_name"] == "Failed"
    assert "this run began with other targets" in ended["state"]["message"]
    assert healed.rows("SELECT count(*) FROM seedbed.attempt") == before


def scheduled_soon(project: Project) -> tuple[str, str, datetime]:
    """A schedule of the set-up, the run that Prefect has made for it, and when that is due."""
    deployment = project.prefect("GET", "deployments/name/setup/adhoc")["id"]
    schedules = f"deployments/{deployment}/schedules"
    for ahead_s in (40, 80, 160):  # the scheduler makes runs for what is still to come, and looks when it has time
        due = datetime.now(UTC) + timedelta(seconds=ahead_s)
        times = {"interval": 86_400, "anchor_date": due.isoformat()}
        (made,) = project.prefect("POST", schedules, [{"active": True, "schedule": times}])
        body = {
            "deployments": {"id": {"any_": [deployment]}},
            "flow_runs": {"expected_start_time": {"before_": (due + timedelta(seconds=1)).isoformat()}},
            "sort": "EXPECTED_START_TIME_DESC",
            "limit": 1,
        }
        while datetime.now(UTC) < due:
            if found := [
                one["id"] for one in project.prefect("POST", "flow_runs/filter", body) if one["auto_scheduled"]
            ]:
                return f"{schedules}/{made['id']}", found[0], due
            time.sleep(0.5)
        project.prefect("DELETE", f"{schedules}/{made['id']}")
    raise AssertionError("the scheduler made no run")


def test_a_scheduled_run_that_comes_too_late_is_superseded_and_its_retry_is_not(healed: Project) -> None:
    with no_worker(healed):
        schedule, run, due = scheduled_soon(healed)
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()) + 16)
    ended = healed.ended(run)
    healed.prefect("DELETE", schedule)  # earlier it would take the run with it
    assert ended["state_name"] == "Cancelled", ended["state"]
    assert ended["state"]["message"].startswith("superseded: it was due at ")
    assert "The run was superseded: it was due at " in (healed.root / "output" / "index.html").read_text(
        encoding="utf-8"
    )
    healed.retry(run)
    again = healed.ended(run, attempt=2)
    assert again["state_name"] == "Completed", again["state"]["message"]
