"""`seedbed refresh`: the main job."""

from typing import Annotated

import typer

from seedbed.actions.setup.setup_request import setup_request
from seedbed.cli.follow_run import run_on_worker
from seedbed.cli.options import (
    AsJson,
    DataDirs,
    LetPass,
    LogFile,
    OnDuplicate,
    OnMissing,
    Strict,
    UseBrakes,
    Verbose,
    WaitForLease,
    WaitForTargets,
    as_command,
    logging_for_command,
)
from seedbed.cli.run_deployment import adhoc, run_deployment, say_on_stderr
from seedbed.cli.setup import check_setup_targets, show_run_report
from seedbed.settings import ROOT
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("refresh")(as_command(refresh))


def refresh(
    data_dir: DataDirs = [],  # noqa: B006 - typer copies it
    on_duplicate: OnDuplicate = "update",
    strict: Strict = False,
    on_missing: OnMissing = "list",
    brakes: UseBrakes = False,
    let_pass: LetPass = "",
    wait_for_targets: WaitForTargets = 0,
    wait_for_lease: WaitForLease = 0,
    on_worker: Annotated[
        bool, typer.Option("--on-worker", help="Let a worker run it, and follow it from here.")
    ] = False,
    as_json: AsJson = False,
    log_file: LogFile = None,
    verbose: Verbose = False,
) -> int:
    """Run the nightly refresh now: health checks, all master data, audit, report."""
    options = {
        "data_dir": data_dir,
        "on_duplicate": on_duplicate,
        "strict": strict,
        "on_missing": on_missing,
        "brakes": brakes,
        "let_pass": let_pass,
    }
    check_setup_targets(setup_request({"mode": "all", **options}, root=ROOT, data_dirs=app_context().data_dirs))
    parameters = {
        **options,
        "wait_for_targets": wait_for_targets,
        "wait_for_lease": wait_for_lease,
        "log_file": str(log_file) if log_file else None,
        "verbose": verbose,
    }
    with logging_for_command(None, verbose=verbose):  # the flow writes the log file
        if on_worker:
            report = run_on_worker(adhoc("refresh-staging"), parameters, verb="refresh", say=say_on_stderr)
            return show_run_report(report, as_json=as_json)
        return show_run_report(run_deployment(adhoc("refresh-staging"), parameters, verb="refresh"), as_json=as_json)
