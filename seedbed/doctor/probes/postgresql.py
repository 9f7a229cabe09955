"""Does PostgreSQL let us in?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.doctor.probe import Visit, passed


def examine(visit: Visit) -> Check:
    """PASS where we can connect and compute."""
    with closing(visit.clinic.open_database(visit.timeout_s)) as database, database.transaction() as cursor:
        cursor.execute("SELECT 1")
    return passed(f"{database.address} answers")
