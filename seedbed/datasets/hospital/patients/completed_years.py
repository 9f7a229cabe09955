"""Birthdays and completed years by counting years from 1 March, where 29 February is a last day: thrice as fast as calendar months.

A day is its year's first day and an offset, 0 to 365; an offset of 365 in a year of 365 days is 1 March, as `core.ages` has it.
"""

from datetime import date

import numpy as np

from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints

EARLIEST, LATEST = 1850, 2300
STARTS = np.array([f"{year}-03-01" for year in range(EARLIEST, LATEST)], "datetime64[D]").astype(np.int64)


def year_and_offset(days: Dates) -> tuple[Ints, Ints]:
    """The place of each day's year in STARTS, and the days since the year began."""
    numbers = days.astype(np.int64)
    year = (numbers - STARTS[0]) // 365  # at most one too many within 1,400 years
    year -= numbers < STARTS[year]
    return year, numbers - STARTS[year]


def completed_years_on(births: tuple[Ints, Ints], day: date | Dates) -> Ints:
    """The completed years of each on the day."""
    year, offset = year_and_offset(np.atleast_1d(np.asarray(day, "datetime64[D]")))
    return np.asarray(year - births[0] - (offset < births[1]))


def birthday(births: tuple[Ints, Ints], years: Ints) -> Ints:
    """The day, as a number since 1970, on which each completes so many years."""
    return np.asarray(STARTS[births[0] + years] + births[1])
