"""How the steps of gen-mock hang together: units side by side, a few at once, and what the run's final state says."""

import time
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from prefect.futures import PrefectFuture
from prefect.states import Completed, State

from seedbed.actions.gen_mock import NOBODY, UNITS_AT_ONCE, Ended, Progress, side_by_side
from seedbed.actions.leasing import kept, lease_of
from seedbed.actions.patient_request import PatientRequest, Population, nightly_request, population_of
from seedbed.actions.patients import Unit, units_of
from seedbed.actions.waiting import HOME, Patience
from seedbed.core.errors import DataError, SeedbedError, Transient
from seedbed.core.report import EntityReport, known_fields
from seedbed.database.leases import is_overtaken
from seedbed.datasets.hospital.patients.schema import PATIENT
from seedbed.settings import read
from seedbed.wiring import house
from tasks import this_flow_run
from tasks.listing import called_off, on_the_index
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
from tasks.policy import chosen_task_runner, units_at_once
from tasks.progress import Shown
from tasks.publish import Ending, patients_said, publish_report, published
from tasks.steps import take_the_lease
from tasks.waiting import own_waiting_shown

CACHED = "Cached"  # the state's name, where Prefect has found the result of an earlier attempt


@this_flow_run.leaving_it_to_a_newer_attempt()
def run_patients(request: PatientRequest, patience: Patience) -> Any:
    """The flow's body: raises with what failed, the first cause and the next step; else Completed, with the patients made."""
    if late := this_flow_run.superseded_message():
        return called_off(this_run("gen-mock"), late)
    chosen_task_runner(read())  # at import nobody could have been told that it cannot be had
    order = Order(this_run("gen-mock"), request, time.time(), patience)
    day = scheduled().astimezone(HOME).date()
    if request.dry_run:
        return finished(foresee_patients(order, day))
    with on_the_index(order.run):
        if not request.repeat:
            population_of(request, order.run.root, day)  # a cohort that nobody is in waits for nobody
        this_flow_run.check_targets(house().fingerprint)
        with own_waiting_shown():
            return written(order, day)


def written(order: PatientOrder, day: date) -> State[Any]:
    """What a run that makes patients does: it is noted, takes the lease, sends, and gives the lease back whatever happens."""
    begin_patients(order)
    this_flow_run.remember_targets(house().fingerprint)
    lease = lease_of(order.run, this_flow_run.link())
    take_the_lease(order, lease)
    with kept(house().database(), lease):
        ended = made(order, *fix_population(order, day), at_once=units_at_once(read()))
        ending = Ending(ended.notes, [], [], ended.error, ended.files)
        state = publish_report(order, [PATIENT.module], ending, return_state=True)
        return finished(published(state.result(raise_on_failure=False), ended.error))


def tonights(order: SetupOrder) -> Ended:
    """What the environment's nightly patients have come to; nobody where its file asks for none."""
    environment = house().environment
    if environment is None or environment.patients is None:
        return NOBODY
    request = nightly_request(environment.patients, order.request.data_dirs)
    own = Order(order.run, request, order.began, order.patience)
    try:
        return made(own, *fix_population(own, scheduled().astimezone(HOME).date()), at_once=UNITS_AT_ONCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, the night's report is written, and says it
        return Ended(error=ours(error))


def made(order: PatientOrder, population: Population, refused: int, *, at_once: int) -> Ended:
    """The population at the API, as far as it came, and written down where it is complete."""
    progress = sent(order, population, refused, at_once=at_once)
    said, failed = progress.said(is_over=True), progress.error()
    state = write_down(order, population, failed, return_state=True)
    ended = state.result(raise_on_failure=False)
    if isinstance(ended, Ended):
        return replace(ended, notes=(said, *ended.notes))
    error = ours(ended)
    return Ended(error=error if is_overtaken(error) else failed or error, notes=(said,))


def ours(error: Any) -> SeedbedError:
    """The error as one of our tree."""
    return error if isinstance(error, SeedbedError) else DataError(f"{type(error).__name__}: {error}", code="defect")


def sent(order: PatientOrder, population: Population, refused: int, *, at_once: int) -> Progress:
    """One task a unit, a few at once, so that a dead API costs the retries of a few; the rest is left for the run's retry."""
    progress = Progress(units_of(population))
    shown = Shown(progress)

    def settle_and_show(unit: Unit, future: PrefectFuture[Any]) -> None:
        settle(progress, unit, future)
        shown.tell(is_last=progress.may_end)

    side_by_side(progress, partial(start, order, population, refused), settle_and_show, at_once=at_once)
    return progress


def start(order: PatientOrder, population: Population, refused: int, unit: Unit) -> PrefectFuture[Any]:
    """The unit's task, submitted under the key by which it is found again: run, rows, and all that decides what is sent and where to."""
    key = f"{order.run.root}/patients/{unit.first}-{unit.stop}/{population.digest}/{house().fingerprint}/{refused}"
    return send_patients.submit(unit, order, population, key)


def settle(progress: Progress, unit: Unit, future: PrefectFuture[Any]) -> None:
    """Notes how a unit has ended."""
    found = outcome_of(future)
    if isinstance(found, SeedbedError):
        progress.broken(unit, found)
    elif isinstance(found, BaseException):
        progress.broken(unit, ours(found))
    else:
        progress.completed(unit, is_kept=future.state.name == CACHED)


def outcome_of(future: PrefectFuture[Any]) -> Any:
    """What a unit's task has returned, or the error that ended it."""
    try:
        return future.result(raise_on_failure=False)
    except Exception as error:  # noqa: BLE001 - no error of the task, which would be its result: the process that ran it is lost
        why = f"{type(error).__name__}: {error}"
        return Transient(
            f"what executed the batch is gone ({why})",
            next_step="retry: what is noted is not sent again",
            code="worker-lost",
        )


def finished(report: Plain) -> State[Any]:
    """The run's last state: Completed, saying how many patients there are."""
    (counts,) = report["entities"]
    said = patients_said(known_fields(EntityReport, counts))
    return Completed(message=f"{said}; report {report['run']}", data=report)
