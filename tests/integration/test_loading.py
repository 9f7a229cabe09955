"""CSV files into real tables: what is inserted, updated, left and refused, in one transaction."""

import threading
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.context import Run
from seedbed.actions.csv import entity_parts
from seedbed.actions.setup.load import load_entity
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.content.csv_blocks import read_blocks
from seedbed.core.errors import DataError, SeedbedError, Transient
from seedbed.core.report import EntityReport
from seedbed.database.engines import Database, open_database
from seedbed.database.ledger.run_results import receipts_of
from seedbed.database.load.bisect import MAX_REJECTED_ROWS
from seedbed.targets.memory import MemoryRecorder
from seedbed.targets.postgres.target import PostgresTarget
from tests.support.builders.houses import BED, DRUG, PLAN, ROOM, WARD, SmallHouse, counts, csv_text, hospital_house

WARDS = "code,name\nA,Ward A\nB,Ward B\nC,\n"
ON_INSERT = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  {body} RETURN NEW; END $$;
CREATE TRIGGER {name} BEFORE INSERT OR UPDATE ON test_ward FOR EACH ROW EXECUTE FUNCTION {name}();
"""


def wards(small: SmallHouse, columns: str = "code, name, active") -> list[tuple[Any, ...]]:
    return small.query(f"SELECT {columns} FROM test_ward ORDER BY code")


def many(count: int, *, start: int = 0) -> str:
    return csv_text(("code", "name"), [(f"W{n:05}", f"Ward {n}") for n in range(start, start + count)])


# What exists and what does not


def test_a_first_load_inserts_every_row_with_defaults_and_stamps(small: SmallHouse) -> None:
    assert counts(small.load(WARD, WARDS)) == {"read": 3, "inserted": 3}
    assert wards(small) == [("A", "Ward A", True), ("B", "Ward B", True), ("C", None, True)]
    assert small.query("SELECT DISTINCT created_by, updated_by, created_at = updated_at FROM test_ward") == [
        ("system", "system", True)
    ]


def test_rows_that_are_the_same_are_unchanged_and_not_rewritten(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    before = wards(small, "code, updated_at, ctid::text")
    assert counts(small.load(WARD, run="run-2")) == {"read": 3, "unchanged": 3}
    assert wards(small, "code, updated_at, ctid::text") == before
    assert small.skips("run-2") == []


def test_a_row_that_differs_is_left_alone_and_reported_with_skip(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    report = small.load(WARD, WARDS.replace("Ward B", "Ward ข"), run="run-2", on_duplicate="skip")
    assert counts(report) == {"read": 3, "unchanged": 2, "skipped": 1, "differing": 1}
    assert wards(small)[1] == ("B", "Ward B", True)
    assert small.skips("run-2") == [
        (3, "duplicate_in_table", "the row exists and differs; load with --on-duplicate update to change it")
    ]


def test_a_row_that_differs_is_changed_and_each_cell_noted_with_update(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    before = dict(wards(small, "code, created_at"))
    changed = "code,name,active\nA,Ward A,true\nB,Ward ข,FALSE\nC,,true\n"
    assert counts(small.load(WARD, changed, run="run-2")) == {"read": 3, "unchanged": 2, "updated": 1, "differing": 1}
    assert wards(small)[1] == ("B", "Ward ข", False)
    assert small.changes("run-2") == [("B", "name", "Ward B", "Ward ข"), ("B", "active", "true", "false")]
    assert wards(small, "code, updated_at > created_at") == [("A", False), ("B", True), ("C", False)]
    assert dict(wards(small, "code, created_at")) == before


def test_new_changed_and_unchanged_rows_mix(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    report = small.load(WARD, "code,name\nA,Ward A\nB,other\nD,new\nE,new\n", run="run-2")
    assert counts(report) == {"read": 4, "inserted": 2, "updated": 1, "unchanged": 1, "differing": 1}
    assert [code for code, *_ in wards(small)] == ["A", "B", "C", "D", "E"]


def test_an_absent_column_leaves_the_values_alone_and_an_empty_cell_means_null(small: SmallHouse) -> None:
    small.load(WARD, "code,name,active\nA,Ward A,FALSE\n")
    assert counts(small.load(WARD, "code,active\nA,FALSE\n", run="run-2")) == {"read": 1, "unchanged": 1}
    assert wards(small) == [("A", "Ward A", False)]
    assert counts(small.load(WARD, "code,name\nA,\n", run="run-3")) == {"read": 1, "updated": 1, "differing": 1}
    assert wards(small) == [("A", None, False)]
    assert small.changes("run-3") == [("A", "name", "Ward A", None)]


def test_an_absent_part_of_a_json_column_is_left_as_it_is_stored(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    small.load(BED, 'code,ward_code,info.th.name,info.en.name\n1,A,"เตียง ""1""\\",Bed 1\n2,A,เตียง 2,Bed 2\n')
    report = small.load(BED, "code,ward_code,info.th.name\n1,A,ใหม่\n2,A,เตียง 2\n3,A,เตียง 3\n", run="run-2")
    assert counts(report) == {"read": 3, "inserted": 1, "updated": 1, "unchanged": 1, "differing": 1}
    assert small.query("SELECT info FROM test_bed ORDER BY code") == [
        ({"th": {"name": "ใหม่"}, "en": {"name": "Bed 1"}},),
        ({"th": {"name": "เตียง 2"}, "en": {"name": "Bed 2"}},),
        ({"th": {"name": "เตียง 3"}},),
    ]


def test_values_of_every_kind_are_stored_as_they_are_meant_and_found_unchanged_again(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    header = "code,ward_code,spare_ward,active,rank,price,bought_on,seen_at,tags,more,info.th.name,info.en.name"
    full = '1,A,B,tRuE,-7,12.5,2020-02-29,2026-11-21T01:30:00+07:00,"a, b \\,c""d",{"x": [1]},"ก""ข\\","line\nbreak"'
    content = f"{header}\n{full}\n2,B,,FALSE,,,,,,,,\n"
    assert counts(small.load(BED, content)) == {"read": 2, "inserted": 2}
    bed = small.query(
        "SELECT w.code, spare_ward, b.active, rank, price::text, bought_on::text, seen_at AT TIME ZONE 'UTC', tags, more, info "
        "FROM test_bed b JOIN test_ward w ON w.id = ward_id ORDER BY b.code"
    )
    assert str(bed[0][6]) == "2026-11-20 18:30:00"
    assert bed[0][:6] + bed[0][7:] == (
        *("A", "B", True, -7, "12.500000", "2020-02-29"),
        *(["a", "b \\", 'c"d'], {"x": [1]}, {"th": {"name": 'ก"ข\\'}, "en": {"name": "line\nbreak"}}),
    )
    assert bed[1] == ("B", None, False, None, None, None, None, None, None, None)
    assert counts(small.load(BED, run="run-2")) == {"read": 2, "unchanged": 2}


def test_two_null_keys_are_the_same_key(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    content = "main,sub,ward_code,label\nM,,,one\nM,S,A,two\nM,,A,three\nM,,,again\n"
    assert counts(small.load(PLAN, content)) == {"read": 4, "inserted": 3, "skipped": 1}
    assert small.reasons() == {5: "duplicate_in_file"}
    changed = content.replace("one", "ONE").replace("M,,,again\n", "")
    assert counts(small.load(PLAN, changed, run="run-2")) == {"read": 3, "updated": 1, "unchanged": 2, "differing": 1}
    assert small.changes("run-2") == [("M//", "label", "one", "ONE")]


def test_a_key_column_that_the_file_lacks_is_null_in_the_key(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    small.load(PLAN, "main,label\nM,one\nN,two\n")
    report = small.load(PLAN, "main,label\nM,one\nN,TWO\nO,three\n", run="run-2")
    assert counts(report) == {"read": 3, "inserted": 1, "updated": 1, "unchanged": 1, "differing": 1}


def test_a_row_that_was_marked_as_deleted_comes_back_when_the_file_names_it(small: SmallHouse) -> None:
    small.load(DRUG, "code,name\n1,one\n2,two\n")
    small.execute("UPDATE test_drug SET deleted_at = '2026-01-01', deleted_by = 'somebody' WHERE code = '1'")
    assert counts(small.load(DRUG, run="run-2")) == {"read": 2, "updated": 1, "unchanged": 1, "differing": 1}
    assert small.query("SELECT code, version, deleted_at, deleted_by FROM test_drug ORDER BY code") == [
        ("1", 1, None, None),
        ("2", 1, None, None),
    ]
    assert [change[1] for change in small.changes("run-2")] == ["deleted_at", "deleted_by"]


# Ids


def test_an_id_that_the_file_brings_is_kept_and_never_changes(small: SmallHouse) -> None:
    small.load(ROOM, "id,code,name\nr1,1,one\nr2,2,two\n")
    report = small.load(ROOM, "id,code,name\nr9,1,ONE\nr2,2,TWO\nr3,3,three\n", run="run-2")
    assert counts(report) == {"read": 3, "inserted": 1, "updated": 1, "skipped": 1, "differing": 1}
    assert small.skips("run-2") == [(2, "constraint", "id: the row exists with another id, and an id never changes")]
    assert small.query("SELECT id, code, name FROM test_room ORDER BY code") == [
        ("r1", "1", "one"),
        ("r2", "2", "TWO"),
        ("r3", "3", "three"),
    ]


def test_an_id_that_another_row_has_is_refused_by_name(small: SmallHouse) -> None:
    small.load(ROOM, "id,code,name\nr1,1,one\n")
    assert counts(small.load(ROOM, "id,code,name\nr1,2,two\nr3,3,x\n", run="run-2")) == {
        "read": 2,
        "inserted": 1,
        "skipped": 1,
    }
    ((row, reason, message),) = small.skips("run-2")
    assert (row, reason, message.split(":")[0]) == (2, "constraint", "test_room_pkey")


# Rows that the database refuses

BREAKS = {
    "a check": ("ALTER TABLE test_ward ADD CONSTRAINT no_bad CHECK (name <> 'bad')", "no_bad"),
    "a second unique index": ("CREATE UNIQUE INDEX one_name ON test_ward (name)", "one_name"),
    "a not null": ("ALTER TABLE test_ward ALTER name SET NOT NULL", "name"),
    "a trigger": (
        ON_INSERT.format(name="refuse", body="IF NEW.name = 'bad' THEN RAISE EXCEPTION 'not this one'; END IF;"),
        "refuse",
    ),
    "a trigger with a code of its own": (
        ON_INSERT.format(
            name="refuse",
            body="IF NEW.name = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'check_violation'; END IF;",
        ),
        "refuse",
    ),
    "a constraint that waits for the commit": (
        "ALTER TABLE test_ward ADD CONSTRAINT late UNIQUE (name) DEFERRABLE INITIALLY DEFERRED",
        "late",
    ),
    "a narrower type": ("ALTER TABLE test_ward ALTER name TYPE varchar(8)", "name"),
}
BAD_NAMES = {"a not null": "", "a narrower type": "much too long"}


@pytest.mark.parametrize("loaded_before", [False, True], ids=["empty table", "filled table"])
@pytest.mark.parametrize("broken", BREAKS)
def test_a_row_that_the_database_refuses_is_skipped_by_name_and_the_rest_is_loaded(
    small: SmallHouse, broken: str, loaded_before: bool
) -> None:
    statement, called = BREAKS[broken]
    small.execute(statement)
    if loaded_before:
        small.load(WARD, "code,name\nA,first\n", run="run-0")
    rows = [(f"W{n:02}", "bad" if n == 30 else f"w{n}") for n in range(60)]
    bad = BAD_NAMES.get(
        broken, "w7" if broken in ("a second unique index", "a constraint that waits for the commit") else "bad"
    )
    rows = [(code, bad if name == "bad" else name) for code, name in rows]
    assert counts(small.load(WARD, csv_text(("code", "name"), rows))) == {"read": 60, "inserted": 59, "skipped": 1}
    ((row, reason, message),) = small.skips()
    assert (row, reason, message.split(":")[0]) == (32, "constraint", called)
    assert len(wards(small)) == 59 + loaded_before


def test_an_update_that_the_database_refuses_is_skipped_and_no_change_is_noted_for_it(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    small.execute("ALTER TABLE test_ward ADD CONSTRAINT no_bad CHECK (name <> 'bad')")
    report = small.load(WARD, "code,name\nA,bad\nB,good\nC,bad\n", run="run-2")
    assert counts(report) == {"read": 3, "updated": 1, "skipped": 2, "differing": 3}
    assert wards(small, "code, name") == [("A", "Ward A"), ("B", "good"), ("C", None)]
    assert small.changes("run-2") == [("B", "name", "Ward B", "good")]
    assert small.reasons("run-2") == {2: "constraint", 4: "constraint"}


def test_json_that_postgresql_cannot_hold_is_refused_alone_whether_the_table_is_empty_or_not(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    header, rows = ("code", "ward_code", "more"), [("1", "A", '{"x": 1}'), ("2", "A", '"\\u0000"'), ("3", "A", "NaN")]
    expected = {3: "constraint", 4: "invalid"}
    assert counts(small.load(BED, csv_text(header, rows))) == {"read": 3, "inserted": 1, "skipped": 2}
    assert small.reasons() == expected
    assert counts(small.load(BED, run="run-2")) == {"read": 3, "unchanged": 1, "skipped": 2}
    assert small.reasons("run-2") == expected


def test_as_many_guilty_rows_as_may_be_are_skipped_and_one_more_fails_the_file(small: SmallHouse) -> None:
    small.execute("ALTER TABLE test_ward ADD CONSTRAINT no_bad CHECK (name <> 'bad')")
    rows = [(f"W{n:04}", "bad" if n % 2 else "good") for n in range(2 * MAX_REJECTED_ROWS)]
    report = small.load(WARD, csv_text(("code", "name"), rows))
    assert counts(report) == {"read": 400, "inserted": 200, "skipped": 200}
    with pytest.raises(DataError, match="more than 200 rows are refused by the database, the last: no_bad"):
        small.load(WARD, csv_text(("code", "name"), [*rows, ("X", "bad")]), run="run-2")
    assert len(wards(small)) == 200
    assert (small.skips("run-2"), receipts_of(small.database, "run-2")) == ([], ())


def test_guilty_rows_are_counted_over_the_whole_file(small: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_blocks(monkeypatch)
    small.execute("ALTER TABLE test_ward ADD CONSTRAINT no_bad CHECK (name <> 'bad')")
    content = csv_text(("code", "name"), [(f"W{n:04}", "bad") for n in range(MAX_REJECTED_ROWS + 1)])
    with pytest.raises(DataError, match="more than 200 rows"):
        small.load(WARD, content)
    assert wards(small) == []


def in_small_blocks(monkeypatch: pytest.MonkeyPatch, size: int = 1_000) -> None:
    """Files are read in blocks of so many bytes."""
    monkeypatch.setattr(entity_parts, "read_blocks", lambda *given, **how: read_blocks(*given, **how, block_bytes=size))


# All or nothing


def test_a_failure_in_the_middle_of_a_file_leaves_nothing_behind(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_blocks(monkeypatch)
    content = many(500) + "W00001,again\n" + many(500, start=500).removeprefix("code,name\n") + '"x,never closed\n'
    with pytest.raises(DataError, match="a quote opens here and is not closed"):
        small.load(WARD, content)
    assert (wards(small), small.skips(), receipts_of(small.database, "run-1")) == ([], [], ())


def test_a_connection_that_is_lost_in_the_middle_is_transient_and_leaves_nothing_behind(
    small: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_small_blocks(monkeypatch)
    small.execute(
        ON_INSERT.format(
            name="die", body="IF NEW.code = 'W00300' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;"
        )
    )
    with pytest.raises(Transient):
        small.load(WARD, many(500))
    small.execute("DROP TRIGGER die ON test_ward")
    assert (wards(small), receipts_of(small.database, "run-1")) == ([], ())
    assert counts(small.load(WARD)) == {"read": 500, "inserted": 500}


def test_many_blocks_make_one_load(small: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    in_small_blocks(monkeypatch)
    assert counts(small.load(WARD, many(500) + "W00499,again\n")) == {"read": 501, "inserted": 500, "skipped": 1}
    again = small.load(WARD, many(600).replace("Ward 250\n", "other\n"), run="run-2")
    assert counts(again) == {"read": 600, "inserted": 100, "updated": 1, "unchanged": 499, "differing": 1}


def test_what_has_a_receipt_is_not_done_again(small: SmallHouse) -> None:
    first = small.load(WARD, WARDS)
    small.execute("DELETE FROM test_ward")
    second = small.load(WARD)
    assert replace(second, seconds=0) == replace(first, seconds=0)
    assert wards(small) == []
    assert counts(small.load(WARD, run="run-2")) == {"read": 3, "inserted": 3}


@pytest.mark.parametrize("other", ["file", "option", "suite", "refusal"])
def test_a_receipt_is_worth_nothing_when_what_decides_the_outcome_has_changed(small: SmallHouse, other: str) -> None:
    small.load(WARD, WARDS)
    small.execute("DELETE FROM test_ward")
    job = small.job()
    if other == "file":
        small.file(WARD, WARDS + "D,\n")
    elif other == "option":
        job = small.job(on_duplicate="skip")
    elif other == "suite":
        small.suite(WARD, ("expect_column_values_to_not_be_null", {"column": "code"}))
    else:
        job = replace(job, refusals={WARD.name: 1})
    report = load_entity(small.house, job, WARD, small.notes())
    assert report.inserted == 3 + (other == "file")


def test_a_retry_loads_again_what_refers_to_a_corrected_file(small: SmallHouse) -> None:
    small.load(WARD, "code,name\nA,Ward A\n")
    content = "code,ward_code\n1,A\n2,B\n"
    assert counts(small.load(BED, content)) == {"read": 2, "inserted": 1, "skipped": 1}
    small.load(WARD, WARDS)
    assert counts(small.load(BED, content)) == {"read": 2, "inserted": 1, "unchanged": 1}
    assert small.skips() == []


def test_an_attempt_replaces_what_an_earlier_one_noted(small: SmallHouse) -> None:
    small.load(WARD, "code,name\nA,one\nA,two\nB,x\n")
    assert small.reasons() == {3: "duplicate_in_file"}
    small.load(WARD, "code,name\nA,ONE\nB,x\n")
    assert (small.skips(), small.changes()) == ([], [("A", "name", "one", "ONE")])
    small.load(WARD, "code,name\nA,ONE\nB,x\nC,c\n")
    assert (small.skips(), small.changes()) == ([], [])
    assert [report.inserted for report in receipts_of(small.database, "run-1")] == [1]


# Two at once


def test_two_loads_of_the_same_table_at_once_end_as_one_after_the_other(small: SmallHouse) -> None:
    small.file(WARD, many(3_000))
    reports: list[EntityReport] = []
    errors: list[BaseException] = []
    gate = threading.Barrier(4)

    def run(number: int) -> None:
        try:
            gate.wait(10)
            reports.append(small.load(WARD, run=f"run-{number}"))
        except (SeedbedError, threading.BrokenBarrierError) as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert sorted((report.inserted, report.unchanged) for report in reports) == [(0, 3_000)] * 3 + [(3_000, 0)]
    assert small.query("SELECT count(*) FROM test_ward") == [(3_000,)]


# The dry run

STATISTICS = "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables ORDER BY relname, relid"
SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname IN ('public', 'seedbed') ORDER BY 1"


def everything(small: SmallHouse) -> list[Any]:
    tables = [
        name
        for (name,) in small.query(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'seedbed') ORDER BY 1"
        )
    ]
    return [small.query(f"SELECT '{name}', x.*, x.ctid::text FROM {name} x ORDER BY ctid") for name in tables]


@pytest.mark.parametrize("on_duplicate", ["update", "skip"])
def test_a_dry_run_says_what_the_run_then_does_and_touches_nothing(small: SmallHouse, on_duplicate: Any) -> None:
    small.load(WARD, "code,name\nA,old\nB,Ward B\n", run="run-0")
    small.load(ROOM, "id,code,name\nr1,1,one\n", run="run-0")
    contents = {
        WARD: WARDS + "C,again\n,nameless\n",
        BED: "code,ward_code,spare_ward,rank\n1,A,B,1\n2,C,C,2\n3,Z,,3\n4,A,,many\n2,A,,\n",
        ROOM: "id,code,name\nr9,1,one\nr2,2,two\n",
        PLAN: "main,sub,ward_code,label\nM,,C,x\nM,,C,y\nM,,,z\n",
    }
    for entity, content in contents.items():
        small.file(entity, content)
    small.execute("SELECT pg_stat_force_next_flush()")
    before = (everything(small), small.query(SEQUENCES), small.query(STATISTICS))
    job = small.job(dry_run=True, on_duplicate=on_duplicate)
    recorder = MemoryRecorder()
    said = [counts(load_entity(small.house, job, entity, recorder)) for entity in contents]
    small.execute("SELECT pg_stat_force_next_flush()")
    assert (everything(small), small.query(SEQUENCES), small.query(STATISTICS)) == before
    done = [counts(small.load(entity, on_duplicate=on_duplicate)) for entity in contents]
    assert said == done
    assert [(row.skip.entity, row.skip.row, row.skip.reason) for row in recorder.skips] == sorted_as_done(small)


def sorted_as_done(small: SmallHouse) -> list[tuple[str, int, str]]:
    return [
        tuple(row)
        for row in small.query("SELECT entity, row, reason FROM seedbed.skip WHERE run = 'run-1' ORDER BY place")
    ]


# What else the database says


def test_a_database_that_nobody_answers_for_is_transient(small: SmallHouse) -> None:
    nowhere = open_database(replace(small.database.address, port=1))
    with pytest.raises(Transient):
        PostgresTarget(nowhere).ids(WARD, by="code", take="id")


def test_a_table_that_is_missing_says_how_to_make_it(small: SmallHouse) -> None:
    small.execute("DROP TABLE test_ward CASCADE")
    with pytest.raises(DataError, match="run `seedbed migrate`"):
        small.load(WARD, WARDS)
    with pytest.raises(DataError, match="run `seedbed migrate`"):
        list(PostgresTarget(small.database).read(WARD))


def test_a_target_gives_back_what_it_holds_as_text(small: SmallHouse) -> None:
    small.load(WARD, WARDS)
    target = PostgresTarget(small.database)
    (frame,) = list(target.read(WARD))
    assert sorted(frame.itertuples(index=False, name=None)) == [
        ("A", "Ward A", "true"),
        ("B", "Ward B", "true"),
        ("C", None, "true"),
    ]
    assert set(target.ids(WARD, by="code", take="name")) == {"A", "B", "C"}
    assert all(uuid.UUID(found) for found in target.ids(WARD, by="code", take="id").values())
    assert target.describe() == str(small.database.address)


def test_no_row_is_lost_when_a_file_has_none(small: SmallHouse, tmp_path: Path) -> None:
    assert counts(small.load(WARD, "code,name\n")) == {}
    assert [report.read for report in receipts_of(small.database, "run-1")] == [0]


# The shipped data


def test_the_shipped_data_are_loaded_whole_as_the_dry_run_said_and_then_unchanged(
    database: Database, tmp_path: Path
) -> None:
    house = hospital_house(database, tmp_path)
    request = SetupRequest(data_dirs=(house.data,), on_duplicate="update")
    said = setup(house.house, Run("r0", "r0"), replace(request, dry_run=True))
    assert (house.memory.rows, receipts_of(database, "r0")) == ({}, ())
    first = setup(house.house, Run("r1", "r1"), request)
    assert (first.error, first.skips) == (None, ())
    assert {e.entity: counts(e) for e in said.entities} == {e.entity: counts(e) for e in first.entities}
    assert all(counts(entity) == {"read": entity.read, "inserted": entity.read} for entity in first.entities)
    assert {entity.entity for entity in first.entities} == set(house.house.entities)
    second = setup(house.house, Run("r2", "r2"), request)
    assert all(counts(entity) == {"read": entity.read, "unchanged": entity.read} for entity in second.entities)
