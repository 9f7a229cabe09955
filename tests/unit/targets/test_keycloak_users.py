import pytest

from seedbed.core.spec import Entity
from seedbed.datasets.hospital.user import ACCOUNTS
from seedbed.targets.keycloak.user_rows import (
    DesiredUser,
    UserDifference,
    as_row,
    attribute_names,
    compare_user,
    desired_users,
    new_user_payload,
    user_disable_payload,
    user_update_payload,
)
from tests.support.builders.deliveries import part_of

USER: Entity = ACCOUNTS[0]
WANTED = DesiredUser(
    "anna",
    {"email": "Anna@example.org", "firstName": "Anna", "lastName": "A", "enabled": True, "emailVerified": True},
    {"role": "NURSE", "display": ""},
    "nurse",
)
AS_WANTED = {
    "id": "1",
    "username": "anna",
    "email": "anna@example.org",
    "firstName": "Anna",
    "lastName": "A",
    "enabled": True,
    "emailVerified": True,
    "attributes": {"role": ["NURSE"], "level": ["3"]},
}


def wanted(**cells: str) -> DesiredUser:
    block = part_of(USER, [{"username": "Anna", "email": "a@example.org", **cells}]).block
    assert block is not None
    return desired_users(USER, block)[0]


def test_every_column_that_is_none_of_keycloaks_own_is_an_attribute():
    own = {"username", "email", "realm_role", "active", "given_name", "family_name"}
    assert set(attribute_names(USER)) == set(USER.headers) - own


def test_columns_that_the_file_lacks_are_not_wanted_and_those_of_others_are_ignored():
    assert wanted(ward="ICU") == DesiredUser("anna", {"email": "a@example.org", "emailVerified": True}, {}, "")


@pytest.mark.parametrize(("cell", "expected"), [("TRUE", True), ("true", True), ("FALSE", False), ("False", False)])
def test_active_is_enabled(cell: str, expected: bool):
    assert wanted(active=cell).fields["enabled"] is expected


@pytest.mark.parametrize(
    ("realm_role", "role", "expected"), [("a", "b", "a"), ("", "b", "b"), ("a", "", "a"), ("", "", "")]
)
def test_the_realm_role_falls_back_to_the_role(realm_role: str, role: str, expected: str):
    assert wanted(realm_role=realm_role, role=role).role == expected


def test_a_user_as_wanted_differs_in_nothing():
    assert compare_user(WANTED, AS_WANTED, ["nurse", "tester"], ["nurse", "doctor"]) == []


def test_each_difference_is_named_as_the_file_names_it():
    user = {**AS_WANTED, "firstName": "Ann", "enabled": False, "attributes": {"display": ["A"]}}
    assert compare_user(WANTED, user, ["doctor"], ["nurse", "doctor"]) == [
        UserDifference("given_name", "Ann", "Anna"),
        UserDifference("active", "FALSE", "TRUE"),
        UserDifference("role", "", "NURSE"),
        UserDifference("display", "A", ""),
        UserDifference("realm_role", "doctor", "nurse"),
    ]


def test_a_user_without_names_or_attributes_is_compared_too():
    bare = {"id": "1", "username": "anna", "enabled": True, "emailVerified": False}
    named = {difference.column for difference in compare_user(WANTED, bare, [], ["nurse"])}
    assert named == {"email", "given_name", "family_name", "emailVerified", "role", "realm_role"}


def test_a_new_user_has_no_empty_attributes_and_is_enabled_unless_the_file_says_otherwise():
    assert new_user_payload(WANTED)["attributes"] == {"role": ["NURSE"]}
    assert new_user_payload(DesiredUser("x", {}, {}, ""))["enabled"] is True
    assert new_user_payload(DesiredUser("x", {"enabled": False}, {}, ""))["enabled"] is False


def test_an_update_repeats_what_the_file_does_not_speak_of():
    update = user_update_payload(DesiredUser("anna", {"firstName": "B"}, {"role": "", "display": "D"}, ""), AS_WANTED)
    assert update == {
        "username": "anna",
        "email": "anna@example.org",
        "firstName": "B",
        "lastName": "A",
        "attributes": {"level": ["3"], "display": ["D"]},
    }


def test_a_user_is_shown_as_a_row_with_its_id():
    row = as_row(USER, AS_WANTED, ["nurse", "clerk"])
    expected = {"id": "1", "username": "anna", "realm_role": "clerk,nurse", "active": "TRUE", "role": "NURSE"}
    assert {name: row[name] for name in expected} == expected
    assert set(row) == {"id", *USER.headers}


def test_who_is_shut_out_keeps_everything_else():
    kept = {name: AS_WANTED[name] for name in ("username", "email", "firstName", "lastName", "attributes")}
    assert user_disable_payload(AS_WANTED) == {**kept, "enabled": False}
    assert user_disable_payload({"id": "1", "username": "x", "enabled": True}) == {
        "username": "x",
        "enabled": False,
        "attributes": {},
    }
