"""From the healing of an outage to Completed: `refresh-staging/adhoc` while every API of the sandbox is down."""

import time
from typing import Any

import httpx

from benchmarks.machine import BenchmarkError, progress, say
from benchmarks.refresh_runs import ENDED, POLL_S, RUN_S, Project, completed_run, own_project, start_run, state_of

OUTAGE_S = 30.0
DEAD = {"seed": 1, "rules": [{"path": "/*", "status": 503, "rate": 1.0}]}
AGAINST = "an undisturbed run of the same data on the same stack, from its start to its end"


def measure() -> None:
    """A run that meets a dead sandbox at its start, and is left alone."""
    with own_project() as project:
        progress("outage: an undisturbed run")
        completed_run(project)
        undisturbed = seconds_of(completed_run(project))
        progress(f"outage: a run while the sandbox is away for {OUTAGE_S:.0f} s")
        faults(project, DEAD)
        run = start_run(project, wait_for_targets=600)
        _wait_for(project, run, ("RUNNING",))
        time.sleep(OUTAGE_S)
        faults(project, None)
        healed = time.monotonic()
        ended = _wait_for(project, run, ENDED)
        seconds = time.monotonic() - healed
    if ended["state_type"] != "COMPLETED" or ended["run_count"] != 1:
        raise BenchmarkError(f"the run is {ended['state_name']}: {ended['state']['message']}")
    say(
        "outage_healed_to_completed",
        seconds=seconds,
        ratio=seconds / undisturbed,
        against=AGAINST,
        undisturbed=undisturbed,
    )


def seconds_of(run: Any) -> float:
    """The time that the run took, its waiting included."""
    return float(run["total_run_time"])


def faults(project: Project, plan: Any) -> None:
    """Makes the sandbox fail as planned; without a plan heals it."""
    local = project.local()
    headers = {"X-Fault-Token": local["SANDBOX_FAULT_TOKEN"]}
    method = "PUT" if plan else "DELETE"
    url = f"{local['SANDBOX_URL']}/faults"
    httpx.request(method, url, json=plan, headers=headers, timeout=30, trust_env=False).raise_for_status()


def _wait_for(project: Project, run: str, states: tuple[str, ...]) -> Any:
    until = time.monotonic() + RUN_S
    while time.monotonic() < until:
        found = state_of(project, run)
        if found["state_type"] in states:
            return found
        time.sleep(POLL_S / 4)
    raise BenchmarkError(f"run {run} is none of {', '.join(states)} after {RUN_S:.0f} s")
