"""One writing run a database, and one attempt of it: taken, renewed, given back, expired, and fenced."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from seedbed.actions.context import Run
from seedbed.actions.runs.lease import lease_of, renewing_lease, take_lease
from seedbed.actions.runs.wait_for_targets import Clock
from seedbed.core.create_intents import Creations
from seedbed.core.errors import Conflict, Transient
from seedbed.core.registration import RegisterResult
from seedbed.core.report import Attempt, Change, EntityReport, MissingKey, Skip
from seedbed.core.rows import SkippedRow
from seedbed.database.engines import Database
from seedbed.database.ledger import leases
from seedbed.database.ledger.attempts import record_attempt
from seedbed.database.ledger.leases import AttemptRef, Lease, LeaseLost, Overtaken
from seedbed.database.ledger.registered_rows import (
    UnitRows,
    begin_unit,
    end_unit,
    list_unknown_rows,
    mark_sending,
    record_results,
)
from seedbed.database.ledger.run_records import (
    RunRecord,
    find_run,
    record_failed_tests,
    record_run_end,
    record_run_start,
)
from seedbed.targets.http.concurrency import LOOK_S
from tests.support.builders.houses import SmallHouse

MINE = Lease("root-1", "run-one", "host, process 1", "http://prefect/run-one")
OTHER = Lease("root-2", "run-two", "host, process 2", "http://prefect/run-two")
NEWER = Lease("root-1", "run-one", "another host, process 1", "http://prefect/run-one", attempt=2)
LEDGER = ("answer", "change", "holding", "receipt", "refusal", "registered", "retired", "run", "sending", "skip")
KEY, REPORT = pd.Series(["key"]), EntityReport("site", "test_ward", "postgres")


def until(is_so: Callable[[], bool], *, seconds: float = 20) -> None:
    """Returns as soon as it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


def expire(small: SmallHouse) -> None:
    small.execute("UPDATE seedbed.lease SET expires_at = clock_timestamp()")


