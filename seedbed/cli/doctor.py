"""`seedbed doctor`: is everything there that a run needs?"""

import time
from typing import Literal

import typer

from seedbed.actions.diagnose import diagnose
from seedbed.cli.options import AsJson, Verbose, as_command, logging_for_command
from seedbed.cli.setup import new_run
from seedbed.cli.show_reports import print_checks, print_report
from seedbed.core.report import Report
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("doctor")(as_command(doctor))


def doctor(as_json: AsJson = False, verbose: Verbose = False) -> int:
    """Run all health checks; exit 1 when one fails."""
    started = time.monotonic()
    with logging_for_command(None, verbose=verbose):
        checks = diagnose(app_context())
    failed = any(check.status == "FAIL" for check in checks)
    if as_json:
        state: Literal["completed", "failed"] = "failed" if failed else "completed"
        print_report(
            Report("doctor", new_run("doctor").name, state, round(time.monotonic() - started, 3), checks=checks),
            as_json=True,
        )
    else:
        print_checks(checks)
    return 1 if failed else 0
