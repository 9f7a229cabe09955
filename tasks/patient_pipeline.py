"""How the steps of gen-mock hang together: units side by side, a few at once, and what the run's final state says."""

import time
from collections import deque
from queue import SimpleQueue
from typing import Any

from prefect.futures import PrefectFuture
from prefect.states import Cancelled, Completed, State

from seedbed.actions.gen_mock import NOBODY, Ended, Progress
from seedbed.actions.leasing import kept, lease_of
from seedbed.actions.patient_request import PatientRequest, Population, nightly_request
from seedbed.actions.patients import Unit, units_of
from seedbed.actions.waiting import HOME, Patience
from seedbed.core.errors import DataError, SeedbedError
from seedbed.datasets.hospital.patients.schema import PATIENT
from seedbed.wiring import house
from tasks import this_flow_run
from tasks.naming import scheduled, this_run
from tasks.order import Order, PatientOrder, SetupOrder
from tasks.patient_steps import (
    Plain,
    begin_patients,
    fix_population,
    foresee_patients,
    send_patients,
    write_down,
)
from tasks.progress import Shown
from tasks.publish import Ending, publish_report
from tasks.steps import take_the_lease
from tasks.waiting import show_waiting

UNITS_AT_ONCE = 4


def run_patients(request: PatientRequest, patience: Patience) -> Any:
    """The flow's body: raises with what failed, the first cause and the next step; else Completed, with the patients made."""
    if late := this_flow_run.superseded_message():
        return Cancelled(message=late)
    order = Order(this_run("gen-mock"), request, time.time(), patience)
    day = scheduled().astimezone(HOME).date()
    if request.dry_run:
        return finished(foresee_patients(order, day))
    this_flow_run.check_targets(house().fingerprint)
    show_waiting(this_flow_run.id_of(), {})  # what an attempt that was killed has left
    try:
        begin_patients(order, this_flow_run.attempt())
        this_flow_run.remember_targets(house().fingerprint)
        lease = lease_of(order.run, this_flow_run.link())
        take_the_lease(order, lease)
        with kept(house().database(), lease):
            ended = made(order, fix_population(order, day))
            return finished(published(order, ended))
    finally:
        show_waiting(this_flow_run.id_of(), {})


def tonights(order: SetupOrder) -> Ended:
    """What the environment's nightly patients have come to; nobody where its file asks for none."""
    environment = house().environment
    if environment is None or environment.patients is None:
        return NOBODY
    request = nightly_request(environment.patients, order.request.data_dirs)
    own = Order(order.run, request, order.began, order.patience)
    try:
        return made(own, fix_population(own, scheduled().astimezone(HOME).date()))
    except SeedbedError as error:
        return Ended(error=error)


def made(order: PatientOrder, population: Population) -> Ended:
    """The population at the API, as far as it came, and written down where it is complete."""
    failed = sent(order, population).error()
    state = write_down(order, population, failed, return_state=True)
    ended = state.result(raise_on_failure=False)
    if isinstance(ended, Ended):
        return ended
    raise failed or ended


def sent(order: PatientOrder, population: Population) -> Progress:
    """One task a unit, a few at once, so that a dead API costs the retries of a few; the rest is left for the run's retry."""
    progress, ended = Progress(units_of(population)), SimpleQueue[tuple[Unit, PrefectFuture[Any]]]()
    waiting, flying = deque(progress.units), 0
    with Shown(population.count) as shown:
        while True:
            while waiting and flying < UNITS_AT_ONCE and not progress.breaker.is_open:
                start(waiting.popleft(), order, population, ended)
                flying += 1
            if not flying:
                return progress
            settle(progress, *ended.get())
            flying -= 1
            shown.tell(progress.rows_done)


def start(
    unit: Unit, order: PatientOrder, population: Population, ended: SimpleQueue[tuple[Unit, PrefectFuture[Any]]]
) -> None:
    """Submits a unit; its future is queued when it has ended."""
    future = send_patients.submit(unit, order, population, key_of(unit, order, population))
    future.add_done_callback(lambda done: ended.put((unit, done)))


def key_of(unit: Unit, order: PatientOrder, population: Population) -> str:
    """Under which a completed unit is found again: run, unit, and all that decides what is sent and where to."""
    return f"{order.run.root}/patients/{unit.first}-{unit.stop}/{population.digest}/{house().fingerprint}"


def settle(progress: Progress, unit: Unit, future: PrefectFuture[Any]) -> None:
    """Notes how a unit has ended."""
    future.wait()
    if future.state.is_completed():
        progress.completed(unit)
        return
    cause = future.result(raise_on_failure=False)
    progress.broken(unit, cause if isinstance(cause, SeedbedError) else DataError(f"{type(cause).__name__}: {cause}"))


def published(order: PatientOrder, ended: Ended) -> Plain:
    """The run's report, written; raises what the run failed with, or what kept the report from being written."""
    ending = Ending(ended.notes, [], [], ended.error, ended.files)
    state = publish_report(order, [PATIENT.module], ending, return_state=True)
    report = state.result(raise_on_failure=False)
    if ended.error:
        raise ended.error
    if isinstance(report, Exception):
        raise report
    return dict(report)


def finished(report: Plain) -> State[Any]:
    """The run's last state: Completed, saying how many patients there are."""
    (counts,) = report["entities"]
    said = ", ".join(
        f"{counts[name]:,} {word}"
        for name, word in (("inserted", "created"), ("unchanged", "there already"), ("skipped", "skipped"))
        if counts[name]
    )
    return Completed(message=f"{counts['read']:,} patients: {said or 'dry run'}; report {report['run']}", data=report)
