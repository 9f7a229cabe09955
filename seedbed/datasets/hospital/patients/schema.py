"""The columns of drawn patients, declared once."""

import pyarrow as pa


def _field(name: str, doc: str, kind: pa.DataType | None = None, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, kind or pa.string(), nullable, {"doc": doc})


def _address(kind: str, doc: str) -> list[pa.Field]:
    return [
        _field(f"{kind}_line", f"{doc}: house number and, outside Bangkok, village"),
        _field(f"{kind}_state_code", f"{doc}: province, two digits"),
        _field(f"{kind}_district_code", f"{doc}: district, four digits"),
        _field(f"{kind}_city_code", f"{doc}: sub-district, six digits"),
        _field(f"{kind}_postal_code", f"{doc}: postal code"),
    ]


SCHEMA = pa.schema(
    [
        _field("patient", "row id: with seed and cohort it names the person", pa.uint64()),
        _field("mode", "how the API is to verify identity: always cid"),
        _field("id_card_no", "citizen id of 13 digits, of a class that does not exist"),
        _field("gender", "male or female"),
        _field("name_prefix_code", "prefix by age, sex and marital status"),
        _field("name_prefix", "prefix in Thai"),
        _field("first_name", "given name in Thai"),
        _field("family_name", "family name in Thai"),
        _field("name_prefix_en", "prefix in English"),
        _field("first_name_en", "given name in Roman letters"),
        _field("family_name_en", "family name in Roman letters"),
        _field("birth_date", "birth date", pa.date32()),
        _field("age", "completed years at as-of, or at death", pa.int16()),
        _field("nationality_code", "nationality"),
        _field("race_code", "race"),
        _field("religion_code", "religion"),
        _field("primary_language", "language"),
        _field("education_level_code", "highest education so far; none before school", nullable=True),
        _field("occupation_code", "occupation"),
        _field("marital_status_code", "marital status"),
        _field("category_code", "patient category"),
        _field("insurance_plan_code", "main insurance plan"),
        _field("abo_blood_group", "A, B, AB or O"),
        _field("rh_blood_group", "positive or negative"),
        _field("phone", "number in a block that is nobody's; none for children", nullable=True),
        _field("email", "address at example.com; not everybody has one", nullable=True),
        *_address("official", "registered address"),
        *_address("current", "where the patient lives"),
        _field("information_giver_code", "who gives information about the patient"),
        _field("contact_relation_code", "what the contact person is to the patient"),
        _field("contact_first_name", "given name of the contact person in Thai"),
        _field("contact_family_name", "family name of the contact person in Thai"),
        _field("contact_phone", "number of the contact person, in the same block"),
        _field("deceased", "whether the patient has died by as-of", pa.bool_()),
        _field("deceased_date", "the day of death", pa.date32(), nullable=True),
    ]
)
