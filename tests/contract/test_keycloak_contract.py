"""One contract for both: what Seedbed relies on in Keycloak is so in a real Keycloak 26 and in the sandbox."""

import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import jwt
import pytest
from keycloak import KeycloakAdmin
from keycloak.exceptions import KeycloakError

from tests.support.stack.keycloak_server import KeycloakServer


@pytest.fixture(scope="module")
def admin(keycloak_server: KeycloakServer) -> KeycloakAdmin:
    return keycloak_server.admin()


@pytest.fixture(scope="module")
def http(keycloak_server: KeycloakServer) -> Iterator[httpx.Client]:
    with keycloak_server.http() as client:
        yield client


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex[:16]}"


def person(name: str, **more: Any) -> dict[str, Any]:
    mail = f"{name}@example.org"
    return {"username": name, "email": mail, "firstName": "สมชาย", "lastName": "ใจดี", "enabled": True, **more}


def refused(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def messages(answer: httpx.Response) -> set[tuple[str, str]]:
    body = refused(answer, 400)
    return {(fault["field"], fault["errorMessage"]) for fault in body.get("errors", [body])}


# Tokens


def test_well_known_document_names_the_realms_endpoints(keycloak_server: KeycloakServer) -> None:
    document = keycloak_server.openid().well_known()
    issuer = f"{keycloak_server.url}/realms/{keycloak_server.realm}"
    assert document["issuer"] == issuer
    assert document["token_endpoint"] == f"{issuer}/protocol/openid-connect/token"
    assert document["jwks_uri"] == f"{issuer}/protocol/openid-connect/certs"
    assert "client_credentials" in document["grant_types_supported"]


def test_client_gets_a_bearer_token_for_300_seconds(keycloak_server: KeycloakServer) -> None:
    answer = keycloak_server.openid().token(grant_type="client_credentials")
    expected = {"expires_in": 300, "refresh_expires_in": 0, "token_type": "Bearer"}
    assert expected == {name: answer[name] for name in expected}


def test_token_is_signed_by_the_published_key_and_carries_the_realm_management_roles(
    keycloak_server: KeycloakServer,
) -> None:
    token = keycloak_server.openid().token(grant_type="client_credentials")["access_token"]
    keys = jwt.PyJWKClient(keycloak_server.openid().well_known()["jwks_uri"])
    key = keys.get_signing_key_from_jwt(token).key
    claims = jwt.decode(token, key, ["RS256"], options={"verify_aud": False})
    assert claims["exp"] - claims["iat"] == 300
    assert claims["azp"] == keycloak_server.client_id
    assert claims["preferred_username"] == f"service-account-{keycloak_server.client_id}"
    assert {"manage-users", "view-users", "view-realm", "manage-realm"} <= set(
        claims["resource_access"]["realm-management"]["roles"]
    )


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "unauthorized_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_token_is_refused(keycloak_server: KeycloakServer, form: dict[str, str], status: int, error: str) -> None:
    server = keycloak_server
    right = {"grant_type": "client_credentials", "client_id": server.client_id, "client_secret": server.secret}
    given = {name: value for name, value in (right | form).items() if value}
    answer = httpx.post(f"{server.url}/realms/{server.realm}/protocol/openid-connect/token", data=given)
    assert refused(answer, status)["error"] == error


def test_client_may_authenticate_by_http_basic(keycloak_server: KeycloakServer) -> None:
    server = keycloak_server
    url = f"{server.url}/realms/{server.realm}/protocol/openid-connect/token"
    answer = httpx.post(url, data={"grant_type": "client_credentials"}, auth=(server.client_id, server.secret))
    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/realms/nowhere/.well-known/openid-configuration", "/realms/nowhere"])
def test_unknown_realm_is_404(keycloak_server: KeycloakServer, path: str) -> None:
    assert httpx.get(f"{keycloak_server.url}{path}").status_code == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}])
def test_admin_api_wants_a_valid_token(keycloak_server: KeycloakServer, header: dict[str, str]) -> None:
    answer = httpx.get(f"{keycloak_server.url}/admin/realms/{keycloak_server.realm}/users", headers=header)
    assert refused(answer, 401) == {"error": "HTTP 401 Unauthorized"}


