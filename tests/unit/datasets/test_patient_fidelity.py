"""How far 100,000 patients lie from the tables that they are drawn from; a tolerance is four standard errors, or said."""

import numpy as np
import pytest

from seedbed.core.ages import age_on
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, OPENED, REFERENCE
from seedbed.datasets.hospital.patients.vocabulary import SEXES
from tests.support.builders.patients import frame, vocabulary

COUNT = 100_000


@pytest.fixture(scope="module")
def people():
    return frame(COUNT, ALL_PATIENTS, REFERENCE)


def test_the_living_of_the_reference_day_are_the_population_by_age_and_sex(people):
    living = people[~people["deceased"]]
    found = np.array([np.bincount(living.loc[living["gender"] == sex, "age"], minlength=101) for sex in SEXES])
    expected = vocabulary().population / vocabulary().population.sum() * len(living)
    assert found.shape == expected.shape
    chi_square = ((found - expected) ** 2 / expected).sum()
    assert chi_square < 202 + 4 * (2 * 202) ** 0.5
    assert np.abs(found - expected).sum() / 2 / len(living) < 0.025  # misplaced persons


@pytest.mark.parametrize("kind", ["current", "official"])
def test_provinces_have_their_registered_population(people, kind):
    places = vocabulary().places
    found = people[f"{kind}_state_code"].value_counts().reindex(places.provinces).to_numpy()
    expected = places.persons / places.persons.sum() * COUNT
    assert ((found - expected) ** 2 / expected).sum() < 76 + 4 * (2 * 76) ** 0.5


@pytest.mark.parametrize(("group", "share"), {"A": 0.214, "B": 0.336, "O": 0.377, "AB": 0.073}.items())
def test_abo_groups_have_their_shares(people, group, share):
    assert (people["abo_blood_group"] == group).mean() == pytest.approx(
        share, abs=4 * (share * (1 - share) / COUNT) ** 0.5
    )


def test_three_in_a_thousand_are_rh_negative(people):
    assert (people["rh_blood_group"] == "negative").mean() == pytest.approx(0.003, abs=4 * (0.003 / COUNT) ** 0.5)


@pytest.mark.parametrize("sex", SEXES)
def test_as_many_have_died_at_each_age_as_the_mortality_table_says(people, sex):
    """Deaths of five years against person-years at risk times the table's rates, by ten years of age."""
    own = people[people["gender"] == sex]
    births = own["birth_date"].to_numpy().astype("datetime64[D]")
    ends = own["deceased_date"].where(own["deceased"], REFERENCE).to_numpy().astype("datetime64[D]")
    mortality, expected = vocabulary().mortality, np.zeros(11)
    day = np.datetime64(OPENED, "D")
    while day < np.datetime64(REFERENCE, "D"):
        there = (births <= day) & (ends > day)
        years = age_on(births[there], day)
        group = np.searchsorted(mortality.ages, years, side="right") - 1
        period = np.searchsorted(mortality.years, int(str(day)[:4]), side="right") - 1
        rates = mortality.rates[SEXES.index(sex), group, period] * 30 / 365.2425
        expected += np.bincount(np.minimum(years // 10, 10), rates, minlength=11)
        day += 30
    found = np.bincount(np.minimum(own.loc[own["deceased"], "age"] // 10, 10), minlength=11)
    # Months instead of days shift a little; the table ends with those of 100 in 2025, which thins the oldest dead.
    assert (np.abs(found - expected)[:9] < 4 * np.sqrt(expected[:9]) + 0.03 * expected[:9] + 2).all()


def test_as_of_goes_on_with_the_deaths(people):
    later = frame(COUNT, ALL_PATIENTS, REFERENCE.replace(year=2026))
    share = (later["deceased"].sum() - people["deceased"].sum()) / (~people["deceased"]).sum()
    assert 0.007 < share < 0.011  # some 600,000 of 66 million a year
    assert 0.03 < people["deceased"].mean() < 0.05
