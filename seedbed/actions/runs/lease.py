"""One writing run a database: its lease is taken before the first row, renewed while it works, and given back at its end."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.wait_for_targets import REAL, Clock
from seedbed.core.errors import Conflict, SeedbedError, Transient
from seedbed.database.engines import Database
from seedbed.database.ledger import leases
from seedbed.database.ledger.leases import EXPIRY_S, RENEWAL_S, Lease, LeaseLost
from seedbed.database.ledger.run_records import check_not_cleaned
from seedbed.targets.http.concurrency import LOOK_S

POLL_S = 5.0
log = logging.getLogger(__name__)


def lease_of(run: Run, link: str = "") -> Lease:
    """The lease that the attempt asks for; without a link, its process is what people find."""
    return Lease(run.root, run.name, run.holder, link or run.holder, attempt=run.attempt)


def take_lease(context: AppContext, lease: Lease, *, max_wait_s: float, clock: Clock = REAL) -> None:
    """Takes the lease of the context's database, waiting for a run that holds it; Conflict that names it when the patience is over.

    UserError where the run was cleaned up by then: it may have waited for its own cleanup. Overtaken where a newer attempt has begun.
    Transient that names the connection where somebody who wrote before has a transaction open until then. After an error it is nobody's.
    """
    until = clock.now() + max_wait_s
    is_said = False
    while (found := leases.acquire_lease(context.database(), lease)).run != lease.run:
        since = context.local_time.clock_time(found.since.timestamp()) if found.since else "?"
        if clock.now() >= until:
            raise Conflict(
                f"{found.run_name} writes to this database since {since}: {found.link}",
                next_step="wait until it has ended (one that died lets go after two minutes), or cancel it; then retry",
                code="run-lock-held",
                params={"run": found.run_name, "since": since, "link": found.link},
            )
        if not is_said:
            log.warning("waiting for %s, which writes to this database since %s: %s", found.run_name, since, found.link)
        is_said = True
        clock.sleep(min(POLL_S, until - clock.now()))
    try:
        _await_others(context.database(), lease, until, clock)
        if found.overtakes:
            # By then that attempt has looked at the lease, and of its requests only those are left that are on the wire.
            clock.sleep(LOOK_S)
        check_not_cleaned(context.database(), lease.run)
    except BaseException:  # an interruption too: it would keep the next one waiting until it expires
        _give_back(context.database(), lease)
        raise


def _await_others(database: Database, lease: Lease, until: float, clock: Clock) -> None:
    """Returns once nobody who wrote before has a transaction open; asks once at least."""
    is_said = False
    while who := leases.describe_open_writers(database, lease):
        if clock.now() >= until:
            raise Transient(
                f"who wrote before has a transaction open: {who}",
                next_step="wait, or end that process; `SELECT pg_terminate_backend(NUMBER)` ends its connection; then retry",
                code="transaction-open",
                params={"connections": who},
            )
        if not is_said:
            log.warning("waiting for a transaction of who wrote before: %s", who)
        is_said = True


@contextmanager
def renewing_lease(
    database: Database, lease: Lease, *, expiry_s: float = EXPIRY_S, renewal_s: float = RENEWAL_S
) -> Iterator[None]:
    """Within it a thread renews the lease, through outages of the database; after it the lease is given back."""
    ended = threading.Event()
    renewing = threading.Thread(
        target=_renew, args=(database, lease, ended, expiry_s, renewal_s), name="lease", daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        _give_back(database, lease)


def _renew(database: Database, lease: Lease, ended: threading.Event, expiry_s: float, renewal_s: float) -> None:
    while not ended.wait(renewal_s):
        try:
            leases.renew_lease(database, lease, expiry_s=expiry_s)
        except LeaseLost as error:
            log.error("lease lost run=%s, and nothing more is written: %s", lease.run_name, error)  # noqa: TRY400
            return
        except SeedbedError as error:
            log.warning("lease not renewed, trying again in %.0f s error=%s", renewal_s, error)


def _give_back(database: Database, lease: Lease) -> None:
    try:
        leases.release_lease(database, lease)
    except SeedbedError as error:
        log.warning("lease not given back, it expires by itself error=%s", error)
