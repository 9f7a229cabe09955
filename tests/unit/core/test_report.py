import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.report import (
    SKIP_REASONS,
    SKIPS_SHOWN,
    Check,
    EntityReport,
    File,
    Report,
    RunFailure,
    Skip,
    as_json,
    report_from_json,
    total,
)

COUNTS = ("inserted", "updated", "unchanged", "skipped", "sent", "failed")
SKIPS = tuple(Skip("ward", "data/ward.csv", 2 + n, f"W{n}", reason, "why") for n, reason in enumerate(SKIP_REASONS))
FULL = Report(
    verb="setup",
    run="20261121T010203-abcdef01",
    state="failed",
    seconds=1.5,
    targets={"postgres": "localhost:5432/x"},
    entities=(EntityReport("general", "ward", "postgres", read=12, inserted=3, skipped=9),),
    skips=SKIPS,
    skipped_total=9,
    checks=(Check("postgres", "FAIL", "no answer", "start it", 0.2),),
    files=(File("report", "output/x/report.html"),),
    notes=("a note",),
    error=RunFailure("DataError", "it broke", "mend it", 3),
)


@pytest.mark.parametrize("report", [FULL, Report("doctor", "r1"), replace(FULL, error=None, state="completed")])
def test_a_report_survives_json(report):
    assert report_from_json(json.loads(json.dumps(report.to_json(), ensure_ascii=False))) == report


def test_what_does_not_apply_is_left_out():
    assert Report("doctor", "r1").to_json() == {"verb": "doctor", "run": "r1", "state": "completed", "seconds": 0.0}


def test_a_report_of_entities_says_that_nothing_was_skipped():
    plain = replace(FULL, skips=(), skipped_total=0, error=None).to_json()
    assert (list(plain["skips"]), plain["skipped_total"]) == ([], 0)


def test_an_error_has_class_message_next_step_and_exit_code():
    assert FULL.to_json()["error"] == {
        "class": "DataError",
        "code": "defect",
        "params": {},
        "message": "it broke",
        "next": "mend it",
        "exit_code": 3,
    }


def test_only_the_first_thousand_skips_are_in_the_document():
    many = replace(FULL, skips=SKIPS[:1] * (SKIPS_SHOWN + 5), skipped_total=SKIPS_SHOWN + 5).to_json()
    assert (len(many["skips"]), many["skipped_total"]) == (SKIPS_SHOWN, SKIPS_SHOWN + 5)


@given(st.lists(st.integers(0, 10**9), min_size=len(COUNTS), max_size=len(COUNTS)), st.integers(1, 5))
def test_a_report_adds_up_exactly_when_every_row_read_is_accounted_for(numbers, off):
    right = EntityReport("m", "e", "t", read=sum(numbers), **dict(zip(COUNTS, numbers, strict=True)))
    assert right.adds_up
    assert not replace(right, read=right.read + off).adds_up


def test_what_differs_or_was_retired_is_no_row_of_its_own():
    assert EntityReport("m", "e", "t", read=1, updated=1, differing=1, retired=4).adds_up
    assert EntityReport("m", "e", "", read=3, valid=2, skipped=1).adds_up
    assert EntityReport("m", "e", "t", read=4, removed=2, unchanged=1, failed=1, deactivated=1).adds_up


def test_the_total_adds_every_count():
    entities = [
        EntityReport("m", "a", "t", 6, 1, 1, 1, 1, 1, 1, 2, 1, 3, 0.5),
        EntityReport("m", "b", "t", 1, 1, seconds=0.25),
    ]
    assert total(entities) == EntityReport("", "total", "", 7, 2, 1, 1, 1, 1, 1, 2, 1, 3, 0.75)
    assert total([]) == EntityReport("", "total", "")


@pytest.mark.parametrize("line", [FULL.entities[0], FULL.checks[0]])
def test_one_line_is_plain_json(line):
    assert type(line)(**json.loads(json.dumps(as_json(line)))) == line


def test_there_is_one_word_for_each_reason():
    assert len(set(SKIP_REASONS)) == len(SKIP_REASONS) == 10
    assert all(a == b or not a.startswith(b) for a, b in product(SKIP_REASONS, repeat=2))
