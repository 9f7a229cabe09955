"""May our database user do what a run does?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.database.schema.inspection import missing_rights
from seedbed.doctor.probe import Visit, failed, listed, passed


def examine(visit: Visit) -> Check:
    """PASS where it may make temporary tables, and read and write those of the entities that exist."""
    with closing(visit.clinic.open_database(visit.timeout_s)) as database:
        missing = missing_rights(database, visit.clinic.data.entities)
        user = database.address.user
    if missing:
        return failed(f"user '{user}' {listed(missing, '; ')}", f"let the database's owner GRANT this to '{user}'")
    return passed(f"user '{user}' may make temporary tables, and read and write ours")