def test_unknown_realm_of_the_admin_api_is_404(http: httpx.Client) -> None:
    url = f"{str(http.base_url).rstrip('/').rsplit('/', 1)[0]}/nowhere/users"
    assert refused(http.get(url), 404) == {"error": "Realm not found."}


# Users: create and read


def test_created_user_is_found_as_it_was_sent(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name, emailVerified=True, requiredActions=["UPDATE_PASSWORD"]))
    user = admin.get_user(key)
    expected = {**person(name), "id": key, "emailVerified": True, "requiredActions": ["UPDATE_PASSWORD"]}
    assert expected == {field: user[field] for field in expected}
    assert "attributes" not in user


def test_user_name_and_mail_are_lower_cased(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name.upper(), email=f"{name}@EXAMPLE.org"))
    user = admin.get_user(key)
    assert (user["username"], user["email"]) == (name, f"{name}@example.org")


def test_user_is_disabled_unless_said_otherwise(admin: KeycloakAdmin, name: str) -> None:
    user = admin.get_user(admin.create_user({"username": name}))
    assert (user["enabled"], user["emailVerified"], user["requiredActions"]) == (False, False, [])
    assert "email" not in user


def test_unknown_user_is_404(http: httpx.Client) -> None:
    assert refused(http.get("/users/nobody"), 404) == {"error": "User not found"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email": "other@example.org"}, "User exists with same username"),
        ({"username": "other"}, "User exists with same email"),
        ({}, "User exists with same email"),
    ],
    ids=["same name", "same mail", "both"],
)
def test_conflict_says_what_is_taken(
    admin: KeycloakAdmin, http: httpx.Client, name: str, changes: dict[str, str], message: str
) -> None:
    admin.create_user(person(name))
    answer = http.post("/users", json=person(name) | {field: f"{name}-{text}" for field, text in changes.items()})
    assert refused(answer, 409) == {"errorMessage": message}


def test_name_conflict_ignores_case_and_comes_before_validation(
    admin: KeycloakAdmin, http: httpx.Client, name: str
) -> None:
    admin.create_user(person(name))
    answer = http.post("/users", json={"username": name.upper(), "firstName": "<"})
    assert refused(answer, 409) == {"errorMessage": "User exists with same username"}


def test_python_keycloak_raises_the_conflict_with_its_code(admin: KeycloakAdmin, name: str) -> None:
    admin.create_user(person(name))
    with pytest.raises(KeycloakError) as caught:
        admin.create_user(person(name))
    assert caught.value.response_code == 409


# Users: validation


@pytest.mark.parametrize(
    ("username", "message"),
    [
        ("ab", "error-invalid-length"),
        ("a" * 256, "error-invalid-length"),
        ("สมชาย", "error-username-invalid-character"),
        ("ab๑", "error-username-invalid-character"),
        ("ann<lee", "error-username-invalid-character"),
        ("ann lee", "error-username-invalid-character"),
        ("ann/lee", "error-username-invalid-character"),
        ("o'neil", "error-username-invalid-character"),
        ("ann:lee", "error-username-invalid-character"),
        ("annж", "error-username-invalid-character"),
    ],
)
def test_user_name_is_refused(http: httpx.Client, username: str, message: str) -> None:
    assert messages(http.post("/users", json={"username": username})) == {("username", message)}


@pytest.mark.parametrize("suffix", ["a.b-c_d", "+x", "@example.org", "é", "ß", "1"])
def test_user_name_is_accepted(admin: KeycloakAdmin, name: str, suffix: str) -> None:
    assert admin.get_user(admin.create_user({"username": name + suffix}))["username"] == name + suffix


def test_user_without_name_is_refused(http: httpx.Client) -> None:
    assert refused(http.post("/users", json={"email": "x@example.org"}), 400) == {
        "errorMessage": "User name is missing"
    }


@pytest.mark.parametrize(
    "mail", ["x", "x@", "a b@example.org", "x@example..org", "x@-e.org", "x@example.org ", "x" * 65 + "@example.org"]
)
def test_mail_is_refused(http: httpx.Client, name: str, mail: str) -> None:
    assert messages(http.post("/users", json={"username": name, "email": mail})) == {("email", "error-invalid-email")}


