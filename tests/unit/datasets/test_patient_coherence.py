"""What fits what: age, sex, marriage, school, work, insurance, addresses, relatives of drawn patients."""

import pandas as pd
import pyarrow as pa
import pytest

from seedbed.datasets.hospital.patients.patient_entity import SCHEMA
from tests.support.builders.patients import AS_OF, frame, table, vocabulary

COUNT = 20_000
STATE_AND_LOCAL = r"^(?:1[14]|12|2\d|3\d)"


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    return frame(COUNT)


def test_the_columns_are_the_declared_ones():
    assert table(10).schema.equals(SCHEMA)
    assert table(0).schema.equals(SCHEMA)
    assert all(field.metadata[b"doc"] for field in SCHEMA)


def test_a_code_is_an_active_one_of_its_list(people):
    active = vocabulary().active
    columns = {
        "nationality_code": "nationality",
        "race_code": "race",
        "religion_code": "religion",
        "primary_language": "language",
        "occupation_code": "occupation",
        "marital_status_code": "marital_status",
        "name_prefix_code": "name_prefix",
        "category_code": "patient_category",
        "insurance_plan_code": "insurance_plan",
        "information_giver_code": "information_giver_option",
        "contact_relation_code": "information_giver_option",
        "abo_blood_group": "abo_blood_group",
        "rh_blood_group": "rh_blood_group",
    }
    assert {name for name, entity in columns.items() if not set(people[name]) <= active[entity]} == set()
    assert set(people["education_level_code"].dropna()) <= active["education_level"]


def test_nothing_happens_after_as_of_and_nobody_dies_before_birth(people):
    assert people["birth_date"].max() <= AS_OF
    dead = people[people["deceased"]]
    assert (dead["deceased_date"] <= AS_OF).all()
    assert (dead["deceased_date"] >= dead["birth_date"]).all()
    assert people.loc[~people["deceased"], "deceased_date"].isna().all()


def test_the_age_is_that_at_as_of_or_at_death(people):
    end = people["deceased_date"].where(people["deceased"], AS_OF)
    expected = [
        day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        for day, born in zip(end, people["birth_date"], strict=True)
    ]
    assert people["age"].tolist() == expected


def test_children_are_single_and_at_home_or_at_school(people):
    children = people[people["age"] < 15]
    assert set(children["marital_status_code"]) == {"1"}
    assert set(children["occupation_code"]) <= {"9000", "9002"}
    assert set(children["name_prefix_code"]) == {"001", "002"}
    assert set(children["contact_relation_code"]) == {"2", "3"}
    assert (children["information_giver_code"] == children["contact_relation_code"]).all()
    assert children["phone"].isna().all()
    assert children["email"].isna().all()
    assert set(children.loc[children["age"] < 6, "occupation_code"]) == {"9002"}
    assert set(children.loc[children["age"].between(6, 11), "occupation_code"]) == {"9000"}
    assert people.loc[people["age"] < 4, "education_level_code"].isna().all()
    assert people.loc[people["age"] >= 4, "education_level_code"].notna().all()


def test_nobody_is_married_before_17_and_few_are_widowed_before_40(people):
    assert set(people.loc[people["age"] < 17, "marital_status_code"]) == {"1"}
    assert (people.loc[people["age"] < 40, "marital_status_code"] == "3").mean() < 0.005
    assert (people.loc[people["age"] >= 75, "marital_status_code"] == "3").mean() > 0.2


def test_the_prefix_fits_sex_age_and_marriage(people):
    prefixes = {"001": "male", "003": "male", "831": "male", "002": "female", "004": "female", "005": "female"}
    assert (people["name_prefix_code"].map(prefixes) == people["gender"]).all()
    assert (people.loc[people["name_prefix_code"] == "005", "marital_status_code"] != "1").all()
    grown_up = people[(people["age"] >= 15) & (people["gender"] == "male")]
    assert ((grown_up["name_prefix_code"] == "831") == (grown_up["marital_status_code"] == "6")).all()


def test_a_monk_is_a_man_of_twenty_at_least(people):
    monks = people[people["category_code"] == "monk"]
    assert len(monks) > 10
    assert set(monks["gender"]) == {"male"}
    assert set(monks["marital_status_code"]) == {"6"}
    assert set(monks["occupation_code"]) == {"2636"}
    assert monks["age"].min() >= 20


