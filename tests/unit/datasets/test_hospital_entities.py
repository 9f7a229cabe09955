from seedbed.content.layouts import header_aliases, known_headers, required_headers, sharing_file
from seedbed.core.spec import Column
from seedbed.datasets.registry import ENTITIES


def test_user_and_practitioner_share_a_file_and_its_columns():
    user, practitioner = ENTITIES["user"], ENTITIES["practitioner"]
    assert [entity.name for entity in sharing_file(user)] == ["user", "practitioner"]
    assert [entity.name for entity in sharing_file(practitioner)] == ["practitioner", "user"]
    assert set(known_headers(user)) == set(known_headers(practitioner))
    assert set(known_headers(user)) > {"email", "realm_role", "prefix", "en_given_name", "is_dummy"}
    assert practitioner.only_with == "role"


def test_a_file_needs_keys_and_thai_names_but_nothing_that_has_a_default():
    assert required_headers(ENTITIES["occupation"]) == ("code", "info.th.name")
    assert required_headers(ENTITIES["department"]) == ("code", "info.th.name", "branch_code")
    assert required_headers(ENTITIES["clinic"]) == ("code", "department_code", "name", "info.th.name")


def test_the_first_system_s_column_names_are_accepted():
    assert header_aliases(ENTITIES["insurance_plan"]) == {
        "payor_id": "payor_code",
        "benefit_plan_id": "benefit_plan_code",
    }
    assert header_aliases(ENTITIES["user"]) == {"en_give_name": "en_given_name"}
    assert header_aliases(ENTITIES["tpu_atc_mapping"])["tpuCode"] == "tpu_code"
    assert header_aliases(ENTITIES["dispense_unit"])["standard_dosplay"] == "standard_display"


def test_an_address_stores_the_code_of_its_sub_district():
    column = ENTITIES["thai_address"].column("sub_district_code")
    assert (column.headers, column.references.take) == (("code",), "code")


def test_json_paths_follow_the_headers_or_are_said():
    assert Column("info", "json", parts=("info.th.name", "info.name")).json_paths == (("th", "name"), ("name",))
    assert ENTITIES["dispense_unit"].column("info").json_paths == (("th", "name"), ("en", "name"))
    assert ENTITIES["practitioner"].column("info").json_paths[1] == ("th", "givenName")


def test_no_other_name_of_a_column_is_a_column_itself():
    both = {name: set(header_aliases(entity)) & set(known_headers(entity)) for name, entity in ENTITIES.items()}
    assert {name: names for name, names in both.items() if names} == {}
