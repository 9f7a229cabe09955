"""Starts a deployment on the worker and follows the run until it ends."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from seedbed.cli.orchestrate import require_api
from seedbed.core.errors import UserError
from seedbed.core.report import Failure, Report, report_from_json
from seedbed.settings import ROOT, read

POLL_S = 1.0
RECORDED_S = 2.0  # the server records task runs a little later than they end
LATE_AFTER_S = 60.0
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Json = dict[str, Any]


def run_on_worker(name: str, parameters: Mapping[str, Any], *, verb: str, say: Callable[[str], None]) -> Report:
    """Runs the deployment on its worker; says what each task does; returns the run's report."""
    settings = read()
    url = require_api(settings)
    with httpx.Client(base_url=url.rstrip("/") + "/", timeout=30, trust_env=False) as api:
        flow_run = _start(api, name, parameters)
        ui = f"{settings.PREFECT_UI_URL.rstrip('/')}/v2/runs/flow-run/{flow_run['id']}"
        say(f"{name} started: {ui}")
        for line in _progress(api, str(flow_run["id"])):
            say(line)
        ended = api.get(f"flow_runs/{flow_run['id']}").raise_for_status().json()
    return _report(ended, verb)


def _start(api: httpx.Client, name: str, parameters: Mapping[str, Any]) -> Json:
    found = api.get(f"deployments/name/{name}")
    if found.status_code == httpx.codes.NOT_FOUND:
        raise UserError(f"Prefect knows no deployment {name}", next_step="run `seedbed up`")
    deployment = found.raise_for_status().json()
    body = {"parameters": dict(parameters), "state": {"type": "SCHEDULED"}}
    answer = api.post(f"deployments/{deployment['id']}/create_flow_run", json=body)
    if answer.status_code in (httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY):
        raise UserError(f"Prefect refuses the run: {answer.json().get('detail', answer.text)}")
    return dict(answer.raise_for_status().json())


def _progress(api: httpx.Client, run: str) -> Iterator[str]:
    """A line for each task that ends, and a word when no worker takes the run."""
    said: set[str] = set()
    started = time.monotonic()
    is_late = False
    while True:
        flow_run = api.get(f"flow_runs/{run}").raise_for_status().json()
        has_ended = flow_run["state_type"] in ENDED
        if has_ended:
            time.sleep(RECORDED_S)
        if not is_late and flow_run["state_type"] == "SCHEDULED" and time.monotonic() - started > LATE_AFTER_S:
            is_late = True
            yield "no worker has taken the run yet; `seedbed status` says whether one runs"
        body = {"flow_runs": {"id": {"any_": [run]}}, "sort": "END_TIME_DESC", "limit": 200}
        for task in reversed(api.post("task_runs/filter", json=body).raise_for_status().json()):
            if task["state_type"] in ENDED and task["id"] not in said:
                said.add(task["id"])
                yield f"  {task['state_name']:<10} {task['name']}  {task['total_run_time']:.1f} s"
        if has_ended:
            return
        time.sleep(POLL_S)


def _report(flow_run: Json, verb: str) -> Report:
    for path in (ROOT / "output").glob(f"*-{flow_run['id'].replace('-', '')[:8]}/report.json"):
        return report_from_json(json.loads(path.read_text(encoding="utf-8")))
    state = flow_run["state"]
    message = str(state.get("message") or state["name"])
    return Report(
        verb, flow_run["name"], state="failed", error=Failure(state["name"], message, "open the run in Prefect's UI")
    )


def say_on_stderr(line: str) -> None:
    """Progress goes to stderr, so that stdout holds the report alone."""
    print(line, file=sys.stderr, flush=True)
