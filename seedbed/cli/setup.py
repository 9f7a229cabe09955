"""`seedbed setup`: hospital master data from CSV into its targets."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

import typer

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import Run
from seedbed.actions.runs.direct_executor import DirectOptions
from seedbed.actions.runs.wait_for_targets import NO_WAIT, WaitLimits
from seedbed.actions.setup.run_setup import setup as set_up
from seedbed.actions.setup.select import SetupRequest, select
from seedbed.actions.setup.setup_request import setup_request
from seedbed.cli.interruption import exit_within_grace
from seedbed.cli.options import (
    AsJson,
    DataDirs,
    Direct,
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
from seedbed.cli.run_deployment import adhoc, exit_code_of, run_deployment
from seedbed.cli.show_reports import print_report, print_targets
from seedbed.core.report import Report
from seedbed.settings import ROOT, read_settings
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("setup")(as_command(setup))


def setup(
    mode: Annotated[str, typer.Option("--mode", "-m", help="What to load: all, modules or entity.")] = "all",
    modules: Annotated[str, typer.Option("--modules", help="Comma-separated modules, with --mode modules.")] = "",
    entities: Annotated[str, typer.Option("--entities", help="Comma-separated entities, with --mode entity.")] = "",
    data_dir: DataDirs = [],  # noqa: B006 - typer copies it
    on_duplicate: OnDuplicate = "skip",
    strict: Strict = False,
    on_missing: OnMissing = "list",
    brakes: UseBrakes = False,
    let_pass: LetPass = "",
    wait_for_targets: WaitForTargets = 0,
    wait_for_lease: WaitForLease = 0,
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
        "on_missing": on_missing,
        "brakes": brakes,
        "let_pass": let_pass,
    }
    request = setup_request(options, root=ROOT, data_dirs=app_context().data_dirs)
    check_setup_targets(request)
    with logging_for_command(log_file if direct or dry_run else None, verbose=verbose):  # else the flow writes the file
        if direct or dry_run:
            wait_limits = WaitLimits(wait_for_targets, wait_for_lease)
            report = run_here(
                lambda options: set_up(app_context(), new_run("setup"), request, options), wait_limits, dry_run=dry_run
            )
        else:
            parameters = {
                **options,
                "wait_for_targets": wait_for_targets,
                "wait_for_lease": wait_for_lease,
                "log_file": str(log_file) if log_file else None,
                "verbose": verbose,
            }
            report = run_deployment(adhoc("setup"), parameters, verb="setup")
    return show_run_report(report, as_json=as_json)


def check_setup_targets(request: SetupRequest) -> None:
    """UserError where the request is wrong, or a target that it needs has no address; else says where the run will write."""
    live = app_context()
    for unit in select(request, catalogue_of(live)):
        for target in {entity.target for entity in unit.entities} | {"postgres"}:
            read_settings().needs(target)
    print_targets(live.environment_name, live.target_addresses)


def run_here(
    run: Callable[[DirectOptions], Report], wait_limits: WaitLimits = NO_WAIT, *, dry_run: bool = False
) -> Report:
    """The report of a run without Prefect, which tries again as the settings say; Ctrl-C ends it soon. A dry run is tried once."""
    settings = read_settings()
    delays_s = () if dry_run else tuple(settings.retry_delays_s)
    options = DirectOptions(wait_limits, settings.SEEDBED_PROBE_PAUSE_S, settings.SEEDBED_CODE_VERSION, delays_s)
    with exit_within_grace(lambda _: None, then="run the command again to go on"):
        return run(options)


def new_run(verb: str) -> Run:
    """A run of its own, named by now."""
    from datetime import UTC, datetime  # noqa: PLC0415 - the door is where the clock is read

    root = str(uuid4())
    return Run(root, f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{root[:8]}", verb)


def show_run_report(report: Report, *, as_json: bool) -> int:
    """Prints the report; returns the exit code that it means."""
    print_report(report, as_json=as_json)
    return exit_code_of(report)
