"""Drawn patients as the API is sent them, as the document's CSV lists them, and as a file of rejects has them."""

import csv
import json
from dataclasses import replace
from datetime import date

import pytest

from seedbed.core.errors import DataError
from seedbed.core.generated import row_cells
from seedbed.core.registration import RegisterResult
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE, Cohort
from seedbed.datasets.hospital.patients.payload import CSV_COLUMNS, csv_table, rows_to_register
from seedbed.formats.csv_text import csv_bytes
from seedbed.formats.spreadsheet_cells import table_without_formulas
from seedbed.sandbox.demographic.patient_payload import check_digit, validate_patient
from tests.support.builders.patients import table

DOCUMENTED = {
    *(
        "mode",
        "idCardNo",
        "gender",
        "namePrefixCode",
        "firstName",
        "familyName",
        "birthDate",
        "deceased",
        "deceasedDate",
    ),
    *("nationalityCode", "maritalStatusCode", "raceCode", "educationLevelCode", "primaryLanguage", "religionCode"),
    *("occupationCode", "categoryCode", "aboBloodGroup", "rhBloodGroup", "officialAddress", "currentAddress"),
    "informationGiverContact",
}
BESIDE = {"namePrefixEn", "firstNameEn", "familyNameEn", "phone", "email", "insurancePlanCode"}
MAY_BE_ABSENT = {"educationLevelCode", "deceasedDate", "phone", "email"}
COHORTS = (
    *(ALL_PATIENTS, Cohort(youngest=90), Cohort(oldest=0), Cohort(deceased=True), Cohort(category="monk")),
    *(Cohort(nationality="048", sex="female"), Cohort(province="95", oldest=12)),
)


def bodies(full, **drawn):
    return [one.body for one in rows_to_register(table(**drawn), full=full)]


@pytest.mark.parametrize(("full", "names"), [(False, DOCUMENTED), (True, DOCUMENTED | BESIDE)])
def test_the_fields_are_the_documented_ones_and_what_is_absent_is_left_out(full, names):
    made = bodies(full, count=3_000)
    assert set().union(*made) == names
    always = set(made[0]).intersection(*made)
    assert names - always == MAY_BE_ABSENT & names
    assert all(value is not None for body in made for value in body.values())
    contact = {"categoryCode", "relationCode", "firstName", "familyName", "phone"} if full else {"categoryCode"}
    assert {frozenset(body["informationGiverContact"]) for body in made} == {frozenset(contact)}


def test_a_patient_s_body_is_what_was_drawn():
    drawn = table(50)
    row, one = drawn.to_pylist()[7], rows_to_register(drawn, full=True)[7]
    assert (one.row, one.key) == (row["patient"], row["id_card_no"]) == (7, one.body["idCardNo"])
    assert one.body["birthDate"] == row["birth_date"].isoformat()
    assert one.body["deceased"] is row["deceased"]
    assert one.body["occupationCode"] == {"code": row["occupation_code"]}
    assert one.body["primaryLanguage"] == row["primary_language"]
    assert one.body["officialAddress"] == {
        "line": row["official_line"],
        "stateCode": row["official_state_code"],
        "districtCode": row["official_district_code"],
        "cityCode": row["official_city_code"],
        "postalCode": row["official_postal_code"],
    }
    assert one.body["currentAddress"]["cityCode"] == row["current_city_code"]
    assert one.body["informationGiverContact"] == {
        "categoryCode": row["information_giver_code"],
        "relationCode": row["contact_relation_code"],
        "firstName": row["contact_first_name"],
        "familyName": row["contact_family_name"],
        "phone": row["contact_phone"],
    }
    assert one.body["insurancePlanCode"] == row["insurance_plan_code"]


