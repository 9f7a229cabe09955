"""Runs a deployment's flow in this process, as a run that Prefect's UI shows and whose retry a worker picks up."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from seedbed.core.errors import SeedbedError, UserError
from seedbed.core.report import Failure, Report, report_from_json
from seedbed.settings import ROOT, Settings, read
from seedbed.stack import prefect_api

LOOK = "open the run in Prefect's UI"


def run_deployment(name: str, parameters: Mapping[str, Any], *, verb: str) -> Report:
    """Creates a run of the deployment in state Pending, so that no worker takes it, and executes it here; returns its report.

    UserError where no Prefect API answers or the deployment is not there.
    """
    settings = read()
    prepare_environment(settings)
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes a second to import
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415
    from prefect.flow_engine import run_flow  # noqa: PLC0415
    from prefect.flows import load_flow_from_entrypoint  # noqa: PLC0415
    from prefect.states import Pending  # noqa: PLC0415

    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(name)
        except ObjectNotFound:
            raise UserError(f"Prefect knows no deployment {name}", next_step="run `seedbed up`") from None
        flow_run = client.create_flow_run_from_deployment(deployment.id, parameters=dict(parameters), state=Pending())
        flow = load_flow_from_entrypoint(deployment.entrypoint, use_placeholder_flow=False)
        state = run_flow(flow, flow_run=flow_run, parameters=dict(parameters), return_type="state")
        return _report_of(state, str(flow_run.id), flow_run.name, verb)


def _report_of(state: Any, run_id: str, name: str, verb: str) -> Report:
    result = state.result(raise_on_failure=False)
    if isinstance(result, dict):
        return report_from_json(result)
    message = str(result or state.message)
    kept = kept_report(run_id, message if not state.is_completed() else "")
    if kept:
        return kept
    if isinstance(result, SeedbedError):
        raise result
    return Report(verb, name, state="failed", error=Failure(type(result).__name__, message, LOOK))


def kept_report(run_id: str, failure: str) -> Report | None:
    """The report that the run left behind, where it came to that; `failure`: what its final state says went wrong.

    A run that failed after its report was written has failed all the same.
    """
    for path in sorted((ROOT / "output").glob(f"*-{run_id.replace('-', '')[:8]}/report.json")):
        report = report_from_json(json.loads(path.read_text(encoding="utf-8")))
        if failure and report.state == "completed":
            return replace(report, state="failed", error=Failure("RunFailed", failure, LOOK))
        return report
    return None


def require_api(settings: Settings) -> str:
    """The address of the Prefect API, which answers; UserError where none does."""
    url = settings.PREFECT_API_URL
    if not url:
        raise UserError(
            "there is no Prefect API to run this with",
            next_step="run `seedbed up` (`seedbed setup --direct` needs none)",
        )
    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise UserError(
            f"Prefect's API at {url} does not answer ({type(error).__name__})",
            next_step="run `seedbed up` (`seedbed setup --direct` needs none)",
        ) from error
    return url


def prepare_environment(settings: Settings) -> None:
    """Points this process's Prefect at the stack's server and its result storage."""
    os.environ["PREFECT_API_URL"] = require_api(settings)
    if settings.PREFECT_HOME:
        os.environ["PREFECT_HOME"] = settings.PREFECT_HOME
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "seedbed")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
    # Without heartbeats the stack's automation would call this run dead while it works.
    os.environ["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] = str(prefect_api.HEARTBEAT_S)
    os.chdir(ROOT)


def exit_code_of(report: Report) -> int:
    """The exit code that a report means."""
    if not report.error:
        return 0 if report.state == "completed" else 1
    return report.error.exit_code