def is_waited_for_a_lock(small: SmallHouse) -> bool:
    return bool(
        small.query("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    )


def seconds_left(small: SmallHouse) -> float:
    ((left,),) = small.query("SELECT extract(epoch FROM expires_at - clock_timestamp())::float FROM seedbed.lease")
    return float(left)


def test_a_lease_lasts_two_minutes_and_is_renewed_every_thirty_seconds() -> None:
    assert (leases.EXPIRY_S, leases.RENEWAL_S) == (120, 30)


def test_a_second_run_fails_at_once_and_names_the_holder(small: SmallHouse) -> None:
    take_lease(small.house, MINE, max_wait_s=0)
    with pytest.raises(Conflict, match=r"run-one writes to this database since \d\d:\d\d: http://prefect/run-one"):
        take_lease(small.house, OTHER, max_wait_s=0)


def test_a_second_run_waits_and_takes_over_when_the_first_is_done(small: SmallHouse) -> None:
    take_lease(small.house, MINE, max_wait_s=0)
    now = time.time()

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        leases.release_lease(small.database, MINE)

    take_lease(small.house, OTHER, max_wait_s=60, clock=Clock(lambda: now, sleep))
    assert small.query("SELECT run FROM seedbed.lease") == [("root-2",)]


def test_a_second_run_waits_no_longer_than_it_may(small: SmallHouse) -> None:
    take_lease(small.house, MINE, max_wait_s=0)
    slept: list[float] = []
    with pytest.raises(Conflict, match="run-one writes to this database"):
        take_lease(small.house, OTHER, max_wait_s=12, clock=Clock(lambda: 1_000.0 + sum(slept), slept.append))
    assert slept == [5, 5, 2]


def test_a_retry_enters_its_own_lease_again_and_keeps_since_when(small: SmallHouse) -> None:
    first = leases.acquire_lease(small.database, MINE)
    again = leases.acquire_lease(small.database, NEWER)
    assert (again.run, again.holder, again.since) == ("root-1", NEWER.holder, first.since)
    leases.release_lease(small.database, MINE)  # the attempt that it stands for ends late, and gives nothing away
    assert leases.acquire_lease(small.database, OTHER).run == "root-1"


def test_a_killed_runs_lease_expires_by_the_databases_clock(small: SmallHouse) -> None:
    leases.acquire_lease(small.database, MINE)
    assert leases.acquire_lease(small.database, OTHER).run == "root-1"
    expire(small)
    assert leases.acquire_lease(small.database, OTHER).run == "root-2"


def test_of_many_takers_one_has_it(small: SmallHouse) -> None:
    leases.acquire_lease(small.database, MINE, expiry_s=0)
    found: list[tuple[str, str]] = []

    def take(name: str) -> None:
        found.append((name, leases.acquire_lease(small.database, Lease(name, name, name, name)).run))

    threads = [threading.Thread(target=take, args=(f"root-{place}",)) for place in range(10, 22)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({holder for _, holder in found}) == 1
    assert [name for name, holder in found if name == holder] == [found[0][1]]


def test_a_working_run_renews_and_gives_back_whatever_happens(small: SmallHouse) -> None:
    leases.acquire_lease(small.database, MINE, expiry_s=30)

    def work() -> None:
        with renewing_lease(small.database, MINE, expiry_s=900, renewal_s=0.1):
            until(lambda: seconds_left(small) > 60)
            assert leases.acquire_lease(small.database, OTHER).run == "root-1"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert seconds_left(small) <= 0
    assert leases.acquire_lease(small.database, OTHER).run == "root-2"


def test_the_renewal_outlives_an_outage(small: SmallHouse, caplog: pytest.LogCaptureFixture) -> None:
    leases.acquire_lease(small.database, MINE)
    with renewing_lease(small.database, MINE, expiry_s=30, renewal_s=0.1):
        small.execute("ALTER TABLE seedbed.lease RENAME TO away")
        until(lambda: "lease not renewed, trying again" in caplog.text)
        small.execute("ALTER TABLE seedbed.away RENAME TO lease", "UPDATE seedbed.lease SET expires_at = now()")
        until(lambda: seconds_left(small) > 15)


def test_a_run_that_slept_through_its_lease_writes_no_more(small: SmallHouse) -> None:
    notes = small.notes("root-1", MINE.holder)
    leases.acquire_lease(small.database, MINE, expiry_s=0)
    notes.begin("test_ward")  # over, but nobody else has written: it may go on
    leases.acquire_lease(small.database, OTHER)
    leases.release_lease(small.database, OTHER)  # it has come, written and gone
    with pytest.raises(Conflict, match="this run has lost its lease to run-two: http://prefect/run-two"):
        notes.begin("test_ward")
    with pytest.raises(Conflict, match="lost its lease"):
        notes.answer("request")
    with pytest.raises(Conflict, match="lost its lease"):
        notes.finish(REPORT, digest="x")
    with pytest.raises(LeaseLost, match="lost its lease"):
        leases.renew_lease(small.database, MINE)


def writes(database: Database, by: Lease, small: SmallHouse) -> dict[str, Callable[[], Any]]:
    """Every way in which an attempt writes to the ledger."""
    notes, writer = small.notes(by.run, by.holder), by.attempt_ref
    skipped = SkippedRow(Skip("test_ward", "f.csv", 2, "key", "invalid", "no"), ("code",), ("key",))
    settled = [RegisterResult(1, "key", "created", by.holder)]
    return {
        "begin": lambda: notes.begin("test_ward"),
        "skip": lambda: notes.skip([skipped]),
        "change": lambda: notes.change([Change("test_ward", "key", "name", "a", by.holder)]),
        "hold": lambda: notes.claim_keys("test_ward", KEY, at=by.holder),
        "release": lambda: notes.release_keys("test_ward", KEY, at=NEWER.holder),
        "retire": lambda: notes.record_missing([MissingKey("test_ward", "key", False)]),
        "answer": lambda: notes.record_answer(f"request of {by.holder}", {"by": by.holder}),
        "creations": lambda: notes.record_creations("user", Creations(["key"]), at=by.holder),
        "finish": lambda: notes.finish(REPORT, digest=by.holder),
        "begin unit": lambda: begin_unit(database, writer, "u", "patient", range(9)),
        "mark": lambda: mark_sending(database, writer, "patient", 0, 5 * by.attempt),
        "settle": lambda: record_results(
            database, UnitRows(writer, "u", "patient", "api"), settled, lambda _: ((), ())
        ),
        "clear": lambda: end_unit(database, writer, "patient", range(4), []),
        "refuse": lambda: record_failed_tests(database, writer, ["test_ward"]),
        "report": lambda: record_run_end(database, writer, {"by": by.holder}),
        "renew": lambda: leases.renew_lease(database, by),
    }


def test_an_attempt_that_a_newer_one_of_its_run_has_overtaken_writes_nothing_more(small: SmallHouse) -> None:
    database = small.database
    record_run_start(database, RunRecord("root-1", "run-one", "setup", "f", None), {})
    leases.acquire_lease(database, MINE)
    mark_sending(database, MINE.attempt_ref, "patient", 6, 8)
    record_attempt(database, "root-1", Attempt(2, "v2", "another host", ""))
    leases.acquire_lease(database, NEWER)
    assert list_unknown_rows(database, "root-1", "patient") == [6, 7, 8], "what it marked is in doubt for the newer one"
    for write in writes(database, NEWER, small).values():
        write()
    noted = {table: small.query(f"SELECT * FROM seedbed.{table}") for table in LEDGER}
    assert all(noted.values())
    for is_over in (False, True):
        for name, write in writes(database, MINE, small).items():
            with pytest.raises(
                Overtaken, match=r"a newer attempt of this run has taken over: another host.*; nothing to do"
            ):
                pytest.fail(f"{name}: {write()}")
        if not is_over:
            leases.release_lease(database, NEWER)
    assert {table: small.query(f"SELECT * FROM seedbed.{table}") for table in LEDGER} == noted
    found = find_run(database, "root-1")
    assert found is not None
    assert found.report == {"by": NEWER.holder}


def test_a_newer_attempt_waits_until_the_older_one_has_looked_where_that_may_be_alive(small: SmallHouse) -> None:
    slept: list[float] = []
    clock = Clock(time.time, slept.append)
    take_lease(small.house, MINE, max_wait_s=0, clock=clock)
    take_lease(small.house, MINE, max_wait_s=0, clock=clock)  # a step that is tried again
    assert slept == []
    take_lease(small.house, NEWER, max_wait_s=0, clock=clock)
    assert slept == [LOOK_S]
    leases.release_lease(small.database, NEWER)
    take_lease(small.house, MINE, max_wait_s=0, clock=clock)
    assert slept == [LOOK_S]


def test_an_attempt_takes_no_lease_back_from_a_newer_one(small: SmallHouse) -> None:
    leases.acquire_lease(small.database, OTHER, expiry_s=0)
    record_attempt(small.database, "root-1", Attempt(2, "v2", "another host", ""))
    with pytest.raises(Overtaken, match="taken over: another host"):  # which waits for the lease too, or has it
        take_lease(small.house, MINE, max_wait_s=60)
    take_lease(small.house, NEWER, max_wait_s=0)
    with pytest.raises(Overtaken, match="taken over: another host"):
        take_lease(small.house, MINE, max_wait_s=60)
    assert small.query("SELECT holder FROM seedbed.lease") == [(NEWER.holder,)]


def test_an_overtaken_attempt_stops_renewing_and_gives_nothing_away(
    small: SmallHouse, caplog: pytest.LogCaptureFixture
) -> None:
    leases.acquire_lease(small.database, MINE, expiry_s=30)
    with caplog.at_level(logging.ERROR), renewing_lease(small.database, MINE, expiry_s=900, renewal_s=0.1):
        leases.acquire_lease(small.database, NEWER)
        until(lambda: bool(caplog.records))
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "lease lost run=run-one, and nothing more is written"
    ]
    assert 60 < seconds_left(small) <= 120


@pytest.mark.parametrize("other", [OTHER, NEWER], ids=["another run", "a newer attempt"])
def test_nobody_takes_over_between_a_check_and_its_commit(small: SmallHouse, other: Lease) -> None:
    leases.acquire_lease(small.database, MINE, expiry_s=0)
    taken: list[str] = []

    def take() -> None:
        take_lease(small.house, other, max_wait_s=60)
        taken.append(other.run)

    thread = threading.Thread(target=take)
    with small.database.transaction() as cursor:
        leases.check_lease(cursor, MINE.attempt_ref)
        thread.start()
        until(lambda: is_waited_for_a_lock(small))
        with (
            pytest.raises(LeaseLost),
            small.database.transaction() as later,
        ):  # it waits for what is open, and for no more
            leases.check_lease(later, MINE.attempt_ref)
        assert not taken
    thread.join(30)
    assert taken == [other.run]


@pytest.mark.parametrize("other", [OTHER, NEWER], ids=["another run", "a newer attempt"])
def test_a_transaction_that_stays_open_is_named_and_the_lease_given_back(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch, other: Lease
) -> None:
    monkeypatch.setattr(leases, "OTHERS_END_S", 0.1)
    leases.acquire_lease(small.database, MINE, expiry_s=0)
    now = [0.0]

    def tick() -> float:
        now[0] += 1
        return now[0]

    with small.database.transaction() as cursor:
        leases.check_lease(cursor, MINE.attempt_ref)
        cursor.execute("SELECT pg_backend_pid()")
        (number,) = cursor.fetchone()
        with pytest.raises(
            Transient, match=rf"has a transaction open: connection {number} of seedbed at \S+ since 20.*pg_terminate_"
        ):
            take_lease(small.house, other, max_wait_s=2, clock=Clock(tick, pytest.fail))
        assert now == [3], "it was asked for as long as there was patience"
        assert small.query("SELECT run, expires_at <= clock_timestamp() FROM seedbed.lease") == [(other.run, True)]
    take_lease(small.house, other, max_wait_s=0)


def test_who_stands_still_in_a_transaction_is_put_out_of_it_and_may_retry(small: SmallHouse) -> None:
    assert small.query("SELECT current_setting('idle_in_transaction_session_timeout')") == [("4min",)]

    def stand_still() -> None:
        with small.database.transaction() as cursor:
            leases.check_lease(cursor, AttemptRef("root-1"))
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 100")
            cursor.execute("SELECT pg_backend_pid()")
            (number,) = cursor.fetchone()
            until(lambda: not small.query(f"SELECT 1 FROM pg_stat_activity WHERE pid = {number}"))
            cursor.execute("SELECT 1")

    with pytest.raises(Transient, match="does not answer"):
        stand_still()


def test_a_process_without_a_link_is_named_itself() -> None:
    assert "process" in lease_of(Run("root", "run")).link
