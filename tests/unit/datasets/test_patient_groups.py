"""Weighted picks from a table of one's own among many."""

import numpy as np
import pytest

from seedbed.core.draws import uniform
from seedbed.datasets.hospital.patients.grouped_weights import grouped_weights

WEIGHTS = np.array([[1.0, 0.0, 3.0], [0.0, 0.0, 1.0], [2.0, 0.0, 0.0], [0.0, 5.0, 5.0]])
HIGHEST = 1 - 2.0**-53


@pytest.mark.parametrize("copies", [1, 40_000])  # many groups have few guide cells
def test_each_group_has_its_own_shares(copies):
    found = grouped_weights(np.tile(WEIGHTS, (copies, 1)))
    u = uniform(1, "test/groups", np.arange(40_000, dtype=np.uint64))
    for group, weights in enumerate(WEIGHTS):
        shares = np.bincount(found.pick(np.full(len(u), group), u), minlength=3) / len(u)
        assert np.abs(shares - weights / weights.sum()).max() < 0.01
        assert (shares[weights == 0] == 0).all()


@pytest.mark.parametrize("u", [0.0, 2.0**-53, 0.25, 0.5, HIGHEST])
def test_the_edges_of_a_group_stay_in_it(u):
    group = np.arange(len(WEIGHTS))
    place = grouped_weights(WEIGHTS).pick(group, np.full(len(WEIGHTS), u))
    assert (WEIGHTS[group, place] > 0).all()


def test_the_place_does_not_decrease_in_u():
    u = np.linspace(0, HIGHEST, 1_001)
    assert (np.diff(grouped_weights(WEIGHTS).pick(np.full(len(u), 3), u)) >= 0).all()
