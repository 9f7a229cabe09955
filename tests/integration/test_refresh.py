"""The main job through the worker: run, run again, fail, heal, retry."""

import hashlib
import json
from collections.abc import Iterator

import pytest

from seedbed.datasets.hospital.entities import ENTITIES, MODULES
from tests.support.stack.project import Json, Project, seen

pytestmark = pytest.mark.stack
TABLES = [entity for entity in ENTITIES.values() if entity.target == "postgres"]
DEAD_LABS = {"path": "/cortex/labs*", "status": 503, "rate": 1.0}


@pytest.fixture(autouse=True)
def healed(project: Project) -> Iterator[None]:
    yield
    project.faults()


def checksums(project: Project) -> dict[str, str]:
    """A digest of every table's rows, without the times of its bookkeeping."""
    found = {}
    for entity in TABLES:
        names = ", ".join(f'"{column.name}"' for column in entity.columns if column.name != "user_id")
        rows = project.rows(f'SELECT {names} FROM "{entity.relation}" ORDER BY {names}')
        found[entity.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def report_of(project: Project, run: str) -> Json:
    (path,) = (project.root / "output").glob(f"*-{run[:8]}/report.json")
    return json.loads(path.read_text())


def counts(report: Json, *names: str) -> list[int]:
    return [sum(entity[name] for entity in report["entities"]) for name in names]


@pytest.fixture(scope="module")
def refreshed(project: Project) -> Json:
    """A first refresh that nothing disturbed."""
    run = project.start("refresh-staging/adhoc")
    ended = project.ended(run)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    return report_of(project, run)


def test_a_refresh_loads_every_entity_and_skips_nothing(refreshed: Json) -> None:
    assert {entity["entity"] for entity in refreshed["entities"]} == set(ENTITIES)
    assert counts(refreshed, "skipped", "failed") == [0, 0]
    # Tests of other files may have filled the same stack before.
    assert sum(counts(refreshed, "inserted", "unchanged")) == sum(counts(refreshed, "read"))


def test_a_second_refresh_changes_nothing(project: Project, refreshed: Json) -> None:
    before = project.rows("SELECT max(updated_at) FROM thai_address")
    run = project.start("refresh-staging/adhoc")
    assert project.ended(run)["state_name"] == "Completed"
    assert counts(report_of(project, run), "inserted", "updated", "unchanged") == [0, 0, *counts(refreshed, "read")]
    assert project.rows("SELECT max(updated_at) FROM thai_address") == before


def test_a_retry_after_an_outage_runs_only_what_did_not_complete(project: Project, refreshed: Json) -> None:
    undisturbed = checksums(project)
    project.faults(DEAD_LABS)
    run = project.start("refresh-staging/adhoc")
    failed = project.ended(run)
    assert failed["state_name"] == "Failed"
    message = failed["state"]["message"]
    assert "lab failed" in message
    assert len(message) <= 360
    project.faults()
    project.retry(run)
    assert project.ended(run, attempt=2)["state_name"] == "Completed"
    states = project.task_states(run, attempt=2)
    assert {name: states[f"setup {name}"] for name in MODULES} == {
        name: "Completed" if name == "lab" else "Cached" for name in MODULES
    }
    assert checksums(project) == undisturbed


def test_a_corrected_file_is_loaded_by_the_retry_and_so_is_what_depends_on_it(
    project: Project, refreshed: Json
) -> None:
    path = project.root / "data" / "general" / "branch.csv"
    right = path.read_text(encoding="utf-8")
    path.write_text(right.replace("HQ,EXT-001,99001,TRUE,TRUE", "HQ,EXT-001,99001,TRUE,FALSE"), encoding="utf-8")
    try:
        run = project.start("refresh-staging/adhoc")
        failed = project.ended(run)
        assert failed["state_name"] == "Failed"
        assert "the audit refuses branch: branch-head-office" in failed["state"]["message"]
    finally:
        path.write_text(right, encoding="utf-8")
    project.retry(run)
    ended = project.ended(run, attempt=2)
    assert ended["state_name"] == "Completed", ended["state"]["message"]
    states = project.task_states(run, attempt=2)
    dependants = {"general"} | {name for name in MODULES if "general" in needed_by(name)}
    assert {name for name in MODULES if states[f"setup {name}"] == "Completed"} == dependants
    assert project.rows("SELECT is_head_quarter FROM branch WHERE code = 'HQ'") == [(True,)]


def needed_by(module: str) -> set[str]:
    needs = set(MODULES[module])
    return needs.union(*(needed_by(need) for need in needs))


def test_a_run_of_the_command_line_is_retried_from_the_ui(project: Project, refreshed: Json) -> None:
    project.faults(DEAD_LABS)
    done = project.run("setup", "--mode", "modules", "--modules", "finance,lab", "--json", check=False)
    assert done.returncode == 4, done.stderr
    report = json.loads(done.stdout)
    assert report["state"] == "failed"
    project.faults()
    body = {"sort": "START_TIME_DESC", "limit": 1, "flow_runs": {"name": {"like_": "setup"}}}
    run = project.prefect("POST", "flow_runs/filter", body)[0]["id"]
    project.retry(run)
    assert project.ended(run, attempt=2)["state_name"] == "Completed"
    states = project.task_states(run, attempt=2)
    assert (states["setup finance"], states["setup lab"]) == ("Cached", "Completed")


def test_of_two_runs_at_once_the_second_fails_and_links_to_the_first_or_waits_for_it(
    project: Project, refreshed: Json
) -> None:
    chosen = {"mode": "modules", "modules": "finance,lab"}
    project.faults({"path": "/cortex/labs*", "latency_s": 25.0, "rate": 1.0})
    first = project.start("setup/adhoc", **chosen)
    seen(project.struck)
    second = project.start("setup/adhoc", **chosen)
    third = project.start("setup/adhoc", **chosen, wait_for_lease=120)
    failed = project.ended(second)
    assert failed["state_name"] == "Failed"
    assert "writes to this database since" in failed["state"]["message"]
    assert f"/v2/runs/flow-run/{first}" in failed["state"]["message"]
    project.faults()
    assert project.ended(first)["state_name"] == "Completed"
    assert project.ended(third)["state_name"] == "Completed"
    ((waited,),) = project.rows(
        f"SELECT min(r.noted_at) > (SELECT ended_at FROM seedbed.run WHERE run = '{first}') "
        f"FROM seedbed.receipt r WHERE r.run = '{third}'"
    )
    assert waited


def test_a_run_on_the_worker_that_ends_without_a_report_keeps_its_exit_code(project: Project, refreshed: Json) -> None:
    project.faults({"path": "/cortex/labs*", "latency_s": 25.0, "rate": 1.0})
    first = project.start("setup/adhoc", mode="modules", modules="finance,lab")
    seen(project.struck)
    done = project.run("refresh", "--on-worker", "--json", check=False)
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout)["error"]
    assert error["class"] == "UserError"
    assert "writes to this database since" in error["message"]
    project.faults()
    assert project.ended(first)["state_name"] == "Completed"
