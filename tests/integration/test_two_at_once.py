"""Two runs, or two attempts of a run, at the same moment: one writes, the other fails by name or waits; never both."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.datasets.registry import ENTITIES
from seedbed.stack.postgres_service import Cluster
from tests.support.chaos import patient_chaos_run
from tests.support.chaos import setup_chaos as chaos
from tests.support.chaos.patient_chaos import REFERENCE, patients_held
from tests.support.chaos.patient_chaos_run import PatientOrder
from tests.support.chaos.setup_chaos import Bed, opened
from tests.support.chaos.setup_chaos_run import LOG, Order, start

RUNS = ("one", "other")
COUNT = 60
DEADLINE_S = 60.0
SLOW = {"path": "/demographic/patients", "method": "POST", "latency_s": 0.5, "latency_at": "after"}


@pytest.fixture
def made(cluster: Cluster, tmp_path: Path) -> Iterator[Bed]:
    """Empty systems for both."""
    with chaos.bed(cluster, chaos.small_data(tmp_path), 900) as empty:
        yield empty


def both(made: Bed, lease_s: float) -> dict[str, int]:
    """Starts both at once; the exit code of each."""
    processes = {run: start(Order(made.values, made.folder, run, WaitLimits(lease_s=lease_s))) for run in RUNS}
    for process in processes.values():
        process.join(120)
    return {run: process.exitcode if process.exitcode is not None else -1 for run, process in processes.items()}


def inserted(made: Bed, run: str) -> int:
    return sum(one.inserted for one in made.report(run).entities)


def read(made: Bed, run: str) -> int:
    assert all(one.adds_up for one in made.report(run).entities)
    return sum(one.read for one in made.report(run).entities)


def test_one_writes_and_the_other_fails_and_names_it(made: Bed) -> None:
    codes = both(made, lease_s=0)

    assert sorted(codes.values()) == [0, 6], (made.folder / LOG).read_text()
    writer, loser = sorted(RUNS, key=lambda run: codes[run])
    assert f"{writer} writes to this database since " in (made.folder / LOG).read_text()
    assert inserted(made, writer) == read(made, writer) > 0
    assert not (made.folder / "output" / loser / "report.json").exists()


def test_one_waits_until_the_other_has_ended_and_finds_everything_done(made: Bed) -> None:
    codes = both(made, lease_s=100)

    assert codes == dict.fromkeys(RUNS, 0), (made.folder / LOG).read_text()
    assert "waiting for " in (made.folder / LOG).read_text()
    assert sorted(inserted(made, run) for run in RUNS) == [0, read(made, "one")]
    assert read(made, "one") == read(made, "other")
    rows = made.content()
    tables = {name: rows[entity.relation].total() for name, entity in ENTITIES.items() if entity.target == "postgres"}
    assert tables == {one.entity: one.read for one in made.report("one").entities if one.target == "postgres"}


def patients(made: Bed, attempt: int) -> PatientOrder:
    """An attempt of a run that makes patients one by one at an API that knows no repetition."""
    values = {**made.values, "SEEDBED_DEMOGRAPHIC_PROFILE": "single"}
    request = PatientRequest(count=COUNT, batch=10, seed=42, as_of=REFERENCE, data_dirs=(made.folder / "data",))
    return PatientOrder(Order(values, made.folder, "one", attempt=attempt), request)


def check_goes_on(process: BaseProcess, until: float) -> int:
    """The id of a process that works still."""
    assert process.is_alive(), "it had ended before it could be stopped"
    assert time.monotonic() < until
    assert process.pid
    return process.pid


def stop(made: Bed, process: BaseProcess) -> None:
    """Stops the process, in no transaction: in one it would be waited for."""
    until = time.monotonic() + DEADLINE_S
    while True:
        pid = check_goes_on(process, until)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.1)  # what PostgreSQL was asked for is answered by now
        with opened(made.target) as target, target.transaction() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state ~ 'in trans'"
            )
            if cursor.fetchone() == (0,):
                return
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.02)


def standing(made: Bed) -> tuple[Any, ...]:
    """What the API holds, what the ledger says, and what the run has written down."""
    with opened(made.store) as store, store.transaction() as cursor:
        cursor.execute("SELECT id_card_no, hn FROM sandbox.patient ORDER BY 1")
        held = cursor.fetchall()
    with opened(made.target) as target, target.transaction() as cursor:
        cursor.execute(
            "SELECT 'settled', r::text FROM seedbed.registered r UNION SELECT 'marked', s::text FROM seedbed.sending s"
        )
        ledger = sorted(cursor.fetchall())
    written = {path.name: path.read_bytes() for path in (made.folder / "output" / "one").iterdir()}
    return held, ledger, written


def test_an_attempt_that_stood_still_finds_that_a_newer_one_has_made_all_and_touches_nothing(made: Bed) -> None:
    made.fail((0, (SLOW,)))
    older = patient_chaos_run.start(patients(made, 1))
    until = time.monotonic() + DEADLINE_S
    pid = check_goes_on(older, until)
    with opened(made.store) as store:
        while patients_held(store) < COUNT // 4:
            check_goes_on(older, until)
            time.sleep(0.02)
    try:
        stop(made, older)
        made.fail((0, ({**SLOW, "latency_s": 0.001},)))  # to count them
        newer = patient_chaos_run.start(patients(made, 2))
        newer.join(DEADLINE_S)
        before, sent = standing(made), made.sandbox.fired()
    finally:
        with suppress(ProcessLookupError):  # it has ended, and the test has failed of that
            os.kill(pid, signal.SIGCONT)
        older.join(30)

    log = (made.folder / LOG).read_text()
    assert (newer.exitcode, older.exitcode) == (0, 6), log
    assert "a newer attempt of this run has taken over" in log
    assert (standing(made), made.sandbox.fired()) == (before, sent)
    held, ledger, _ = before
    assert len(held) == len([row for kind, row in ledger if kind == "settled" and ",created," in row]) == COUNT
    (counts,) = made.report("one").entities
    assert (counts.read, counts.inserted) == (COUNT, COUNT)