@pytest.mark.parametrize("mail", ["{}@localhost", "ก{}@example.org", "{}@[127.0.0.1]", "{}.x+y@sub.example.org"])
def test_mail_is_accepted(admin: KeycloakAdmin, name: str, mail: str) -> None:
    given = mail.format(name)
    assert admin.get_user(admin.create_user({"username": name, "email": given}))["email"] == given


@pytest.mark.parametrize("field", ["firstName", "lastName"])
@pytest.mark.parametrize("text", ["a<b", 'a"b', "a&b", "a(b)", "a/b", "a#b", "a?b", "a[b]"])
def test_persons_name_is_refused(http: httpx.Client, name: str, field: str, text: str) -> None:
    answer = http.post("/users", json={"username": name, field: text})
    assert messages(answer) == {(field, "error-person-name-invalid-character")}


@pytest.mark.parametrize("text", ["O'Neil", "ก.ข", "a,b", "a:b", "de la Cruz", "a-b_1", "x" * 255])
def test_persons_name_is_accepted(admin: KeycloakAdmin, name: str, text: str) -> None:
    assert admin.get_user(admin.create_user({"username": name, "firstName": text}))["firstName"] == text


def test_persons_name_has_at_most_255_characters(http: httpx.Client, name: str) -> None:
    answer = http.post("/users", json={"username": name, "lastName": "x" * 256})
    expected = {"field": "lastName", "errorMessage": "error-invalid-length-too-long", "params": ["lastName", None, 255]}
    assert expected == refused(answer, 400)


def test_several_faults_are_told_at_once(http: httpx.Client, name: str) -> None:
    answer = http.post("/users", json={"username": "ก", "email": "x", "firstName": "<", "lastName": name})
    assert messages(answer) == {
        ("username", "error-invalid-length"),
        ("username", "error-username-invalid-character"),
        ("email", "error-invalid-email"),
        ("firstName", "error-person-name-invalid-character"),
    }


def test_unknown_field_is_refused(http: httpx.Client, name: str) -> None:
    answer = http.post("/users", json={"username": name, "colour": "red"})
    assert 'Unrecognized field "colour"' in refused(answer, 400)["error"]


@pytest.mark.parametrize(("content", "error"), [("{", "invalid_request"), ("[1]", "unknown_error")])
def test_body_that_is_no_user_is_refused(http: httpx.Client, content: str, error: str) -> None:
    answer = http.post("/users", content=content, headers={"Content-Type": "application/json"})
    assert refused(answer, 400)["error"] == error


# Users: attributes and the profile


def test_declared_attributes_stay_and_undeclared_ones_vanish_silently(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name, attributes={"level": ["3"], "shoe_size": ["44"]}))
    assert admin.get_user(key)["attributes"] == {"level": ["3"]}


@pytest.mark.parametrize(("given", "kept"), [("7", ["7"]), ([7], ["7"]), (["ก"], ["ก"])])
def test_attribute_values_become_lists_of_text(admin: KeycloakAdmin, name: str, given: Any, kept: list[str]) -> None:
    key = admin.create_user(person(name, attributes={"level": given}))
    assert admin.get_user(key)["attributes"] == {"level": kept}


def test_empty_attribute_is_no_attribute(admin: KeycloakAdmin, name: str) -> None:
    assert "attributes" not in admin.get_user(admin.create_user(person(name, attributes={"level": [""]})))


def test_single_valued_attribute_takes_one_value(http: httpx.Client, name: str) -> None:
    answer = http.post("/users", json=person(name, attributes={"level": ["1", "2"]}))
    assert messages(answer) == {("level", "error-invalid-multivalued-size")}


def test_profile_lists_the_declared_attributes(admin: KeycloakAdmin) -> None:
    names = [attribute["name"] for attribute in admin.get_realm_users_profile()["attributes"]]
    assert names[:4] == ["username", "email", "firstName", "lastName"]
    assert {"display_name", "level", "medical_certificate_code", "role"} <= set(names)


