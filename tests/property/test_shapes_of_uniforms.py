"""Shapes follow their uniform: monotone, within their support, at their ends where it is at its ends."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.ages import age_on, birth_date
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

HIGHEST = (1 << 53) - 1
DAY, LATER = date(1999, 12, 31), date(2026, 2, 28)
# Each with its value at u = 0 and at the largest u; None: an infinite distribution, whose end is where 53 bits end.
SHAPES = {
    "pick": (lambda u: pick(u, 12), 0, 11),
    "weighted": (lambda u: weighted(u, weight_table([0, 3, 0, 1, 0.001, 0])), 1, 4),
    "boolean": (lambda u: ~boolean(u, 0.2), False, True),
    "integer": (lambda u: integer(u, -3, 10**12), -3, 10**12),
    "date_between": (lambda u: date_between(u, DAY, LATER), DAY, LATER),
    "normal": (lambda u: normal(u, 5, 2), None, None),
    "log_normal": (lambda u: log_normal(u, 5, 2), None, None),
    "exponential": (lambda u: exponential(u, 2), 0, None),
    "poisson": (lambda u: poisson(u, 4.2), 0, None),
    "zipf": (lambda u: zipf(u, 300, 10, 0.5), 0, 299),
    "birth_date": (lambda u: birth_date(u, weight_table([1, 0, 2, 3]), LATER).astype(np.int64) * -1, -20512, None),
}
uniforms = st.lists(st.integers(0, HIGHEST), min_size=2, max_size=60)
near = st.tuples(st.integers(0, HIGHEST - 50), st.lists(st.integers(0, 50), min_size=2, max_size=20)).map(
    lambda drawn: [drawn[0] + more for more in drawn[1]]
)


@pytest.mark.parametrize("name", SHAPES)
@given(steps=st.one_of(uniforms, near))
def test_a_shape_does_not_decrease_in_u(name, steps):
    found = SHAPES[name][0](np.array(sorted(steps)) / (1 << 53))
    least = (
        np.spacing(np.abs(found[1:]) + 1) * 16 if found.dtype == np.float64 else np.zeros(1, found.dtype).astype(int)
    )
    rises = found[1:].astype(float) - found[:-1].astype(float)
    assert (rises >= -least).all()


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_reaches_its_ends(name):
    shape, low, high = SHAPES[name]
    found = shape(np.array([0, HIGHEST]) / (1 << 53)).tolist()
    assert low in (None, found[0])
    assert high in (None, found[1])
    assert np.isfinite(np.array([found[0] if low is None else 0, found[1] if high is None else 0], float)).all()


@given(
    st.lists(st.floats(0, 1e300), min_size=1, max_size=50).filter(lambda weights: max(weights) > 0),
    st.lists(st.integers(0, HIGHEST), min_size=1, max_size=50),
)
def test_no_weight_of_0_is_drawn(weights, steps):
    places = weighted(np.array([0, *steps, HIGHEST]) / (1 << 53), weight_table(weights))
    assert all(weights[place] > 0 for place in places.tolist())


@given(st.integers(-(1 << 60), 1 << 60), st.integers(0, HIGHEST), st.integers(0, HIGHEST))
def test_a_whole_number_is_the_exact_floor(low, wide, step):
    assert integer(np.array([step / (1 << 53)]), low, low + wide).tolist() == [low + step * (wide + 1) // (1 << 53)]


@given(
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.lists(st.sampled_from([0, 1, 2.5]), min_size=1, max_size=110).filter(any),
    st.lists(st.integers(0, HIGHEST), min_size=1, max_size=50),
)
def test_a_birth_date_gives_an_age_that_has_a_weight_and_is_not_after_as_of(as_of, weights, steps):
    u = np.array([0, *steps, HIGHEST]) / (1 << 53)
    births = birth_date(u, weight_table(weights), as_of)
    assert age_on(births, as_of).tolist() == weighted(u, weight_table(weights)).tolist()
    assert births.max() <= np.datetime64(as_of)
