"""prefect.yaml, checked strictly: Prefect itself ignores what it does not know."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

ROOT = Path(__file__).resolve().parent.parent.parent
WHOLE: dict[str, Any] = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
DEPLOYMENTS = WHOLE["deployments"]
KEYS = {
    *(
        "name",
        "description",
        "tags",
        "entrypoint",
        "work_pool",
        "schedules",
        "parameters",
        "concurrency_limit",
        "paused",
    ),
}


def named(deployment: dict[str, Any]) -> str:
    return f"{deployment['entrypoint'].split('.')[1]}/{deployment['name']}"


def test_the_file_has_no_key_that_prefect_would_ignore() -> None:
    assert set(WHOLE) <= {"name", "prefect-version", "pull", "build", "push", "definitions", "deployments"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_deployment_has_no_key_that_prefect_would_ignore(deployment: dict[str, Any]) -> None:
    assert set(deployment) <= KEYS
    assert set(deployment["work_pool"]) == {"name"}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_deployment_runs_a_flow_that_takes_its_parameters(deployment: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    assert flow.validate_parameters(deployment.get("parameters", {})) is not None


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_a_schedule_is_right_and_inactive_on_the_local_stack(deployment: dict[str, Any]) -> None:
    for schedule in deployment["schedules"]:
        assert set(schedule) == {"cron", "timezone", "slug", "active"}
        assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        assert schedule["active"] is False


def test_the_deployments_are_those_that_scripts_rely_on() -> None:
    flows = {
        one["entrypoint"]: load_flow_from_entrypoint(one["entrypoint"], use_placeholder_flow=False)
        for one in DEPLOYMENTS
    }
    names = {f"{flows[one['entrypoint']].name}/{one['name']}" for one in DEPLOYMENTS}
    assert names == {"refresh-staging/nightly", "refresh-staging/adhoc", "setup/adhoc", "doctor/hourly"}
