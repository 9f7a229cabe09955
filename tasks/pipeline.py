"""How a set-up's steps hang together: who waits for whom, and what the run's final state says."""

import time
from collections.abc import Mapping
from typing import Any

from prefect.futures import PrefectFuture
from prefect.states import Completed, State

from seedbed.actions.audit import refused_error
from seedbed.actions.gen_mock import NOBODY
from seedbed.actions.leasing import kept, lease_of
from seedbed.actions.plan import Plan, plan_run
from seedbed.actions.references import notes_on
from seedbed.actions.select import SetupRequest
from seedbed.actions.setup import NO_NOTES, failure, skipped_error, tried
from seedbed.actions.waiting import Patience
from seedbed.core.errors import DataError, NotRun, SeedbedError
from seedbed.wiring import house
from tasks import this_flow_run
from tasks.listing import called_off, on_the_index
from tasks.naming import this_run
from tasks.order import Order, SetupOrder
from tasks.patient_pipeline import tonights
from tasks.publish import Ending, publish_report, published
from tasks.steps import (
    Plain,
    audit_tables,
    begin_run,
    load_module,
    read_refusals,
    rehearse_all,
    run_doctor,
    take_the_lease,
)
from tasks.waiting import own_waiting_shown


@this_flow_run.leaving_it_to_a_newer_attempt()
def run_setup(verb: str, request: SetupRequest, patience: Patience, *, is_refresh: bool = False) -> Any:
    """The flow's body: raises with what failed, the first cause and the next step; else Completed, with the rows skipped."""
    if late := this_flow_run.superseded_message():
        return called_off(this_run(verb), late)
    order = Order(this_run(verb), request, time.time(), patience)
    if request.dry_run:
        return rehearsed(rehearse_all(order))
    with on_the_index(order.run):
        this_flow_run.check_targets(house().fingerprint)
        with own_waiting_shown():
            return written(order, is_refresh=is_refresh)


def written(order: SetupOrder, *, is_refresh: bool) -> State[Any]:
    """What a run that writes does: it is noted, takes the lease, loads, and gives the lease back whatever happens."""
    doctor = run_doctor.submit() if is_refresh else None
    begin_run(order)
    this_flow_run.remember_targets(house().fingerprint)
    lease = lease_of(order.run, this_flow_run.link())
    take_the_lease(order, lease)
    with kept(house().database(), lease):
        return loaded(order, doctor)


def loaded(order: SetupOrder, doctor: PrefectFuture[Any] | None) -> State[Any]:
    """The units, the audit and the report."""
    live, request = house(), order.request
    plan = plan_run(live, order.run, request, read_refusals(order))
    failed = failures(submit_units(plan, order))
    units = [unit for unit in plan.units if unit.name not in failed]
    verdicts, refused = audited(order, [unit.name for unit in units])
    strict, unread = tried(lambda: skipped_error(request, live, order.run) if units else None, None)
    notes, unnoted = tried(lambda: notes_on(live, request, units), NO_NOTES)
    error = failure(failed, refused, strict, unread, unnoted)
    patients = tonights(order) if doctor and not error else NOBODY  # a refresh alone makes patients
    checks = doctor.result(raise_on_failure=False) if doctor else []
    ending = Ending(
        (*notes, *patients.notes),
        checks if isinstance(checks, list) else [],
        verdicts,
        error or patients.error,
        patients.files,
        request.on_duplicate,
    )
    state = publish_report(order, list(plan.keys), ending, return_state=True)
    return finished(published(state.result(raise_on_failure=False), ending.error))


def finished(report: Plain) -> State[Any]:
    """The run's last state: Completed, saying how many rows were skipped."""
    skipped = f", {report['skipped_total']} rows skipped" if report.get("skipped_total") else ""
    return Completed(
        message=f"{len(report.get('entities', []))} entities{skipped}; report {report['run']}", data=report
    )


def rehearsed(report: Plain) -> State[Any]:
    """The dry run's report; raises what it says would fail."""
    if report["state"] == "failed":
        raise DataError(report["error"]["message"], next_step=report["error"]["next"], code=report["error"]["code"])
    return finished(report)


def submit_units(plan: Plan, order: SetupOrder) -> dict[str, PrefectFuture[Any]]:
    """One task a unit; each starts as soon as what it refers to is done."""
    futures: dict[str, PrefectFuture[Any]] = {}
    for unit in plan.units:
        waits_for = [futures[need] for need in unit.needs]
        futures[unit.name] = load_module.submit(
            unit.name, order, plan.keys[unit.name], dict(plan.refusals), wait_for=waits_for
        )
    return futures


def failures(futures: Mapping[str, PrefectFuture[Any]]) -> dict[str, SeedbedError]:
    """What did not complete, and why: the units that failed first, then those that were not run because of them."""
    failed: dict[str, SeedbedError] = {}
    waiting: dict[str, SeedbedError] = {}
    for name, future in futures.items():
        future.wait()
        if future.state.is_completed():
            continue
        if future.state.is_pending():
            waiting[name] = NotRun("not run: what it waits for failed")
            continue
        cause = future.result(raise_on_failure=False)
        failed[name] = (
            cause if isinstance(cause, SeedbedError) else DataError(f"{type(cause).__name__}: {cause}", code="defect")
        )
    return failed | waiting


def audited(order: SetupOrder, units: list[str]) -> tuple[list[Plain], SeedbedError | None]:
    """The audit's verdicts on the units that were loaded, and the error that a refusal is."""
    if not units:
        return [], None
    state = audit_tables(order, units, return_state=True)
    found = state.result(raise_on_failure=False)
    if isinstance(found, list):
        return found, refused_error(found)
    return [], found if isinstance(found, SeedbedError) else DataError(f"the audit broke: {found}", code="tests-broken")
