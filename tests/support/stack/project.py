"""A copy of the whole project with a local stack of its own: what a user has after `make up`, and may break."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.sandbox.config import read_config

ROOT = Path(__file__).resolve().parents[3]
QUICK = {
    "SEEDBED_RETRY_DELAYS_S": "0.2,0.4",
    "SEEDBED_PROBE_PAUSE_S": "0.5",
    "SEEDBED_SUPERSEDED_AFTER_S": "15",
    "DOCTOR_TIMEOUT_MS": "60000",  # two stacks on two cores: an answer may take its time
}
# Every table with rows that runs have written; who may write, and which migrations there were, is not of a run.
FILLED = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname = 'public' OR schemaname = 'seedbed' AND tablename NOT IN ('migration', 'mark', 'permit', 'lease')
"""
BUSY_PAUSES_S = (0.2, 0.5, 1, 2, 4)
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Json = dict[str, Any]


@dataclass(frozen=True)
class Project:
    """The copy, and how a user works with it."""

    root: Path

    def run(
        self, *arguments: str, check: bool = True, env: Mapping[str, str] | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`seedbed ARGUMENTS` in the copy."""
        command = [sys.executable, "-m", "seedbed", *arguments]
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**clean_environment(self.root), **(env or {})},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert not check or done.returncode == 0, f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    @property
    def local(self) -> Json:
        """What the stack wrote down: addresses and credentials."""
        return json.loads((self.root / ".seedbed" / "local.json").read_text())

    def database(self) -> Database:
        """The database that is filled."""
        found = self.local
        return open_database(
            DatabaseAddress(
                found["POSTGRES_HOST"],
                int(found["POSTGRES_PORT"]),
                found["POSTGRES_DB"],
                found["POSTGRES_USER"],
                found["POSTGRES_PASSWORD"],
            )
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database that is filled."""
        database = self.database()
        try:
            with database.transaction() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            database.close()

    def prefect(self, method: str, path: str, body: Json | None = None) -> Any:
        """A request to the Prefect server, as its UI makes them."""
        url = f"{self.local['PREFECT_API_URL']}/{path}"
        answer = httpx.request(method, url, json=body, timeout=30, trust_env=False)
        for pause_s in BUSY_PAUSES_S:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(pause_s)  # SQLite was busy with another writer
            answer = httpx.request(method, url, json=body, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start(self, deployment: str, **parameters: Any) -> str:
        """Starts a deployment on the worker; its run's id."""
        found = self.prefect("GET", f"deployments/name/{deployment}")
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.prefect("POST", f"deployments/{found['id']}/create_flow_run", body)["id"])

    def retry(self, run: str) -> None:
        """What the button Retry sends."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry", "message": "Retry from the UI"}
        self.prefect("POST", f"flow_runs/{run}/set_state", {"state": state, "force": True})

    def ended(self, run: str, *, attempt: int = 1, within_s: float = 180) -> Json:
        """The run, once this attempt of it has ended."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            found = self.prefect("GET", f"flow_runs/{run}")
            if found["run_count"] >= attempt and found["state_type"] in ENDED:
                return dict(found)
            time.sleep(0.5)
        raise AssertionError(f"run {run} is still {found['state_name']} after {within_s} s")

    def task_states(self, run: str, *, attempt: int) -> dict[str, str]:
        """Each task's last state name in one attempt; waits until the server has recorded them all."""
        body = {"flow_runs": {"id": {"any_": [run]}}, "limit": 200}
        before: dict[str, str] = {}
        for _ in range(40):
            found = self.prefect("POST", "task_runs/filter", body)
            now = {one["name"]: one["state_name"] for one in found if one["flow_run_run_count"] == attempt}
            if now and now == before and not {"Running", "Pending"} & set(now.values()) - {"NotReady"}:
                return now
            before = now
            time.sleep(0.5)
        return before

    def tags(self, run: str) -> list[str]:
        """The run's tags, which its page and the lists of runs show."""
        return list(self.prefect("GET", f"flow_runs/{run}")["tags"])

    def log(self, run: str) -> list[str]:
        """The lines that the run has logged."""
        body = {"logs": {"flow_run_id": {"any_": [run]}}, "sort": "TIMESTAMP_ASC", "limit": 200}
        return [str(one["message"]) for one in self.prefect("POST", "logs/filter", body)]

    def struck(self) -> int:
        """How many requests the sandbox's faults have touched since they were set."""
        return sum(self._tallies()["fired"])

    def met(self) -> int:
        """How many requests the first of the sandbox's faults was meant for since it was set, touched or not."""
        return int(self._tallies()["seen"][0])

    def _tallies(self) -> Json:
        headers = {"X-Fault-Token": self.local["SANDBOX_FAULT_TOKEN"]}
        answer = httpx.get(f"{self.local['SANDBOX_URL']}/faults", headers=headers, trust_env=False)
        return dict(answer.raise_for_status().json())

    def faults(self, *rules: Json) -> None:
        """Makes the sandbox fail as the rules say; none: heals it."""
        headers = {"X-Fault-Token": self.local["SANDBOX_FAULT_TOKEN"]}
        url = f"{self.local['SANDBOX_URL']}/faults"
        body = {"seed": 7, "rules": list(rules)}
        answer = httpx.request(
            "PUT" if rules else "DELETE", url, json=body if rules else None, headers=headers, trust_env=False
        )
        answer.raise_for_status()


def seen(look: Callable[[], Any], *, within_s: float = 60) -> Any:
    """What `look` gives, once it gives anything."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not seen within {within_s} s")


def clean_environment(root: Path) -> dict[str, str]:
    """This process's environment without what would point the copy elsewhere."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SEEDBED_", "POSTGRES_"))
    }
    return {**kept, **QUICK, "PYTHONPATH": str(root)}


def copy_project(to: Path) -> Project:
    """The project's files as they are in the working tree, in another place."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return Project(to)


def reset(project: Project) -> None:
    """Empties what the stack holds and switches its faults off: rows and runs go; realm, permit and deployments stay."""
    project.faults()
    (project.root / ".env").unlink(missing_ok=True)
    with opened(project.database()) as target, target.transaction() as cursor:
        cursor.execute(FILLED)
        tables = [table for (table,) in cursor.fetchall()]
        if tables:
            cursor.execute(f"TRUNCATE {', '.join(tables)}")
    store = open_database(read_config(project.root / ".seedbed" / "sandbox.json").database.address())
    with opened(store) as sandbox, sandbox.transaction() as cursor:
        cursor.execute("DELETE FROM sandbox.document WHERE collection LIKE 'cortex%' OR collection LIKE '%user%'")
        cursor.execute("TRUNCATE sandbox.answer, sandbox.patient")


@contextmanager
def opened(database: Database) -> Iterator[Database]:
    """The database, closed afterwards."""
    try:
        yield database
    finally:
        database.close()


@pytest.fixture(scope="session")
def running_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The copy with its stack up, which all tests of this process share."""
    copied = copy_project(tmp_path_factory.mktemp("project"))
    copied.run("up")
    yield copied
    copied.run("clean")


@pytest.fixture(scope="module")
def project(running_project: Project) -> Project:
    """The copy with its stack, as empty as after `up`."""
    reset(running_project)
    return running_project
