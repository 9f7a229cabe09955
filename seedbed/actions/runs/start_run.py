"""Before the first row: the targets may be written, the database is ready, and the run is noted."""

import logging
import os
from collections.abc import Sequence

from seedbed.actions.catalogue import usual_entities
from seedbed.actions.context import AppContext, Run
from seedbed.actions.permit import check_permit, write_local_permit
from seedbed.core.errors import Conflict, DataError, UserError
from seedbed.core.spec import Entity
from seedbed.database.ledger.run_records import RunRecord, record_run_start
from seedbed.database.schema.apply_schema import migrate_schema, newest_revision, revision
from seedbed.database.schema.compatibility import find_incompatibilities

MIGRATE = "run `seedbed migrate`, or give the output of `seedbed migrate --sql` to your database administrator"
log = logging.getLogger(__name__)


def start_run(context: AppContext, run: Run, chosen: Sequence[Entity] | None = None) -> None:
    """Migrates the local stack's database, elsewhere asks for the permit and checks it; says where the run goes, and notes it.

    `chosen`: the entities that the run loads, where it is told which.
    """
    check_output(context)
    for name, place in context.target_addresses.items():
        log.info("target environment=%s %s: %s", context.environment_name, name, place)
    check_permit(context)
    database = context.database()
    if context.is_local:
        migrate_schema(database.engine, context.entities)
        write_local_permit(database)
    _check_tables(context, usual_entities(context) if chosen is None else chosen)
    record = RunRecord(run.root, run.name, run.verb, context.fingerprint, None, context.environment_name)
    check_first_targets(record_run_start(database, record, context.target_addresses), context.fingerprint)


def check_first_targets(first: str, now: str) -> None:
    """UserError where an earlier attempt of the run had other targets: it goes on only where it began."""
    if first != now:
        raise Conflict(
            "this run began with other targets",
            next_step="start a new run, or set the targets back to the first attempt's",
            code="targets-changed",
        )


def _check_tables(context: AppContext, chosen: Sequence[Entity]) -> None:
    database = context.database()
    if revision(database.engine) != newest_revision():
        raise UserError(
            "the database lacks our ledger, or has another revision of it",
            next_step=MIGRATE,
            code="database-not-migrated",
        )
    found = find_incompatibilities(database, chosen, context.entities)
    for sentence in found:
        log.error("the database does not fit: %s", sentence)
    if found.absent:
        raise UserError(
            f"the database lacks tables: {_listed(found.absent)}", next_step=MIGRATE, code="database-not-migrated"
        )
    if found.different:
        step = "compare with `seedbed migrate --sql`; environments can name tables and columns otherwise"
        raise DataError(
            f"the database does not fit: {_listed(found.different)}", next_step=step, code="database-does-not-fit"
        )


def _listed(sentences: Sequence[str]) -> str:
    return "; ".join(sentences[:5]) + (f" and {len(sentences) - 5} more" if len(sentences) > 5 else "")


def check_output(context: AppContext) -> None:
    """UserError where the run's report could not be written: better before the first row than after the last."""
    folder = context.output
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made: {error.strerror}",
            next_step="make it a folder that we may write",
            code="output-not-writable",
        ) from error
    if not os.access(folder, os.W_OK):
        raise UserError(
            f"{folder} cannot be written",
            next_step="give its owner the right, or run as another user",
            code="output-not-writable",
        )
    logs = next(place for place in (context.logs, *context.logs.parents) if place.exists())
    if not logs.is_dir():
        raise UserError(
            f"{context.logs} cannot be made: {logs} is no folder",
            next_step="move that file away",
            code="output-not-writable",
        )
    if not os.access(logs, os.W_OK):
        raise UserError(
            f"{logs} cannot be written",
            next_step="give its owner the right, or run as another user",
            code="output-not-writable",
        )
