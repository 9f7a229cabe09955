"""The processes of flow runs: each leads a session of its own, so that it outlives a killed worker."""

from typing import Any

import psutil

from seedbed.stack import prefect_api
from seedbed.stack.processes import runs_this_python
from seedbed.stack.services import Say

GRACE_S = 10.0


def flow_run_process(run: dict[str, Any]) -> psutil.Process | None:
    """The process that executes this very run, if it is alive on this machine."""
    pid = run["infrastructure_pid"]  # None where a command line executes it
    if not pid:
        return None
    try:
        process = psutil.Process(int(pid))
        ours = process.environ().get("PREFECT__FLOW_RUN_ID") == run["id"]
    except psutil.Error:  # ended, a zombie, or another user's
        return None
    return process if ours else None


def stop_all(api_url: str) -> None:
    """Ends the processes that a killed worker left behind: the worker starts a run with its own Python, which is ours."""
    runs = prefect_api.unfinished_runs(api_url)
    processes = [process for run in runs if (process := flow_run_process(run)) and runs_this_python(process)]
    for process in processes:
        process.terminate()
    for process in psutil.wait_procs(processes, GRACE_S)[1]:
        process.kill()
    psutil.wait_procs(processes, GRACE_S)


def mark_dead_as_crashed(api_url: str, say: Say) -> None:
    """Marks as crashed the runs whose process is gone; a run without one is executed by a command line, not by us."""
    dead = {
        run["id"]
        for run in prefect_api.unfinished_runs(api_url)
        if run["infrastructure_pid"] and flow_run_process(run) is None
    }
    for run in prefect_api.unfinished_runs(api_url) if dead else ():  # asked again: it may have ended in between
        if run["id"] in dead:
            prefect_api.mark_crashed(api_url, run["id"], "Its process ended with the local stack. Retry resumes it.")
            say(f"flow run {run['name']}: its process is gone; marked as crashed, Retry resumes it")
