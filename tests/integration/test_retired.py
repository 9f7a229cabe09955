"""Keys that we wrote and that the file no longer has: counted and listed, set inactive where that is asked for, never deleted."""

import csv
from dataclasses import replace
from typing import Any

import pytest

from seedbed.actions.context import Run
from seedbed.actions.setup.load import load_entity
from seedbed.actions.setup.references import load_notes
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import ModuleUnit, SetupRequest
from seedbed.core.report import EntityReport, MissingKey, Report
from seedbed.core.spec import TableNames, with_table_names
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import iter_missing_keys
from seedbed.master_data.keys import SEPARATOR
from tests.support.builders.houses import BED, PLAN, ROOM, WARD, SmallHouse, counts

WARDS = "code,name\nA,Ward A\nB,Ward B\nC,Ward C\n"
LESS = "code,name\nA,Ward A\n"


def held(small: SmallHouse, entity: str = "test_ward") -> list[str]:
    return sorted(key for keys in small.notes().owned_keys(entity) for key in keys)


def retired(small: SmallHouse, run: str) -> list[tuple[str, bool]]:
    return [(one.key, one.deactivated) for one in iter_missing_keys(small.database, run)]


def wards(small: SmallHouse) -> list[tuple[Any, ...]]:
    return small.query("SELECT code, active, updated_by FROM test_ward ORDER BY code")


def left(report: EntityReport) -> tuple[int, int]:
    return report.retired, report.deactivated


# What is ours


