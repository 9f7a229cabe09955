"""The flow run that this process executes: its link, where it began, and whether it comes too late."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, PrefectException

from seedbed.actions.runs.attempt import superseded_reason
from seedbed.actions.runs.start_run import check_first_targets
from seedbed.core.errors import SeedbedError, failure_of
from seedbed.core.report import FAILED_ATTEMPT, FAILURE
from seedbed.database.ledger.leases import is_overtaken
from seedbed.settings import read_settings
from tasks.run_names import attempt_number, scheduled

TARGETS = "seedbed.targets"  # a label: kept by Prefect's server, so that a worker with an empty disk knows it too

log = logging.getLogger("seedbed.attempts")  # Prefect's UI shows the lines of loggers below seedbed


@contextmanager
def aborting_if_superseded() -> Iterator[None]:
    """Within it, an error that says that a newer attempt has taken over aborts this one: the run's state is that attempt's to tell."""
    try:
        yield
    except SeedbedError as error:
        if not is_overtaken(error):
            _note_failure(error)
            raise
        log.warning("this attempt ends here: %s", error)
        raise Abort(str(error)) from error


def _note_failure(error: SeedbedError) -> None:
    """Labels the flow run with what ended this attempt: programs read it there, and not in the words of the state."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    labels = {FAILURE: json.dumps(failure_of(error).to_json(), ensure_ascii=False), FAILED_ATTEMPT: attempt_number()}
    try:
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(context.flow_run.id, labels)
    except (httpx.HTTPError, PrefectException) as silent:
        log.warning("Prefect is not told why this attempt failed error=%s", silent)


def flow_run_id() -> str | None:
    """Its id; none outside a flow."""
    found = runtime.flow_run.id
    return str(found) if found else None


def flow_run_url() -> str:
    """Where people find it in Prefect's UI; nothing where no address of the UI is known."""
    base = read_settings().prefect_ui
    return f"{base}/v2/runs/flow-run/{flow_run_id()}" if base else str(runtime.flow_run.ui_url or "")


def superseded_message() -> str:
    """Why the run is not worth starting any more; "" where it is. Only a schedule's run, in its first attempt, can be too late."""
    is_first = _flow_run().auto_scheduled and attempt_number() == 1
    most_s = read_settings().SEEDBED_SUPERSEDED_AFTER_S
    return superseded_reason(
        scheduled(), datetime.now(UTC), is_scheduled_first=is_first, most_s=most_s, local=read_settings().local_time
    )


def check_flow_run_targets(fingerprint: str) -> None:
    """Conflict where an earlier attempt of the run had other targets: it goes on only where it began."""
    with get_client(sync_client=True) as client:
        known = client.read_flow_run(_flow_run().id).labels.get(TARGETS)
    if known is not None:
        check_first_targets(str(known), fingerprint)


def remember_targets(fingerprint: str) -> None:
    """Labels the flow run with where it writes; an attempt that was refused before it began has set nothing."""
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(_flow_run().id, {TARGETS: fingerprint})


def _flow_run() -> FlowRun:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("not within a flow run")
    return context.flow_run
