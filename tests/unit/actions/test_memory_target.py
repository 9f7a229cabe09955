"""The target in memory keeps the port's promises: it is what new datasets are tried on."""

from dataclasses import replace

import pytest

from seedbed.core.report import Change
from seedbed.core.spec import Column, Entity
from seedbed.targets.memory import MemoryRecorder, MemoryTarget
from seedbed.targets.port import Delivery
from tests.support.builders.deliveries import part_of
from tests.support.builders.houses import counts

WARD = Entity("ward", "m", (Column("code", required=True), Column("name_th", header="name")))
UPDATE = Delivery("run-1", "m", digest="d1", on_duplicate="update")
ROWS = [{"code": "A", "name": "one"}, {"code": "B", "name": ""}]


def deliver(target, rows, delivery=UPDATE, recorder=None, skipped=0):
    return counts(target.deliver(WARD, [part_of(WARD, rows, skipped=skipped)], delivery, recorder or MemoryRecorder()))


def test_rows_are_inserted_then_unchanged_then_updated():
    target, recorder = MemoryTarget(), MemoryRecorder()
    assert deliver(target, ROWS, skipped=2) == {"read": 4, "inserted": 2, "skipped": 2}
    assert deliver(target, ROWS) == {"read": 2, "unchanged": 2}
    changed = [{"code": "A", "name": "ONE"}, {"code": "C", "name": "three"}]
    assert deliver(target, changed, recorder=recorder) == {"read": 2, "updated": 1, "inserted": 1}
    assert recorder.changes == [Change("ward", "A", "name", "one", "ONE")]
    assert target.ids(WARD, by="code", take="name_th") == {"A": "ONE", "B": "", "C": "three"}
    assert target.ids(WARD, by="code", take="id") == {"A": "A", "B": "B", "C": "C"}


def test_an_absent_column_is_left_alone_and_a_row_s_history_is_not_its_content():
    target = MemoryTarget()
    deliver(target, ROWS)
    assert deliver(target, [{"code": "A", "_row": "7", "_reason": "invalid", "_message": "x"}]) == {
        "read": 1,
        "unchanged": 1,
    }
    (frame,) = list(target.read(WARD))
    assert frame.to_dict("records") == ROWS


def test_a_row_that_differs_is_skipped_unless_updates_are_wanted():
    target, recorder = MemoryTarget(), MemoryRecorder()
    deliver(target, ROWS)
    skip = replace(UPDATE, on_duplicate="skip")
    assert deliver(target, [{"code": "A", "name": "ONE"}], skip, recorder) == {"read": 1, "skipped": 1}
    assert [(row.skip.row, row.skip.reason) for row in recorder.skips] == [(2, "duplicate_in_table")]
    assert target.ids(WARD, by="code", take="name_th")["A"] == "one"


def test_a_dry_run_keeps_nothing_and_leaves_no_receipt():
    target, recorder = MemoryTarget(), MemoryRecorder()
    assert deliver(target, ROWS, replace(UPDATE, dry_run=True), recorder) == {"read": 2, "inserted": 2}
    assert (target.rows, recorder.receipt("ward", digest="d1")) == ({}, None)


def test_a_delivery_that_breaks_off_keeps_nothing():
    target = MemoryTarget()

    def parts():
        yield part_of(WARD, ROWS)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        target.deliver(WARD, parts(), UPDATE, MemoryRecorder())
    assert target.rows == {}


def test_a_delivery_leaves_a_receipt_and_replaces_earlier_notes():
    target, recorder = MemoryTarget(), MemoryRecorder()
    deliver(target, ROWS, recorder=recorder, skipped=3)
    deliver(target, ROWS, recorder=recorder, skipped=1)
    assert len(recorder.skips) == 1
    assert counts(recorder.receipt("ward", digest="d1")) == {"read": 3, "unchanged": 2, "skipped": 1}
    assert recorder.receipt("ward", digest="d2") is None
    recorder.record_answer("key", {"a": 1})
    assert (recorder.answer("key"), recorder.answer("other")) == ({"a": 1}, None)
    assert recorder.within(None) is recorder


def test_it_says_where_it_is_and_holds_nothing_of_what_it_never_saw():
    target = MemoryTarget()
    assert (target.describe(), target.ids(WARD, by="code", take="id")) == ("memory of this process", {})
    assert [len(frame) for frame in target.read(WARD)] == [0]
    target.close()
