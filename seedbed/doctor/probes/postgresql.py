"""Does PostgreSQL let us in?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS where we can connect and compute."""
    with (
        closing(probe_context.inputs.open_database(probe_context.timeout_s)) as database,
        database.transaction() as cursor,
    ):
        cursor.execute("SELECT 1")
    return passed(f"{database.address} answers")
