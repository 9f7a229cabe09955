"""A patient is a function of (seed, cohort, as-of, row): cuts, further rows and workers change nobody."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.core.draws import BLOCK
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, Cohort
from seedbed.datasets.hospital.patients.source import patient_source
from tests.support.builders.patients import AS_OF, frame, ids, vocabulary

ROOT = Path(__file__).resolve().parents[2]
COHORTS = (ALL_PATIENTS, Cohort(counted_on=AS_OF, youngest=60, insurance_plan="1200"))
FOREVER = (
    *("patient", "id_card_no", "gender", "first_name", "family_name", "first_name_en", "family_name_en", "birth_date"),
    *("nationality_code", "race_code", "religion_code", "primary_language", "abo_blood_group", "rh_blood_group"),
    *("current_line", "current_city_code", "official_line", "official_city_code", "contact_phone"),
)


def drawn(cohort, rows, seed=42, as_of=AS_OF):
    return patient_source(vocabulary(), cohort, seed, as_of).table(rows).combine_chunks()


@given(st.sampled_from(COHORTS), st.integers(0, 1 << 36), st.integers(1, 400), st.data())
@settings(deadline=None, max_examples=25)
def test_a_range_is_the_same_however_it_is_cut_and_ordered(cohort, start, count, data):
    whole = drawn(cohort, ids(start, start + count))
    cut = data.draw(st.integers(0, count))
    pieces = [drawn(cohort, ids(start, start + cut)), drawn(cohort, ids(start + cut, start + count))]
    assert pa.concat_tables(pieces).equals(whole)
    order = np.array(data.draw(st.permutations(range(count))))
    assert drawn(cohort, ids(start, start + count)[order]).equals(whole.take(pa.array(order)))


def test_a_run_of_another_size_begins_with_the_same_patients():
    assert drawn(ALL_PATIENTS, ids(0, BLOCK + 10)).slice(0, 100).equals(drawn(ALL_PATIENTS, ids(0, 100)))


@given(st.integers(-(1 << 70), 1 << 70))
@settings(deadline=None, max_examples=10)
def test_another_seed_is_other_people(seed):
    own, other = (set(drawn(ALL_PATIENTS, ids(0, 50), one)["id_card_no"].to_pylist()) for one in (seed, seed + 1))
    assert not own & other


@given(st.integers(0, 4_000), st.integers(1, 4_000))
@settings(deadline=None, max_examples=15)
def test_as_of_changes_nobody_s_identity_and_nothing_goes_back(first, step):
    day = date(2025, 7, 1) + timedelta(days=first)
    now, later = (
        drawn(ALL_PATIENTS, ids(0, 2_000), as_of=one).to_pandas() for one in (day, day + timedelta(days=step))
    )
    for column in FOREVER:
        assert (now[column] == later[column]).all(), column
    assert (later["age"] >= now["age"]).all()
    dead = now["deceased"]
    assert later.loc[dead].equals(now.loc[dead])
    assert (later.loc[~dead & later["deceased"], "deceased_date"] > day).all()
    assert (later["education_level_code"].fillna("") >= now["education_level_code"].fillna("")).all()
    was_married = now["marital_status_code"].isin(["2", "3", "4", "5"])
    assert not later.loc[was_married, "marital_status_code"].isin(["1", "6"]).any()
    ended = now["marital_status_code"].isin(["3", "4", "5"])
    assert (later.loc[ended, "marital_status_code"] == now.loc[ended, "marital_status_code"]).all()


def test_a_day_changes_only_what_a_day_changes():
    now, later = frame(20_000), frame(20_000, ALL_PATIENTS, AS_OF + timedelta(days=1))
    changed = {name for name in now if not now[name].equals(later[name])}
    assert changed <= {
        *("age", "deceased", "deceased_date", "education_level_code", "occupation_code", "marital_status_code"),
        *("name_prefix_code", "name_prefix", "name_prefix_en", "insurance_plan_code", "category_code"),
        *(
            "phone",
            "email",
            "information_giver_code",
            "contact_relation_code",
            "contact_first_name",
            "contact_family_name",
        ),
    }
    same = (now["age"] == later["age"]) & (now["deceased"] == later["deceased"])
    assert now[same].equals(later[same])
    assert same.mean() > 0.99