def test_what_we_wrote_to_another_table_is_not_ours_in_this_one(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    small.execute("CREATE TABLE theirs (code text PRIMARY KEY, name text, active boolean NOT NULL DEFAULT true)")
    small.execute("INSERT INTO theirs (code, name) VALUES ('B', 'their own')")
    elsewhere = replace(
        small,
        house=replace(
            small.house, entities={**small.house.entities, "test_ward": with_table_names(WARD, TableNames("theirs"))}
        ),
    )
    theirs = elsewhere.entity("test_ward")
    assert left(elsewhere.load(theirs, LESS, on_missing="deactivate", run="run-2")) == (0, 0)
    assert small.query("SELECT code, active FROM theirs ORDER BY code") == [("A", True), ("B", True)]


def test_another_table_named_between_two_attempts_is_loaded_all_the_same(small: SmallHouse) -> None:
    assert small.load(WARD, WARDS).inserted == 3
    small.execute("CREATE TABLE theirs (code text PRIMARY KEY, name text, active boolean NOT NULL DEFAULT true)")
    assert small.load(with_table_names(WARD, TableNames("theirs"))).inserted == 3


def test_a_row_whose_key_is_spelt_in_another_way_stays_active(small: SmallHouse) -> None:
    small.execute(
        "DROP TABLE test_bed, test_plan",
        "ALTER TABLE test_ward DROP COLUMN id CASCADE",
        "ALTER TABLE test_ward ALTER COLUMN code TYPE uuid USING code::uuid",
    )
    one = "AAAAAAAA-0000-0000-0000-000000000001"
    small.load(WARD, f"code,name\n{one},Ward A\n")
    report = small.load(WARD, f"code,name\n{one.lower()},Ward A\n", on_missing="deactivate", run="run-2")
    assert (report.unchanged, report.deactivated) == (1, 0)
    assert small.query("SELECT active FROM test_ward") == [(True,)]


def test_a_file_of_which_nothing_is_read_deactivates_nothing(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    assert left(small.load(WARD, "code,name\n", on_missing="deactivate", run="run-2")) == (3, 0)
    assert [active for _, active, _ in wards(small)] == [True] * 3


def test_a_file_that_may_have_been_cut_off_deactivates_nothing_and_is_noted(
    small: SmallHouse, caplog: pytest.LogCaptureFixture
) -> None:
    small.load(WARD, WARDS)
    cut = small.load(WARD, LESS.rstrip("\n"), on_missing="deactivate", run="run-2")
    assert (cut.read, left(cut)) == (1, (2, 0))
    assert "test_ward.csv ends without a line end" in caplog.text
    asked = small.job(on_missing="deactivate")
    notes = load_notes(small.house, asked.request, [ModuleUnit("site", (WARD,), ())])
    assert notes == (
        f"data/{WARD.path} ends without a line end: it may have been cut off, so nothing is set inactive for it",
    )
    assert left(small.load(WARD, LESS, on_missing="deactivate", run="run-3")) == (2, 2)
    assert load_notes(small.house, asked.request, [ModuleUnit("site", (WARD,), ())]) == ()


def test_rows_inserted_and_updated_are_ours_and_those_refused_or_found_unchanged_are_not(small: SmallHouse) -> None:
    small.execute(
        "INSERT INTO test_ward (code, name) VALUES ('A', 'Ward A'), ('B', 'theirs'), ('X', 'also theirs')",
        "CREATE UNIQUE INDEX one_name ON test_ward (name)",
    )
    report = small.load(WARD, WARDS + "D,Ward A\nE,Ward E\n")
    assert counts(report) == {"read": 5, "inserted": 2, "updated": 1, "unchanged": 1, "skipped": 1, "differing": 1}
    assert held(small) == ["B", "C", "E"]


def test_rows_left_as_they_are_by_skip_are_not_ours(small: SmallHouse) -> None:
    small.execute("INSERT INTO test_ward (code, name) VALUES ('B', 'theirs')")
    small.load(WARD, WARDS, on_duplicate="skip")
    assert held(small) == ["A", "C"]


def test_a_dry_run_and_a_load_that_fails_hold_nothing(small: SmallHouse) -> None:
    small.load(WARD, WARDS, dry_run=True)
    assert held(small) == []
    small.suite(WARD, ("expect_table_row_count_to_be_between", {"min_value": 4}))
    with pytest.raises(Exception, match="breaks rule 0"):
        small.load(WARD, WARDS)
    assert held(small) == []


def test_a_night_with_nothing_to_do_or_with_updates_adds_no_holding(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    before = small.query("SELECT place, run, keys FROM seedbed.holding")
    assert [run for _, run, _ in before] == ["r1"]
    small.load(WARD, run="r2")
    small.load(WARD, WARDS.replace("Ward B", "new"), run="r3")
    assert small.query("SELECT place, run, keys FROM seedbed.holding") == before
    small.load(WARD, WARDS + "D,Ward D\n", run="r4")
    assert [keys for _, run, keys in small.query("SELECT place, run, keys FROM seedbed.holding") if run == "r4"] == [
        ["D"]
    ]


# What has left the file


def test_keys_that_are_ours_and_no_longer_in_the_file_are_counted_and_listed(small: SmallHouse) -> None:
    assert left(small.load(WARD, WARDS, run="r1")) == (0, 0)
    before = wards(small)
    report = small.load(WARD, LESS, run="r2")
    assert (counts(report), left(report)) == ({"read": 1, "unchanged": 1}, (2, 0))
    assert retired(small, "r2") == [("B", False), ("C", False)]
    assert (wards(small), small.changes("r2"), small.skips("r2")) == (before, [], [])


def test_rows_that_we_never_wrote_are_never_retired(small: SmallHouse) -> None:
    small.execute("INSERT INTO test_ward (code, name) VALUES ('B', 'Ward B'), ('X', 'theirs')")
    small.load(WARD, WARDS, run="r1")
    report = small.load(WARD, LESS, run="r2", on_missing="deactivate")
    assert (left(report), retired(small, "r2")) == ((1, 1), [("C", True)])
    assert [(code, active) for code, active, _ in wards(small)] == [("A", True), ("B", True), ("C", False), ("X", True)]


def test_rows_that_are_left_out_stand_in_the_file(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    beds = "code,ward_code,rank\n1,A,1\n2,B,2\n3,C,3\n4,A,4\n"
    small.load(BED, beds, run="r1")
    wrong = "code,ward_code,rank\n1,A,many\n2,Z,2\n3,C,3\n3,A,9\n4,A\n"
    report = small.load(BED, wrong, run="r2", on_missing="deactivate")
    assert set(small.reasons("r2").values()) == {"invalid", "missing_reference", "duplicate_in_file"}
    assert left(report) == (0, 0)


def test_a_key_of_several_cells_with_references_and_empty_ones_is_found(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    small.load(PLAN, "main,sub,ward_code,label\nM,,,one\nM,S,A,two\nM,,B,three\n", run="r1")
    assert held(small, "test_plan") == [SEPARATOR.join(key) for key in (("M", "", ""), ("M", "", "B"), ("M", "S", "A"))]
    assert left(small.load(PLAN, "main,sub,ward_code,label\nM,S,A,two\n", run="r2", on_missing="deactivate")) == (2, 0)
    assert retired(small, "r2") == [("M//", False), ("M//B", False)]


# Set inactive


def test_retired_rows_are_set_inactive_once_and_the_change_is_listed(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    small.execute("UPDATE test_ward SET updated_by = 'somebody'")
    report = small.load(WARD, LESS, run="r2", on_missing="deactivate")
    assert (counts(report), left(report)) == ({"read": 1, "unchanged": 1}, (2, 2))
    assert wards(small) == [("A", True, "somebody"), ("B", False, "system"), ("C", False, "system")]
    assert small.changes("r2") == [("B", "active", "true", "false"), ("C", "active", "true", "false")]
    again = small.load(WARD, run="r3", on_missing="deactivate")
    assert (left(again), retired(small, "r3"), small.changes("r3")) == ((2, 0), [("B", False), ("C", False)], [])


def test_a_key_that_comes_back_is_loaded_again(small: SmallHouse) -> None:
    with_active = "code,name,active\nA,Ward A,TRUE\nB,Ward B,TRUE\n"
    small.load(WARD, with_active, run="r1")
    small.load(WARD, "code,name,active\nA,Ward A,TRUE\n", run="r2", on_missing="deactivate")
    report = small.load(WARD, with_active, run="r3", on_missing="deactivate")
    assert (counts(report), left(report)) == ({"read": 2, "unchanged": 1, "updated": 1, "differing": 1}, (0, 0))
    assert [active for _, active, _ in wards(small)] == [True, True]


def test_a_row_that_a_trigger_keeps_active_is_only_listed(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    small.execute("ALTER TABLE test_ward ADD CONSTRAINT b_stays CHECK (active OR code <> 'B')")
    assert left(small.load(WARD, LESS, run="r2", on_missing="deactivate")) == (2, 1)
    assert retired(small, "r2") == [("B", False), ("C", True)]


def test_a_row_that_is_gone_is_only_listed(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    small.execute("DELETE FROM test_ward WHERE code = 'B'")
    assert left(small.load(WARD, LESS, run="r2", on_missing="deactivate")) == (2, 1)


def test_a_dry_run_says_what_would_be_set_inactive_and_touches_nothing(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    before = wards(small)
    small.file(WARD, LESS)
    request = SetupRequest("entity", (), ("test_ward",), (small.data,), "update", dry_run=True, on_missing="deactivate")
    report = setup(small.house, Run("r2", "r2"), request)
    assert left(report.entities[0]) == (2, 2)
    assert report.retired == (MissingKey("test_ward", "B", True), MissingKey("test_ward", "C", True))
    assert (wards(small), retired(small, "r2")) == (before, [])


def test_a_retry_replaces_what_an_attempt_listed(small: SmallHouse) -> None:
    small.load(WARD, WARDS, run="r1")
    small.load(WARD, LESS, run="r2")
    small.load(WARD, LESS + "B,Ward B\n", run="r2")
    assert retired(small, "r2") == [("C", False)]


# Corrections and reports


def run(small: SmallHouse, name: str, *folders: str, **options: Any) -> Report:
    wanted = {"mode": "entity", "entities": ("test_ward", "test_room"), "on_duplicate": "update", **options}
    dirs = tuple(small.root / folder for folder in folders or ("data",))
    return setup(small.house, Run(name, name), SetupRequest(data_dirs=dirs, **wanted))


def test_corrections_do_not_make_the_rest_retired_not_even_under_another_key(small: SmallHouse) -> None:
    small.file(ROOM, "id,code\n1,one\n")
    small.load(WARD, WARDS, run="r1")
    small.file(WARD, "code,name,_row\nBB,Ward B,3\n", folder="fixed")
    report = run(small, "r2", "data", "fixed", entities=("test_ward",))
    assert {e.entity: left(e) for e in report.entities} == {"test_ward": (0, 0)}


def test_the_report_its_files_and_its_page_say_what_has_left(small: SmallHouse) -> None:
    small.file(WARD, WARDS)
    small.file(ROOM, "id,code\n1,one\n2,two\n")
    assert run(small, "r1").retired == ()
    assert not (small.root / "output/r1/retired.csv").exists()
    small.file(WARD, LESS)
    small.file(ROOM, "id,code\n1,one\n")
    report = run(small, "r2", on_missing="deactivate")
    assert {one.key: one.deactivated for one in report.retired} == {"B": True, "C": True, "two": False}
    path = small.root / "output/r2/retired.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        assert sorted(csv.reader(stream)) == [
            ["entity", "key", "deactivated"],
            ["test_room", "two", "False"],
            ["test_ward", "B", "True"],
            ["test_ward", "C", "True"],
        ]
    assert ("retired", "output/r2/retired.csv") in {(file.kind, file.path) for file in report.files}
    assert any("1 of test_room (postgres)" in note and "test_ward" not in note for note in report.notes)
    page = (small.root / "output/r2/report.html").read_text(encoding="utf-8")
    assert "No longer in the files" in page
    assert "set inactive" in page
    plain = report.to_json()
    assert [(e["entity"], e["retired"], e["deactivated"]) for e in plain["entities"]] == [
        ("test_ward", 2, 2),
        ("test_room", 1, 0),
    ]


def test_many_keys_are_held_in_blocks_and_listed_once(small: SmallHouse) -> None:
    rows = [f"W{n:06}" for n in range(25_000)]
    small.load(WARD, "code\n" + "\n".join(rows) + "\n", run="r1")
    assert [len(keys) for (keys,) in small.query("SELECT keys FROM seedbed.holding ORDER BY place")] == [
        10_000,
        10_000,
        5_000,
    ]
    notes = LedgerRecorder(small.database, AttemptRef("r1"), "site")
    assert sum(len(block) for block in notes.owned_keys("test_ward")) == 25_000
    report = small.load(WARD, "code\n" + "\n".join(rows[:20_000]) + "\n", run="r2", on_missing="deactivate")
    assert (left(report), len(retired(small, "r2"))) == ((5_000, 5_000), 5_000)


def test_a_receipt_of_a_newer_schema_is_none_and_unknown_fields_are_ignored(small: SmallHouse) -> None:
    first = small.load(WARD, WARDS)
    small.execute("""UPDATE seedbed.receipt SET report = report || '{"from_the_future": 1}'""")
    assert small.load(WARD) == replace(first, seconds=small.load(WARD).seconds)
    small.execute("UPDATE seedbed.receipt SET schema = 2")
    again = load_entity(small.house, small.job(), WARD, small.notes())
    assert counts(again) == {"read": 3, "unchanged": 3}
    assert small.query("SELECT schema FROM seedbed.receipt") == [(1,)]
