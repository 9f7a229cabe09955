"""What a run left in the ledger, for whoever asks later and elsewhere: its report, changes and skips."""

from collections.abc import Iterator

from seedbed.actions.context import AppContext
from seedbed.core.errors import UserError
from seedbed.core.report import Change, Report, Skip, report_from_json
from seedbed.database.ledger.run_records import RunRecord, find_run
from seedbed.database.ledger.run_results import changes_of, skips_of


def find_report(context: AppContext, run: str) -> Report:
    """The report of the run of that name, or of a name that begins so; the latest where nothing is asked for."""
    found = _find(context, run)
    if not found.report:
        raise UserError(
            f"run {found.name} has no report yet", next_step="look at it in Prefect's UI", code="run-unknown"
        )
    return report_from_json(dict(found.report))


def find_changes(context: AppContext, run: str) -> Iterator[Change]:
    """The cells that the run changed."""
    return changes_of(context.database(), _find(context, run).run)


def find_skips(context: AppContext, run: str) -> Iterator[Skip]:
    """The rows that the run left out."""
    return (row.skip for row in skips_of(context.database(), _find(context, run).run))


def _find(context: AppContext, run: str) -> RunRecord:
    context.target("postgres")
    found = find_run(context.database(), run)
    if found is None:
        raise UserError(
            f"no run '{run}'" if run else "no run yet",
            next_step="`seedbed setup` or `seedbed refresh` makes one",
            code="run-unknown",
        )
    return found