def test_the_dead_have_their_day_and_the_living_none():
    drawn = table(2_000)
    days = [day and day.isoformat() for day in drawn["deceased_date"].to_pylist()]
    assert [one.body.get("deceasedDate") for one in rows_to_register(drawn, full=False)] == days
    assert len(set(days)) > 10


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("cohort", COHORTS, ids=str)
@pytest.mark.parametrize("seed", [0, 42, 1 << 61])
def test_the_sandbox_accepts_every_drawn_patient(cohort, seed, full):
    # As of the reference day: the sandbox refuses what lies after its own.
    made = bodies(full, count=700, cohort=cohort, seed=seed, as_of=REFERENCE)
    assert [judged for body in made if (judged := validate_patient(json.loads(json.dumps(body)))).faults] == []
    assert all(check_digit(body["idCardNo"][:12]) == body["idCardNo"][12] for body in made)


def settled():
    keys = table(10)["id_card_no"].to_pylist()
    return [
        RegisterResult(7, keys[7], "exists", "6900007", "record-7", {"age": 33}),
        RegisterResult(2, keys[2], "skipped", reason="rejected_by_api", message="no"),
        RegisterResult(3, keys[3], "created", "6900003", "record-3"),
        RegisterResult(500, "", "created", "6900500", "record-500", {"age": 1}),
        RegisterResult(0, keys[0], "created", "6900000", "record-0", {"age": 12}),
    ]


def test_a_row_that_was_settled_as_somebody_else_is_not_listed_under_another_s_number():
    with pytest.raises(DataError, match="patient 3 was made as somebody else than is drawn now"):
        csv_table(table(10), [*settled()[:2], replace(settled()[2], key="9000000000003")])


def test_the_csv_has_the_document_s_columns_of_the_patients_that_are_there_in_their_order():
    drawn = table(10)
    made = csv_table(drawn, settled())
    assert made.column_names == list(CSV_COLUMNS)
    assert table_without_formulas(made) == made
    assert len(CSV_COLUMNS) == 19
    assert made["hn"].to_pylist() == ["6900000", "6900003", "6900007"]
    assert made["ehrId"].to_pylist() == ["record-0", "record-3", "record-7"]
    assert made["age"].to_pylist() == ["12", str(drawn["age"][3]), "33"]
    for name, column in {
        "idCardNo": "id_card_no",
        "firstName": "first_name",
        "educationLevelCode": "education_level_code",
        "primaryLanguage": "primary_language",
        "official.cityCode": "official_city_code",
        "official.postalCode": "official_postal_code",
    }.items():
        assert made[name].to_pylist() == [drawn[column][row].as_py() for row in (0, 3, 7)], name
    assert made["birthDate"].to_pylist()[1] == drawn["birth_date"][3].as_py().isoformat()


def test_the_csv_does_not_depend_on_the_order_of_answers_or_of_rows():
    drawn = table(10)
    answers = [*settled(), RegisterResult(3, "", "skipped", reason="api_unavailable")]
    made = csv_table(drawn, answers)
    assert csv_table(drawn.take(list(reversed(range(10)))), list(reversed(answers))).equals(made)
    halves = [csv_table(drawn.slice(0, 5), answers), csv_table(drawn.slice(5), answers)]
    assert b"".join(csv_bytes(halves)) == b"".join(csv_bytes([made]))
    assert csv_table(drawn, []).num_rows == 0


def test_a_rejected_row_is_all_its_columns_as_a_csv_has_them():
    drawn = table(300)
    place = next(place for place, row in enumerate(drawn.to_pylist()) if not row["deceased"] and row["email"])
    header, cells = row_cells(drawn, place)
    rows = list(csv.reader(b"".join(csv_bytes([drawn])).decode().splitlines()))
    assert (list(header), list(cells)) == (rows[0], rows[place + 1])
    found = dict(zip(header, cells, strict=True))
    assert (found["deceased"], found["deceased_date"]) == ("FALSE", "")
    assert date.fromisoformat(found["birth_date"]) == drawn["birth_date"][place].as_py()
