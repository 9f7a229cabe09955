"""A second Prefect server with a process worker, as a data engineer has them: nothing of the local stack is used."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.stack import prefect_api, processes
from tests.support.stack.project import ENDED, Json, clean_environment

OF_THE_WORKER = ("status", "last_polled")
PREFECT = [sys.executable, "-m", "prefect"]


@dataclass(frozen=True)
class PrefectServer:
    """Where the server is, and the folder with its home."""

    url: str
    folder: Path

    def environment(self, root: Path) -> dict[str, str]:
        """What a client of this server has in its environment, in the project of that root."""
        return {
            **clean_environment(root),
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self.folder / "client"),
            "PREFECT_PROFILES_PATH": str(self.folder / "client" / "profiles.toml"),
            "DO_NOT_TRACK": "1",
        }

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the server."""
        with prefect_api.client(self.url, timeout_s=30) as opened:
            return prefect_api.request_json(opened, method, f"/{path}", body)

    def deployments(self) -> dict[str, Json]:
        """The deployments by flow and name, without what a worker changes by asking for their runs."""
        flows = {one["id"]: one["name"] for one in self.ask("POST", "flows/filter", {})}
        found = self.ask("POST", "deployments/filter", {})
        kept = [{name: value for name, value in one.items() if name not in OF_THE_WORKER} for one in found]
        return {f"{flows[one['flow_id']]}/{one['name']}": one for one in kept}

    def start(self, deployment: str, **parameters: Any) -> str:
        """Starts a deployment; its run's id."""
        found = self.ask("GET", f"deployments/name/{deployment}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.ask("POST", f"deployments/{found['id']}/create_flow_run", body)["id"])

    def retry(self, run: str) -> None:
        """What the button Retry sends."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self.ask("POST", f"flow_runs/{run}/set_state", {"state": state, "force": True})

    def ended(self, run: str, *, attempt: int = 1, within_s: float = 120) -> Json:
        """The run, once this attempt of it has ended."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            found = self.ask("GET", f"flow_runs/{run}")
            if found["run_count"] >= attempt and found["state_type"] in ENDED:
                return dict(found)
            time.sleep(0.5)
        raise AssertionError(f"run {run} is still {found['state_name']} after {within_s} s")


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """The server, with nothing on it."""
    folder, port = tmp_path_factory.mktemp("prefect"), processes.free_port()
    server = PrefectServer(f"http://127.0.0.1:{port}/api", folder)
    env = {**server.environment(folder), "PREFECT_HOME": str(folder / "server")}
    env["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    process = started(command, folder, env, folder / "server.log")
    try:
        until = time.monotonic() + 90
        while not answers(server.url):
            assert process.poll() is None, (folder / "server.log").read_text()
            assert time.monotonic() < until, "the Prefect server did not start in 90 s"
            time.sleep(0.3)
        yield server
    finally:
        ended(process)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def worker(server: PrefectServer, pool: str, env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """A process worker of the pool, in a folder that holds nothing; its runs' output is in worker.log."""
    folder = server.folder / f"worker-{pool}"
    folder.mkdir()
    command = [*PREFECT, "worker", "start", "--pool", pool, "--type", "process", "--install-policy", "never"]
    own = {name: value for name, value in server.environment(folder).items() if name != "PYTHONPATH"}
    home = {"PREFECT_HOME": str(folder / "home"), "PREFECT_WORKER_QUERY_SECONDS": "1", **env}
    return started(command, folder, own | home, server.folder / "worker.log")


def started(command: list[str], folder: Path, env: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    """A process that leads a session of its own, so that it can be ended with all that it started."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command, cwd=folder, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )


def ended(process: "subprocess.Popen[bytes]") -> None:
    """Ends it and what it started."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(15)
