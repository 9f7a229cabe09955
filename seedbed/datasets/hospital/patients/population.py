"""Birth date, sex and death: the population's pyramid at a reference day, moved to the day on which the cohort is counted.

How a pyramid that is right and people who stay the same go together: the pyramid belongs to one day, the birth date to the person.
So birth dates are drawn for the cohort's `counted_on`, 2025-07-01 if nobody says otherwise, the day of the population table, and as-of
then moves the same people on: they age, marry, retire and die. Nobody is born into a cohort that has been counted; who wants
today's newborns counts it today, and gets other people. The register was opened on 2020-07-01: those who have died since are in it,
each year of birth as many as it lost, so that the living of the reference day are the table's by age and sex, and some 4 % of
all are deceased. Years of birth that were already extinct in the table (above 100) are left out.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seedbed.core.ages import age_on
from seedbed.core.draws import Floats, Ids, uniform
from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints, WeightTable, weight_table
from seedbed.datasets.hospital.patients.cohort import REFERENCE, Cohort, check_cohort, empty_cohort_error
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights, grouped_weights
from seedbed.datasets.hospital.patients.life_course import era, life_course_tables
from seedbed.datasets.hospital.patients.mix import Mix
from seedbed.datasets.hospital.patients.survival import death, first_age, odds, within
from seedbed.datasets.hospital.patients.vocabulary import OLDEST, SEXES, Vocabulary

PATH = "hospital/patient"


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """Stretches of birth dates by sex: first day, days, and the table of their weights.

    `ends`: where the cohort depends on age, how each stretch's lives end: by year of age in the register, or not yet.
    """

    first: Dates
    days: Ints
    sex: Ints
    births: WeightTable
    ends: GroupedWeights | None


@dataclass(frozen=True, slots=True, eq=False)
class Persons:
    """Sex as a place in SEXES, birth date, and the age at which the cohort's conditions count."""

    sex: Ints
    birth: Dates
    counted_age: Ints
    fate: Floats  # the uniform of `survival.death`


def validate_cohort(vocabulary: Vocabulary, cohort: Cohort, as_of: date) -> Cohort:
    """The cohort itself; UserError where it names something unknown, a date is out of range, or nobody is in it."""
    check_cohort(vocabulary, cohort, as_of)
    pyramid(vocabulary, cohort)
    return cohort


@lru_cache(maxsize=16)
def pyramid(vocabulary: Vocabulary, cohort: Cohort) -> Pyramid:
    """The stretches of birth dates, weighted under the cohort's conditions; UserError where nobody meets them."""
    first, days, sex = _stretches(vocabulary.mix, cohort.counted_on)
    middle = first + days // 2
    weights = _registered(vocabulary, middle, sex) * days
    weights *= np.array([cohort.sex in {None, name} for name in SEXES])[sex]
    ends = None
    allowed = odds_of = np.ones((len(weights), 1))
    if cohort.depends_on_age:
        odds_of = odds(vocabulary.mortality, middle, sex, cohort.counted_on)
        allowed = _allowed(vocabulary, cohort, middle, sex, odds_of.shape[1])
        ends = grouped_weights(odds_of * allowed)
    else:
        allowed = allowed * life_course_tables(vocabulary, cohort).odds[sex, era(vocabulary.mix, middle), 0][:, None]
    weights = weights * (odds_of * allowed).sum(axis=1)
    if not weights.any():
        raise empty_cohort_error(cohort, vocabulary)
    return Pyramid(first, days, sex, weight_table(weights), ends)


def persons(vocabulary: Vocabulary, cohort: Cohort, seed: int, rows: Ids) -> Persons:
    """Who the rows are, by sex and birth, and what becomes of them."""
    drawn = pyramid(vocabulary, cohort)
    u = uniform(seed, f"{PATH}/birth", rows)
    place = drawn.births.pick(u)
    upper = drawn.births.upper
    low = np.concatenate([[0.0], upper[:-1]])[place]
    day = ((u - low) / (upper[place] - low) * drawn.days[place]).astype(np.int64)
    birth = drawn.first[place] + np.minimum(day, drawn.days[place] - 1)
    sex, fate = drawn.sex[place], uniform(seed, f"{PATH}/death", rows)
    if drawn.ends is None:
        return Persons(sex, birth, np.zeros(len(rows), np.int64), fate)
    end = drawn.ends.pick(place, uniform(seed, f"{PATH}/end", rows))
    own = odds(vocabulary.mortality, birth, sex, cohort.counted_on)
    return Persons(sex, birth, _age_at(birth, end, own.shape[1], cohort.counted_on), within(fate, end, own))


def deaths(vocabulary: Vocabulary, who: Persons, as_of: date) -> Dates:
    """The day of death of each who has died by as-of."""
    return death(who.fate, vocabulary.mortality, who.birth, who.sex, as_of)


def years_before(day: date, years: int) -> np.datetime64:
    """The last birth date of those who have completed so many years on the day."""
    year = day.year - years
    is_missing = (day.month, day.day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400))
    return np.datetime64(day.replace(year=year, day=28 if is_missing else day.day), "D")


def _stretches(mix: Mix, counted_on: date) -> tuple[Dates, Ints, Ints]:
    """Birth dates by sex, cut where age at the reference day, age when counted, or the era of schooling changes."""
    lowest = years_before(REFERENCE, OLDEST + 1) + 1
    end = np.datetime64(counted_on, "D") + 1
    since = counted_on.year - REFERENCE.year + 1
    cuts = [years_before(REFERENCE, years) + 1 for years in range(-since, OLDEST + 1)]
    cuts += [years_before(counted_on, years) + 1 for years in range(OLDEST + since + 1)]
    edges = np.unique(np.array([lowest, end, *cuts, *mix.era_days], "datetime64[D]"))
    edges = edges[(edges >= lowest) & (edges <= end)]
    first, days = edges[:-1], np.diff(edges).astype(np.int64)
    return np.tile(first, 2), np.tile(days, 2), np.repeat(np.arange(2), len(first))


def _registered(vocabulary: Vocabulary, births: Dates, sex: Ints) -> Floats:
    """How many were born a day, of those who ever were in the register: the living of the reference day, and the dead."""
    years = np.minimum(age_on(births, REFERENCE), OLDEST)
    living = vocabulary.population[sex, np.maximum(years, 0)] / 365.2425
    return np.asarray(living / odds(vocabulary.mortality, births, sex, REFERENCE)[:, -1])


def _allowed(vocabulary: Vocabulary, cohort: Cohort, births: Dates, sex: Ints, ends: int) -> npt.NDArray[np.float64]:
    """A row a stretch of births, a column an end of life: the odds that the conditions hold there."""
    end = np.tile(np.arange(ends), (len(births), 1))
    years = np.column_stack([_age_at(births, end[:, place], ends, cohort.counted_on) for place in range(ends)])
    oldest = OLDEST + 100 if cohort.oldest is None else cohort.oldest
    allowed = (years >= (cohort.youngest or 0)) & (years <= oldest)
    is_living = end == ends - 1
    if cohort.deceased is not None:
        allowed &= is_living != cohort.deceased
    known = life_course_tables(vocabulary, cohort).odds
    eras = era(vocabulary.mix, births)[:, None]
    return np.asarray(allowed * known[sex[:, None], eras, np.minimum(years, known.shape[2] - 1)])


def _age_at(births: Dates, end: Ints, ends: int, counted_on: date) -> Ints:
    """The completed years at the end of life in the register, or when counted."""
    return np.where(end == ends - 1, age_on(births, counted_on), first_age(births) + end)
