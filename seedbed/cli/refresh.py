"""`seedbed refresh`: the main job."""

from typing import Annotated

import typer

from seedbed.cli.options import AsJson, DataDirs, LogFile, OnDuplicate, Strict, Verbose, exiting, logged
from seedbed.cli.orchestrate import run_deployment
from seedbed.cli.setup import show
from seedbed.cli.watch import run_on_worker, say_on_stderr
from seedbed.settings import read


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("refresh")(exiting(refresh))


def refresh(
    data_dir: DataDirs = ["data"],  # noqa: B006 - typer copies it
    on_duplicate: OnDuplicate = "update",
    strict: Strict = False,
    on_worker: Annotated[
        bool, typer.Option("--on-worker", help="Let a worker run it, and follow it from here.")
    ] = False,
    as_json: AsJson = False,
    log_file: LogFile = None,
    verbose: Verbose = False,
) -> int:
    """Run the nightly refresh now: health checks, all master data, audit, report."""
    parameters = {
        "on_duplicate": on_duplicate,
        "data_dir": data_dir,
        "strict": strict,
        "log_file": str(log_file) if log_file else None,
        "verbose": verbose,
    }
    for target in ("postgres", "cortex_api", "keycloak"):
        read().needs(target)
    with logged(None, verbose=verbose):  # the flow writes the log file
        if on_worker:
            report = run_on_worker("refresh-staging/adhoc", parameters, verb="refresh", say=say_on_stderr)
            return show(report, as_json=as_json)
        return show(run_deployment("refresh-staging/adhoc", parameters, verb="refresh"), as_json=as_json)
