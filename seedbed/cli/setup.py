"""`seedbed setup`: hospital master data from CSV into its targets."""

from typing import Annotated, Any
from uuid import uuid4

import typer

from seedbed.actions.house import Run
from seedbed.actions.request import setup_request
from seedbed.actions.select import Catalogue, select
from seedbed.actions.setup import setup as set_up
from seedbed.cli.options import AsJson, DataDirs, Direct, LogFile, OnDuplicate, Strict, Verbose, exiting, logged
from seedbed.cli.orchestrate import exit_code_of, run_deployment
from seedbed.cli.show import print_report
from seedbed.core.report import Report
from seedbed.settings import ROOT, read
from seedbed.wiring import house


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("setup")(exiting(setup))


def setup(
    mode: Annotated[str, typer.Option("--mode", "-m", help="What to load: all, modules or entity.")] = "all",
    modules: Annotated[str, typer.Option("--modules", help="Comma-separated modules, with --mode modules.")] = "",
    entities: Annotated[str, typer.Option("--entities", help="Comma-separated entities, with --mode entity.")] = "",
    data_dir: DataDirs = ["data"],  # noqa: B006 - typer copies it
    on_duplicate: OnDuplicate = "skip",
    strict: Strict = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and touch nothing.")] = False,
    direct: Direct = False,
    as_json: AsJson = False,
    log_file: LogFile = None,
    verbose: Verbose = False,
) -> int:
    """Load hospital master data: all of it, some modules, or some entities."""
    options: dict[str, Any] = {
        "mode": mode,
        "modules": modules,
        "entities": entities,
        "data_dir": data_dir,
        "on_duplicate": on_duplicate,
        "strict": strict,
        "dry_run": dry_run,
    }
    request = setup_request(options, root=ROOT)
    live = house()
    for unit in select(request, Catalogue(live.entities, live.modules, live.aliases)):
        for target in {entity.target for entity in unit.entities} | {"postgres"}:
            read().needs(target)
    with logged(log_file if direct or dry_run else None, verbose=verbose):  # else the flow writes the file
        if direct or dry_run:
            report = set_up(live, new_run("setup"), request)
        else:
            folders = [str(folder) for folder in request.data_dirs]
            parameters = {
                **options,
                "data_dir": folders,
                "log_file": str(log_file) if log_file else None,
                "verbose": verbose,
            }
            report = run_deployment("setup/adhoc", parameters, verb="setup")
    return show(report, as_json=as_json)


def new_run(verb: str) -> Run:
    """A run of its own, named by now."""
    from datetime import UTC, datetime  # noqa: PLC0415 - the door is where the clock is read

    root = str(uuid4())
    return Run(root, f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{root[:8]}", verb)


def show(report: Report, *, as_json: bool) -> int:
    """Prints the report; returns the exit code that it means."""
    print_report(report, as_json=as_json)
    return exit_code_of(report)
