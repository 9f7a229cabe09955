"""Cohorts in words: what people type, what it means, and what is refused with the known values."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.errors import DataError, UserError
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE, Cohort
from seedbed.datasets.hospital.patients.cohort_text import CohortOptions, cohort_from_json, cohort_to_json, parse_cohort
from tests.support.builders.patients import AS_OF, vocabulary


def meant(**asked):
    return parse_cohort(vocabulary(), CohortOptions(**asked), AS_OF)


@pytest.mark.parametrize(
    ("age", "youngest", "oldest"),
    [
        ("60-", 60, None),
        ("-15", None, 15),
        ("18-65", 18, 65),
        ("7", 7, 7),
        ("0", 0, 0),
        (" 18 - 65 ", 18, 65),
        ("7-7", 7, 7),
    ],
)
def test_ages_are_a_range_with_both_ends(age, youngest, oldest):
    assert meant(age=age) == Cohort(counted_on=AS_OF, youngest=youngest, oldest=oldest)


@pytest.mark.parametrize("age", ["-", "old", "18 65", "1234", "60+", "18-65-70", "6.5", "--5", "60-\n-"])
def test_what_is_no_range_of_ages_is_refused(age):
    with pytest.raises(UserError, match="is no range of ages; write 60-, -15, 18-65 or 7"):
        meant(age=age)


@pytest.mark.parametrize(("word", "sex"), [("male", "male"), ("F", "female"), (" Female ", "female"), ("m", "male")])
def test_the_sex_may_be_a_letter(word, sex):
    assert meant(sex=word) == Cohort(sex=sex)


@pytest.mark.parametrize("name", ["50", "Chiang Mai", "chiang  mai", "CHIANGMAI", "เชียงใหม่", " เชียงใหม่ "])
def test_a_province_is_its_code_or_one_of_its_names(name):
    assert meant(province=name) == Cohort(province="50")


def test_every_province_is_found_by_both_names():
    names = vocabulary().province_names
    assert sorted(names) == list(vocabulary().places.provinces)
    for code, called in names.items():
        assert {meant(province=name).province for name in called} == {code}
    assert meant(province="Phang Nga") == meant(province="Phang-nga") == Cohort(province="82")


@pytest.mark.parametrize(("word", "deceased"), [("yes", True), ("No", False), ("TRUE", True), ("false", False)])
def test_deceased_is_yes_or_no(word, deceased):
    assert meant(deceased=word) == Cohort(counted_on=AS_OF, deceased=deceased)


def test_nothing_asked_is_everyone():
    assert meant() == meant(age=" ", sex="", province=" ", deceased="") == ALL_PATIENTS


def test_all_at_once():
    asked = {"age": "62-64", "sex": "f", "province": "Phuket", "insurance": "1200", "category": "general"}
    assert meant(**asked, nationality="099", deceased="no") == Cohort(
        AS_OF, 62, 64, "female", "83", "1200", "general", "099", deceased=False
    )


@pytest.mark.parametrize(
    ("asked", "day"),
    [
        ({"sex": "f", "province": "50", "nationality": "048"}, REFERENCE),
        ({"age": "60-"}, AS_OF),
        ({"insurance": "1200"}, AS_OF),
        ({"category": "vip"}, AS_OF),
        ({"deceased": "no"}, AS_OF),
        ({"age": "60-", "counted_on": date(2026, 1, 1)}, date(2026, 1, 1)),
        ({"sex": "f", "counted_on": date(2026, 1, 1)}, date(2026, 1, 1)),
    ],
)
def test_what_depends_on_age_holds_on_as_of_unless_another_day_is_given(asked, day):
    assert meant(**asked).counted_on == day


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"sex": "femal"}, "unknown sex 'femal'; did you mean 'female'. known: female, male$"),
        ({"province": "Chiang May"}, "unknown province 'Chiang May'; did you mean 'Chiang Mai'. known: Amnat Charoen,"),
        ({"province": "เชียงไหม่"}, "unknown province .*; did you mean 'เชียงใหม่'. known: กระบี่,"),
        ({"province": "99"}, "unknown province '99'; .*known: 10, 11"),
        ({"insurance": "12000"}, "unknown insurance plan '12000'; did you mean '1200'. known: 0100"),
        ({"category": "VIP"}, "unknown patient category 'VIP'; did you mean 'vip'. known: faculty"),
        ({"nationality": "TH"}, "unknown nationality 'TH'; .*known: 004"),
        ({"deceased": "perhaps"}, "unknown value of deceased 'perhaps'; known: false, no, true, yes$"),
        ({"age": "65-18"}, "no patient has an age from 65 to 18"),
        ({"age": "300"}, "no patient is in this cohort; .*ages 0 to 100"),
        ({"sex": "f", "category": "monk"}, "no patient is in this cohort; .*monk"),
        ({"counted_on": date(2027, 1, 1)}, "as of 2026-11-21, with ages counted on 2027-01-01"),
    ],
)
def test_what_is_unknown_or_empty_is_refused(asked, message):
    with pytest.raises(UserError, match=message):
        meant(**asked)


COHORTS = st.builds(
    Cohort,
    counted_on=st.dates(REFERENCE, date(2075, 7, 1)),
    youngest=st.none() | st.integers(0, 100),
    oldest=st.none() | st.integers(0, 100),
    sex=st.sampled_from([None, "male", "female"]),
    province=st.none() | st.text(max_size=2),
    deceased=st.none() | st.booleans(),
)


@given(COHORTS)
def test_a_cohort_comes_back_from_json(cohort):
    plain = cohort_to_json(cohort)
    assert all(isinstance(value, str | int) for value in plain.values())
    assert cohort_from_json(plain) == cohort


def test_a_condition_that_this_version_does_not_know_is_refused():
    with pytest.raises(DataError, match="unknown conditions: blood, height; use the version"):
        cohort_from_json({**cohort_to_json(ALL_PATIENTS), "height": 180, "blood": "A"})
