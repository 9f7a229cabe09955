"""prefect.yaml, checked strictly: Prefect itself ignores what it does not know."""

import inspect
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

# Runs that were made by an earlier version have these parameters, and are retried with this one's code.
TAKEN_BEFORE = {
    "refresh-staging": {"on_duplicate", "data_dir", "strict", "log_file", "verbose"},
    "setup": {
        *("mode", "modules", "entities", "data_dir", "on_duplicate", "strict", "dry_run", "log_file", "verbose"),
    },
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
    by_hand = {f"{flow}/adhoc" for flow in ("refresh-staging", "setup", "gen-mock", "cleanup")}
    assert names == {"refresh-staging/nightly", "doctor/hourly", *by_hand}


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=named)
def test_parameters_are_only_added_and_have_defaults(deployment: dict[str, Any]) -> None:
    flow = load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)
    parameters = inspect.signature(flow.fn).parameters
    assert set(parameters) >= TAKEN_BEFORE.get(flow.name, set())
    assert [name for name, one in parameters.items() if one.default is inspect.Parameter.empty] == []


def test_the_night_has_its_brakes_on_and_waits_3_hours_for_targets_and_half_an_hour_for_another_run() -> None:
    (nightly,) = (one for one in DEPLOYMENTS if one["name"] == "nightly")
    parameters = {"on_duplicate": "update", "brakes": True, "wait_for_targets": 3 * 3_600, "wait_for_lease": 1_800}
    assert nightly["parameters"] == parameters
