"""Is PostgreSQL new enough?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.database.schema.inspection import server_version
from seedbed.doctor.probe import ProbeContext, failed, passed, warned

LEAST = 14
FULL = 15  # the migrations say UNIQUE NULLS NOT DISTINCT


def examine(probe_context: ProbeContext) -> Check:
    """PASS from 15; WARN at 14, where tables must be made by hand; FAIL below."""
    with closing(probe_context.inputs.open_database(probe_context.timeout_s)) as database:
        major, text = server_version(database)
    if major < LEAST:
        return failed(f"PostgreSQL {text} is too old", f"move to PostgreSQL {FULL} or later")
    if major < FULL:
        return warned(f"PostgreSQL {text} cannot run our migrations", f"move to PostgreSQL {FULL} or later")
    return passed(f"PostgreSQL {text}")
