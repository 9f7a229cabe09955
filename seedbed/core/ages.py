"""Ages and birth dates. Who is born on 29 February turns a year older on 1 March where the year has no such day."""

from datetime import date

import numpy as np

from seedbed.core.draws import Floats
from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints, WeightTable

LONGEST_MONTH = 31


def birth_date(u: Floats, pyramid: WeightTable, as_of: date) -> Dates:
    """The birth date of one whose age in years has the pyramid's weights (place 0: below one year), each day of that year as likely.

    It does not increase in u: from as-of itself, of whom nobody is born later, to the first day of the oldest with a weight.
    """
    age = pyramid.pick(u)
    begins = np.concatenate([[0.0], pyramid.upper[:-1]])
    within = (u - begins[age]) / (pyramid.upper - begins)[age]
    youngest = np.array([_youngest(as_of, years) for years in range(len(begins) + 1)], "datetime64[D]")
    days = (youngest[:-1] - youngest[1:]).astype(np.int64)[age]
    back = np.minimum((within * days).astype(np.int64), days - 1)
    return np.asarray(youngest[age] - back)


def age_on(births: Dates, as_of: date | Dates) -> Ints:
    """The completed years of each on the day."""
    (year, place), (birth_year, birth_place) = _parts(np.asarray(as_of, "datetime64[D]")), _parts(births)
    return year - birth_year - (place < birth_place)


def _youngest(as_of: date, years: int) -> date:
    """The last birth date of those who have completed so many years on the day."""
    try:
        return as_of.replace(year=as_of.year - years)
    except ValueError:  # 29 February in a year without one
        return as_of.replace(year=as_of.year - years, day=28)


def _parts(days: Dates) -> tuple[Ints, Ints]:
    """The year, and a number that orders the days of a year whether or not it has a 29 February."""
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]")
    month = (months - years.astype("datetime64[M]")).astype(np.int64)
    day = (days - months.astype("datetime64[D]")).astype(np.int64)
    return years.astype(np.int64), month * LONGEST_MONTH + day
