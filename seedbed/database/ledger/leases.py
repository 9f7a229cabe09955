"""The run lock: one attempt of one run writes to a database at a time, until its lease expires by the database's clock.

A free lease stays as an expired row that names the last run. A run that slept through its own lease therefore finds that another run
has written. `holder` fences the attempts of one run: an old attempt that continues after its replacement started finds another holder.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg2.errors

from seedbed.core.errors import Conflict
from seedbed.database.cursor import Cursor
from seedbed.database.engines import Database

EXPIRY_S = 120.0
RENEWAL_S = 30.0
OTHERS_END_S = 10.0
NAME = "writing"


@dataclass(frozen=True, slots=True)
class AttemptRef:
    """An attempt of a run. `run`: its root; `holder`: what the lease knows the attempt by, in whichever process its tasks are."""

    run: str
    holder: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Lease:
    """A run's right to write. `holder`: which attempt has it, its number `attempt`; `link`: where people find it; `since`: when taken.

    `overtakes`: an earlier attempt has not given it back, and may be alive.
    """

    run: str
    run_name: str
    holder: str
    link: str
    since: datetime | None = None
    attempt: int = 1
    overtakes: bool = False

    @property
    def attempt_ref(self) -> AttemptRef:
        """Whom it lets write."""
        return AttemptRef(self.run, self.holder, self.attempt)


class LeaseLost(Conflict):
    """Another writes by now: a run, or an attempt."""

    code = "run-lock-lost"


class Overtaken(LeaseLost):
    """A newer attempt of the same run writes by now: nothing is left to do here."""

    code = "attempt-overtaken"


# An attempt that has stood still does not take the lease back from one that has begun since.
TAKE = """
WITH overtaken AS (
  SELECT FROM seedbed.lease WHERE name = %(name)s AND run = %(run)s AND holder <> %(holder)s AND expires_at > clock_timestamp()
)
INSERT INTO seedbed.lease AS held (name, run, run_name, holder, link, taken_at, expires_at)
SELECT %(name)s, %(run)s, %(run_name)s, %(holder)s, %(link)s, clock_timestamp(),
  clock_timestamp() + make_interval(secs => %(expiry_s)s)
WHERE NOT EXISTS (SELECT FROM seedbed.attempt WHERE run = %(run)s AND number > %(attempt)s)
ON CONFLICT (name) DO UPDATE SET (run, run_name, holder, link, taken_at, expires_at) = (excluded.run, excluded.run_name,
  excluded.holder, excluded.link, CASE WHEN held.run = excluded.run AND held.expires_at > clock_timestamp()
  THEN held.taken_at ELSE excluded.taken_at END, excluded.expires_at)
