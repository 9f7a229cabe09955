"""Before the first row: the database is ready, and the run is noted."""

import logging

from seedbed.actions.house import House, Run
from seedbed.core.errors import DataError, UserError
from seedbed.database.runs import RunRecord, begin_run, set_mark
from seedbed.database.schema import migrate, revision, what_is_missing

log = logging.getLogger(__name__)


def begin(house: House, run: Run) -> None:
    """Migrates the local stack's database, elsewhere checks it; notes the run."""
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
