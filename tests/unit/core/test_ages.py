from datetime import date, timedelta

import numpy as np
import pytest

from seedbed.core.ages import age_on, birth_date
from seedbed.core.draws import uniform
from seedbed.core.weights import weight_table

U = uniform(1, "test", np.arange(200_000, dtype=np.uint64))
ENDS = np.array([0.0, 1 - 2.0**-53])
DAYS = [date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2024, 12, 31), date(2026, 11, 21)]
PYRAMID = weight_table([3, 2, 0, 1, 5])


@pytest.mark.parametrize("as_of", DAYS)
def test_ages_have_their_weights_and_nobody_is_born_after_as_of(as_of):
    births = birth_date(U, PYRAMID, as_of)
    found = np.bincount(age_on(births, as_of), minlength=5) / len(U)
    assert np.abs(found - np.array([3, 2, 0, 1, 5]) / 11).max() < 0.006
    assert births.max() == np.datetime64(as_of)
    assert birth_date(ENDS, PYRAMID, as_of).tolist() == [as_of, births.min().item()]


@pytest.mark.parametrize("as_of", DAYS)
def test_the_birth_dates_of_an_age_are_all_days_that_give_it(as_of):
    births = set(birth_date(U, weight_table([0] * 5 + [1]), as_of).tolist())
    days = [as_of - timedelta(n) for n in range(4 * 365, 8 * 366)]
    assert births == {day for day in days if age_on(np.array([day], "M8[D]"), as_of)[0] == 5}


@pytest.mark.parametrize(
    ("birth", "as_of", "years"),
    [
        ("2000-02-29", "2001-02-28", 0),
        ("2000-02-29", "2001-03-01", 1),
        ("2000-02-29", "2004-02-28", 3),
        ("2000-02-29", "2004-02-29", 4),
        ("2000-03-01", "2001-02-28", 0),
        ("2000-12-31", "2001-12-30", 0),
        ("2000-12-31", "2001-12-31", 1),
        ("1960-05-05", "1970-05-04", 9),
        ("2000-01-01", "2000-01-01", 0),
    ],
)
def test_a_year_is_completed_on_the_birthday(birth, as_of, years):
    assert age_on(np.array([birth], "M8[D]"), date.fromisoformat(as_of)).tolist() == [years]
    assert age_on(np.array([birth], "M8[D]"), np.array([as_of], "M8[D]")).tolist() == [years]


def test_days_within_a_year_of_age_are_as_likely():
    found = np.unique(birth_date(U, weight_table([1]), date(2025, 6, 30)), return_counts=True)[1]
    expected = len(U) / 365
    assert len(found) == 365
    assert ((found - expected) ** 2 / expected).sum() < 365 + 5 * (2 * 365) ** 0.5
