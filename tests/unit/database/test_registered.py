"""Rows that an API registered: noted once, found again, never sent twice; and what a run created, until it is removed."""

import time
from dataclasses import asdict
from itertools import chain
from typing import Any

import pandas as pd
import pytest

from seedbed.core.create_intents import Creations
from seedbed.core.errors import Conflict, UserError
from seedbed.core.registration import RegisterResult
from seedbed.database.engines import Database
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import (
    CreationSummary,
    iter_created,
    list_pending_creations,
    record_cleanup,
    record_removed,
    store_creations,
    summarize_creations,
    uncleaned_runs,
)
from seedbed.database.ledger.leases import AttemptRef, Lease
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.registered_rows import (
    UnitProgress,
    UnitRows,
    begin_unit,
    count_reported_unknown,
    end_unit,
    iter_results,
    keys_created_by_other_runs,
    list_unknown_rows,
    mark_sending,
    outcome_counts,
    record_results,
)
from seedbed.database.ledger.run_records import (
    RunRecord,
    find_run_request,
    find_runs,
    freeze_request,
    record_run_end,
    record_run_start,
)
from seedbed.database.ledger.run_results import skips_of
from seedbed.database.schema.apply_schema import migrate_schema

AT = "http://api"
UNIT = UnitRows(AttemptRef("r1"), "patients 1/1 [0-50)", "patient", AT)
OTHER = Lease("r2", "run-two", "host, process 2", "http://prefect/run-two")


@pytest.fixture
def ledger(database: Database) -> Database:
    migrate_schema(database.engine, {})
    return database


def created(row: int, **more: Any) -> RegisterResult:
    return RegisterResult(row, f"k{row}", "created", f"69{row:05}", f"ehr-{row}", {"age": 40}, **more)


def skipped(row: int, reason: Any = "id_taken") -> RegisterResult:
    return RegisterResult(row, f"k{row}", "skipped", reason=reason, message=f"no {row}")


