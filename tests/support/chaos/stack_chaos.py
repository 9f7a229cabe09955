"""Runs of a worker under kill -9: what is killed in a project's stack, how it is recovered, and what it holds."""

import os
import signal
import time

from seedbed.database.engines import DatabaseAddress
from seedbed.datasets.registry import ENTITIES
from seedbed.sandbox.config import read_config
from seedbed.stack import StackOptions, flow_processes, state
from tests.support.chaos import patient_chaos
from tests.support.chaos.setup_chaos import Content, documents_of, opened, tables_of
from tests.support.stack.project import Project


def kill_part(project: Project, victim: str, run: str) -> None:
    """Kills a part of the project's stack, or the process of the run, with -9."""
    if victim == "run":
        found = flow_processes.flow_run_process(project.prefect("GET", f"flow_runs/{run}"))
        pid = found.pid if found else 0
    else:
        pid = state.read_services(StackOptions(project.root, project.root / ".seedbed"))[victim].pid
    if pid:
        os.kill(pid, signal.SIGKILL)


def recover(project: Project, run: str, *, attempts: int = 3) -> int:
    """What an operator does: starts what is down, and presses Retry until the run is completed; the attempts that it took."""
    project.run("up")
    flow_processes.mark_dead_as_crashed(str(project.local["PREFECT_API_URL"]), print)
    for attempt in range(1, attempts + 1):
        if project.ended(run, attempt=attempt)["state_type"] == "COMPLETED":
            return attempt
        pause(3.0)  # a retry within two seconds of a crash is lost
        project.retry(run)
    return attempts


def content_of(project: Project) -> Content:
    """What the project's stack holds."""
    with opened(target_of(project)) as target, opened(store_of(project)) as store:
        return {**tables_of(target), **documents_of(store)}


def empty(project: Project) -> None:
    """Takes every row that a refresh has loaded out of the project's stack; roles and settings of the realm stay."""
    names = ", ".join(entity.relation for entity in ENTITIES.values() if entity.target == "postgres")
    with opened(target_of(project)) as target, target.transaction() as cursor:
        cursor.execute(f"TRUNCATE {names}")
    with opened(store_of(project)) as store, store.transaction() as cursor:
        cursor.execute("DELETE FROM sandbox.document WHERE collection LIKE 'cortex%' OR collection LIKE '%user%'")
        cursor.execute("DELETE FROM sandbox.answer")


def target_of(project: Project) -> DatabaseAddress:
    """The address of the database that is filled."""
    return project.database().address


def store_of(project: Project) -> DatabaseAddress:
    """The address of the sandbox's database."""
    return read_config(project.root / ".seedbed" / "sandbox.json").database.address()


def pause(seconds: float) -> None:
    """Lets time pass."""
    time.sleep(seconds)


def forget_patients(project: Project) -> None:
    """Takes all patients out of the project's stack."""
    patient_chaos.forget_patients(target_of(project), store_of(project))


def patients_held(project: Project) -> int:
    """How many patients the API holds."""
    with opened(store_of(project)) as store:
        return patient_chaos.patients_held(store)


def patients_of(project: Project, run: str) -> patient_chaos.Made:
    """What a flow run has made."""
    ((name,),) = project.rows(f"SELECT name FROM seedbed.run WHERE run = '{run}'")
    with opened(target_of(project)) as target, opened(store_of(project)) as store:
        return patient_chaos.made_in(target, store, run, project.root / "output" / name / f"patients-{name}.csv")
