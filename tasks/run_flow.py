"""The bodies of the flows that write: one attempt of the run, and what its final state says."""

import logging
import time
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from prefect.states import Cancelled, Completed, State

from seedbed.actions.cleanup.run_cleanup import VERB, CleanupRequest, cleanup_spec
from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.nightly_refresh import refresh_spec
from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.generate.run_gen_mock import patient_spec
from seedbed.actions.runs import run_index
from seedbed.actions.runs.direct_executor import UNITS_AT_ONCE
from seedbed.actions.runs.executor import AttemptContext
from seedbed.actions.runs.orchestrate import RunSpec, TargetRecord, orchestrate
from seedbed.actions.runs.wait_for_targets import NO_WAIT, WaitLimits
from seedbed.actions.setup.run_setup import setup_spec
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import SeedbedError
from seedbed.core.report import Report, total
from seedbed.settings import read_settings
from seedbed.wiring import app_context
from tasks import this_flow_run
from tasks.artifacts import patients_summary
from tasks.policy import chosen_task_runner, units_at_once
from tasks.prefect_executor import PrefectExecutor
from tasks.run_names import scheduled, this_run
from tasks.waiting_tag import clearing_waiting_tags

S = TypeVar("S")
TARGET_RECORD = TargetRecord(this_flow_run.check_flow_run_targets, this_flow_run.remember_targets)
log = logging.getLogger("seedbed.runs")  # Prefect's UI shows the lines of loggers below seedbed


def run_setup(request: SetupRequest, wait_limits: WaitLimits) -> State[Any]:
    """The body of `setup`."""
    return _run("setup", lambda live, run: setup_spec(live, run, request), setup_message, wait_limits)


def run_refresh(request: SetupRequest, wait_limits: WaitLimits) -> State[Any]:
    """The body of `refresh-staging`."""
    return _run("refresh", lambda live, run: refresh_spec(live, run, request, _day()), setup_message, wait_limits)


def run_patients(request: PatientRequest, wait_limits: WaitLimits) -> State[Any]:
    """The body of `gen-mock`."""
    return _run(
        "gen-mock", lambda live, run: patient_spec(live, run, request, _day()), patients_message, wait_limits, _at_once
    )


def run_cleanup(request: CleanupRequest) -> State[Any]:
    """The body of `cleanup`."""
    message_of = rehearsal_message if request.dry_run else cleanup_message
    return _run(VERB, lambda _, run: cleanup_spec(run, request), message_of, NO_WAIT)


@this_flow_run.aborting_if_superseded()
def _run(
    verb: str,
    spec_of: Callable[[AppContext, Run], RunSpec[S]],
    message_of: Callable[[Report], str],
    wait_limits: WaitLimits,
    at_once: Callable[[], int] = lambda: UNITS_AT_ONCE,
) -> State[Any]:
    """Raises what failed, with the first cause and the next step; else Completed, with the report."""
    if late := this_flow_run.superseded_message():
        return cancelled_state(this_run(verb), late)
    run, began = this_run(verb), time.time()
    attempt = AttemptContext(
        run, wait_limits, began, this_flow_run.flow_run_url(), read_settings().SEEDBED_CODE_VERSION
    )
    executor = PrefectExecutor(attempt, at_once())
    live = app_context()
    with clearing_waiting_tags():
        result = orchestrate(live, executor, attempt, spec_of(live, run), TARGET_RECORD)
        if result.error:
            raise result.error
    return Completed(message=message_of(result.report), data=result.report.to_json())


def cancelled_state(run: Run, why: str) -> State[None]:
    """The last state of a run that is not worth starting any more; the page says so, where the context can be built."""
    try:
        run_index.mark_cancelled(app_context(), run, why, this_flow_run.flow_run_url())
    except SeedbedError as error:
        # What is wrong with the settings fails the runs that need them, not one that does nothing.
        log.warning("the page of runs does not have this one error=%s", error)
    return Cancelled(message=why)


def _day() -> date:
    return app_context().local_time.day(scheduled())


def _at_once() -> int:
    settings = read_settings()
    chosen_task_runner(settings)  # at import a choice that cannot be had becomes threads; here it is an error
    return units_at_once(settings)


def setup_message(report: Report) -> str:
    """How many entities were loaded, and how many rows skipped."""
    skipped = f", {report.skipped_total} rows skipped" if report.skipped_total else ""
    return f"{len(report.entities)} entities{skipped}; report {report.run}"


def patients_message(report: Report) -> str:
    """How many patients there are."""
    (counts,) = report.entities
    return f"{patients_summary(counts)}; report {report.run}"


def cleanup_message(report: Report) -> str:
    """How many rows were removed."""
    whole = total(report.entities)
    gone = f", {whole.unchanged} were gone already" if whole.unchanged else ""
    return f"{whole.removed} rows removed{gone}; report {report.run}"


def rehearsal_message(report: Report) -> str:
    """What a cleanup would remove."""
    return "; ".join(report.notes)
