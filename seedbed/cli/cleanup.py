"""`seedbed cleanup`: what a run created at the APIs and in Keycloak is taken away again."""

from contextlib import suppress
from typing import Annotated

import typer

from seedbed.actions.cleanup.run_cleanup import VERB, CleanupRequest, find_cleanup_scope
from seedbed.actions.cleanup.run_cleanup import cleanup as clean_up
from seedbed.cli.options import AsJson, Direct, Verbose, as_command, logging_for_command
from seedbed.cli.run_deployment import adhoc, run_deployment
from seedbed.cli.setup import new_run, run_here, show_run_report
from seedbed.cli.show_reports import print_targets
from seedbed.core.errors import DataError, Transient
from seedbed.settings import read_settings
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("cleanup")(as_command(cleanup))


def cleanup(
    run: Annotated[
        str,
        typer.Option("--run", help="The run's name as its report has it, its beginning, or its last eight characters."),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and touch nothing.")] = False,
    direct: Direct = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Remove the patients and Keycloak users that one run created; what set-up loaded into PostgreSQL is not touched."""
    live = app_context()
    read_settings().needs("postgres")
    print_targets(live.environment_name, live.target_addresses)
    with logging_for_command(None, verbose=verbose):
        if direct or dry_run:
            request = CleanupRequest(run, dry_run)
            report = run_here(lambda options: clean_up(live, new_run(VERB), request, options), dry_run=dry_run)
        else:
            # What is wrong with the run's name is said before a run is ordered; a database that is away, or not migrated, is the
            # run's own to say or to mend, and where the whole stack is down, what to do about that is said first.
            with suppress(Transient, DataError):
                find_cleanup_scope(live, run)
            report = run_deployment(adhoc(VERB), {"run": run, "dry_run": dry_run}, verb=VERB)
    return show_run_report(report, as_json=as_json)
