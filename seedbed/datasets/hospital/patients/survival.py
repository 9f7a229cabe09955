"""When who dies: an inverse CDF over the years of life since the register was opened, from the mortality table."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seedbed.core.draws import Floats
from seedbed.core.elementary import exp, in_blocks, log
from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.cohort import OPENED
from seedbed.datasets.hospital.patients.completed_years import birthday, completed_years_on, year_and_offset
from seedbed.datasets.hospital.patients.vocabulary import Mortality

DAYS = 365.2425
OLDEST_EVER = 200
PERIOD = 5
NEVER = np.datetime64("NaT", "D")
WITHIN = 1e-9  # of a stretch of odds is left free at either end, so that rounding does not leave it


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A year of age, cut at the register's opening and at the last day: its first day since 1970, its length in days, deaths a day."""

    begins: Ints
    days: Ints
    rate: Floats

    @property
    def hazard(self) -> Floats:
        """The expected deaths in it, of one."""
        return np.asarray(self.days * self.rate)


def first_age(births: Dates) -> Ints:
    """The age at which each enters the register: when it was opened, or 0."""
    return np.maximum(completed_years_on(year_and_offset(births), OPENED), 0)


def stretches(mortality: Mortality, births: Dates, sex: Ints, until: date) -> Iterator[Stretch]:
    """The years of age in the register, up to and with the day `until`, of each; of length 0 beyond it."""
    born = year_and_offset(births)
    end = np.datetime64(until, "D").astype(np.int64) + 1
    years = np.maximum(completed_years_on(born, OPENED), 0)
    begins = np.maximum(births.astype(np.int64), np.datetime64(OPENED, "D").astype(np.int64))
    periods = np.array([f"{year}-01-01" for year in mortality.years], "datetime64[D]").astype(np.int64)
    rates = mortality.rates / DAYS
    group_of = np.searchsorted(mortality.ages, np.arange(OLDEST_EVER), side="right") - 1
    for _ in range(until.year - OPENED.year + 2):
        following = np.minimum(birthday(born, years + 1), end)
        period = np.searchsorted(periods, begins, side="right") - 1
        yield Stretch(begins, np.maximum(following - begins, 0), rates[sex, group_of[years], period])
        begins, years = following, years + 1


def odds(mortality: Mortality, births: Dates, sex: Ints, until: date) -> npt.NDArray[np.float64]:
    """A column a stretch: the odds of dying in it; and a last one: those of living at the day's end."""
    hazards = [stretch.hazard for stretch in stretches(mortality, births, sex, until)]
    living = np.vstack([np.ones(len(births)), *(in_blocks(exp, -sums) for sums in np.cumsum(hazards, axis=0))])
    return np.vstack([living[:-1] - living[1:], living[-1:]]).T


def death(u: Floats, mortality: Mortality, births: Dates, sex: Ints, until: date) -> Dates:
    """The day of death up to the day `until`, or no day; a later `until` changes none that was found."""
    found = np.full(len(u), NEVER)
    mortal = np.flatnonzero(
        u < _most(mortality, until)[sex, np.maximum(completed_years_on(year_and_offset(births), until), 0)]
    )
    left = np.abs(log(1.0 - u[mortal]))
    for stretch in stretches(mortality, births[mortal], sex[mortal], until):
        here = np.flatnonzero((left >= 0) & (left < stretch.hazard))
        day = np.minimum((left[here] / stretch.rate[here]).astype(np.int64), stretch.days[here] - 1)
        found[mortal[here]] = (stretch.begins[here] + day).astype("datetime64[D]")
        left = left - stretch.hazard
    return found


@lru_cache(maxsize=16)
def _most(mortality: Mortality, until: date) -> Floats:
    """By sex and age on the day: more than the odds of having died since the register was opened; most uniforms are beyond."""
    rates = mortality.rates[:, :, mortality.years + PERIOD > OPENED.year].max(axis=2)
    group_of = np.searchsorted(mortality.ages, np.arange(OLDEST_EVER), side="right") - 1
    hazards = np.maximum.accumulate(rates[:, group_of], axis=1) * (until.year - OPENED.year + 2)
    return np.asarray(1 - exp(-hazards))


def within(u: Floats, position: Ints, odds_of: npt.NDArray[np.float64]) -> Floats:
    """A uniform of `death` that leads to the place among the odds: a stretch of life, or the last, to be living."""
    upper = np.cumsum(odds_of, axis=1)
    upper[:, -1] = 1.0
    rows = np.arange(len(u))
    high = upper[rows, position]
    low = np.where(position > 0, upper[rows, position - 1], 0.0)
    return low + (high - low) * (WITHIN + u * (1 - 2 * WITHIN))