def test_unmanaged_attributes_stay_when_the_policy_lets_administrators_edit(admin: KeycloakAdmin, name: str) -> None:
    profile = admin.get_realm_users_profile()
    admin.update_realm_users_profile({**profile, "unmanagedAttributePolicy": "ADMIN_EDIT"})
    try:
        key = admin.create_user(person(name, attributes={"shoe_size": ["44"]}))
        assert admin.get_user(key)["attributes"] == {"shoe_size": ["44"]}
    finally:
        admin.update_realm_users_profile(profile)
    assert "attributes" not in admin.get_user(key)


def test_profile_with_faults_is_refused(http: httpx.Client) -> None:
    profile = http.get("/users/profile").json()
    wrong = {**profile, "attributes": [*profile["attributes"], {"name": "x1", "validations": {"nope": {}}}]}
    expected = {"errorMessage": "[Validator 'nope' defined for attribute 'x1' doesn't exist]"}
    assert expected == refused(http.put("/users/profile", json=wrong), 400)
    expected = {
        "errorMessage": "[The attribute 'username' can not be removed, The attribute 'email' can not be removed]"
    }
    assert expected == refused(http.put("/users/profile", json={"attributes": []}), 400)


# Users: update


def test_update_changes_the_fields_given_and_no_other(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name, attributes={"level": ["3"]}))
    before = admin.get_user(key)
    admin.update_user(key, {"firstName": "สมหญิง", "enabled": False, "lastName": None})
    assert admin.get_user(key) == {**before, "firstName": "สมหญิง", "enabled": False}


def test_update_with_attributes_replaces_them_and_forgets_names_and_mail_that_it_does_not_give(
    admin: KeycloakAdmin, name: str
) -> None:
    key = admin.create_user(person(name, attributes={"level": ["3"], "role": ["doctor"]}))
    admin.update_user(key, {"attributes": {"level": ["4"]}})
    user = admin.get_user(key)
    assert user["attributes"] == {"level": ["4"]}
    assert user["username"] == name
    assert not {"email", "firstName", "lastName"} & user.keys()


def test_update_with_the_whole_user_keeps_all_of_it(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name, attributes={"level": ["3"]}))
    before = admin.get_user(key)
    admin.update_user(key, {**before, "attributes": {"level": ["4"]}})
    assert admin.get_user(key) == {**before, "attributes": {"level": ["4"]}}


def test_empty_text_takes_a_field_away(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name))
    admin.update_user(key, {"firstName": ""})
    assert "firstName" not in admin.get_user(key)


def test_user_name_cannot_be_changed(admin: KeycloakAdmin, http: httpx.Client, name: str) -> None:
    key = admin.create_user(person(name))
    answer = http.put(f"/users/{key}", json={"username": f"{name}2"})
    assert messages(answer) == {("username", "error-user-attribute-read-only")}
    assert http.put(f"/users/{key}", json={"username": name.upper()}).status_code == 204


def test_updates_mail_conflict_is_409_and_its_faults_are_400(
    admin: KeycloakAdmin, http: httpx.Client, name: str
) -> None:
    admin.create_user(person(f"{name}1"))
    key = admin.create_user(person(f"{name}2"))
    taken = http.put(f"/users/{key}", json={"email": f"{name}1@example.org"})
    assert refused(taken, 409) == {"errorMessage": "User exists with same email"}
    assert messages(http.put(f"/users/{key}", json={"email": "x"})) == {("email", "error-invalid-email")}
    assert admin.get_user(key)["email"] == f"{name}2@example.org"


def test_mail_that_was_given_up_is_free(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(f"{name}1"))
    admin.update_user(key, {"email": f"{name}@example.org"})
    other = admin.create_user(person(f"{name}2", email=f"{name}1@example.org"))
    assert admin.get_user(other)["email"] == f"{name}1@example.org"


def test_required_actions_that_nobody_knows_are_dropped(admin: KeycloakAdmin, name: str) -> None:
    key = admin.create_user(person(name, requiredActions=["NOPE", "UPDATE_PASSWORD"]))
    assert admin.get_user(key)["requiredActions"] == ["UPDATE_PASSWORD"]
    admin.update_user(key, {"requiredActions": []})
    assert admin.get_user(key)["requiredActions"] == []


