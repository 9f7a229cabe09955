"""Portraits: counts are the same however patients come, and patients lie as close to the reference as their number lets them."""

from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from seedbed.core.errors import UserError
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE, Cohort
from seedbed.datasets.hospital.patients.population_summary import (
    ABO_GROUP,
    COUNTED,
    DEAD,
    LIVING,
    PROVINCE,
    RH_GROUP,
    PopulationSummary,
    describe_cohort,
    expected_shares,
)
from seedbed.datasets.hospital.patients.vocabulary import SEXES
from tests.support.builders.patients import AS_OF, frame, table, vocabulary

COUNT = 50_000
LEAP_DAY = date(2028, 2, 29)
COHORTS = {
    "everybody on the reference day": (ALL_PATIENTS, REFERENCE),
    "everybody": (ALL_PATIENTS, AS_OF),
    "a generation later": (ALL_PATIENTS, date(2050, 2, 28)),
    "counted today": (Cohort(counted_on=AS_OF), AS_OF),
    "moved on": (Cohort(youngest=60), LEAP_DAY),
    "one age": (Cohort(youngest=7, oldest=7, counted_on=AS_OF), AS_OF),
    "pensioners": (Cohort(insurance_plan="1200", counted_on=AS_OF), LEAP_DAY),
    "dead women": (Cohort(sex="female", deceased=True), AS_OF),
    "living": (Cohort(deceased=False), AS_OF),
    "neighbours in the North": (Cohort(nationality="048", province="50"), AS_OF),
}


def portrait(*tables):
    found = PopulationSummary()
    for one in tables:
        found.add(one)
    return found


def test_a_portrait_counts_what_the_table_has():
    found, people = portrait(table(2_000)), frame(2_000)
    assert found.count == 2_000
    for sex, fates in zip(SEXES, found.persons, strict=True):
        for fate, ages in enumerate(fates):
            own = people[(people["gender"] == sex) & (people["deceased"] == bool(fate))]
            assert ages.tolist() == np.bincount(own["age"].clip(upper=100), minlength=101).tolist()
    for column in COUNTED:
        assert found.codes[column] == people[column].value_counts().to_dict()


@pytest.mark.parametrize("cuts", [(0, 1, 2, 700), (699,), (350, 10)])
def test_blocks_of_any_size_and_order_add_up_to_the_same(cuts):
    whole = table(700)
    edges = [0, *sorted(cuts), 700]
    pieces = [whole.slice(low, high - low) for low, high in pairwise(edges)]
    found, once = portrait(*reversed(pieces)), portrait(whole)
    assert (found.persons == once.persons).all()
    assert found.codes == once.codes


def test_who_is_older_than_a_hundred_counts_as_a_hundred():
    cohort = Cohort(youngest=100, deceased=False)
    found = portrait(table(500, cohort=cohort, as_of=date(2030, 1, 1)))
    assert found.persons[:, LIVING, :100].sum() == 0
    assert found.count == 500


@pytest.mark.parametrize("name", COHORTS)
def test_patients_are_as_the_reference_has_them(name):
    cohort, as_of = COHORTS[name]
    found, expected = portrait(table(COUNT, cohort=cohort, as_of=as_of)), expected_shares(vocabulary(), cohort, as_of)
    pairs = [(found.persons.ravel(), expected.persons.ravel())]
    pairs += [
        (np.array([found.codes[column][code] for code in shares]), np.array(list(shares.values())))
        for column, shares in expected.codes.items()
    ]
    for counts, shares in pairs:
        assert shares.sum() == pytest.approx(1)
        assert counts[shares == 0].sum() == 0
        likely = shares * COUNT >= 5
        gaps = ((counts - shares * COUNT) ** 2 / np.where(likely, shares * COUNT, 1))[likely]
        assert gaps.sum() < likely.sum() + 4 * (2 * likely.sum()) ** 0.5


def test_on_the_reference_day_the_living_are_the_population_table():
    living = expected_shares(vocabulary(), ALL_PATIENTS, REFERENCE).persons[:, LIVING]
    table_of_the_day = vocabulary().population / vocabulary().population.sum()
    assert living / living.sum() == pytest.approx(table_of_the_day, rel=0.0025)  # a year is 365 or 366 days


def test_the_reference_keeps_to_the_cohort():
    dead = expected_shares(vocabulary(), Cohort(sex="female", deceased=True, province="50"), AS_OF)
    assert not dead.persons[SEXES.index("male")].any()
    assert not dead.persons[:, LIVING].any()
    assert dead.persons[:, DEAD].sum() == pytest.approx(1)
    assert dead.codes[PROVINCE] == {"50": 1.0}
    assert set(dead.codes) == {PROVINCE, ABO_GROUP, RH_GROUP}


def test_an_empty_cohort_has_no_reference():
    with pytest.raises(UserError, match="no patient is in this cohort"):
        expected_shares(vocabulary(), Cohort(sex="female", category="monk"), AS_OF)


@pytest.mark.parametrize(
    ("cohort", "words"),
    [
        (ALL_PATIENTS, "all patients"),
        (Cohort(counted_on=AS_OF), "patients, counted on 2026-11-21"),
        (
            Cohort(youngest=60, sex="female", province="50", deceased=True),
            "deceased women, aged 60 and over, in Chiang Mai (50), counted on 2025-07-01",
        ),
        (Cohort(youngest=7, oldest=7, deceased=False), "living patients, aged 7, counted on 2025-07-01"),
        (Cohort(youngest=18, oldest=65, sex="male"), "men, aged 18 to 65, counted on 2025-07-01"),
        (
            Cohort(oldest=15, insurance_plan="0100", category="vip", nationality="099"),
            "patients, aged 15 and under, insurance plan 0100, category vip, nationality 099, counted on 2025-07-01",
        ),
    ],
)
def test_a_cohort_in_words(cohort, words):
    assert describe_cohort(vocabulary(), cohort) == words
