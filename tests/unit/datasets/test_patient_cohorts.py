"""Cohorts: everybody in one has what was asked for, and is drawn under the condition."""

from dataclasses import replace
from datetime import date

import pytest

from seedbed.core.errors import UserError
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE, Cohort
from tests.support.builders.patients import AS_OF, frame, table

COUNT = 3_000
COHORTS = {
    "old": (Cohort(youngest=60), lambda one: one["age"] >= 60),
    "one age": (Cohort(youngest=7, oldest=7), lambda one: one["age"] == 7),
    "women": (Cohort(sex="female"), lambda one: one["gender"] == "female"),
    "province": (Cohort(province="50"), lambda one: one["current_state_code"] == "50"),
    "pensioners": (Cohort(insurance_plan="1200"), lambda one: one["insurance_plan_code"] == "1200"),
    "migrants insured": (Cohort(insurance_plan="8401"), lambda one: one["insurance_plan_code"] == "8401"),
    "monks": (Cohort(category="monk"), lambda one: one["category_code"] == "monk"),
    "vip": (Cohort(category="vip"), lambda one: one["category_code"] == "vip"),
    "Japanese": (Cohort(nationality="047"), lambda one: one["nationality_code"] == "047"),
    "dead": (Cohort(deceased=True), lambda one: one["deceased"]),
    "living": (Cohort(deceased=False), lambda one: ~one["deceased"]),
    "died young": (
        Cohort(deceased=True, youngest=1, oldest=20),
        lambda one: one["deceased"] & one["age"].between(1, 20),
    ),
    "all at once": (
        Cohort(youngest=62, oldest=64, sex="female", province="83", insurance_plan="1200", deceased=True),
        lambda one: (
            one["deceased"]
            & one["age"].between(62, 64)
            & (one["gender"] == "female")
            & (one["current_state_code"] == "83")
            & (one["insurance_plan_code"] == "1200")
        ),
    ),
}


@pytest.mark.parametrize("counted_on", [REFERENCE, date(2028, 2, 29), AS_OF])
@pytest.mark.parametrize("name", COHORTS)
def test_everybody_is_what_was_asked_for_on_the_day(name, counted_on):
    cohort, holds = COHORTS[name]
    people = table(COUNT, cohort=replace(cohort, counted_on=counted_on), as_of=counted_on).to_pandas()
    assert len(people) == COUNT
    assert holds(people).all()


def test_a_cohort_counted_today_has_newborns():
    people = frame(COUNT, Cohort(counted_on=AS_OF, oldest=0))
    assert people["age"].max() == 0
    assert people["birth_date"].max() > date(2026, 9, 1)


@pytest.mark.parametrize(
    ("cohort", "same"),
    [
        (Cohort(insurance_plan="1200"), ["gender"]),
        (Cohort(youngest=30, oldest=39), ["gender", "insurance_plan_code", "nationality_code"]),
        (Cohort(category="vip"), ["gender", "marital_status_code"]),
    ],
)
def test_drawing_under_a_condition_is_drawing_and_keeping_those_who_meet_it(cohort, same):
    everyone = frame(100_000, ALL_PATIENTS, REFERENCE)
    kept = everyone
    if cohort.insurance_plan:
        kept = kept[kept["insurance_plan_code"] == cohort.insurance_plan]
    if cohort.category:
        kept = kept[kept["category_code"] == cohort.category]
    if cohort.youngest is not None:
        kept = kept[kept["age"].between(cohort.youngest, cohort.oldest)]
    drawn = frame(20_000, cohort, REFERENCE)
    tolerance = 4 * (0.25 / len(kept) + 0.25 / len(drawn)) ** 0.5
    assert (
        abs(drawn["age"].mean() - kept["age"].mean()) < 4 * kept["age"].std() * (1 / len(kept) + 1 / len(drawn)) ** 0.5
    )
    assert abs(drawn["deceased"].mean() - kept["deceased"].mean()) < tolerance
    for column in same:
        gap = drawn[column].value_counts(normalize=True).sub(kept[column].value_counts(normalize=True), fill_value=0)
        assert gap.abs().max() < tolerance


def test_a_cohort_s_patients_stay_the_same_and_move_on():
    cohort = Cohort(insurance_plan="4200", oldest=40)
    now, later = (frame(COUNT, cohort, day) for day in (REFERENCE, date(2027, 7, 1)))
    assert (now["id_card_no"] == later["id_card_no"]).all()
    assert (now["birth_date"] == later["birth_date"]).all()
    assert later["age"].max() == 42


def test_two_cohorts_are_two_lots_of_people():
    assert not set(frame(COUNT)["id_card_no"]) & set(frame(COUNT, Cohort(youngest=60))["id_card_no"])


@pytest.mark.parametrize(
    ("cohort", "message"),
    [
        (Cohort(sex="man"), "unknown sex 'man'; .*known: female, male"),
        (Cohort(province="99"), "unknown province '99'; .*known: 10, 11"),
        (Cohort(insurance_plan="0001"), "unknown insurance plan '0001'; .*known: 0100"),
        (Cohort(category="king"), "unknown patient category 'king'; .*known: faculty, foreigner"),
        (Cohort(nationality="Thai"), "unknown nationality 'Thai'; .*known: 004"),
        (Cohort(youngest=9, oldest=8), "no patient has an age from 9 to 8"),
        (Cohort(youngest=-1), "no patient has an age from -1"),
        (Cohort(sex="female", category="monk"), "no patient is in this cohort; .*monk"),
        (Cohort(oldest=14, insurance_plan="1100"), "no patient is in this cohort"),
        (Cohort(nationality="099", insurance_plan="8401"), "no patient is in this cohort"),
        (Cohort(counted_on=date(2024, 1, 1)), "counted on 2024-01-01; give dates from 2025-07-01"),
        (Cohort(counted_on=date(2027, 1, 1)), "as of 2026-11-21, with ages counted on 2027-01-01"),
    ],
)
def test_what_is_unknown_or_empty_is_refused(cohort, message):
    with pytest.raises(UserError, match=message):
        table(1, cohort=cohort)


def test_as_of_before_the_reference_day_is_refused():
    with pytest.raises(UserError, match="as of 2025-06-30"):
        table(1, as_of=date(2025, 6, 30))
