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
    exiting,
    logged,
)
from seedbed.cli.run_deployment import adhoc, run_deployment, say_on_stderr
from seedbed.cli.setup import check_configured, show
from seedbed.settings import ROOT
from seedbed.wiring import house


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("refresh")(exiting(refresh))


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
    check_configured(setup_request({"mode": "all", **options}, root=ROOT, data_dirs=house().data_dirs))
    parameters = {
        **options,
        "wait_for_targets": wait_for_targets,
        "wait_for_lease": wait_for_lease,
        "log_file": str(log_file) if log_file else None,
        "verbose": verbose,
    }
    with logged(None, verbose=verbose):  # the flow writes the log file
        if on_worker:
            report = run_on_worker(adhoc("refresh-staging"), parameters, verb="refresh", say=say_on_stderr)
            return show(report, as_json=as_json)
        return show(run_deployment(adhoc("refresh-staging"), parameters, verb="refresh"), as_json=as_json)
