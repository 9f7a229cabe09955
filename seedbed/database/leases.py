"""Who may write to this database: one run at a time, until its lease expires by the database's own clock.

A lease that is free stays as a row whose time is over: it names the last run, so that a run that has slept through its own lease
finds that another has written since.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from seedbed.core.errors import UserError
from seedbed.database.copying import Cursor
from seedbed.database.engines import Database

EXPIRY_S = 120.0
RENEWAL_S = 30.0
NAME = "writing"


@dataclass(frozen=True, slots=True)
class Lease:
    """A run's right to write. `run`: its root; `holder`: its process; `link`: where people find it; `since`: when it was taken."""

    run: str
    run_name: str
    holder: str
    link: str
    since: datetime | None = None


# Taking over from a run that is gone waits for a transaction of that run which is still open: it holds the row by check().
TAKE = """
WITH over AS (
  SELECT 1 FROM seedbed.lease WHERE name = %(name)s AND run <> %(run)s AND expires_at <= clock_timestamp() FOR UPDATE
)
INSERT INTO seedbed.lease AS held (name, run, run_name, holder, link, taken_at, expires_at)
SELECT %(name)s, %(run)s, %(run_name)s, %(holder)s, %(link)s, clock_timestamp(),
  clock_timestamp() + make_interval(secs => %(expiry_s)s) FROM (SELECT count(*) FROM over) AS waited
ON CONFLICT (name) DO UPDATE SET (run, run_name, holder, link, taken_at, expires_at) = (excluded.run, excluded.run_name,
  excluded.holder, excluded.link, CASE WHEN held.run = excluded.run AND held.expires_at > clock_timestamp()
  THEN held.taken_at ELSE excluded.taken_at END, excluded.expires_at)
WHERE held.run = excluded.run OR held.expires_at <= clock_timestamp()
RETURNING run, run_name, holder, link, taken_at
"""


def take(database: Database, lease: Lease, *, expiry_s: float = EXPIRY_S) -> Lease:
    """Whose lease it is now: ours where it was free, over, or our run's already; else the other run's."""
    asked = {"name": NAME, **_plain(lease), "expiry_s": expiry_s}
    with database.transaction() as cursor:
        cursor.execute(TAKE, asked)
        if not (found := cursor.fetchone()):
            cursor.execute("SELECT run, run_name, holder, link, taken_at FROM seedbed.lease WHERE name = %s", (NAME,))
            found = cursor.fetchone()
    return Lease(*found)


def renew(database: Database, lease: Lease, *, expiry_s: float = EXPIRY_S) -> bool:
    """Puts the end of our lease off; whether it is still our run's."""
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE seedbed.lease SET expires_at = clock_timestamp() + make_interval(secs => %s) WHERE name = %s AND run = %s",
            (expiry_s, NAME, lease.run),
        )
        return bool(cursor.rowcount)


def release(database: Database, lease: Lease) -> None:
    """Ends our lease, unless another process of our run has taken it up."""
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE seedbed.lease SET expires_at = clock_timestamp() WHERE name = %s AND run = %s AND holder = %s",
            (NAME, lease.run, lease.holder),
        )


def check(cursor: Cursor, run: str, *, doing: str = "", told: Mapping[str, Any] | None = None) -> None:
    """UserError where another run has written since ours lost its lease; until this transaction ends, none can take it.

    `doing`, `told`: statements with their values that are sent along, to be undone with the transaction where it is lost.
    """
    look = "SELECT run, run_name, link FROM seedbed.lease WHERE name = %(lease_name)s FOR KEY SHARE"
    cursor.execute(f"{doing}; {look}" if doing else look, {**(told or {}), "lease_name": NAME})
    found = cursor.fetchone()
    if found and found[0] != run:
        raise UserError(
            f"this run has lost its lease to {found[1]}: {found[2]}",
            next_step="wait until that run has ended, then retry",
        )


def _plain(lease: Lease) -> dict[str, str]:
    return {"run": lease.run, "run_name": lease.run_name, "holder": lease.holder, "link": lease.link}
