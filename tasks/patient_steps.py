"""The steps of gen-mock."""

from dataclasses import asdict
from datetime import date
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from seedbed.actions.attempts import this_attempt
from seedbed.actions.begin import begin
from seedbed.actions.gen_mock import TARGETS, Ended, end, foreseen, settle_population
from seedbed.actions.patient_records import check_folder
from seedbed.actions.patient_request import Population
from seedbed.actions.patients import Sending, Unit, population_asked, source_of
from seedbed.actions.plan import known_refusals
from seedbed.core.errors import SeedbedError
from seedbed.database.attempts_made import note_attempt
from seedbed.datasets.registry import PATIENT
from seedbed.logs import let_lines_through
from seedbed.settings import ROOT, read
from seedbed.wiring import house
from tasks.order import PatientOrder
from tasks.policy import EVERY_TIME, KEPT, RETRIES, at_work
from tasks.steps import LEDGER
from tasks.waiting import until_they_answer

Plain = dict[str, Any]


@task(name="begin", task_run_name="begin {order.run.name}", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def begin_patients(order: PatientOrder) -> None:
    """The database is ready; the run and this attempt are noted."""
    until_they_answer(LEDGER, order)
    check_folder(house(), order.run, order.request)
    begin(house(), order.run, ())
    note_attempt(house().database(), order.run.root, this_attempt(order.run.attempt, read().SEEDBED_CODE_VERSION, ROOT))


@task(name="population", task_run_name="population", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def fix_population(order: PatientOrder, day: date) -> tuple[Population, int]:
    """Which patients, as the first attempt has decided, and how often the run has been found incomplete; the API lets us in."""
    until_they_answer(TARGETS, order)
    population = settle_population(house(), order.run, order.request, day)
    return population, known_refusals(house(), order.run).get(PATIENT.id, 0)


@task(name="foresee", task_run_name="dry run", cache_policy=NO_CACHE, **EVERY_TIME)
def foresee_patients(order: PatientOrder, day: date) -> Plain:
    """What the run would make."""
    return foreseen(house(), order.run, population_asked(house(), order.run, order.request, day)).to_json()


@task(name="patients", task_run_name="{unit.name}", **KEPT)
def send_patients(unit: Unit, order: PatientOrder, population: Population, key: str) -> Plain:
    """One unit's patients, registered; `key` finds the result again on a retry."""
    del key
    let_lines_through()
    until_they_answer(TARGETS, order)
    with at_work():
        source = source_of(order.request.data_dirs, population)
        counts = Sending(house(), order.run, unit, source, population.batch).send()
    return {**asdict(unit), **counts}


@task(name="write", task_run_name="write patients", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def write_down(order: PatientOrder, population: Population, failed: SeedbedError | None) -> Ended:
    """The run's patients, counted, and written down where all of them are settled."""
    until_they_answer(LEDGER, order)
    return end(house(), order.run, order.request, population, failed)
