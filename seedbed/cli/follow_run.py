"""Starts a deployment on the worker and follows the run until it ends."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx

from seedbed.cli.run_deployment import (
    failure_in,
    find_saved_report,
    rejected_parameters_error,
    require_api,
    unknown_deployment,
)
from seedbed.core.report import File, Report
from seedbed.settings import read_settings
from seedbed.stack import prefect_api

POLL_S = 1.0
PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0)
RECORDED_S = 2.0  # the server records task runs a little later than they end
LATE_AFTER_S = 60.0
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Json = dict[str, Any]


def run_on_worker(name: str, parameters: Mapping[str, Any], *, verb: str, say: Callable[[str], None]) -> Report:
    """Runs the deployment on its worker; says what each task does; returns the run's report."""
    settings = read_settings()
    url = require_api(settings)
    with prefect_api.client(url.rstrip("/") + "/", timeout_s=30) as api:
        flow_run = _start(api, name, parameters)
        ui = f"{settings.prefect_ui}/v2/runs/flow-run/{flow_run['id']}"
        say(f"{name} started: {ui}")
        for line in _progress(api, str(flow_run["id"])):
            say(line)
        ended = _asked(api, "GET", f"flow_runs/{flow_run['id']}")
    report = _report(ended, verb)
    return replace(report, files=(*report.files, File("ui", ui)))


def _start(api: httpx.Client, name: str, parameters: Mapping[str, Any]) -> Json:
    found = prefect_api.send(api, "GET", f"deployments/name/{name}")
    if found.status_code == httpx.codes.NOT_FOUND:
        raise unknown_deployment(name)
    deployment = found.raise_for_status().json()
    body = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}}
    answer = prefect_api.send(api, "POST", f"deployments/{deployment['id']}/create_flow_run", body)
    if refusal := rejected_parameters_error(answer):
        raise refusal
    return dict(answer.raise_for_status().json())


def _progress(api: httpx.Client, run: str) -> Iterator[str]:
    """A line for each task that ends, and a word when no worker takes the run."""
    said: set[str] = set()
    started = time.monotonic()
    is_late = False
    while True:
        flow_run = _asked(api, "GET", f"flow_runs/{run}")
        has_ended = flow_run["state_type"] in ENDED
        if has_ended:
            time.sleep(RECORDED_S)
        if not is_late and flow_run["state_type"] == "SCHEDULED" and time.monotonic() - started > LATE_AFTER_S:
            is_late = True
            yield "no worker has taken the run yet; `seedbed status` says whether one runs"
        body = {"flow_runs": {"id": {"any_": [run]}}, "sort": "END_TIME_DESC", "limit": 200}
        for task in reversed(_asked(api, "POST", "task_runs/filter", body)):
            if task["state_type"] in ENDED and task["id"] not in said:
                said.add(task["id"])
                yield f"  {task['state_name']:<10} {task['name']}  {task['total_run_time']:.1f} s"
        if has_ended:
            return
        time.sleep(POLL_S)


def _asked(api: httpx.Client, method: str, path: str, body: Json | None = None) -> Any:
    """A read that may be asked again: a server that is busy or away for a moment does not end the watching."""
    for pause_s in PAUSES_S:
        try:
            return prefect_api.send(api, method, path, body).raise_for_status().json()
        except (httpx.TransportError, httpx.HTTPStatusError):
            time.sleep(pause_s)
    return prefect_api.send(api, method, path, body).raise_for_status().json()


def _report(flow_run: Json, verb: str) -> Report:
    failure = failure_in(flow_run)
    kept = find_saved_report(str(flow_run["id"]), failure if flow_run["state_type"] != "COMPLETED" else None)
    return kept or Report(verb, flow_run["name"], state="failed", error=failure)
