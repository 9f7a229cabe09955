"""Runs a deployment's flow in this process, as a run that Prefect's UI shows and whose retry a worker picks up."""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from seedbed.cli.interruption import exit_within_grace
from seedbed.cli.task_log_format import console_filters
from seedbed.core.certificates import certificate_error
from seedbed.core.errors import SeedbedError, UserError, failure_of
from seedbed.core.report import FAILED_ATTEMPT, FAILURE, Report, RunFailure, known_fields, report_from_json
from seedbed.database.ledger.run_records import find_run
from seedbed.settings import ROOT, Settings, read_settings
from seedbed.stack import prefect_api, processes
from seedbed.wiring import app_context

LOOK = "open the run in Prefect's UI"
log = logging.getLogger(__name__)


def adhoc(flow: str) -> str:
    """The deployment that runs the flow when asked: in an environment its name ends with the environment's."""
    environment = read_settings().environment
    return f"{flow}/adhoc-{environment.name}" if environment else f"{flow}/adhoc"


def unknown_deployment(name: str) -> UserError:
    """Prefect's server has no such deployment: how it gets one."""
    environment = read_settings().environment
    step = f"run `seedbed deploy --environment {environment.name}`" if environment else "run `seedbed up`"
    return UserError(f"Prefect knows no deployment {name}", next_step=step, code="deployment-unknown")


def rejected_parameters_error(answer: httpx.Response) -> UserError | None:
    """What a server's refusal of a run's parameters means; None for any other answer."""
    if answer.status_code not in (httpx.codes.CONFLICT, httpx.codes.UNPROCESSABLE_ENTITY):
        return None
    return UserError(f"Prefect refuses the run: {answer.json().get('detail', answer.text)}", code="run-refused")


def run_deployment(name: str, parameters: Mapping[str, Any], *, verb: str) -> Report:
    """Creates a run of the deployment in state Pending, so that no worker takes it, and executes it here; returns its report.

    UserError where no Prefect API answers or the deployment is not there.
    """
    settings = read_settings()
    prepare_environment(settings)
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes a second to import
    from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError  # noqa: PLC0415
    from prefect.flow_engine import run_flow  # noqa: PLC0415
    from prefect.flows import load_flow_from_entrypoint  # noqa: PLC0415
    from prefect.states import Pending  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(name)
        except ObjectNotFound:
            raise unknown_deployment(name) from None
        # Takes seconds, and may fail: a run that is there already would stay Pending for ever.
        flow = load_flow_from_entrypoint(deployment.entrypoint, use_placeholder_flow=False)
        try:
            flow_run = client.create_flow_run_from_deployment(
                deployment.id, parameters=dict(parameters), state=Pending()
            )
        except PrefectHTTPStatusError as error:
            raise rejected_parameters_error(error.response) or error from error
        say_on_stderr(f"{name} started: {settings.prefect_ui}/v2/runs/flow-run/{flow_run.id}")
        run = partial(run_flow, flow, flow_run=flow_run, parameters=dict(parameters), return_type="state")
        return _report_of(execute_flow_run(str(flow_run.id), run), str(flow_run.id), flow_run.name, verb)


def execute_flow_run(run_id: str, run: Callable[[], Any]) -> Any:
    """What `run` returns, a final state; where it is interrupted before it has told one, Prefect hears that the run has crashed."""
    from prefect.exceptions import Abort  # noqa: PLC0415 - takes a second to import
    from prefect.logging.handlers import PrefectConsoleHandler  # noqa: PLC0415

    consoles = [one for one in logging.getLogger().handlers if isinstance(one, PrefectConsoleHandler)]
    note_interruption = partial(_note_interruption, run_id)
    with console_filters(consoles), exit_within_grace(note_interruption):
        try:
            return run()
        except Abort as ended:  # a newer attempt has taken over: what becomes of the run is that attempt's to tell
            raise ended.__cause__ or ended from None
        except BaseException as error:
            try:
                note_interruption(type(error).__name__)
            except (SeedbedError, httpx.HTTPError) as silent:
                log.warning("Prefect is not told that the run has ended error=%s", silent)
            raise


def _note_interruption(run_id: str, by: str) -> None:
    url = os.environ["PREFECT_API_URL"]
    if any(one["id"] == run_id for one in prefect_api.unfinished_runs(url)):
        message = f"interrupted by {by} where it was started; Retry goes on where it stopped"
        prefect_api.mark_crashed(url, run_id, message)


