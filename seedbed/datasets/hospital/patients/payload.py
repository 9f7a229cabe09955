"""Drawn patients as the Demographic API is sent them, and as files list them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from seedbed.core.cell_text import as_text
from seedbed.core.errors import DataError
from seedbed.core.registration import RegisterResult, RowToRegister

Json = dict[str, Any]
# The API's field, and our column.
CODES = {
    "nationalityCode": "nationality_code",
    "maritalStatusCode": "marital_status_code",
    "raceCode": "race_code",
    "educationLevelCode": "education_level_code",
    "primaryLanguage": "primary_language",
}
CODE_OBJECTS = {
    "namePrefixCode": "name_prefix_code",
    "religionCode": "religion_code",
    "occupationCode": "occupation_code",
    "categoryCode": "category_code",
}
PERSON = {"firstName": "first_name", "familyName": "family_name", "gender": "gender", "birthDate": "birth_date"}
BLOOD = {"aboBloodGroup": "abo_blood_group", "rhBloodGroup": "rh_blood_group"}
DEATH = {"deceased": "deceased", "deceasedDate": "deceased_date"}
PLAIN = {"mode": "mode", "idCardNo": "id_card_no", **PERSON, **CODES, **BLOOD, **DEATH}
MORE = {
    "namePrefixEn": "name_prefix_en",
    "firstNameEn": "first_name_en",
    "familyNameEn": "family_name_en",
    "phone": "phone",
    "email": "email",
    "insurancePlanCode": "insurance_plan_code",
}
LEVELS = {
    "line": "line",
    "stateCode": "state_code",
    "districtCode": "district_code",
    "cityCode": "city_code",
    "postalCode": "postal_code",
}
ADDRESSES = {
    f"{kind}Address": {field: f"{kind}_{column}" for field, column in LEVELS.items()}
    for kind in ("official", "current")
}
CONTACT = {"categoryCode": "information_giver_code"}
MORE_OF_CONTACT = {
    "relationCode": "contact_relation_code",
    "firstName": "contact_first_name",
    "familyName": "contact_family_name",
    "phone": "contact_phone",
}
LISTED = ("stateCode", "districtCode", "cityCode", "postalCode")
CSV_COLUMNS = (
    *("hn", "ehrId", "idCardNo", "firstName", "familyName", "gender", "birthDate", "age", "nationalityCode"),
    *("maritalStatusCode", "raceCode", "religionCode", "occupationCode", "educationLevelCode", "primaryLanguage"),
    *(f"official.{level}" for level in LISTED),
)
DRAWN = {**PLAIN, **CODE_OBJECTS, **{f"official.{level}": f"official_{LEVELS[level]}" for level in LISTED}}


def rows_to_register(table: pa.Table, *, full: bool) -> list[RowToRegister]:
    """What the API is to register, a patient a row: the documented fields, and with `full` all that a hospital has beside them.

    What a patient has not is left out of the body.
    """
    plain, contact = (PLAIN | MORE, CONTACT | MORE_OF_CONTACT) if full else (PLAIN, CONTACT)
    parts = [
        *((name, _values(table, column)) for name, column in plain.items()),
        *((name, _objects(table, {"code": column})) for name, column in CODE_OBJECTS.items()),
        *((name, _objects(table, columns)) for name, columns in ADDRESSES.items()),
        ("informationGiverContact", _objects(table, contact)),
    ]
    bodies = _bodies([name for name, _ in parts], [values for _, values in parts])
    rows, keys = table["patient"].to_pylist(), table["id_card_no"].to_pylist()
    return list(map(RowToRegister, rows, keys, bodies))


def csv_table(table: pa.Table, result: Sequence[RegisterResult]) -> pa.Table:
    """CSV_COLUMNS of those rows that the API has, created now or there before, as text and in the order of patients.

    The age is the API's, the drawn one where it says none. DataError where a row was settled as somebody else than it is drawn now.
    """
    place = {row: number for number, row in enumerate(table["patient"].to_pylist())}
    there = {one.row: one for one in result if one.outcome != "skipped" and one.row in place}
    kept = [there[row] for row in sorted(there)]
    rows = table.take(pa.array([place[one.row] for one in kept], pa.int64()))
    for one, drawn in zip(kept, rows["id_card_no"].to_pylist(), strict=True):
        if one.key != drawn:
            raise DataError(
                f"patient {one.row} was made as somebody else than is drawn now",
                next_step="go on with the version and the data that the run began with",
                code="population-changed",
            )
    ages = [one.answer.get("age", drawn) for one, drawn in zip(kept, rows["age"].to_pylist(), strict=True)]
    answered = {
        "hn": pa.array([one.number for one in kept], pa.string()),
        "ehrId": pa.array([one.target_id for one in kept], pa.string()),
        "age": as_text(pa.array(ages, pa.int64())),
    }
    return pa.table({name: answered[name] if name in answered else as_text(rows[DRAWN[name]]) for name in CSV_COLUMNS})


def _values(table: pa.Table, column: str) -> list[Any]:
    values = table[column]
    return list((as_text(values) if pa.types.is_date(values.type) else values).to_pylist())


def _objects(table: pa.Table, columns: dict[str, str]) -> Iterator[Json]:
    names = tuple(columns)
    return (
        dict(zip(names, row, strict=True)) for row in zip(*(_values(table, c) for c in columns.values()), strict=True)
    )


def _bodies(names: Sequence[str], columns: Sequence[Iterable[Any]]) -> Iterator[Json]:
    for row in zip(*columns, strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}
