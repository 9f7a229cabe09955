import numpy as np
import pytest

from seedbed.core.draws import uniform
from seedbed.core.errors import DataError
from seedbed.core.weights import poisson_table, weight_table, zipf_table

U = uniform(1, "test", np.arange(100_000, dtype=np.uint64))
ENDS = np.array([0.0, 1 - 2.0**-53])


@pytest.mark.parametrize("count", [1, 2, 3, 17, 1000, 20_000])
def test_the_guide_changes_no_place(count):
    made = weight_table(uniform(2, "weights", np.arange(count, dtype=np.uint64)) ** 4)
    edges = np.concatenate([made.upper[:-1], np.nextafter(made.upper, 0), U, np.arange(1 << 16) / (1 << 16)])
    assert made.pick(edges).tolist() == np.searchsorted(made.upper, edges, side="right").tolist()
    assert made.upper[-1] == 1


def test_places_have_their_shares_whatever_the_sum():
    found = np.bincount(weight_table([5, 0, 3, 2]).pick(U)) / len(U)
    assert np.abs(found - [0.5, 0, 0.3, 0.2]).max() < 0.005
    assert weight_table([50, 0, 30, 20]).pick(U).tolist() == weight_table([5, 0, 3, 2]).pick(U).tolist()


def test_a_weight_of_0_is_never_drawn():
    made = weight_table([0, 0, 1, 0, 1e-9, 0])
    assert made.pick(ENDS).tolist() == [2, 4]
    assert made.pick(np.array([made.upper[2]])).tolist() == [4]
    assert set(made.pick(U).tolist()) == {2}


def test_weights_may_be_as_large_and_as_small_as_numbers_are():
    assert weight_table([1e308, 1e308, 1e308]).pick(np.array([0.0, 0.5, 0.99])).tolist() == [0, 1, 2]
    assert weight_table([1e-320, 1e-320]).pick(np.array([0.4, 0.6])).tolist() == [0, 1]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [1, float("nan")], [1, float("inf")], [[1, 2]]])
def test_what_are_no_weights_is_refused(weights):
    with pytest.raises(DataError, match="these are no weights"):
        weight_table(weights)


def odds(made):
    return np.diff(made.upper, prepend=0.0)


@pytest.mark.parametrize("mean", [0, 1e-12, 0.3, 1, 3.5, 40, 1000.5, 1e6])
def test_a_poisson_table_has_the_mean_and_the_variance(mean):
    low, made = poisson_table(mean)
    counts = low + np.arange(len(made.upper))
    found = float(odds(made) @ counts)
    assert found == pytest.approx(mean, rel=1e-9)
    assert float(odds(made) @ (counts - found) ** 2) == pytest.approx(mean, rel=1e-6, abs=1e-12)


def test_a_poisson_table_has_the_textbooks_odds():
    low, made = poisson_table(2.0)
    assert low == 0
    assert odds(made)[:4] == pytest.approx([np.exp(-2), 2 * np.exp(-2), 2 * np.exp(-2), 4 / 3 * np.exp(-2)], rel=1e-14)


@pytest.mark.parametrize("mean", [-1, float("nan"), float("inf"), 1e10])
def test_a_mean_that_cannot_be_is_refused(mean):
    with pytest.raises(DataError, match="a Poisson mean of"):
        poisson_table(mean)


@pytest.mark.parametrize(
    ("items", "top", "share"), [(100, 20, 0.8), (10, 1, 0.999), (5000, 1000, 0.2), (1000, 999, 0.9999), (3, 1, 0.4)]
)
def test_the_first_items_have_the_share_that_was_asked_for(items, top, share):
    made = zipf_table(items, top, share)
    assert made.upper[top - 1] == pytest.approx(share, rel=1e-9)
    assert (np.diff(odds(made)) <= 1e-15).all()


def test_weights_follow_a_power_of_the_rank():
    found = odds(zipf_table(50, 10, 0.7))
    exponents = np.log(found[0] / found[1:]) / np.log(np.arange(2, 51))
    assert exponents == pytest.approx(exponents[0], rel=1e-9)


@pytest.mark.parametrize(
    ("items", "top", "share"),
    [(10, 0, 0.5), (10, 10, 1.0), (10, 11, 0.5), (10, 2, 0.1), (10, 2, 1.0), (10, 2, float("nan"))],
)
def test_a_share_that_cannot_be_is_refused(items, top, share):
    with pytest.raises(DataError, match="cannot have a share of"):
        zipf_table(items, top, share)
