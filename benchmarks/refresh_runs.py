"""The main job on the shipped data: `refresh-staging/adhoc` twice, through the worker of a project of its own."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.machine import BenchmarkError, progress, say

ROOT = Path(__file__).resolve().parent.parent
DEPLOYMENT = "refresh-staging/adhoc"
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
RUN_S, RECORDED_S, POLL_S = 600.0, 60.0, 1.0
FOREIGN = ("PREFECT_", "SEEDBED_", "POSTGRES_", "KEYCLOAK_", "OAUTH2_", "CLIENT_", "CORTEX_", "DEMOGRAPHIC_")
AGAINST = "the sum of its tasks' times; ratio_to_busy: the time in which any task ran"
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """A copy of this project with a local stack of its own."""

    root: Path

    def seedbed(self, *arguments: str) -> str:
        """What a command of the copy prints; BenchmarkError where it fails."""
        command = [sys.executable, "-m", "seedbed", *arguments]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        environment = {**kept, "PYTHONPATH": str(self.root)}
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=RUN_S, check=False
        )
        if done.returncode:
            raise BenchmarkError(f"seedbed {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def prefect(self, method: str, path: str, body: Json | None = None) -> Any:
        """An answer of the copy's Prefect server."""
        url = f"{self.local()['PREFECT_API_URL']}/{path}"
        answer = httpx.request(method, url, json=body, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def local(self) -> Json:
        """Where the copy's stack is, and its credentials."""
        return dict(json.loads((self.root / ".seedbed" / "local.json").read_text(encoding="utf-8")))


def measure() -> None:
    """A first run, into empty targets, and a second at once."""
    with own_project() as project:
        for name in ("refresh_first_run", "refresh_second_run"):
            progress(f"refresh: {name.replace('_', ' ')}")
            run = completed_run(project)
            say(name, **figures_of(run, recorded_tasks(project, run["id"])))


@contextmanager
def own_project(figure: str = "refresh") -> Iterator[Project]:
    """The project's files in another folder, their stack up; all of it gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_to(Path(folder))
        progress(f"{figure}: starting a stack")
        try:
            project.seedbed("up")
            yield project
        finally:
            project.seedbed("clean")


def copy_to(folder: Path) -> Project:
    """The files that git knows or would know, as they are now."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return Project(folder)


def completed_run(project: Project) -> Json:
    """A run of the refresh, from its order to its end; BenchmarkError where it does not complete."""
    run = state_of(project, start_run(project))
    until = time.monotonic() + RUN_S
    while run["state_type"] not in ENDED and time.monotonic() < until:
        time.sleep(POLL_S)
        run = state_of(project, run["id"])
    if run["state_type"] != "COMPLETED":
        raise BenchmarkError(f"{DEPLOYMENT} is {run['state_name']}: {run['state']['message']}")
    return dict(run)


def start_run(project: Project) -> str:
    """Orders a run of the refresh; its id."""
    found = project.prefect("GET", f"deployments/name/{DEPLOYMENT}")
    order = {"state": {"type": "SCHEDULED"}}
    return str(project.prefect("POST", f"deployments/{found['id']}/create_flow_run", order)["id"])


def state_of(project: Project, run: str) -> Json:
    """The run as the server has it now."""
    return dict(project.prefect("GET", f"flow_runs/{run}"))


def recorded_tasks(project: Project, run: str) -> list[Json]:
    """The run's tasks, once the server, which records them late, has the end of all."""
    body = {"flow_runs": {"id": {"any_": [run]}}, "limit": 200}
    before: list[Json] = []
    until = time.monotonic() + RECORDED_S
    while time.monotonic() < until:
        time.sleep(2 * POLL_S)
        now = project.prefect("POST", "task_runs/filter", body)
        if now and len(now) == len(before) and all(task["end_time"] for task in now):
            return list(now)
        before = now
    raise BenchmarkError(f"the server has not recorded the end of all tasks of {run} within {RECORDED_S:.0f} s")


def figures_of(run: Json, tasks: Sequence[Json]) -> dict[str, Any]:
    """Pick-up (order to start) and work (start to end) of a run in seconds, and the work over its tasks' sum.

    Tasks that run side by side on the same cores each take longer: `busy_seconds` counts each moment once.
    """
    work, pick_up = work_and_pick_up(run)
    total = float(sum(task["total_run_time"] for task in tasks))
    busy = covered(tasks)
    return {
        "seconds": work,
        "pick_up_seconds": pick_up,
        "tasks": len(tasks),
        "tasks_seconds": total,
        "ratio": work / total,
        "against": AGAINST,
        "busy_seconds": busy,
        "ratio_to_busy": work / busy,
        "message": run["state"]["message"],
    }


def work_and_pick_up(run: Json) -> tuple[float, float]:
    """The seconds of a run from its start to its end, and those from its order to its start."""
    started, ended = _span(run)
    return (ended - started).total_seconds(), (started - datetime.fromisoformat(run["created"])).total_seconds()


def _span(of: Json) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(of["start_time"]), datetime.fromisoformat(of["end_time"])


def covered(tasks: Sequence[Json]) -> float:
    """The seconds in which at least one of the tasks ran."""
    spans = [_span(task) for task in tasks]
    seconds, until = 0.0, min(spans)[0]
    for start, end in sorted(spans):
        seconds += max((end - max(start, until)).total_seconds(), 0.0)
        until = max(until, end)
    return seconds