def test_deleted_user_is_gone_and_its_name_free(admin: KeycloakAdmin, http: httpx.Client, name: str) -> None:
    admin.delete_user(admin.create_user(person(name)))
    assert admin.get_user_id(name) is None
    assert admin.create_user(person(name))
    assert refused(http.delete("/users/nobody"), 404) == {"error": "User not found"}


# Users: look-up, lists, pages


@pytest.fixture(scope="module")
def crowd(admin: KeycloakAdmin) -> str:
    """Five users whose names begin alike; the longest has a name that is no beginning of another."""
    prefix = f"c{uuid.uuid4().hex[:12]}"
    for number in range(4):
        admin.create_user(person(f"{prefix}-{number}", firstName=f"Given{number}"))
    admin.create_user(person(f"x{prefix}", enabled=False, attributes={"level": [prefix]}))
    return prefix


def names(users: list[dict[str, Any]]) -> list[str]:
    return [user["username"] for user in users]


def test_look_up_by_name_finds_parts_and_exact_finds_the_whole(admin: KeycloakAdmin, crowd: str) -> None:
    everybody = [*(f"{crowd}-{number}" for number in range(4)), f"x{crowd}"]
    assert names(admin.get_users({"username": crowd})) == everybody
    assert names(admin.get_users({"username": crowd, "exact": True})) == []
    assert names(admin.get_users({"username": f"X{crowd}".upper(), "exact": True})) == [f"x{crowd}"]


def test_user_id_is_found_by_exact_name(admin: KeycloakAdmin, crowd: str) -> None:
    assert admin.get_user_id(crowd) is None
    assert admin.get_user(admin.get_user_id(f"{crowd}-1"))["username"] == f"{crowd}-1"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"search": "{}"}, ["{}-0", "{}-1", "{}-2", "{}-3"]),
        ({"search": "*{}"}, ["{}-0", "{}-1", "{}-2", "{}-3", "x{}"]),
        ({"search": '"{}-2"'}, ["{}-2"]),
        ({"email": "{}-2@"}, ["{}-2"]),
        ({"email": "{}-2@example.org", "exact": True}, ["{}-2"]),
        ({"username": "{}", "firstName": "given3"}, ["{}-3"]),
        ({"username": "{}", "enabled": False}, ["x{}"]),
        ({"q": "level:{}"}, ["x{}"]),
        ({"username": "{}", "first": 1, "max": 2}, ["{}-1", "{}-2"]),
        ({"username": "{}", "first": 4, "max": 2}, ["x{}"]),
        ({"username": "{}", "max": 0}, []),
        ({"username": "{}", "first": -1, "max": -1}, ["{}-0", "{}-1", "{}-2", "{}-3", "x{}"]),
    ],
    ids=str,
)
def test_list_is_filtered_and_paged(http: httpx.Client, crowd: str, query: dict[str, Any], expected: list[str]) -> None:
    params = {field: value.format(crowd) if isinstance(value, str) else value for field, value in query.items()}
    assert names(http.get("/users", params=params).json()) == [text.format(crowd) for text in expected]


def test_count_counts_what_the_list_would_show(admin: KeycloakAdmin, crowd: str) -> None:
    assert admin.users_count({"username": crowd}) == 5
    assert admin.users_count({"search": crowd}) == 4
    assert admin.users_count() >= 5


def test_a_page_has_100_users_unless_said_otherwise_and_python_keycloak_reads_all_pages(
    admin: KeycloakAdmin, http: httpx.Client
) -> None:
    prefix = f"p{uuid.uuid4().hex[:12]}"
    for number in range(105):
        admin.create_user({"username": f"{prefix}-{number:03d}"})
    assert len(http.get("/users", params={"username": prefix}).json()) == 100
    assert names(admin.get_users({"username": prefix})) == [f"{prefix}-{number:03d}" for number in range(105)]


# Roles