def _report_of(state: Any, run_id: str, name: str, verb: str) -> Report:
    result = state.result(raise_on_failure=False)
    if isinstance(result, dict):
        return report_from_json(result)
    is_ours = isinstance(result, SeedbedError)
    failure = failure_of(result) if is_ours else RunFailure(type(result).__name__, str(result or state.message), LOOK)
    kept = find_saved_report(run_id, None if state.is_completed() else failure)
    if kept:
        return kept
    if is_ours:
        raise result
    return Report(verb, name, state="failed", error=failure)


def find_saved_report(run_id: str, failure: RunFailure | None) -> Report | None:
    """The report that the run left behind, where it came to that; `failure`: what ended it, None where it completed.

    A run that failed after its report was written has failed all the same.
    """
    plain = _of_the_ledger(run_id) or _of_this_folder(run_id)
    if plain is None:
        return None
    report = report_from_json(dict(plain))
    if failure and report.state == "completed":
        return replace(report, state="failed", error=failure)
    return report


def failure_in(flow_run: Mapping[str, Any]) -> RunFailure:
    """The failure that the last attempt of a run has left at Prefect's server; else the words of its state, and no more."""
    state, labels = flow_run["state"], flow_run.get("labels") or {}
    if labels.get(FAILED_ATTEMPT) == flow_run["run_count"]:
        plain = json.loads(labels[FAILURE])
        return known_fields(RunFailure, {**plain, "kind": plain["class"]})
    return RunFailure(state["name"], str(state.get("message") or state["name"]), LOOK)


def _of_the_ledger(run_id: str) -> Mapping[str, Any] | None:
    try:
        found = find_run(app_context().database(), run_id)
    except SeedbedError as error:
        log.warning("the ledger cannot be read, the report is looked for in the folder of reports error=%s", error)
        return None
    return found.report if found else None


def _of_this_folder(run_id: str) -> Mapping[str, Any] | None:
    for path in sorted(app_context().output.glob(f"*-{run_id.replace('-', '')[:8]}/report.json")):
        return dict(json.loads(path.read_text(encoding="utf-8")))
    return None


def require_api(settings: Settings) -> str:
    """The address of the Prefect API, which answers; UserError where none does. From here on Prefect trusts whom we trust."""
    url = settings.PREFECT_API_URL
    if not url:
        raise UserError(
            "there is no Prefect API to run this with",
            next_step="run `seedbed up`; `--direct` needs none, where the verb has it",
            code="prefect-unavailable",
        )
    if settings.SEEDBED_CA_FILE:
        os.environ["PREFECT_API_SSL_CERT_FILE"] = settings.SEEDBED_CA_FILE
    if auth_string := settings.PREFECT_API_AUTH_STRING.get_secret_value():
        os.environ["PREFECT_API_AUTH_STRING"] = auth_string  # for Prefect's own client
        prefect_api.use_auth_string(url, auth_string)
    with prefect_api.client(url.rstrip("/"), timeout_s=5) as api:
        try:
            api.get("/health").raise_for_status()
        except httpx.HTTPError as error:
            raise certificate_error(f"Prefect's API at {url}", error) or UserError(
                f"Prefect's API at {url} does not answer ({type(error).__name__})",
                next_step="run `seedbed up`; `--direct` needs none, where the verb has it",
                code="prefect-unavailable",
            ) from error
    return url


def prepare_environment(settings: Settings) -> None:
    """Points this process's Prefect at the server and the stack's result storage; it trusts whom we trust."""
    os.environ["PREFECT_API_URL"] = require_api(settings)
    os.environ.update(processes.no_proxy(os.environ))
    if settings.PREFECT_HOME:
        os.environ["PREFECT_HOME"] = settings.PREFECT_HOME
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "seedbed")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
    # Without heartbeats the stack's automation would call this run dead while it works.
    os.environ["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = str(prefect_api.HEARTBEAT_S)
    os.chdir(ROOT)


def say_on_stderr(line: str) -> None:
    """Progress goes to stderr, so that stdout holds the report alone."""
    print(line, file=sys.stderr, flush=True)


def exit_code_of(report: Report) -> int:
    """The exit code that a report means."""
    if not report.error:
        return 0 if report.state == "completed" else 1
    return report.error.exit_code
