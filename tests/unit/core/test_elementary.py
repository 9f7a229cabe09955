"""Logarithm, exponential and normal quantile against references of higher or other precision."""

import hashlib
import math
from statistics import NormalDist

import numpy as np
import pytest

from seedbed.core.draws import uniform
from seedbed.core.elementary import exp, in_blocks, log, polynomial
from seedbed.core.quantiles import standard_normal

U = uniform(1, "test", np.arange(50_000, dtype=np.uint64))
ENDS = np.array([0.0, 1 - 2.0**-53])


def steps_off(found, exact):
    return max(abs(float(a) - b) / math.ulp(b) for a, b in zip(found, exact, strict=True))


@pytest.mark.parametrize("scale", [2.0**-53, 1.0, 3.0, 1e6, 1e300])
def test_the_logarithm_is_off_by_one_unit_at_most(scale):
    x = (1 - U) * scale
    assert steps_off(log(x), [math.log(one) for one in x]) <= 1


def test_the_logarithm_of_1_is_0():
    assert log(np.array([1.0])).tolist() == [0.0]


@pytest.mark.parametrize("scale", [1e-3, 2.0, 1400.0])
def test_the_exponential_is_off_by_one_unit_at_most(scale):
    x = (U - 0.5) * scale
    assert steps_off(exp(x), [math.exp(one) for one in x]) <= 1


def test_the_exponential_of_what_is_too_large_or_too_small_stays_a_number():
    assert exp(np.array([-1e9, -708, 0, 709, 1e9])).tolist() == [
        exp(np.array([x]))[0] for x in (-708, -708, 0, 709, 709)
    ]
    assert exp(np.array([0.0])).tolist() == [1.0]
    assert np.isfinite(exp(np.array([1e9]))).all()


def test_a_polynomial_begins_with_its_constant():
    assert polynomial((1.0, 2.0, 3.0), np.array([10.0])).tolist() == [321.0]


def test_blocks_give_what_the_whole_gives():
    assert in_blocks(log, U + 1).tolist() == log(U + 1).tolist()


def tail(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2


def test_the_normal_quantile_is_within_2e_15_of_the_exact_one():
    lower = np.concatenate([U[U < 0.5], 2.0 ** -np.arange(2, 54), [0.0]])
    for u, z in zip(lower, standard_normal(lower), strict=True):
        p = u + 2.0**-54
        density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        rounding = 4e-16 * p * (1 + z * z) / density  # what erfc and exp may be off
        assert abs(tail(z) - p) / density <= 2e-15 * abs(z) + rounding


def test_the_normal_quantile_agrees_with_the_standard_library():
    wanted = [NormalDist().inv_cdf(u + 2.0**-54) for u in U[U < 0.5]]
    assert np.allclose(standard_normal(U[U < 0.5]), wanted, rtol=1e-14, atol=1e-15)


def test_the_normal_quantile_is_symmetric_and_finite():
    assert standard_normal(1 - 2.0**-53 - U).tolist() == (-standard_normal(U)).tolist()
    low, high = standard_normal(ENDS)
    assert low == -high
    assert 8.29 < high < 8.3


def test_all_three_are_the_same_on_every_machine():
    made = b"".join(
        f(U + 2.0**-53).astype("<f8").tobytes() for f in (log, exp, lambda u: standard_normal(u - 2.0**-53))
    )
    assert hashlib.sha256(made).hexdigest() == "7a5662010410c4bdbd3df0b3564b997a8c09baa14098251bfb54107a4a10d079"
