"""Prefect's REST API, as far as the stack and the command line need it; httpx only, for Prefect imports slowly."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from seedbed.core.errors import Transient

TIMEOUT_S = 10.0
BUSY_PAUSES_S = (0.2, 0.4, 0.8, 1.6, 3.2)
PAGE = 200
QUIET_S = 3.0  # three times the recorder's flush interval
TERMINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
ZOMBIES = "Seedbed: mark dead runs as crashed"
HEARTBEAT_S = 30  # Prefect's least
SILENCE_S = 3 * HEARTBEAT_S  # fewer missed heartbeats would call a busy run dead


@contextmanager
def client(api_url: str, timeout_s: float = TIMEOUT_S) -> Iterator[httpx.Client]:
    """A client whose connection failures say which server is meant; a proxy of the environment is never used."""
    with httpx.Client(base_url=api_url, timeout=timeout_s, trust_env=False) as opened:
        try:
            yield opened
        except httpx.TransportError as error:
            message = f"Prefect's API at {api_url} does not answer: {error or type(error).__name__}"
            raise Transient(message, next_step="`seedbed up` mends the local stack") from error
        except httpx.HTTPStatusError as error:
            answer = error.response
            raise Transient(
                f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:300]}"
            ) from error


def _asked(opened: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    answer = send(opened, method, path, body).raise_for_status()
    return answer.json() if answer.content else None


def send(opened: httpx.Client, method: str, path: str, body: Any = None) -> httpx.Response:
    """The answer to one request; a 503 is asked again, for SQLite was busy with another writer."""
    for pause_s in BUSY_PAUSES_S:
        answer = opened.request(method, path, json=body)
        if answer.status_code != 503:
            return answer
        time.sleep(pause_s)
    return opened.request(method, path, json=body)


def is_healthy(api_url: str, timeout_s: float = 2.0) -> bool:
    """Whether a Prefect server answers there."""
    try:
        answer = httpx.get(f"{api_url}/health", timeout=timeout_s, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.text.strip() == "true"


def worker_was_heard(api_url: str, pool: str, name: str, since: float) -> bool:
    """Whether the worker has told the server of itself since that time (seconds of the epoch)."""
    with client(api_url, timeout_s=5.0) as opened:
        workers = _asked(opened, "POST", f"/work_pools/{pool}/workers/filter", {})
    heard = [one["last_heartbeat_time"] for one in workers if one["name"] == name and one["last_heartbeat_time"]]
    return any(datetime.fromisoformat(when).timestamp() >= since for when in heard)


def wait_until_counts_stand_still(api_url: str, timeout_s: float = 60.0) -> bool:
    """Waits until no flow run or task run is recorded any more; False when the time is over first.

    The server keeps what it was told in memory for a while: one that is stopped early loses it.
    """
    deadline = time.monotonic() + timeout_s
    with client(api_url) as opened:
        counts, since = _counts(opened), time.monotonic()
        while time.monotonic() - since < QUIET_S:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.25)
            now = _counts(opened)
            if now != counts:
                counts, since = now, time.monotonic()
    return True


def _counts(opened: httpx.Client) -> tuple[int, ...]:
    ended = {"state": {"type": {"any_": TERMINAL}}}
    return (
        _asked(opened, "POST", "/flow_runs/count", {}),
        _asked(opened, "POST", "/flow_runs/count", {"flow_runs": ended}),
        _asked(opened, "POST", "/task_runs/count", {}),
        _asked(opened, "POST", "/task_runs/count", {"task_runs": ended}),
    )


def unfinished_runs(api_url: str) -> list[dict[str, Any]]:
    """The flow runs that somebody has taken up and not ended."""
    with client(api_url) as opened:
        body = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}}
        found: list[dict[str, Any]] = _asked(opened, "POST", "/flow_runs/filter", body)
    return found


def mark_crashed(api_url: str, flow_run: str, message: str) -> None:
    """Ends a run whose process is gone, so that it can be retried."""
    state = {"type": "CRASHED", "name": "Crashed", "message": message}
    with client(api_url) as opened:
        _asked(opened, "POST", f"/flow_runs/{flow_run}/set_state", {"state": state, "force": True})


def ensure_work_pool(api_url: str, pool: dict[str, Any]) -> None:
    """Makes the work pool, or gives it our job template again; one that somebody paused or limited stays so."""
    path = f"/work_pools/{pool['name']}"
    with client(api_url) as opened:
        found = send(opened, "GET", path)
        if found.status_code == 404:
            _asked(opened, "POST", "/work_pools/", pool)
        elif found.raise_for_status().json()["base_job_template"] != pool["base_job_template"]:
            _asked(opened, "PATCH", path, {"base_job_template": pool["base_job_template"]})


def ensure_zombie_automation(api_url: str) -> None:
    """Makes the automation that marks a run as crashed when its heartbeats stop; a server of one's own has none."""
    with client(api_url) as opened:
        found = _asked(opened, "POST", "/automations/filter", {"automations": {"name": {"any_": [ZOMBIES]}}})
        if not found:
            _asked(opened, "POST", "/automations/", _zombie_automation())


def _zombie_automation() -> dict[str, Any]:
    return {
        "name": ZOMBIES,
        "description": f"A running flow that was silent for {SILENCE_S} s is dead: it is marked Crashed, and can be retried.",
        "enabled": True,
        "trigger": {
            "type": "event",
            "posture": "Proactive",
            "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
            "for_each": ["prefect.resource.id"],
            "after": ["prefect.flow-run.heartbeat"],
            "expect": ["prefect.flow-run.*"],
            "threshold": 1,
            "within": SILENCE_S,
        },
        "actions": [
            {
                "type": "change-flow-run-state",
                "state": "CRASHED",
                "message": f"No heartbeat for {SILENCE_S} s: its process or machine is gone. Retry resumes it.",
            }
        ],
    }


def read_deployments(api_url: str) -> list[dict[str, Any]]:
    """All deployments with their schedules, as the server tells them."""
    found: list[dict[str, Any]] = []
    with client(api_url) as opened:
        while True:
            page = _asked(opened, "POST", "/deployments/filter", {"limit": PAGE, "offset": len(found)})
            found += page
            if len(page) < PAGE:
                return found


def set_paused(api_url: str, deployment: str, *, paused: bool) -> None:
    """Pauses or resumes a deployment."""
    with client(api_url) as opened:
        _asked(opened, "PATCH", f"/deployments/{deployment}", {"paused": paused})


def set_schedule_active(api_url: str, deployment: str, schedule: str, *, active: bool) -> None:
    """Switches one schedule of a deployment on or off."""
    with client(api_url) as opened:
        _asked(opened, "PATCH", f"/deployments/{deployment}/schedules/{schedule}", {"active": active})
