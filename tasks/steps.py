"""The steps of a set-up."""

from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from seedbed.actions.audit import audit
from seedbed.actions.begin import begin
from seedbed.actions.diagnose import diagnose
from seedbed.actions.house import House, Run
from seedbed.actions.load import Job, load_unit
from seedbed.actions.plan import known_refusals, plan_run
from seedbed.actions.rehearse import rehearse
from seedbed.actions.request import request_from_json
from seedbed.actions.select import Catalogue, SetupRequest, Unit, select
from seedbed.core.report import as_json
from seedbed.database.ledger import Notes
from seedbed.wiring import house
from tasks.policy import AT_WORK, EVERY_TIME, KEPT, RETRIES

Plain = dict[str, Any]


@task(name="doctor", task_run_name="doctor", cache_policy=NO_CACHE, **EVERY_TIME)
def run_doctor() -> list[Plain]:
    """Every health check; a failed one does not stop the run."""
    return [as_json(check) for check in diagnose(house())]


@task(name="begin", task_run_name="begin {run[name]}", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def begin_run(run: Plain) -> None:
    """The database is ready and the run is noted."""
    begin(house(), Run(**run))


@task(name="targets", task_run_name="targets", **KEPT)
def remember_targets(key: str) -> str:
    """The fingerprint of the first attempt's targets, whatever this attempt's are."""
    del key
    return house().fingerprint


@task(name="refusals", task_run_name="refusals", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def read_refusals(run: Plain) -> dict[str, int]:
    """How often this run's audit has refused each entity."""
    return dict(known_refusals(house(), Run(**run)))


@task(name="setup", task_run_name="setup {unit}", **KEPT)
def load_module(unit: str, run: Plain, request: Plain, key: str, refusals: dict[str, int]) -> list[Plain]:
    """One module's entities, loaded; `key` finds the result again on a retry."""
    del key
    with AT_WORK:
        asked, live, this = request_from_json(request), house(), Run(**run)
        (chosen,) = units_named(live, asked, [unit])
        job = Job(this, asked, chosen, refusals)
        return [as_json(report) for report in load_unit(live, job, Notes(live.database(), this.root, unit))]


@task(name="rehearse", task_run_name="dry run", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def rehearse_all(run: Plain, request: Plain) -> Plain:
    """What the set-up would do."""
    asked, live = request_from_json(request), house()
    return rehearse(live, Run(**run), asked, plan_run(live, Run(**run), asked, {})).to_json()


@task(name="audit", task_run_name="audit", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def audit_tables(run: Plain, request: Plain, units: list[str]) -> list[Plain]:
    """The result suites' verdicts on what the run has loaded."""
    asked, live = request_from_json(request), house()
    return audit(live, Run(**run), asked, units_named(live, asked, units))


def units_named(live: House, request: SetupRequest, names: list[str]) -> list[Unit]:
    """The request's units of these names."""
    chosen = select(request, Catalogue(live.entities, live.modules, live.aliases))
    return [unit for unit in chosen if unit.name in names]
