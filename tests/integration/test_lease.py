"""One writing run a database: taken, renewed, given back, expired, and fenced."""

import threading
import time

import pytest

from seedbed.actions.house import Run
from seedbed.actions.leasing import kept, lease_of, take_lease
from seedbed.actions.waiting import Clock
from seedbed.core.errors import UserError
from seedbed.core.report import EntityReport
from seedbed.database import leases
from seedbed.database.leases import Lease
from tests.support.houses import SmallHouse

MINE = Lease("root-1", "run-one", "host, process 1", "http://prefect/run-one")
OTHER = Lease("root-2", "run-two", "host, process 2", "http://prefect/run-two")


def seconds_left(small: SmallHouse) -> float:
    ((left,),) = small.query("SELECT extract(epoch FROM expires_at - clock_timestamp())::float FROM seedbed.lease")
    return float(left)


def test_a_lease_lasts_two_minutes_and_is_renewed_every_thirty_seconds() -> None:
    assert (leases.EXPIRY_S, leases.RENEWAL_S) == (120, 30)


def test_a_second_run_fails_at_once_and_names_the_holder(small: SmallHouse) -> None:
    take_lease(small.house, MINE, patience_s=0)
    with pytest.raises(UserError, match=r"run-one writes to this database since \d\d:\d\d: http://prefect/run-one"):
        take_lease(small.house, OTHER, patience_s=0)


def test_a_second_run_waits_and_takes_over_when_the_first_is_done(small: SmallHouse) -> None:
    take_lease(small.house, MINE, patience_s=0)
    now = time.time()

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        leases.release(small.database, MINE)

    take_lease(small.house, OTHER, patience_s=60, clock=Clock(lambda: now, sleep))
    assert small.query("SELECT run FROM seedbed.lease") == [("root-2",)]


def test_a_second_run_waits_no_longer_than_it_may(small: SmallHouse) -> None:
    take_lease(small.house, MINE, patience_s=0)
    slept: list[float] = []
    with pytest.raises(UserError, match="run-one writes to this database"):
        take_lease(small.house, OTHER, patience_s=12, clock=Clock(lambda: 1_000.0 + sum(slept), slept.append))
    assert slept == [5, 5, 2]


def test_a_retry_enters_its_own_lease_again_and_keeps_since_when(small: SmallHouse) -> None:
    first = leases.take(small.database, MINE)
    again = leases.take(small.database, Lease("root-1", "run-one", "another host", "http://prefect/run-one"))
    assert (again.run, again.holder, again.since) == ("root-1", "another host", first.since)
    leases.release(small.database, MINE)  # the attempt that it stands for ends late, and gives nothing away
    assert leases.take(small.database, OTHER).run == "root-1"


def test_a_killed_runs_lease_expires_by_the_databases_clock(small: SmallHouse) -> None:
    leases.take(small.database, MINE, expiry_s=0.3)
    assert leases.take(small.database, OTHER).run == "root-1"
    time.sleep(0.4)
    assert leases.take(small.database, OTHER).run == "root-2"


def test_of_many_takers_one_has_it(small: SmallHouse) -> None:
    leases.take(small.database, MINE, expiry_s=0)
    found: list[tuple[str, str]] = []

    def take(name: str) -> None:
        found.append((name, leases.take(small.database, Lease(name, name, name, name)).run))

    threads = [threading.Thread(target=take, args=(f"root-{place}",)) for place in range(10, 22)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({holder for _, holder in found}) == 1
    assert [name for name, holder in found if name == holder] == [found[0][1]]


def test_a_working_run_renews_and_gives_back_whatever_happens(small: SmallHouse) -> None:
    leases.take(small.database, MINE, expiry_s=0.5)

    def work() -> None:
        with kept(small.database, MINE, expiry_s=0.5, renewal_s=0.1):
            time.sleep(1)
            assert leases.take(small.database, OTHER).run == "root-1"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seconds_left(small) <= 0
    assert leases.take(small.database, OTHER).run == "root-2"


def test_the_renewal_outlives_an_outage(small: SmallHouse) -> None:
    leases.take(small.database, MINE)
    with kept(small.database, MINE, expiry_s=30, renewal_s=0.1):
        small.execute("ALTER TABLE seedbed.lease RENAME TO away")
        time.sleep(0.4)
        small.execute("ALTER TABLE seedbed.away RENAME TO lease", "UPDATE seedbed.lease SET expires_at = now()")
        time.sleep(0.4)
        assert seconds_left(small) > 25


def test_a_run_that_slept_through_its_lease_writes_no_more(small: SmallHouse) -> None:
    notes, report = small.notes("root-1"), EntityReport("site", "test_ward", "postgres")
    leases.take(small.database, MINE, expiry_s=0)
    notes.begin("test_ward")  # over, but nobody else has written: it may go on
    leases.take(small.database, OTHER)
    leases.release(small.database, OTHER)  # it has come, written and gone
    with pytest.raises(UserError, match="this run has lost its lease to run-two: http://prefect/run-two"):
        notes.begin("test_ward")
    with pytest.raises(UserError, match="lost its lease"):
        notes.answer("request")
    with pytest.raises(UserError, match="lost its lease"):
        notes.finish(report, digest="x")


def test_nobody_takes_over_between_a_check_and_its_commit(small: SmallHouse) -> None:
    leases.take(small.database, MINE, expiry_s=0)
    taken: list[float] = []

    def take() -> None:
        leases.take(small.database, OTHER)
        taken.append(time.monotonic())

    thread = threading.Thread(target=take)
    with small.database.transaction() as cursor:
        leases.check(cursor, "root-1")
        thread.start()
        time.sleep(0.5)
        committing = time.monotonic()
    thread.join()
    assert taken[0] >= committing


def test_a_process_without_a_link_is_named_itself() -> None:
    assert "process" in lease_of(Run("root", "run")).link
