"""A population cut into units, and what a run says of those that failed."""

import pytest

from seedbed.actions.generate.patient_request import Population
from seedbed.actions.generate.patient_units import MOST_UNITS, units_of
from seedbed.actions.generate.run_gen_mock import UnitProgressTracker
from seedbed.core.errors import AuthError, DataError, Transient
from tests.support.builders.patients import AS_OF


def cut(count, batch, first=0):
    return units_of(Population(42, AS_OF, first=first, count=count, batch=batch))


@pytest.mark.parametrize(
    ("count", "batch", "units", "in_each"),
    [
        (1, 10, 1, 1),
        (20, 10, 2, 10),
        (1_000, 50, 20, 50),
        (2_000, 50, 40, 50),
        (10_000, 50, 40, 250),
        (100_000, 50, 100, 1_000),
        (1_000_000, 50, 179, 5_600),
        (10_000_000, 1_000, 179, 56_000),
        (500, 1, 39, 13),
    ],
)
def test_a_batch_is_a_unit_until_there_are_many_and_never_are_there_too_many(count, batch, units, in_each):
    found = cut(count, batch)
    assert (len(found), found[0].stop - found[0].first) == (units, min(in_each, count))
    assert len(found) <= MOST_UNITS


@pytest.mark.parametrize(("count", "batch", "first"), [(1, 1, 0), (999, 25, 7), (12_345, 50, 1_000_000)])
def test_units_cover_every_row_once_and_begin_where_requests_begin(count, batch, first):
    found = cut(count, batch, first)
    rows = [row for unit in found for row in range(unit.first, unit.stop)]
    assert rows == list(range(first, first + count))
    assert all((unit.first - first) % batch == 0 for unit in found)
    assert found[-1].name == f"patients {len(found)}/{len(found)} [{found[-1].first}-{first + count})"


def test_three_dead_units_in_a_row_end_the_run_and_the_rest_is_not_run():
    progress = UnitProgressTracker(cut(200, 10))
    progress.mark_completed(progress.units[0])
    for unit in progress.units[1:4]:
        assert not progress.breaker.is_open
        progress.mark_failed(unit, Transient("it is away", next_step="start it"))
    error = progress.error()
    assert progress.breaker.is_open
    assert error.message == "3 of 20 batches failed, 16 not run: it is away"
    assert (error.exit_code, error.next_step, progress.rows_done) == (4, "start it", 10)


def test_what_no_retry_mends_ends_the_run_at_once():
    progress = UnitProgressTracker(cut(200, 10))
    progress.mark_failed(progress.units[0], AuthError("refused", next_step="check CLIENT_ID"))
    assert progress.breaker.is_open
    assert progress.error().message == "1 of 20 batches failed, 19 not run: refused"
    assert progress.error().exit_code == 5


def test_an_answer_between_failures_keeps_the_run_going():
    progress = UnitProgressTracker(cut(200, 10))
    for unit in progress.units[:6]:
        progress.mark_failed(unit, Transient("away"))
        progress.mark_completed(unit)
    assert not progress.breaker.is_open


def test_the_gate_s_refusal_is_a_reason_to_stop():
    progress = UnitProgressTracker(cut(20, 10))
    progress.mark_failed(progress.units[0], DataError("row 3: phone is not 010"))
    assert progress.breaker.is_open