def cells(row: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ("patient", "name"), (str(row), 'ก, "x"')


def note(ledger: Database, *settled: RegisterResult, whose: UnitRows = UNIT) -> None:
    record_results(ledger, whose, settled, cells)


def everything(ledger: Database, run: str = "r1") -> list[RegisterResult]:
    return list(chain.from_iterable(iter_results(ledger, run, "patient")))


def still_there(ledger: Database, run: str = "r1") -> list[int]:
    return [
        one.row for made in summarize_creations(ledger, run) for block in iter_created(ledger, made) for one in block
    ]


def begin(ledger: Database, rows: range, run: str = "r1") -> tuple[list[range], set[int]]:
    begun = begin_unit(ledger, AttemptRef(run), UNIT.unit, "patient", rows)
    return list(begun.unknown_ranges), set(begun.final_rows)


def mark(ledger: Database, first: int, last: int, run: str = "r1") -> None:
    mark_sending(ledger, AttemptRef(run), "patient", first, last)


def end(ledger: Database, rows: range, *in_doubt: int) -> None:
    end_unit(ledger, AttemptRef("r1"), "patient", rows, in_doubt)


def test_what_is_marked_is_in_doubt_for_any_cut_of_it_and_for_no_other_run(ledger: Database) -> None:
    assert begin(ledger, range(0)) == ([], set())
    assert begin(ledger, range(100, 200)) == begin(ledger, range(100, 200)) == ([], set()), "to begin marks nothing"
    mark(ledger, 100, 149)
    mark(ledger, 150, 159)
    mark(ledger, 150, 154)
    assert begin(ledger, range(100, 200))[0] == [range(100, 150), range(150, 160)], "a shorter mark shortens nothing"
    assert [begin(ledger, cut)[0] for cut in (range(159, 250), range(50, 101), range(120, 130))] == [
        [range(159, 160)],
        [range(100, 101)],
        [range(120, 130)],
    ]
    assert begin(ledger, range(160, 300)) == begin(ledger, range(100, 200), run="r2") == ([], set())
    note(ledger, created(101), skipped(102))
    assert begin_unit(ledger, AttemptRef("r1"), "u", "patient", range(100, 105)).unknown_rows() == {100, 103, 104}


def test_at_the_end_of_a_unit_only_what_nobody_heard_of_stays_in_doubt(ledger: Database) -> None:
    for first, last in ((90, 119), (110, 249), (150, 160), (170, 180)):
        mark(ledger, first, last)
    mark(ledger, 100, 199, run="r2")
    end(ledger, range(100, 200), 105, 110)
    assert begin(ledger, range(300))[0] == [range(90, 100), range(105, 106), range(110, 111), range(200, 250)]
    assert begin(ledger, range(300), run="r2")[0] == [range(100, 200)]
    end(ledger, range(100, 200))
    end(ledger, range(0))
    assert begin(ledger, range(300))[0] == [range(90, 100), range(200, 250)]


def test_rows_in_doubt_are_those_marked_that_are_not_settled(ledger: Database) -> None:
    assert list_unknown_rows(ledger, "r1", "patient") == []
    mark(ledger, 5, 9)
    mark(ledger, 0, 6)
    note(ledger, created(1), skipped(6), RegisterResult(8, "k8", "exists"), skipped(9, "api_unavailable"))
    note(ledger, skipped(7, "unknown_outcome"), skipped(12, "unknown_outcome"))
    assert list_unknown_rows(ledger, "r1", "patient") == [0, 2, 3, 4, 5, 7, 9, 12]
    assert list_unknown_rows(ledger, "r2", "patient") == list_unknown_rows(ledger, "r1", "user") == []


def test_settled_rows_come_back_in_their_order_with_all_that_was_answered(ledger: Database) -> None:
    there = RegisterResult(3, "k3", "exists", "6900003", "ehr-3")
    note(ledger, created(7), skipped(5))
    note(ledger, there, skipped(9, "api_unavailable"))
    assert everything(ledger) == [there, skipped(5), created(7)]
    assert outcome_counts(ledger, "r1", "patient") == {"created": 1, "exists": 1, "skipped": 1}
    assert begin(ledger, range(10)) == ([], {3, 5, 7})


def test_a_row_that_is_noted_twice_stays_as_it_was_first_noted_and_its_skip_is_there_once(ledger: Database) -> None:
    for _ in range(2):
        note(ledger, created(1), skipped(2), skipped(3, "api_unavailable"))
    note(ledger, RegisterResult(1, "k1", "exists", "6900009"))
    assert everything(ledger) == [created(1), skipped(2)]
    found = list(skips_of(ledger, "r1"))
    assert [(row.skip.row, row.skip.reason, row.skip.file) for row in found] == [
        (2, "id_taken", "drawn"),
        (3, "api_unavailable", "drawn"),
    ]
    assert (found[0].header, found[0].cells) == cells(2)


def test_who_exists_is_ours_where_another_process_of_the_run_created_it_and_not_the_other_way(ledger: Database) -> None:
    note(ledger, RegisterResult(1, "k1", "exists", "6900009"), created(2))
    note(ledger, created(1), RegisterResult(2, "k2", "exists", "6900009"))
    assert everything(ledger) == [created(1), created(2)]


def test_rows_that_found_no_answer_are_forgotten_when_their_range_is_begun_again(ledger: Database) -> None:
    note(ledger, skipped(2), skipped(3, "api_unavailable"), skipped(30, "api_unavailable"))
    assert begin(ledger, range(10)) == ([], {2})
    assert [row.skip.row for row in skips_of(ledger, "r1")] == [2, 30]
    note(ledger, created(3))
    assert [one.row for one in everything(ledger)] == [2, 3]


def test_a_run_that_has_lost_its_lease_notes_nothing(ledger: Database) -> None:
    leases.acquire_lease(ledger, OTHER)
    with pytest.raises(Conflict, match="lost its lease to run-two"):
        note(ledger, created(1), skipped(2))
    for late in (lambda: begin(ledger, range(10)), lambda: mark(ledger, 0, 9), lambda: end(ledger, range(10), 3)):
        with pytest.raises(Conflict, match="lost its lease"):
            late()
    assert (everything(ledger), list(skips_of(ledger, "r1"))) == ([], [])
    assert begin_unit(ledger, OTHER.attempt_ref, "u", "patient", range(10)) == UnitProgress((), frozenset())


def test_what_another_run_created_at_the_place_is_known_until_it_is_removed(ledger: Database) -> None:
    second = UnitRows(AttemptRef("r2"), "u", "patient", AT)
    note(ledger, created(1), created(2), RegisterResult(3, "k3", "exists"))
    note(ledger, created(1), whose=UnitRows(AttemptRef("r3"), "u", "patient", "http://elsewhere"))
    keys = ["k1", "k2", "k3", "k4"]
    assert keys_created_by_other_runs(ledger, "r2", "patient", AT, keys) == {"k1", "k2"}
    assert keys_created_by_other_runs(ledger, "r1", "patient", AT, keys) == set()
    with ledger.transaction() as cursor:
        record_removed(cursor, "r1", "patient", {1: "removed"})
    note(ledger, RegisterResult(2, "k2", "exists"), whose=second)
    assert keys_created_by_other_runs(ledger, "r2", "patient", AT, keys) == {"k2"}


def test_blocks_hold_ten_thousand_rows(ledger: Database) -> None:
    rows = [created(row) for row in range(10_001)]
    note(ledger, *rows)
    blocks = list(iter_results(ledger, "r1", "patient"))
    assert [len(block) for block in blocks] == [10_000, 1]
    assert [*blocks[0], *blocks[1]] == rows


def test_what_is_created_is_listed_until_it_is_removed(ledger: Database) -> None:
    note(ledger, *(created(row) for row in range(250)), RegisterResult(250, "k250", "exists"), skipped(251))
    (made,) = summarize_creations(ledger, "r1")
    assert made == CreationSummary("r1", "patient", AT, remaining=250)
    blocks = list(iter_created(ledger, made))
    assert [len(block) for block in blocks] == [100, 100, 50]
    assert asdict(blocks[0][7]) == {
        "row": 7,
        "entity": "patient",
        "at": AT,
        "key": "k7",
        "number": "6900007",
        "target_id": "ehr-7",
    }
    with ledger.transaction() as cursor:
        record_removed(cursor, "r1", "patient", {7: "removed", 8: "absent", 9: "deactivated"})
    assert still_there(ledger) == [row for row in range(250) if row not in (7, 8, 9)]
    assert summarize_creations(ledger, "r1") == (CreationSummary("r1", "patient", AT, remaining=247, removed=3),)


def test_runs_of_which_something_is_there_are_named_the_latest_first(ledger: Database) -> None:
    for number in (1, 2, 3):
        noted_run(ledger, f"r{number}", f"run-{number}")
        note(ledger, created(0), whose=UnitRows(AttemptRef(f"r{number}"), "u", "patient", AT))
    with ledger.transaction() as cursor:
        record_removed(cursor, "r2", "patient", {0: "removed"})
    assert uncleaned_runs(ledger, "", most=9) == ("run-3", "run-1")
    assert uncleaned_runs(ledger, "", most=1) == ("run-3",)


def test_runs_of_which_something_may_be_there_are_named_too_and_those_of_other_environments_are_not(
    ledger: Database,
) -> None:
    for name in ("marked", "settled", "asked", "unknown", "taken", "abroad"):
        environment = "south" if name == "abroad" else "north"
        record_run_start(ledger, RunRecord(name, name, "gen-mock", "f", None, environment), {})
    for name in ("marked", "settled", "abroad"):
        mark_sending(ledger, AttemptRef(name), "patient", 0, 1)
    note(
        ledger, RegisterResult(0, "k0", "exists"), skipped(1), whose=UnitRows(AttemptRef("settled"), "u", "patient", AT)
    )
    creations(ledger, "asked", Creations(["a"]))
    note(ledger, skipped(0, "unknown_outcome"), whose=UnitRows(AttemptRef("unknown"), "u", "patient", AT))
    note(ledger, skipped(0), whose=UnitRows(AttemptRef("taken"), "u", "patient", AT))
    assert uncleaned_runs(ledger, "north", most=9) == ("unknown", "asked", "marked")
    assert uncleaned_runs(ledger, "south", most=9) == ("abroad",)


def test_a_report_names_the_rows_in_doubt_that_were_noted_before_it(ledger: Database) -> None:
    noted_run(ledger, "r1", "run-1")
    note(ledger, skipped(0, "unknown_outcome"), skipped(1))
    assert count_reported_unknown(ledger, "r1", "patient") == 0
    record_run_end(ledger, AttemptRef("r1"), {})
    assert count_reported_unknown(ledger, "r1", "patient") == 1
    note(ledger, skipped(2, "unknown_outcome"))
    mark_sending(ledger, AttemptRef("r1"), "patient", 3, 4)
    assert list_unknown_rows(ledger, "r1", "patient") == [0, 2, 3, 4]
    assert count_reported_unknown(ledger, "r1", "patient") == 1


# records that are asked for beforehand


def creations(ledger: Database, run: str, noted: Creations) -> None:
    LedgerRecorder(ledger, AttemptRef(run), "user").record_creations("user", noted, at="realm")


def asked(ledger: Database, run: str = "r1") -> list[str]:
    with ledger.transaction() as cursor:
        return list(list_pending_creations(cursor, run, "user", "realm"))


def test_a_creation_is_asked_for_then_made_or_forgotten(ledger: Database) -> None:
    creations(ledger, "r1", Creations(["a", "b", "c"]))
    assert (asked(ledger), still_there(ledger)) == (["a", "b", "c"], [])
    creations(ledger, "r1", Creations(["d"], {"a": "id-a"}, ["b", "a"]))
    assert asked(ledger) == ["c", "d"]
    (made,) = summarize_creations(ledger, "r1")
    assert (made.remaining, made.pending) == (1, 2)
    (block,) = iter_created(ledger, made)
    assert [(one.key, one.target_id) for one in block] == [("a", "id-a")]


def test_a_record_that_has_gone_may_be_asked_for_again(ledger: Database) -> None:
    creations(ledger, "r1", Creations(["a", "b"]))
    creations(ledger, "r1", Creations(created={"a": "id-1", "b": "id-b"}))
    creations(ledger, "r1", Creations(["a"]))
    creations(ledger, "r1", Creations(created={"a": "id-2"}))
    (made,) = summarize_creations(ledger, "r1")
    assert {one.key: one.target_id for block in iter_created(ledger, made) for one in block} == {
        "b": "id-b",
        "a": "id-2",
    }


def test_when_it_was_asked_for_is_the_databases_time(ledger: Database) -> None:
    creations(ledger, "r1", Creations(["a"]))
    (since,) = LedgerRecorder(ledger, AttemptRef("r1"), "user").pending_creations("user", at="realm").values()
    assert abs(since - time.time()) < 60


def test_a_run_that_has_lost_its_lease_asks_for_nothing(ledger: Database) -> None:
    leases.acquire_lease(ledger, OTHER)
    with pytest.raises(Conflict, match="lost its lease"):
        creations(ledger, "r1", Creations(["a"]))
    assert asked(ledger) == []


def held(ledger: Database) -> list[str]:
    return sorted(
        key for keys in LedgerRecorder(ledger, AttemptRef("r9"), "user").owned_keys("user", at="realm") for key in keys
    )


def test_the_name_of_a_record_that_is_gone_is_nobodys_unless_another_run_has_made_it_since(ledger: Database) -> None:
    names = pd.Series(["Ann", "bob", "cid", "dan"])
    LedgerRecorder(ledger, AttemptRef("r0"), "user").claim_keys("user", names, at="realm")
    LedgerRecorder(ledger, AttemptRef("r0"), "user").claim_keys("user", names, at="another realm")
    creations(ledger, "r1", Creations(["ann", "bob", "cid", "dan"]))
    creations(ledger, "r1", Creations(created={name: name for name in ("ann", "bob", "cid", "dan")}))
    creations(ledger, "r2", Creations(["bob"]))
    creations(ledger, "r2", Creations(created={"bob": "id-2"}))
    (made,) = summarize_creations(ledger, "r1")
    rows = {one.key: one.row for block in iter_created(ledger, made) for one in block}
    with ledger.transaction() as cursor:
        record_removed(
            cursor, "r1", "user", {rows["ann"]: "removed", rows["bob"]: "absent", rows["cid"]: "deactivated"}
        )
    assert held(ledger) == ["bob", "cid", "dan"]
    assert (
        sum(
            len(keys)
            for keys in LedgerRecorder(ledger, AttemptRef("r9"), "user").owned_keys("user", at="another realm")
        )
        == 4
    )


# requests of runs


def noted_run(ledger: Database, run: str, name: str) -> str:
    return record_run_start(ledger, RunRecord(run, name, "gen-mock", "f", None), {})


def test_the_first_attempts_request_is_the_runs(ledger: Database) -> None:
    noted_run(ledger, "r1", "20261121T010000-aaaa0001")
    noted_run(ledger, "r2", "20261121T020000-aaaa0002")
    assert freeze_request(ledger, "r1", {"seed": 1, "to": [1, None]}) == {"seed": 1, "to": [1, None]}
    assert freeze_request(ledger, "r1", {"seed": 2}) == {"seed": 1, "to": [1, None]}
    for wanted in ("r1", "20261121T010000-aaaa0001", "20261121T01", "aaaa0001"):
        found = find_run_request(ledger, wanted)
        assert found is not None
        assert (found[0].name, found[1]["seed"]) == ("20261121T010000-aaaa0001", 1)
    assert find_run_request(ledger, "r2") is None
    assert find_run_request(ledger, "r3") is None


def test_runs_whose_names_begin_so_are_found_the_latest_first(ledger: Database) -> None:
    for number in (1, 2, 3):
        noted_run(ledger, f"r{number}", f"20261121T0{number}")
    assert [one.run for one in find_runs(ledger, "20261121T0", most=2)] == ["r3", "r2"]
    assert find_runs(ledger, "2027", most=2) == ()


def test_a_run_that_was_cleaned_up_does_not_go_on(ledger: Database) -> None:
    assert noted_run(ledger, "r1", "one") == "f"
    with ledger.transaction() as cursor:
        record_cleanup(cursor, "r1", "cleanup-7")
    with pytest.raises(UserError, match="this run was cleaned up by cleanup-7; start a new run"):
        noted_run(ledger, "r1", "one")
    assert noted_run(ledger, "r2", "two") == "f"


def test_creations_of_a_run_are_its_own(ledger: Database) -> None:
    with ledger.transaction() as cursor:
        store_creations(cursor, CreationSummary("r1", "user", "realm", 0), Creations(["a"]))
        store_creations(cursor, CreationSummary("r2", "user", "realm", 0), Creations(["a"]))
        store_creations(cursor, CreationSummary("r2", "user", "realm", 0), Creations(created={"a": "id"}))
    assert asked(ledger) == ["a"]
    assert asked(ledger, "r2") == []
