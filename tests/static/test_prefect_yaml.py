"""prefect.yaml, checked strictly: Prefect itself ignores what it does not know."""

import inspect
from pathlib import Path
from typing import Any

import yaml
from prefect.client.schemas.schedules import CronSchedule
from prefect.flows import load_flow_from_entrypoint

ROOT = Path(__file__).resolve().parents[2]
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


def flow_of(deployment: dict[str, Any]) -> Any:
    return load_flow_from_entrypoint(deployment["entrypoint"], use_placeholder_flow=False)


def test_the_file_has_no_key_that_prefect_would_ignore() -> None:
    assert set(WHOLE) <= {"name", "prefect-version", "pull", "build", "push", "definitions", "deployments"}


def test_deployments_have_no_key_that_prefect_would_ignore() -> None:
    keys = {named(one): set(one) - KEYS | set(one["work_pool"]) ^ {"name"} for one in DEPLOYMENTS}
    assert {name: ignored for name, ignored in keys.items() if ignored} == {}


def test_deployments_run_flows_that_take_their_parameters() -> None:
    for deployment in DEPLOYMENTS:
        flow = flow_of(deployment)
        assert flow.validate_parameters(deployment.get("parameters", {})) is not None, named(deployment)


def test_schedules_are_right_and_inactive_on_the_local_stack() -> None:
    schedules = [schedule for deployment in DEPLOYMENTS for schedule in deployment["schedules"]]
    assert len(schedules) >= 2
    for schedule in schedules:
        assert set(schedule) == {"cron", "timezone", "slug", "active"}
        assert CronSchedule(cron=schedule["cron"], timezone=schedule["timezone"])
        assert schedule["active"] is False, schedule


def test_the_deployments_are_those_that_scripts_rely_on() -> None:
    names = {f"{flow_of(one).name}/{one['name']}" for one in DEPLOYMENTS}
    by_hand = {f"{flow}/adhoc" for flow in ("refresh-staging", "setup", "gen-mock", "cleanup")}
    assert names == {"refresh-staging/nightly", "doctor/hourly", *by_hand}


def test_parameters_are_only_added_and_have_defaults() -> None:
    for flow in map(flow_of, DEPLOYMENTS):
        parameters = inspect.signature(flow.fn).parameters
        assert TAKEN_BEFORE.get(flow.name, set()) - set(parameters) == set(), flow.name
        assert [name for name, one in parameters.items() if one.default is inspect.Parameter.empty] == [], flow.name


def test_the_night_has_its_brakes_on_and_waits_3_hours_for_targets_and_half_an_hour_for_another_run() -> None:
    (nightly,) = (one for one in DEPLOYMENTS if one["name"] == "nightly")
    parameters = {"on_duplicate": "update", "brakes": True, "wait_for_targets": 3 * 3_600, "wait_for_lease": 1_800}
    assert nightly["parameters"] == parameters