WHERE held.run = excluded.run OR held.expires_at <= clock_timestamp()
RETURNING EXISTS (SELECT FROM overtaken)
"""
# Those who wrote before hold the row by check() until their open transactions end; their next check finds the new holder.
ALONE = "SELECT 1 FROM seedbed.lease WHERE name = %(name)s FOR UPDATE"
# Who has looked at the lease has locked its table so until the transaction ends; who waits for a lock is not the one that keeps it.
OPEN = """
SELECT format('connection %s of %s at %s since %s', a.pid, coalesce(nullif(a.application_name, ''), 'a nameless program'),
  coalesce(host(a.client_addr), 'no address'), to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'))
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.relation = 'seedbed.lease'::regclass AND a.datname = current_database() AND l.mode = 'RowShareLock' AND l.granted
  AND a.pid <> pg_backend_pid() AND a.wait_event_type IS DISTINCT FROM 'Lock'
ORDER BY a.xact_start
"""
RENEW = """
UPDATE seedbed.lease SET expires_at = clock_timestamp() + make_interval(secs => %(expiry_s)s)
WHERE name = %(name)s AND run = %(run)s AND holder = %(holder)s
"""
HELD = "SELECT run, run_name, holder, link, taken_at FROM seedbed.lease WHERE name = %(name)s"
# Locked first and then read anew: a lock for a key takes the row as the statement found it, which may be a moment old.
LOOK = """
SELECT 1 FROM seedbed.lease WHERE name = %(lease_name)s FOR KEY SHARE;
SELECT run, run_name, holder, link FROM seedbed.lease WHERE name = %(lease_name)s
"""
NEWER = "SELECT host FROM seedbed.attempt WHERE run = %(run)s AND number > %(attempt)s ORDER BY number DESC LIMIT 1"


def acquire_lease(database: Database, lease: Lease, *, expiry_s: float = EXPIRY_S) -> Lease:
    """Whose lease it is now: ours where it was free, over, or our run's already; else the other run's.

    Who wrote before us may have a transaction open still (`others_open`). Overtaken where a newer attempt of our run has begun.
    """
    asked = {"name": NAME, **_plain(lease), "expiry_s": expiry_s}
    with database.transaction() as cursor:
        cursor.execute(TAKE, asked)
        taken = cursor.fetchone()
        if not taken:
            check_newest_attempt(cursor, lease.attempt_ref)
        cursor.execute(HELD, asked)
        found = Lease(*cursor.fetchone())
    if found.run == lease.run and found.holder != lease.holder:
        raise _overtaken(found.holder)
    return replace(found, overtakes=bool(taken and taken[0]))


def describe_open_writers(database: Database, lease: Lease) -> str:
    """Which connections that wrote before us have a transaction open after 10 s; "" as soon as none has.

    Our lease is renewed; LeaseLost where it is ours no more.
    """
    renew_lease(database, lease)
    with database.transaction() as cursor:
        cursor.execute(f"SAVEPOINT seedbed_alone; SET LOCAL lock_timeout = {round(OTHERS_END_S * 1_000)}")
        try:
            cursor.execute(ALONE, {"name": NAME})
        except psycopg2.errors.LockNotAvailable:
            cursor.execute("ROLLBACK TO SAVEPOINT seedbed_alone")
            cursor.execute(OPEN)
            return ", ".join(who for (who,) in cursor.fetchall()) or "a connection that has just ended"
        check_lease(cursor, lease.attempt_ref)
    return ""


def renew_lease(database: Database, lease: Lease, *, expiry_s: float = EXPIRY_S) -> None:
    """Puts the end of our lease off; LeaseLost where it is ours no more."""
    with database.transaction() as cursor:
        cursor.execute(RENEW, {"name": NAME, **_plain(lease), "expiry_s": expiry_s})
        if not cursor.rowcount:
            check_lease(cursor, lease.attempt_ref)


def release_lease(database: Database, lease: Lease) -> None:
    """Ends our lease, unless another attempt of our run has taken it up."""
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE seedbed.lease SET expires_at = clock_timestamp() WHERE name = %s AND run = %s AND holder = %s",
            (NAME, lease.run, lease.holder),
        )


def has_lease(database: Database, run: str) -> bool:
    """Whether the run holds the lease now."""
    with database.transaction() as cursor:
        cursor.execute("SELECT 1 FROM seedbed.lease WHERE run = %s AND expires_at > clock_timestamp()", (run,))
        return cursor.fetchone() is not None


def check_lease(
    cursor: Cursor, writer: AttemptRef, *, doing: str = "", values: Mapping[str, Any] | None = None
) -> None:
    """LeaseLost where another run, or a newer attempt of ours, writes by now; until this transaction ends, none can begin to.

    `doing`, `values`: statements and their values that are sent along, to be undone with the transaction where it is lost.
    """
    cursor.execute(f"{doing}; {LOOK}" if doing else LOOK, {**(values or {}), "lease_name": NAME})
    run, run_name, holder, link = cursor.fetchone() or (writer.run, "", writer.holder, "")
    if run != writer.run:
        raise LeaseLost(
            f"this run has lost its lease to {run_name}: {link}",
            next_step="wait until that run has ended, then retry",
            params={"run": run_name, "link": link},
        )
    if holder != writer.holder:
        raise _overtaken(holder)


def is_overtaken(error: BaseException) -> bool:
    """Whether the error says, or has as one of its causes, that a newer attempt has taken over."""
    return isinstance(error, Overtaken) or any(is_overtaken(cause) for cause in getattr(error, "causes", ()))


def check_newest_attempt(cursor: Cursor, writer: AttemptRef) -> None:
    """Overtaken where a newer attempt of the run has begun: what is the run's own, such as its report, is that attempt's."""
    cursor.execute(NEWER, {"run": writer.run, "attempt": writer.attempt})
    if found := cursor.fetchone():
        raise _overtaken(found[0])


def _overtaken(by: str) -> Overtaken:
    step = "nothing to do, that attempt goes on"
    return Overtaken(f"a newer attempt of this run has taken over: {by}", next_step=step, params={"attempt": by})


def _plain(lease: Lease) -> dict[str, Any]:
    plain = {"run": lease.run, "run_name": lease.run_name, "holder": lease.holder, "link": lease.link}
    return {**plain, "attempt": lease.attempt}