def test_realm_has_the_built_in_roles_and_ours(admin: KeycloakAdmin, keycloak_server: KeycloakServer) -> None:
    found = {role["name"] for role in admin.get_realm_roles()}
    default = f"default-roles-{keycloak_server.realm}"
    assert {default, "offline_access", "uma_authorization", "doctor", "nurse"} <= found


def test_created_role_is_found_and_a_second_one_is_409(admin: KeycloakAdmin, http: httpx.Client, name: str) -> None:
    assert admin.create_realm_role({"name": name, "description": "d"}) == name
    role = admin.get_realm_role(name)
    expected = {"name": name, "description": "d", "composite": False, "clientRole": False, "attributes": {}}
    assert expected == {field: role[field] for field in expected}
    assert refused(http.post("/roles", json={"name": name}), 409) == {
        "errorMessage": f"Role with name {name} already exists"
    }
    assert admin.create_realm_role({"name": name}, skip_exists=True) == name


def test_unknown_role_is_404(http: httpx.Client) -> None:
    assert refused(http.get("/roles/nope"), 404) == {"error": "Could not find role"}
    assert refused(http.post("/roles", json={}), 400) == {"error": "role has no name"}


def test_roles_are_searched_and_paged(admin: KeycloakAdmin, http: httpx.Client, name: str) -> None:
    for letter in "ba":
        admin.create_realm_role({"name": f"{name}-{letter}"})
    assert [role["name"] for role in http.get("/roles", params={"search": name}).json()] == [f"{name}-a", f"{name}-b"]
    page = http.get("/roles", params={"search": name, "first": 1, "max": 1}).json()
    assert [role["name"] for role in page] == [f"{name}-b"]


def test_roles_are_given_and_taken(admin: KeycloakAdmin, keycloak_server: KeycloakServer, name: str) -> None:
    key = admin.create_user(person(name, realmRoles=["doctor"]))
    default = f"default-roles-{keycloak_server.realm}"
    assert held(admin, key) == {default}  # realmRoles of a new user are ignored
    doctor = admin.get_realm_role("doctor")
    admin.assign_realm_roles(key, [doctor])
    admin.assign_realm_roles(key, [doctor, admin.get_realm_role("nurse")])
    assert held(admin, key) == {default, "doctor", "nurse"}
    admin.delete_realm_roles_of_user(key, [doctor])
    admin.delete_realm_roles_of_user(key, [doctor])
    assert held(admin, key) == {default, "nurse"}


def held(admin: KeycloakAdmin, key: str) -> set[str]:
    return {role["name"] for role in admin.get_realm_roles_of_user(key)}


@pytest.mark.parametrize("suffix", ["", " /ICU 1", " แพทย์"])
def test_members_of_a_role_are_listed_whatever_its_name(
    admin: KeycloakAdmin, http: httpx.Client, name: str, suffix: str
) -> None:
    path = f"/roles/{quote(name + suffix, safe='')}"
    created = http.post("/roles", json={"name": name + suffix})
    assert created.headers["Location"].endswith(path)
    assert http.get(f"{path}/users").json() == []
    admin.assign_realm_roles(admin.create_user(person(name)), [http.get(path).json()])
    assert names(http.get(f"{path}/users").json()) == [name]
    assert refused(http.get(f"/roles/{name}-unknown/users"), 404) == {"error": "Could not find role"}


@pytest.mark.parametrize(
    "role", [{"id": "x", "name": "nope"}, {"name": "doctor"}, {"id": "x", "name": "doctor"}], ids=str
)
def test_role_is_given_by_id_and_name_only(
    admin: KeycloakAdmin, http: httpx.Client, name: str, role: dict[str, str]
) -> None:
    key = admin.create_user(person(name))
    assert refused(http.post(f"/users/{key}/role-mappings/realm", json=[role]), 404) == {"error": "Role not found"}


def test_roles_of_an_unknown_user_are_404(admin: KeycloakAdmin, http: httpx.Client) -> None:
    assert refused(http.get("/users/nobody/role-mappings/realm"), 404) == {"error": "User not found"}
    doctor = [admin.get_realm_role("doctor")]
    assert refused(http.post("/users/nobody/role-mappings/realm", json=doctor), 404) == {"error": "User not found"}


