from datetime import date

import numpy as np
import pytest

from seedbed.core.draws import uniform
from seedbed.core.errors import DataError
from seedbed.core.shapes import (
    boolean,
    date_between,
    exponential,
    integer,
    log_normal,
    normal,
    pick,
    poisson,
    weighted,
    zipf,
)
from seedbed.core.weights import weight_table

COUNT = 400_000
U = uniform(1, "test", np.arange(COUNT, dtype=np.uint64))
ENDS = np.array([0.0, 1 - 2.0**-53])
STEPS = 1 << 53


def near(found, wanted, deviation):
    """Within five standard errors."""
    assert abs(found - wanted) < 5 * deviation / COUNT**0.5


def test_every_place_is_as_likely():
    found = np.bincount(pick(U, 7), minlength=7)
    assert len(found) == 7
    assert ((found - COUNT / 7) ** 2 / (COUNT / 7)).sum() < 30
    assert pick(ENDS, 7).tolist() == [0, 6]
    assert pick(U[:9], 1).tolist() == [0] * 9


@pytest.mark.parametrize("count", [1, 2, 3, 10, 365, (1 << 31) - 1, 10**13 + 37, (1 << 52) + 1, STEPS - 1, STEPS])
def test_whole_numbers_are_exactly_the_floor_of_u_times_their_count(count):
    steps = (U[:2000] * STEPS).astype(np.int64).tolist()
    edges = [-(-STEPS * k // count) + d for k in [1, 2, count // 3, count - 1] for d in (-1, 0, 1)]
    steps += [step for step in edges if 0 <= step < STEPS]
    u = np.array(steps) / STEPS
    assert integer(u, 0, count - 1).tolist() == [step * count // STEPS for step in steps]


def test_whole_numbers_reach_both_ends():
    assert integer(ENDS, -5, 7).tolist() == [-5, 7]
    assert integer(ENDS, 2**63 - 2, 2**63 - 1).tolist() == [2**63 - 2, 2**63 - 1]
    assert integer(ENDS, -(2**63), -(2**63)).tolist() == [-(2**63)] * 2


def test_whole_numbers_may_have_ends_of_their_own_in_each_row():
    low, high = np.array([0, 10, -3]), np.array([0, 19, -1])
    assert integer(np.full(3, 0.5), low, high).tolist() == [0, 15, -2]


@pytest.mark.parametrize(
    ("low", "high"), [(1, 0), (0, STEPS), (-(2**63), 2**63 - 1), (np.array([0, 2]), np.array([1, 1]))]
)
def test_whole_numbers_from_nowhere_are_refused(low, high):
    with pytest.raises(DataError, match="no whole number can be drawn"):
        integer(np.zeros(2), low, high)


def test_weights_give_shares():
    assert weighted(np.array([0, 0.24, 0.25, 0.99]), weight_table([1, 3])).tolist() == [0, 0, 1, 1]


def test_true_has_its_odds():
    near(boolean(U, 0.3).mean(), 0.3, 0.46)
    assert boolean(ENDS, 0).tolist() == [False, False]
    assert boolean(ENDS, 1).tolist() == [True, True]
    assert boolean(np.array([0.4, 0.4]), np.array([0.3, 0.5])).tolist() == [False, True]


@pytest.mark.parametrize("odds", [-0.1, 1.1, float("nan"), np.array([0.5, 2])])
def test_odds_beyond_1_are_refused(odds):
    with pytest.raises(DataError, match="odds of"):
        boolean(U[:2], odds)


def test_days_reach_both_ends_and_29_february():
    first, last = date(2024, 2, 28), date(2024, 3, 1)
    assert date_between(ENDS, first, last).tolist() == [first, last]
    assert set(date_between(U, first, last).tolist()) == {first, date(2024, 2, 29), last}
    own = date_between(ENDS, np.array(["1960-01-01", "1970-01-01"], "M8[D]"), date(1970, 1, 1))
    assert own.tolist() == [date(1960, 1, 1), date(1970, 1, 1)]
    assert own.dtype == "M8[D]"


def test_normal_numbers_have_their_moments():
    found = normal(U, 10, 2)
    near(found.mean(), 10, 2)
    near(((found - 10) ** 2).mean(), 4, 4 * 2**0.5)
    near(((found - 10) ** 4).mean(), 48, 16 * 96**0.5)
    assert normal(np.array([0.5, 0.5]), np.array([1, 2]), 0).tolist() == [1, 2]


def test_log_normal_numbers_have_their_median_and_mean():
    found = log_normal(U, 20, 0.5)
    assert np.median(found) == pytest.approx(20, rel=0.01)
    near(found.mean(), 20 * np.exp(0.125), 12.1)
    assert (log_normal(ENDS, 20, 0.5) > 0).all()


def test_exponential_numbers_begin_at_0_and_have_their_mean():
    near(exponential(U, 3).mean(), 3, 3)
    near((exponential(U, 3) ** 2).mean(), 18, 9 * 20**0.5)
    low, high = exponential(ENDS, 1)
    assert (low, high) == (0, pytest.approx(53 * np.log(2)))
    assert not np.signbit(low)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_spreads_and_means_below_0_are_refused(value):
    for shape in (lambda: normal(U, 0, value), lambda: log_normal(U, 1, value), lambda: exponential(U, value)):
        with pytest.raises(DataError, match="give numbers from 0"):
            shape()
    with pytest.raises(DataError, match="a median"):
        log_normal(U, value, 1)


@pytest.mark.parametrize("mean", [0.2, 3.5, 500])
def test_counts_have_the_mean_and_the_variance(mean):
    found = poisson(U, mean)
    near(found.mean(), mean, mean**0.5)
    near(((found - mean) ** 2).mean(), mean, (mean + 2 * mean**2) ** 0.5)


def test_no_count_has_a_mean_of_0():
    assert poisson(ENDS, 0).tolist() == [0, 0]


def test_the_first_fifth_has_four_fifths():
    found = zipf(U, 100, 20, 0.8)
    near((found < 20).mean(), 0.8, 0.4)
    assert zipf(ENDS, 100, 20, 0.8).tolist() == [0, 99]
