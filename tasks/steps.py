"""The steps of a set-up."""

from collections.abc import Mapping
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from seedbed.actions.attempts import this_attempt
from seedbed.actions.audit import audit
from seedbed.actions.begin import begin
from seedbed.actions.diagnose import diagnose
from seedbed.actions.house import House
from seedbed.actions.leasing import take_lease
from seedbed.actions.load import Job, load_unit
from seedbed.actions.plan import known_refusals, plan_run
from seedbed.actions.rehearse import rehearse
from seedbed.actions.select import SetupRequest, Unit, catalogue_of, entities_of, select
from seedbed.actions.waiting import targets_of
from seedbed.core.report import as_json
from seedbed.database.attempts_made import note_attempt
from seedbed.database.leases import Lease
from seedbed.database.ledger import Notes
from seedbed.settings import ROOT, read
from seedbed.wiring import house
from tasks.order import Order, SetupOrder
from tasks.policy import EVERY_TIME, KEPT, RETRIES, at_work
from tasks.waiting import until_they_answer

Plain = dict[str, Any]
LEDGER = ("postgres",)


@task(name="doctor", task_run_name="doctor", cache_policy=NO_CACHE, **EVERY_TIME)
def run_doctor() -> list[Plain]:
    """Every health check; a failed one does not stop the run."""
    return [as_json(check) for check in diagnose(house())]


@task(name="begin", task_run_name="begin {order.run.name}", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def begin_run(order: SetupOrder) -> None:
    """The database is ready; the run and this attempt are noted."""
    until_they_answer(LEDGER, order)
    begin(house(), order.run, entities_of(select(order.request, catalogue_of(house()))))
    note_attempt(house().database(), order.run.root, this_attempt(order.run.attempt, read().SEEDBED_CODE_VERSION, ROOT))


@task(name="lease", task_run_name="lease", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def take_the_lease(order: Order[Any], lease: Lease) -> None:
    """Nobody else writes to the database now."""
    until_they_answer(LEDGER, order)
    take_lease(house(), lease, patience_s=order.patience.lease_s)


@task(name="refusals", task_run_name="refusals", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def read_refusals(order: SetupOrder) -> dict[str, int]:
    """How often this run's audit has refused each entity."""
    until_they_answer(LEDGER, order)
    return dict(known_refusals(house(), order.run))


@task(name="setup", task_run_name="setup {unit}", **KEPT)
def load_module(unit: str, order: SetupOrder, key: str, refusals: Mapping[str, int]) -> list[Plain]:
    """One module's entities, loaded; `key` finds the result again on a retry."""
    del key
    live = house()
    (chosen,) = units_named(live, order.request, [unit])
    until_they_answer(targets_of(live, chosen.entities), order)
    with at_work():
        job = Job(order.run, order.request, chosen, refusals)
        return [as_json(report) for report in load_unit(live, job, Notes(live.database(), order.run.writer, unit))]


@task(name="rehearse", task_run_name="dry run", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def rehearse_all(order: SetupOrder) -> Plain:
    """What the set-up would do."""
    live, plan = house(), plan_run(house(), order.run, order.request, {})
    until_they_answer(targets_of(live, entities_of(plan.units)), order)
    return rehearse(live, order.run, order.request, plan).to_json()


@task(name="audit", task_run_name="audit", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def audit_tables(order: SetupOrder, units: list[str]) -> list[Plain]:
    """The result suites' verdicts on what the run has loaded."""
    live, chosen = house(), units_named(house(), order.request, units)
    until_they_answer(targets_of(live, entities_of(chosen)), order)
    return audit(live, order.run, order.request, chosen)


def units_named(live: House, request: SetupRequest, names: list[str]) -> list[Unit]:
    """The request's units of these names."""
    chosen = select(request, catalogue_of(live))
    return [unit for unit in chosen if unit.name in names]
