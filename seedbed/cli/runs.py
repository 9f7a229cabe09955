"""`seedbed report`, `changes`, `rejects`: what a run did."""

import csv
import json
import sys
from typing import Annotated

import typer

from seedbed.cli.options import AsJson, exiting
from seedbed.cli.setup import show
from seedbed.core.errors import UserError
from seedbed.core.report import report_from_json
from seedbed.database.ledger import changes_of, skips_of
from seedbed.database.runs import RunRecord, find_run
from seedbed.wiring import house

RunName = Annotated[str, typer.Argument(help="The run's name, or its beginning; the latest where left out.")]


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    for verb in (report, changes, rejects):
        app.command(verb.__name__)(exiting(verb))


def report(run: RunName = "", as_json: AsJson = False) -> int:
    """Show a run's report again."""
    found = _find(run)
    if not found.report:
        raise UserError(f"run {found.name} has no report yet", next_step="look at it in Prefect's UI")
    return show(report_from_json(dict(found.report)), as_json=as_json)


def changes(run: RunName = "", as_json: AsJson = False) -> int:
    """List the cells that a run changed: entity, key, column, before, after; as CSV."""
    found = changes_of(house().database(), _find(run).run)
    columns = ("entity", "key", "column", "before", "after")
    _print([tuple(getattr(change, name) for name in columns) for change in found], columns, as_json=as_json)
    return 0


def rejects(run: RunName = "", as_json: AsJson = False) -> int:
    """List the rows that a run skipped, with file, row, key, reason and message; as CSV."""
    columns = ("entity", "file", "row", "key", "reason", "message")
    found = skips_of(house().database(), _find(run).run)
    _print([tuple(getattr(row.skip, name) for name in columns) for row in found], columns, as_json=as_json)
    return 0


def _find(run: str) -> RunRecord:
    house().target("postgres")
    found = find_run(house().database(), run)
    if found is None:
        raise UserError(
            f"no run '{run}'" if run else "no run yet", next_step="`seedbed setup` or `seedbed refresh` makes one"
        )
    return found


def _print(rows: list[tuple[object, ...]], columns: tuple[str, ...], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
