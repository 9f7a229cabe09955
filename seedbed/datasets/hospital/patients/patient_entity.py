"""The columns of drawn patients, declared once."""

from seedbed.core.spec import Column, Entity, Kind


def _column(name: str, doc: str, kind: Kind = "text", *, required: bool = True) -> Column:
    return Column(name, kind, required=required, doc=doc)


def _address(kind: str, doc: str) -> tuple[Column, ...]:
    return (
        _column(f"{kind}_line", f"{doc}: house number and, outside Bangkok, village"),
        _column(f"{kind}_state_code", f"{doc}: province, two digits"),
        _column(f"{kind}_district_code", f"{doc}: district, four digits"),
        _column(f"{kind}_city_code", f"{doc}: sub-district, six digits"),
        _column(f"{kind}_postal_code", f"{doc}: postal code"),
    )


PATIENT = Entity(
    "patient",
    "patient",
    (
        _column("patient", "row id: with seed and cohort it names the person", "integer"),
        _column("mode", "how the API is to verify identity: always cid"),
        _column("id_card_no", "citizen id of 13 digits, of a class that does not exist"),
        _column("gender", "male or female"),
        _column("name_prefix_code", "prefix by age, sex and marital status"),
        _column("name_prefix", "prefix in Thai"),
        _column("first_name", "given name in Thai"),
        _column("family_name", "family name in Thai"),
        _column("name_prefix_en", "prefix in English"),
        _column("first_name_en", "given name in Roman letters"),
        _column("family_name_en", "family name in Roman letters"),
        _column("birth_date", "birth date", "date"),
        _column("age", "completed years at as-of, or at death", "integer"),
        _column("nationality_code", "nationality"),
        _column("race_code", "race"),
        _column("religion_code", "religion"),
        _column("primary_language", "language"),
        _column("education_level_code", "highest education so far; none before school", required=False),
        _column("occupation_code", "occupation"),
        _column("marital_status_code", "marital status"),
        _column("category_code", "patient category"),
        _column("insurance_plan_code", "main insurance plan"),
        _column("abo_blood_group", "A, B, AB or O"),
        _column("rh_blood_group", "positive or negative"),
        _column("phone", "number in a block that is nobody's; none for children", required=False),
        _column("email", "address at example.com; not everybody has one", required=False),
        *_address("official", "registered address"),
        *_address("current", "where the patient lives"),
        _column("information_giver_code", "who gives information about the patient"),
        _column("contact_relation_code", "what the contact person is to the patient"),
        _column("contact_first_name", "given name of the contact person in Thai"),
        _column("contact_family_name", "family name of the contact person in Thai"),
        _column("contact_phone", "number of the contact person, in the same block"),
        _column("deceased", "whether the patient has died by as-of", "boolean"),
        _column("deceased_date", "the day of death", "date", required=False),
    ),
    key=("id_card_no",),
    target="demographic_api",
)
SCHEMA = PATIENT.schema