def test_given_names_are_of_the_sex(people):
    for sex, names in vocabulary().given.items():
        assert set(people.loc[people["gender"] == sex, "first_name"]) <= set(names.thai.to_pylist())


def test_education_is_not_finished_before_its_age(people):
    least = {"11": 4, "21": 12, "31": 15, "41": 18, "42": 18, "52": 20, "61": 22, "71": 25, "81": 30}
    known = people[people["education_level_code"].notna()]
    assert (known["age"] >= known["education_level_code"].map(least)).all()
    assert set(known.loc[known["occupation_code"].isin(["2211", "2262", "2611-4"]), "education_level_code"]) <= {
        *("61", "71", "81")
    }


def test_pensioners_are_sixty_and_workers_are_not_children(people):
    retired = people[people["occupation_code"] == "9003"]
    assert retired["age"].min() >= 60
    assert people.loc[~people["occupation_code"].isin(["9000", "9002"]), "age"].min() >= 15
    assert people.loc[people["occupation_code"] == "9000", "age"].max() < 30


def test_the_insurance_plan_fits_age_work_and_nationality(people):
    plan = people["insurance_plan_code"]
    is_thai = people["nationality_code"] == "099"
    assert not plan[is_thai].str.startswith("84").any()
    assert set(plan[~is_thai]) <= {"8400", "8401", "8402", "8405", "8407", "5100"}
    assert people.loc[plan == "4200", "age"].between(15, 59).all()
    assert people.loc[plan.isin(["1100", "2201", "2203", "2301", "2401"]), "age"].between(20, 59).all()
    pensioners = people[plan.isin(["1200", "2202", "2204", "2302", "2402"])]
    assert set(pensioners["occupation_code"]) == {"9003"}
    assert not plan[people["occupation_code"] == "9003"].isin(["1100", "4200"]).any()


def test_the_category_fits_the_nationality_and_the_work(people):
    is_thai = people["nationality_code"] == "099"
    assert set(people.loc[~is_thai, "category_code"]) == {"foreigner"}
    assert "foreigner" not in set(people.loc[is_thai, "category_code"])
    assert set(people.loc[people["category_code"] == "faculty", "occupation_code"]) == {"2310"}
    assert set(people["category_code"]) == vocabulary().active["patient_category"]


def test_language_and_religion_fit_nationality_and_province(people):
    assert set(people.loc[people["nationality_code"] == "048", "primary_language"]) == {"my"}
    assert set(people.loc[people["nationality_code"] == "099", "primary_language"]) == {"th"}
    south = people[people["current_state_code"].isin(["94", "95", "96"]) & (people["nationality_code"] == "099")]
    north = people[people["current_state_code"].isin(["34", "40", "41"])]
    assert (south["religion_code"] == "02").mean() > 0.7
    assert (north["religion_code"] == "02").mean() < 0.05


def test_codes_of_an_address_lie_in_each_other_and_its_postal_code_is_theirs(people):
    places = vocabulary().places
    postal = dict(zip(places.code.to_pylist(), places.postal_code.to_pylist(), strict=True))
    for kind in ("official", "current"):
        city, district, state = (people[f"{kind}_{level}_code"] for level in ("city", "district", "state"))
        assert (city.str[:4] == district).all()
        assert (city.str[:2] == state).all()
        assert (city.map(postal) == people[f"{kind}_postal_code"]).all()
        assert (people[f"{kind}_line"].str.contains("หมู่ที่") == (state != "10")).all()
    same = people["official_city_code"] == people["current_city_code"]
    assert 0.75 < same.mean() < 0.82
    assert (people["official_line"] == people["current_line"])[same].mean() > 0.99


def test_a_spouse_is_of_the_other_sex_and_only_the_married_have_one(people):
    spouses = people[people["contact_relation_code"] == "4"]
    assert set(spouses["marital_status_code"]) == {"2"}
    women = set(vocabulary().given["female"].thai.to_pylist())
    assert (spouses["contact_first_name"].isin(women) == (spouses["gender"] == "male")).all()
    children = people[people["contact_relation_code"] == "5"]
    assert children["age"].min() >= 45
    assert "1" not in set(children["marital_status_code"])


def test_the_table_is_arrow():
    assert isinstance(table(3), pa.Table)
