"""Before the first row: the database is ready, and the run is noted."""

import logging
import os

from seedbed.actions.house import House, Run
from seedbed.core.errors import DataError, UserError
from seedbed.database.runs import RunRecord, begin_run, set_mark
from seedbed.database.schema import migrate, revision, what_is_missing

log = logging.getLogger(__name__)


def begin(house: House, run: Run) -> None:
    """Migrates the local stack's database, elsewhere checks it; notes the run."""
    _check_output(house)
    database = house.database()
    if house.is_local:
        migrate(database.engine)
        set_mark(database, database.address.database, "local")
    elif not revision(database.engine):
        raise UserError("the database has no tables of ours", next_step="run `seedbed migrate`")
    missing = what_is_missing(database.engine, [e for e in house.entities.values() if e.target == "postgres"])
    if missing:
        shown = "; ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise DataError(f"the database does not fit: {shown}", next_step="run `seedbed migrate`")
    begin_run(database, RunRecord(run.root, run.name, run.verb, house.fingerprint, None), house.places)


def _check_output(house: House) -> None:
    """UserError where the run's report could not be written: better before the first row than after the last."""
    folder = house.root / "output"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made: {error.strerror}", next_step="make it a folder that we may write"
        ) from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"{folder} cannot be written", next_step="give its owner the right, or run as another user")
