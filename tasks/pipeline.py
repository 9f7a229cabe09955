"""How a set-up's steps hang together: who waits for whom, and what the run's final state says."""

import time
from collections.abc import Mapping
from typing import Any

from prefect import get_run_logger
from prefect.futures import PrefectFuture
from prefect.states import Completed

from seedbed.actions.audit import refused_error
from seedbed.actions.plan import Plan, plan_run
from seedbed.actions.references import notes_on
from seedbed.actions.request import request_to_json
from seedbed.actions.select import SetupRequest
from seedbed.actions.setup import NO_NOTES, failure, skipped_error, tried
from seedbed.core.errors import DataError, NotRun, SeedbedError, UserError
from seedbed.wiring import house
from tasks.naming import this_run
from tasks.publish import Ending, publish_report
from tasks.steps import (
    Plain,
    audit_tables,
    begin_run,
    load_module,
    read_refusals,
    rehearse_all,
    remember_targets,
    run_doctor,
)


def run_setup(verb: str, request: SetupRequest, *, with_doctor: bool = False) -> Any:
    """The flow's body: raises with what failed, the first cause and the next step; else Completed, with the rows skipped."""
    started, live, run = time.time(), house(), this_run(verb)
    say_targets(live.places)
    plain, asked = {"root": run.root, "name": run.name, "verb": run.verb}, request_to_json(request)
    if request.dry_run:
        return rehearsed(rehearse_all(plain, asked))
    check_targets_are_the_first(run.root, live.fingerprint)
    doctor = run_doctor.submit() if with_doctor else None
    plan = plan_run(live, run, request, read_refusals(plain))
    failed = failures(submit_units(plan, plain, asked))
    loaded = [unit for unit in plan.units if unit.name not in failed]
    verdicts, refused = audited(plain, asked, [unit.name for unit in loaded])
    strict, unread = tried(lambda: skipped_error(request, live, run) if loaded else None, None)
    notes, unnoted = tried(lambda: notes_on(live, request, loaded), NO_NOTES)
    checks = doctor.result(raise_on_failure=False) if doctor else []
    error = failure(failed, refused, strict, unread, unnoted)
    if error and "begin" in failed:
        raise error
    known = checks if isinstance(checks, list) else []
    ending = Ending(started, request.data_dirs, request.on_duplicate, notes, known, verdicts, error)
    report = published(plain, list(plan.keys), ending)
    return finished(report)


def finished(report: Plain) -> Any:
    """The run's last state: Completed, saying how many rows were skipped."""
    skipped = f", {report['skipped_total']} rows skipped" if report.get("skipped_total") else ""
    return Completed(
        message=f"{len(report.get('entities', []))} entities{skipped}; report {report['run']}", data=report
    )


def rehearsed(report: Plain) -> Any:
    """The dry run's report; raises what it says would fail."""
    if report["state"] == "failed":
        raise DataError(report["error"]["message"], next_step=report["error"]["next"])
    return finished(report)


def check_targets_are_the_first(root: str, fingerprint: str) -> None:
    """UserError where an earlier attempt of the run had other targets: it goes on only where it began."""
    if remember_targets(f"{root}/targets") != fingerprint:
        raise UserError(
            "this run began with other targets",
            next_step="start a new run, or set the targets back to the first attempt's",
        )


def say_targets(places: Mapping[str, str]) -> None:
    """Logs where the run will write, before anything is written."""
    log = get_run_logger()
    for name, place in places.items():
        log.info("target %s: %s", name, place)


def submit_units(plan: Plan, run: Plain, request: Plain) -> dict[str, PrefectFuture[Any]]:
    """One task a unit; each starts as soon as what it refers to is done."""
    futures: dict[str, PrefectFuture[Any]] = {"begin": begin_run.submit(run)}
    for unit in plan.units:
        waits_for = [futures["begin"], *(futures[need] for need in unit.needs)]
        futures[unit.name] = load_module.submit(
            unit.name, run, request, plan.keys[unit.name], dict(plan.refusals), wait_for=waits_for
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
        failed[name] = cause if isinstance(cause, SeedbedError) else DataError(f"{type(cause).__name__}: {cause}")
    return failed | waiting


def audited(run: Plain, request: Plain, units: list[str]) -> tuple[list[Plain], SeedbedError | None]:
    """The audit's verdicts on the units that were loaded, and the error that a refusal is."""
    if not units:
        return [], None
    state = audit_tables(run, request, units, return_state=True)
    found = state.result(raise_on_failure=False)
    if isinstance(found, list):
        return found, refused_error(found)
    return [], found if isinstance(found, SeedbedError) else DataError(f"the audit broke: {found}")


def published(run: Plain, units: list[str], ending: Ending) -> Plain:
    """The run's report, written; raises what the run failed with, or what kept the report from being written."""
    state = publish_report(run, units, ending, return_state=True)
    report = state.result(raise_on_failure=False)
    if ending.error:
        raise ending.error
    if isinstance(report, Exception):
        raise report
    return dict(report)
