"""May our database user do what a run does?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.database.schema.inspection import missing_rights
from seedbed.doctor.probe import ProbeContext, failed, join_first, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS where it may make temporary tables, and read and write those of the entities that exist."""
    with closing(probe_context.inputs.open_database(probe_context.timeout_s)) as database:
        missing = missing_rights(database, probe_context.inputs.data.entities)
        user = database.address.user
    if missing:
        return failed(f"user '{user}' {join_first(missing, '; ')}", f"let the database's owner GRANT this to '{user}'")
    return passed(f"user '{user}' may make temporary tables, and read and write ours")
