"""Counting years from 1 March gives what the calendar gives."""

import numpy as np
import pytest

from seedbed.core.ages import age_on
from seedbed.datasets.hospital.patients.completed_years import birthday, completed_years_on, year_and_offset
from seedbed.datasets.hospital.patients.population import years_before

BIRTHS = np.arange("1896-01-01", "2025-07-02", dtype="datetime64[D]")


@pytest.mark.parametrize("day", ["2025-07-01", "2028-02-28", "2028-02-29", "2029-02-28", "2029-03-01", "2026-01-01"])
def test_completed_years_are_those_of_the_calendar(day):
    day = np.datetime64(day, "D").item()
    assert (completed_years_on(year_and_offset(BIRTHS), day) == age_on(BIRTHS, day)).all()


@pytest.mark.parametrize("years", [0, 1, 4, 59, 100])
def test_on_a_birthday_a_year_is_completed(years):
    days = birthday(year_and_offset(BIRTHS), np.full(len(BIRTHS), years)).astype("datetime64[D]")
    assert (age_on(BIRTHS, days) == years).all()
    assert (age_on(BIRTHS, days - 1) == years - 1).all()


@pytest.mark.parametrize("day", ["2025-07-01", "2028-02-29", "2029-02-28"])
@pytest.mark.parametrize("years", [0, 1, 3, 60])
def test_the_last_birth_date_of_an_age_is_the_calendar_s(day, years):
    last = years_before(np.datetime64(day, "D").item(), years)
    ages = age_on(np.array([last, last + 1]), np.datetime64(day, "D").item())
    assert ages[0] == years > ages[1] == years - 1