# Passwords and logging in


def logged_in(server: KeycloakServer, name: str, password: str) -> httpx.Response:
    form = {"grant_type": "password", "client_id": server.client_id, "client_secret": server.secret}
    url = f"{server.url}/realms/{server.realm}/protocol/openid-connect/token"
    return httpx.post(url, data={**form, "username": name, "password": password})


def test_user_with_a_password_logs_in_by_name_and_by_mail_and_has_no_admin_rights(
    keycloak_server: KeycloakServer, admin: KeycloakAdmin, name: str
) -> None:
    credential = {"type": "password", "value": "right", "temporary": False}
    key = admin.create_user(person(name, credentials=[credential]))
    assert logged_in(keycloak_server, f"{name}@example.org", "right").status_code == 200
    token = logged_in(keycloak_server, name, "right").json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["preferred_username"]) == (key, name)
    users = f"{keycloak_server.url}/admin/realms/{keycloak_server.realm}/users"
    answer = httpx.get(users, headers={"Authorization": f"Bearer {token}"})
    assert refused(answer, 403) == {"error": "HTTP 403 Forbidden"}


def test_wrong_password_is_401(keycloak_server: KeycloakServer, admin: KeycloakAdmin, name: str) -> None:
    admin.create_user(person(name, credentials=[{"type": "password", "value": "right", "temporary": False}]))
    for user, password in ((name, "wrong"), (f"{name}-unknown", "right")):
        answer = logged_in(keycloak_server, user, password)
        assert refused(answer, 401) == {"error": "invalid_grant", "error_description": "Invalid user credentials"}


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"enabled": False}, "Account disabled"),
        ({"requiredActions": ["UPDATE_PASSWORD"]}, "Account is not fully set up"),
        ({"lastName": ""}, "Account is not fully set up"),
    ],
    ids=str,
)
def test_account_that_is_not_ready_does_not_log_in(
    keycloak_server: KeycloakServer, admin: KeycloakAdmin, name: str, changes: dict[str, Any], description: str
) -> None:
    key = admin.create_user(person(name, credentials=[{"type": "password", "value": "right", "temporary": False}]))
    admin.update_user(key, changes)
    answer = logged_in(keycloak_server, name, "right")
    assert refused(answer, 400) == {"error": "invalid_grant", "error_description": description}


def test_temporary_password_asks_for_a_new_one_and_a_permanent_one_does_not(
    keycloak_server: KeycloakServer, admin: KeycloakAdmin, name: str
) -> None:
    key = admin.create_user(person(name, credentials=[{"type": "password", "value": "first", "temporary": True}]))
    assert admin.get_user(key)["requiredActions"] == ["UPDATE_PASSWORD"]
    admin.set_user_password(key, "second", temporary=False)
    assert admin.get_user(key)["requiredActions"] == []
    assert logged_in(keycloak_server, name, "first").status_code == 401
    assert logged_in(keycloak_server, name, "second").status_code == 200
    admin.set_user_password(key, "third", temporary=True)
    assert admin.get_user(key)["requiredActions"] == ["UPDATE_PASSWORD"]


def test_empty_password_is_refused(admin: KeycloakAdmin, http: httpx.Client, name: str) -> None:
    key = admin.create_user(person(name))
    answer = http.put(f"/users/{key}/reset-password", json={"type": "password", "value": ""})
    assert refused(answer, 400) == {"error": "Empty password not allowed"}
    answer = http.put(f"/users/{key}/reset-password", json={"type": "password"})
    assert refused(answer, 400) == {"error": "No password provided"}


# The realm


def test_realm_and_server_are_shown_to_those_who_may(admin: KeycloakAdmin, keycloak_server: KeycloakServer) -> None:
    realm = admin.get_realm(keycloak_server.realm)
    expected = {
        "realm": keycloak_server.realm,
        "enabled": True,
        "accessTokenLifespan": 300,
        "duplicateEmailsAllowed": False,
        "editUsernameAllowed": False,
    }
    assert expected == {field: realm[field] for field in expected}
    assert "systemInfo" not in admin.get_server_info()  # the version is for administrators of the master realm
