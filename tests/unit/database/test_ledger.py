"""What runs leave in the ledger, and how it is found again."""

from dataclasses import replace

import pandas as pd
import pytest

from seedbed.core.errors import AuthError, DataError, Transient
from seedbed.core.report import Change, EntityReport, MissingKey, Skip
from seedbed.core.rows import SkippedRow
from seedbed.core.spec import Column, Entity
from seedbed.database.engines import open_database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_records import (
    RunRecord,
    count_failed_tests,
    find_run,
    record_failed_tests,
    record_run_end,
    record_run_start,
)
from seedbed.database.ledger.run_results import changes_of, iter_missing_keys, receipts_of, skipped_total, skips_of
from seedbed.database.schema.apply_schema import migrate_schema

REPORT = EntityReport("m", "ward", "postgres", read=3, inserted=2, skipped=1, seconds=1.5)


@pytest.fixture
def ledger(database):
    migrate_schema(database.engine, {})
    return database


def skipped(row, *, entity="ward", cells=("1", "")):
    return SkippedRow(Skip(entity, "data/ward.csv", row, "1/2", "invalid", 'ก, "x"\n'), ("code", "name"), cells)


def test_skips_come_back_as_they_were_noted_in_the_file_s_order(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    rows = [skipped(3), skipped(2, cells=('a"b\\', "c,\nd"))]
    notes.skip(rows)
    notes.skip([])
    LedgerRecorder(ledger, AttemptRef("r2"), "m").skip([skipped(9)])
    assert list(skips_of(ledger, "r1")) == [rows[1], rows[0]]
    assert [row.skip.row for row in skips_of(ledger, "r1", most=1)] == [2]
    assert skipped_total(ledger, "r1") == 2


def test_changes_tell_null_from_empty(ledger):
    changes = [
        Change("ward", "1", "a", None, ""),
        Change("ward", "1", "b", "", None),
        Change("ward", "2", "a", 'x"', "y\\"),
    ]
    LedgerRecorder(ledger, AttemptRef("r1"), "m").change(changes)
    LedgerRecorder(ledger, AttemptRef("r1"), "m").change([])
    assert list(changes_of(ledger, "r1")) == changes


def test_a_receipt_is_found_for_the_same_run_and_input_only(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    notes.finish(REPORT, digest="d1")
    assert notes.receipt("ward", digest="d1") == REPORT
    assert notes.receipt("ward", digest="d2") is None
    assert LedgerRecorder(ledger, AttemptRef("r2"), "m").receipt("ward", digest="d1") is None
    notes.finish(EntityReport("m", "ward", "postgres"), digest="d2")
    assert [report.read for report in receipts_of(ledger, "r1")] == [0]


def test_beginning_again_forgets_the_entity_s_notes_and_no_other(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    for entity in ("ward", "bed"):
        notes.skip([skipped(2, entity=entity)])
        notes.change([Change(entity, "1", "a", None, "x")])
        notes.finish(EntityReport("m", entity, "postgres"), digest="d")
    notes.begin("ward")
    assert [row.skip.entity for row in skips_of(ledger, "r1")] == ["bed"]
    assert [change.entity for change in changes_of(ledger, "r1")] == ["bed"]
    assert [report.entity for report in receipts_of(ledger, "r1")] == ["bed"]


def test_notes_within_a_transaction_go_with_it(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")

    def break_off():
        with ledger.transaction() as cursor:
            notes.within(cursor).finish(REPORT, digest="d1")
            assert notes.within(cursor).receipt("ward", digest="d1") == REPORT
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert notes.receipt("ward", digest="d1") is None


def series(*keys):
    return pd.Series(keys, dtype="str")


def held(notes, *, entity="ward", at=""):
    return [key for block in notes.owned_keys(entity, at=at) for key in block]


def test_keys_are_held_once_by_entity_and_place_whoever_notes_them(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    odd = ('a"b\\', "c,\nd", "ก", "{}", "NULL", "")
    notes.claim_keys("ward", series("1", "2", "2", *odd))
    notes.claim_keys("ward", series("2", "3"))
    notes.claim_keys("ward", series("1"), at="http://api")
    LedgerRecorder(ledger, AttemptRef("r2"), "m").claim_keys("ward", series("3", "4"))
    notes.claim_keys("ward", series())
    assert held(notes) == ["1", "2", *odd, "3", "4"]
    assert (held(notes, at="http://api"), held(notes, entity="bed")) == (["1"], [])
    with ledger.transaction() as cursor:
        cursor.execute("SELECT run, count(*) FROM seedbed.holding GROUP BY run ORDER BY run")
        assert cursor.fetchall() == [("r1", 3), ("r2", 1)]


def test_keys_held_in_a_transaction_that_is_rolled_back_are_not_held_and_are_held_again(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")

    def break_off():
        with ledger.transaction() as cursor:
            within = notes.within(cursor)
            within.claim_keys("ward", series("1"))
            assert held(within) == []  # only what was noted before the transaction
            cursor.execute("SELECT keys FROM seedbed.holding")
            assert cursor.fetchall() == [(["1"],)]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert held(notes) == []
    with ledger.transaction() as cursor:
        notes.within(cursor).claim_keys("ward", series("1"))
    assert held(notes) == ["1"]


def test_what_was_retired_is_shown_as_people_read_it_and_forgotten_by_the_next_attempt(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    notes.record_missing([MissingKey("ward", "b\x1fc", True), MissingKey("ward", "a"), MissingKey("bed", "1")])
    notes.record_missing([])
    assert list(iter_missing_keys(ledger, "r1")) == [
        MissingKey("bed", "1"),
        MissingKey("ward", "a"),
        MissingKey("ward", "b/c", True),
    ]
    notes.begin("ward")
    assert list(iter_missing_keys(ledger, "r1")) == [MissingKey("bed", "1")]
    assert list(iter_missing_keys(ledger, "r2")) == []


def test_a_load_is_the_first_until_another_run_has_delivered_the_entity(ledger):
    first, second = LedgerRecorder(ledger, AttemptRef("r1"), "m"), LedgerRecorder(ledger, AttemptRef("r2"), "m")
    assert first.is_first_load("ward")
    first.finish(REPORT, digest="")
    assert second.is_first_load("ward")
    first.finish(REPORT, digest="d1")
    assert (first.is_first_load("ward"), second.is_first_load("ward"), second.is_first_load("bed")) == (
        True,
        False,
        True,
    )


def test_a_server_s_first_answer_is_kept(ledger):
    notes = LedgerRecorder(ledger, AttemptRef("r1"), "m")
    assert notes.answer("key") is None
    notes.record_answer("key", {"created": 1})
    notes.record_answer("key", {"created": 2})
    assert notes.answer("key") == {"created": 1}


def test_a_run_is_found_by_id_name_beginning_or_end_and_the_latest_by_nothing(ledger):
    assert find_run(ledger) is None
    for number in (1, 2):
        record_run_start(
            ledger,
            RunRecord(f"root-{number}", f"2026112{number}T0-aa{number}", "setup", "f", None),
            {"postgres": "here"},
        )
    assert find_run(ledger).run == "root-2"
    for wanted in ("root-1", "20261121T0-aa1", "20261121", "aa1"):
        assert find_run(ledger, wanted).run == "root-1"
    assert find_run(ledger, "nothing") is None


def test_a_run_keeps_its_first_note_and_its_last_report(ledger):
    record_run_start(ledger, RunRecord("r", "n", "setup", "first", None), {})
    record_run_start(ledger, RunRecord("r", "n", "setup", "second", None), {})
    record_run_end(ledger, AttemptRef("r"), {"state": "failed"})
    record_run_end(ledger, AttemptRef("r"), {"state": "completed"})
    assert find_run(ledger, "r") == RunRecord("r", "n", "setup", "first", {"state": "completed"})


def test_refusals_of_the_audit_are_counted(ledger):
    record_failed_tests(ledger, AttemptRef("r"), ["ward"])
    record_failed_tests(ledger, AttemptRef("r"), ["ward", "bed"])
    assert (dict(count_failed_tests(ledger, "r")), dict(count_failed_tests(ledger, "other"))) == (
        {"ward": 2, "bed": 1},
        {},
    )


def test_a_wrong_password_is_an_auth_error_and_is_not_repeated_in_it(address):
    wrong = open_database(replace(address, password="not-this-one"))
    with pytest.raises(AuthError) as caught, wrong.transaction():
        pass
    assert "not-this-one" not in str(caught.value)


def test_a_right_that_is_missing_is_an_auth_error(database):
    with pytest.raises(AuthError), database.transaction() as cursor:
        cursor.execute("CREATE ROLE somebody")


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT * FROM nowhere", DataError),
        ("SELECT 1/0", DataError),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", Transient),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Transient),
    ],
)
def test_a_driver_s_error_comes_out_as_ours(database, statement, kind):
    with pytest.raises(kind), database.transaction() as cursor:
        cursor.execute(statement)


def test_a_large_table_is_read_in_blocks(database):
    with database.transaction() as cursor:
        cursor.execute("CREATE TABLE t AS SELECT n, nullif(n % 2, 0) AS odd FROM generate_series(1, 25) n")
    entity = Entity("t", "m", (Column("n", "integer"), Column("odd", "integer")), key=("n",))
    frames = list(database.frames(entity, block_rows=10))
    assert [len(frame) for frame in frames] == [10, 10, 5]
    assert frames[0].iloc[:2].to_numpy().tolist() == [["1", "1"], ["2", None]]


def test_an_address_shows_no_password(address):
    assert address.password not in repr(address)
    assert address.password not in str(address)
