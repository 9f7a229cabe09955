"""`seedbed report`, `changes`, `rejects`: what a run did."""

import csv
import json
import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from seedbed.actions.runs import queries
from seedbed.actions.runs.write_report import CHANGE_COLUMNS, SKIP_COLUMNS
from seedbed.cli.options import AsJson, as_command
from seedbed.cli.setup import show_run_report
from seedbed.wiring import app_context

RunName = Annotated[str, typer.Argument(help="The run's name, or its beginning; default: the latest run.")]


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    for verb in (report, changes, rejects):
        app.command(verb.__name__)(as_command(verb))


def report(run: RunName = "", as_json: AsJson = False) -> int:
    """Show a run's report again."""
    return show_run_report(queries.find_report(app_context(), run), as_json=as_json)


def changes(run: RunName = "", as_json: AsJson = False) -> int:
    """List the cells that a run changed: entity, key, column, before, after; as CSV."""
    _print(queries.find_changes(app_context(), run), CHANGE_COLUMNS, as_json=as_json)
    return 0


def rejects(run: RunName = "", as_json: AsJson = False) -> int:
    """List the rows that a run skipped, with file, row, key, reason and message; as CSV."""
    _print(queries.find_skips(app_context(), run), SKIP_COLUMNS, as_json=as_json)
    return 0


def _print(found: Iterable[object], columns: tuple[str, ...], *, as_json: bool) -> None:
    rows = (tuple(getattr(one, name) for name in columns) for one in found)
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
