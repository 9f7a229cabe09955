"""Cleanup's steps, and how they hang together."""

import time
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.states import Completed, State

from seedbed.actions.attempts import this_attempt
from seedbed.actions.cleanup import (
    VERB,
    Cleaning,
    CleanupRequest,
    begin_cleanup,
    rehearse_cleanup,
    remove_created,
    write_cleanup,
)
from seedbed.actions.leasing import kept, lease_of
from seedbed.actions.report import Outcome
from seedbed.actions.waiting import IMPATIENT
from seedbed.core.errors import DataError, SeedbedError
from seedbed.core.report import EntityReport, known_fields, total
from seedbed.database.attempts_made import note_attempt
from seedbed.settings import ROOT, read
from seedbed.wiring import house
from tasks import this_flow_run
from tasks.listing import on_the_index
from tasks.naming import this_run
from tasks.order import CleanupOrder
from tasks.policy import EVERY_TIME, RETRIES
from tasks.publish import publish_artifacts, published
from tasks.steps import Plain, take_the_lease


@this_flow_run.leaving_it_to_a_newer_attempt()
def run_cleanup(request: CleanupRequest) -> Any:
    """The flow's body: raises with what is left and why; else Completed, with how much was removed."""
    order = CleanupOrder(this_run(VERB), request, time.time(), IMPATIENT)
    if request.dry_run:
        return rehearsed(rehearse(order))
    with on_the_index(order.run):
        this_flow_run.check_targets(house().fingerprint)
        cleaning = begin(order)
        this_flow_run.remember_targets(house().fingerprint)
        lease = lease_of(order.run, this_flow_run.link())
        take_the_lease(order, lease)
        with kept(house().database(), lease):
            return finished(removed(order, cleaning))


def removed(order: CleanupOrder, cleaning: Cleaning) -> Plain:
    """The report after the removal; raises what kept anything from being removed."""
    result = remove(order, cleaning, return_state=True).result(raise_on_failure=False)
    error = result if isinstance(result, SeedbedError) else None
    if isinstance(result, Exception) and error is None:
        error = DataError(f"{type(result).__name__}: {result}", code="defect")
    return published(publish(order, cleaning, error, return_state=True).result(raise_on_failure=False), error)


@task(name="begin", task_run_name="begin {order.run.name}", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def begin(order: CleanupOrder) -> Cleaning:
    """What there is to remove; this run and its attempt are noted."""
    cleaning = begin_cleanup(house(), order.run, order.request)
    note_attempt(house().database(), order.run.root, this_attempt(order.run.attempt, read().SEEDBED_CODE_VERSION, ROOT))
    return cleaning


@task(name="rehearse", task_run_name="dry run", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def rehearse(order: CleanupOrder) -> Plain:
    """What would be removed."""
    return rehearse_cleanup(house(), order.run, order.request).to_json()


@task(
    name="remove",
    task_run_name="remove what {cleaning.of.name} created",
    cache_policy=NO_CACHE,
    **EVERY_TIME,
    **RETRIES,
)
def remove(order: CleanupOrder, cleaning: Cleaning) -> None:
    """What the run created is gone; tried again, it goes on where it stopped."""
    remove_created(house(), order.run, cleaning.of)


@task(name="report", task_run_name="report", cache_policy=NO_CACHE, **EVERY_TIME, **RETRIES)
def publish(order: CleanupOrder, cleaning: Cleaning, error: SeedbedError | None) -> Plain:
    """The run's files and artifacts; its report."""
    outcome = Outcome(time.time() - order.began, error=error)
    report = write_cleanup(house(), order.run, cleaning, outcome)
    publish_artifacts(report, [])
    return report.to_json()


def rehearsed(report: Plain) -> State[Any]:
    """The last state of a dry run: Completed, saying what would be removed."""
    return Completed(message="; ".join(report["notes"]), data=report)


def finished(report: Plain) -> State[Any]:
    """The run's last state: Completed, saying how many rows were removed."""
    whole = total(known_fields(EntityReport, one) for one in report.get("entities", ()))
    gone = f", {whole.unchanged} were gone already" if whole.unchanged else ""
    return Completed(message=f"{whole.removed} rows removed{gone}; report {report['run']}", data=report)
