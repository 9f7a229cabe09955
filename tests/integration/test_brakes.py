"""An entity of which too much would be skipped or changed stays as it is, and its operator sees why."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from seedbed.actions.context import Run
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.change_limits import ChangeLimits
from seedbed.core.report import EntityReport, Report
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import receipts_of, skips_of
from seedbed.targets.cortex_api.target import CortexApi
from seedbed.targets.http.client import ApiClient
from seedbed.targets.memory import MemoryRecorder, MemoryTarget
from seedbed.targets.port import Braked, Delivery, MissingKeyRule
from tests.support.builders.cortex_double import CortexDouble
from tests.support.builders.deliveries import DELIVERY, LAB, labs, part_of
from tests.support.builders.houses import WARD, SmallHouse, counts

BRAKED = replace(DELIVERY, limits=ChangeLimits())


def wards(count: int, *, wrong: int = 0, changed: int = 0) -> str:
    """So many rows, of which the last are wrong (a key stands twice) and the first are changed."""
    rows = [f"W{n:05},{'new' if n < changed else 'old'}" for n in range(count - wrong)]
    return "\n".join(["code,name", *rows, *["W00000,again"] * wrong]) + "\n"


def contents(small: SmallHouse) -> list[tuple[Any, ...]]:
    return small.query("SELECT code, name, active, updated_at FROM test_ward ORDER BY code")


def load(small: SmallHouse, content: str, run: str, **options: Any) -> EntityReport:
    return small.load(WARD, content, run=run, brakes=True, **options)


# The boundaries: both the share and the number must be exceeded


@pytest.mark.parametrize(
    ("rows", "wrong", "stops"), [(100, 20, False), (100, 21, True), (1_050, 21, False), (1_049, 21, True)]
)
def test_more_than_2_percent_and_more_than_20_rows_skipped_stop_the_entity(
    small: SmallHouse, rows: int, wrong: int, stops: bool
) -> None:
    if not stops:
        assert counts(load(small, wards(rows, wrong=wrong), "r1"))["skipped"] == wrong
        return
    with pytest.raises(Braked) as caught:
        load(small, wards(rows, wrong=wrong), "r1")
    assert str(caught.value) == (
        f"test_ward was left untouched: {wrong} of {rows:,} rows would be skipped; "
        "correct the file, or let it through once with `--let-pass test_ward` (let_pass in Prefect)"
    )
    assert contents(small) == []


@pytest.mark.parametrize(
    ("rows", "changed", "stops"), [(100, 50, False), (100, 51, True), (255, 51, False), (254, 51, True)]
)
def test_more_than_20_percent_and_more_than_50_rows_changed_stop_the_entity(
    small: SmallHouse, rows: int, changed: int, stops: bool
) -> None:
    load(small, wards(rows), "r1")
    before = contents(small)
    if not stops:
        assert counts(load(small, wards(rows, changed=changed), "r2"))["updated"] == changed
        return
    with pytest.raises(Braked, match=f"test_ward was left untouched: {changed} of {rows} rows would be changed"):
        load(small, wards(rows, changed=changed), "r2")
    assert (contents(small), small.changes("r2")) == (before, [])


def test_rows_set_inactive_count_as_changed(small: SmallHouse) -> None:
    load(small, wards(200), "r1")
    before = contents(small)
    assert load(small, wards(100), "r2").retired == 100
    with pytest.raises(Braked, match="100 of 100 rows would be changed"):
        load(small, wards(100), "r3", on_missing="deactivate")
    assert (contents(small), small.query("SELECT * FROM seedbed.retired WHERE run = 'r3'")) == (before, [])


# A first load, and being let through


def test_a_first_load_may_change_what_it_finds_and_may_not_skip_more(small: SmallHouse) -> None:
    small.execute(
        "INSERT INTO test_ward (code, name) SELECT 'W' || lpad(n::text, 5, '0'), 'x' FROM generate_series(0, 99) n"
    )
    with pytest.raises(Braked, match="would be skipped"):
        load(small, wards(200, wrong=30), "r1")
    assert counts(load(small, wards(100), "r2"))["updated"] == 100


def test_a_retry_of_the_first_load_is_still_the_first(small: SmallHouse) -> None:
    load(small, wards(100), "r1")
    assert counts(load(small, wards(100, changed=100), "r1"))["updated"] == 100


def test_an_attempt_that_was_stopped_is_no_load(small: SmallHouse) -> None:
    small.execute(
        "INSERT INTO test_ward (code, name) SELECT 'W' || lpad(n::text, 5, '0'), 'x' FROM generate_series(0, 99) n"
    )
    small.file(WARD, wards(200, wrong=30))
    assert run(small, "r1").state == "failed"
    small.file(WARD, wards(100))
    assert [counts(one) for one in run(small, "r2").entities] == [{"read": 100, "updated": 100, "differing": 100}]


def test_let_pass_lets_the_entity_through_once(small: SmallHouse) -> None:
    load(small, wards(100), "r1")
    with pytest.raises(Braked):
        load(small, wards(100, changed=60), "r2", let_pass=("test_bed",))
    assert counts(load(small, wards(100, changed=60), "r2", let_pass=("test_ward",)))["updated"] == 60
    with pytest.raises(Braked):
        load(small, wards(100), "r3")


def test_without_brakes_nothing_stops(small: SmallHouse) -> None:
    small.load(WARD, wards(100), run="r1")
    assert counts(small.load(WARD, wards(100, wrong=40, changed=60), run="r2"))["skipped"] == 40


# What the operator sees


def run(small: SmallHouse, name: str, **options: Any) -> Report:
    request = SetupRequest("entity", (), ("test_ward",), (small.data,), "update", brakes=True, **options)
    return setup(small.house, Run(name, name), request)


def test_what_would_have_been_skipped_is_listed_and_the_counts_add_up(small: SmallHouse) -> None:
    load(small, wards(100), "r1")
    before = contents(small)
    small.file(WARD, wards(120, wrong=30, changed=5))
    report = run(small, "r2")
    assert (report.state, report.error.exit_code if report.error else 0) == ("failed", 3)
    assert "test_ward was left untouched: 30 of 120 rows would be skipped" in (
        report.error.message if report.error else ""
    )
    assert [counts(one) for one in report.entities] == [{"read": 120, "skipped": 30, "failed": 90}]
    assert (report.skipped_total, len(report.skips), len(list(skips_of(small.database, "r2")))) == (30, 30, 30)
    assert (small.root / "output/r2/rejects/site/test_ward.csv").exists()
    assert (contents(small), small.changes("r2")) == (before, [])
    assert [
        key
        for keys in LedgerRecorder(small.database, AttemptRef("r2"), "site").owned_keys("test_ward")
        for key in keys
        if key == "W00099"
    ] == ["W00099"]


def test_a_retry_with_a_corrected_file_goes_on_and_leaves_nothing_of_the_attempt(small: SmallHouse) -> None:
    small.file(WARD, wards(120, wrong=30))
    assert run(small, "r1").state == "failed"
    small.file(WARD, wards(120))
    report = run(small, "r1")
    assert (report.state, [counts(one) for one in report.entities]) == ("completed", [{"read": 120, "inserted": 120}])
    assert (report.skips, list(skips_of(small.database, "r1"))) == ((), [])


def test_a_dry_run_says_that_the_brakes_would_stop_it(small: SmallHouse) -> None:
    load(small, wards(100), "r1")
    small.file(WARD, wards(100, changed=60))
    report = run(small, "r2", dry_run=True)
    assert report.state == "failed"
    assert "test_ward was left untouched: 60 of 100 rows would be changed" in (
        report.error.message if report.error else ""
    )
    assert [counts(one) for one in report.entities] == [{"read": 100, "failed": 100}]
    assert receipts_of(small.database, "r2") == ()


# Targets that cannot roll back


class Tokens:
    def token(self) -> str:
        return "t"

    def invalidate(self, token: str) -> None:
        raise AssertionError(token)

    def ping(self) -> None:
        raise AssertionError


def cortex(double: CortexDouble) -> CortexApi:
    http = httpx.Client(transport=httpx.MockTransport(double))
    return CortexApi(ApiClient("Cortex API", "http://cortex.test/api", Tokens(), http))


def test_an_api_is_compared_first_and_nothing_is_sent_where_too_much_would_change() -> None:
    double, recorder = CortexDouble(), MemoryRecorder()
    assert counts(cortex(double).deliver(LAB, [part_of(LAB, labs(100))], BRAKED, recorder)) == {
        "read": 100,
        "inserted": 100,
    }
    recorder.delivered_before.add(LAB.name)
    sent, before = list(double.uploads), dict(double.rows)
    with pytest.raises(Braked, match="lab_item was left untouched: 60 of 100 rows would be changed"):
        cortex(double).deliver(LAB, [part_of(LAB, [*labs(60, name="ใหม่"), *labs(40, start=60)])], BRAKED, recorder)
    assert (double.uploads, double.rows) == (sent, before)
    letting = replace(BRAKED, limits=None)
    cortex(double).deliver(LAB, [part_of(LAB, [*labs(60, name="ใหม่"), *labs(40, start=60)])], letting, recorder)
    assert double.rows != before


def test_skips_of_an_api_s_entity_are_noted_once_and_stop_it_before_the_first_request() -> None:
    double, recorder = CortexDouble(), MemoryRecorder()
    report = cortex(double).deliver(LAB, [part_of(LAB, labs(100), skipped=20)], BRAKED, recorder)
    assert (report.skipped, len(recorder.skips)) == (20, 20)
    double, recorder = CortexDouble(), MemoryRecorder()
    with pytest.raises(Braked) as caught:
        cortex(double).deliver(LAB, [part_of(LAB, labs(100), skipped=21)], BRAKED, recorder)
    assert caught.value.report is not None
    assert counts(caught.value.report) == {"read": 121, "skipped": 21, "failed": 100}
    assert (double.uploads, len(recorder.skips), recorder.receipts) == ([], 21, {})


def test_the_memory_target_stays_untouched_too() -> None:
    memory, recorder = MemoryTarget(), MemoryRecorder(delivered_before={LAB.name})
    update = replace(BRAKED, on_duplicate="update")
    memory.deliver(LAB, [part_of(LAB, labs(100))], update, recorder)
    before = dict(memory.rows[LAB.name])
    with pytest.raises(Braked):
        memory.deliver(LAB, [part_of(LAB, labs(60, name="ใหม่"))], update, recorder)
    assert memory.rows[LAB.name] == before


def test_rows_that_an_api_was_sent_are_ours_even_if_nobody_heard_that_it_took_them() -> None:
    double, recorder = CortexDouble(rejected={"00003"}), MemoryRecorder()
    cortex(double).deliver(LAB, [part_of(LAB, labs(10))], DELIVERY, recorder)
    at = "http://cortex.test/api"
    assert [key for keys in recorder.owned_keys(LAB.name, at=at) for key in keys] == [f"{n:05}" for n in range(10)]
    assert list(recorder.owned_keys(LAB.name)) == []


def test_what_has_left_an_api_s_file_is_listed_and_the_api_keeps_it() -> None:
    double, recorder = CortexDouble(), MemoryRecorder()
    cortex(double).deliver(LAB, [part_of(LAB, labs(10))], DELIVERY, recorder)
    left = MissingKeyRule(lambda keys: (keys < "00007").to_numpy(), lambda _: None, deactivate=True)
    delivery = Delivery("run-2", "lab", digest="d2", missing_key_rule=left)
    report = cortex(double).deliver(LAB, [part_of(LAB, labs(7))], delivery, recorder)
    assert (report.retired, report.deactivated, len(double.rows)) == (3, 0, 10)
    assert [one.key for one in recorder.retired] == ["00007", "00008", "00009"]
