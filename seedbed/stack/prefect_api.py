"""Prefect's REST API, as far as the stack and the command line need it; httpx only, for Prefect imports slowly."""

import base64
import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx

from seedbed.core.addresses import is_loopback
from seedbed.core.certificates import certificate_error
from seedbed.core.errors import AuthError, Transient

TIMEOUT_S = 10.0
BUSY_PAUSES_S = (0.2, 0.4, 0.8, 1.6, 3.2)
PAGE = 200
QUIET_S = 3.0  # three times the recorder's flush interval
TERMINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
HEARTBEAT_S = 30  # Prefect's least

_auth_strings: dict[str, str] = {}  # by API address; see `use_auth_string`


@contextmanager
def client(api_url: str, timeout_s: float = TIMEOUT_S) -> Iterator[httpx.Client]:
    """A client whose connection failures say which server is meant; loopback never goes through a proxy.

    It trusts the authorities of PREFECT_API_SSL_CERT_FILE, Prefect's own setting, which our doors set by SEEDBED_CA_FILE.
    """
    ca_file = os.environ.get("PREFECT_API_SSL_CERT_FILE", "")
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    through = not is_loopback(api_url)
    with httpx.Client(
        base_url=api_url, timeout=timeout_s, verify=verify, trust_env=through, headers=login(api_url)
    ) as opened:
        try:
            yield opened
        except httpx.TransportError as error:
            where = f"Prefect's API at {api_url}"
            raise certificate_error(where, error) or Transient(
                f"{where} does not answer: {error or type(error).__name__}",
                next_step="`seedbed up` mends the local stack",
                code="prefect-unavailable",
            ) from error
        except httpx.HTTPStatusError as error:
            answer = error.response
            if answer.status_code in (401, 403):
                raise AuthError(
                    f"Prefect's API at {api_url} refuses us: {answer.status_code}",
                    next_step="set PREFECT_API_URL with PREFECT_API_AUTH_STRING or PREFECT_API_KEY in the environment",
                    code="prefect-refused",
                ) from error
            raise Transient(
                f"{answer.request.method} {answer.url} answered {answer.status_code}: {answer.text[:300]}",
                code="prefect-unavailable",
            ) from error


def use_auth_string(api_url: str, auth_string: str) -> None:
    """From now on this process's requests to that server carry the auth string; "" forgets it."""
    _auth_strings[api_url.rstrip("/")] = auth_string


def login(api_url: str) -> dict[str, str]:
    """The header for a server: from Prefect's own settings if they name it, else from `use_auth_string`; no other server sees it."""
    pair = _auth_strings.get(api_url.rstrip("/"), "")
    if os.environ.get("PREFECT_API_URL", "").rstrip("/") == api_url.rstrip("/"):
        if key := os.environ.get("PREFECT_API_KEY"):
            return {"Authorization": f"Bearer {key}"}
        pair = os.environ.get("PREFECT_API_AUTH_STRING") or pair
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"} if pair else {}


def request_json(opened: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    """What the server answers, as JSON; raises where it refuses."""
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


def has_worker_heartbeat(api_url: str, pool: str, name: str, since: float) -> bool:
    """Whether the worker has told the server of itself since that time (seconds of the epoch)."""
    with client(api_url, timeout_s=5.0) as opened:
        workers = request_json(opened, "POST", f"/work_pools/{pool}/workers/filter", {})
    heard = [one["last_heartbeat_time"] for one in workers if one["name"] == name and one["last_heartbeat_time"]]
    return any(datetime.fromisoformat(when).timestamp() >= since for when in heard)


def wait_until_runs_recorded(api_url: str, timeout_s: float = 60.0) -> bool:
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
        request_json(opened, "POST", "/flow_runs/count", {}),
        request_json(opened, "POST", "/flow_runs/count", {"flow_runs": ended}),
        request_json(opened, "POST", "/task_runs/count", {}),
        request_json(opened, "POST", "/task_runs/count", {"task_runs": ended}),
    )


def unfinished_runs(api_url: str) -> list[dict[str, Any]]:
    """The flow runs that somebody has taken up and not ended."""
    with client(api_url) as opened:
        body = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING", "CANCELLING"]}}}}
        found: list[dict[str, Any]] = request_json(opened, "POST", "/flow_runs/filter", body)
    return found


def mark_crashed(api_url: str, flow_run: str, message: str) -> None:
    """Ends a run whose process is gone, so that it can be retried."""
    state = {"type": "CRASHED", "name": "Crashed", "message": message}
    with client(api_url) as opened:
        request_json(opened, "POST", f"/flow_runs/{flow_run}/set_state", {"state": state, "force": True})


def ensure_work_pool(api_url: str, pool: dict[str, Any]) -> None:
    """Makes the work pool, or gives it our job template again; one that somebody paused or limited stays so."""
    path = f"/work_pools/{pool['name']}"
    with client(api_url) as opened:
        found = send(opened, "GET", path)
        if found.status_code == 404:
            request_json(opened, "POST", "/work_pools/", pool)
        elif found.raise_for_status().json()["base_job_template"] != pool["base_job_template"]:
            request_json(opened, "PATCH", path, {"base_job_template": pool["base_job_template"]})


def read_work_pool(api_url: str, name: str) -> dict[str, Any] | None:
    """The work pool of that name; None where there is none."""
    with client(api_url) as opened:
        found = send(opened, "GET", f"/work_pools/{name}")
        return None if found.status_code == 404 else dict(found.raise_for_status().json())


def create_work_pool(api_url: str, pool: dict[str, Any]) -> None:
    """Makes a work pool."""
    with client(api_url) as opened:
        request_json(opened, "POST", "/work_pools/", pool)


def read_version(api_url: str) -> str:
    """The server's version of Prefect."""
    with client(api_url) as opened:
        return str(request_json(opened, "GET", "/admin/version"))


def read_deployments(api_url: str) -> list[dict[str, Any]]:
    """All deployments with their schedules, as the server tells them."""
    found: list[dict[str, Any]] = []
    with client(api_url) as opened:
        while True:
            page = request_json(opened, "POST", "/deployments/filter", {"limit": PAGE, "offset": len(found)})
            found += page
            if len(page) < PAGE:
                return found


def set_paused(api_url: str, deployment: str, *, paused: bool) -> None:
    """Pauses or resumes a deployment."""
    with client(api_url) as opened:
        request_json(opened, "PATCH", f"/deployments/{deployment}", {"paused": paused})


def set_schedule_active(api_url: str, deployment: str, schedule: str, *, active: bool) -> None:
    """Switches one schedule of a deployment on or off."""
    with client(api_url) as opened:
        request_json(opened, "PATCH", f"/deployments/{deployment}/schedules/{schedule}", {"active": active})
