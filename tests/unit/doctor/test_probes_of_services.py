"""Token service, Keycloak and Prefect, each in health and in every illness that a probe knows."""

import time
from dataclasses import replace
from importlib.metadata import version
from urllib.parse import parse_qs

import httpx
import pytest

from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient, UserError
from seedbed.doctor.inputs import DataFiles, DoctorInputs, KeycloakRealm, TokenClient
from tests.support.builders.clinic import POOL, SECRET, THING, TOKEN_PATH, clinic, examine, issued, token_with

WELL_KNOWN = "GET /kc/realms/r/.well-known/openid-configuration"
ROLES = "GET /kc/admin/realms/r/roles"
PROFILE = "GET /kc/admin/realms/r/users/profile"
TOKEN = f"POST {TOKEN_PATH}"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(401, json={"error": "invalid_client", "error_description": "s"}), AuthError, "401 invalid_cli"),
        (httpx.Response(400, text="<html>"), AuthError, "400"),
        (httpx.Response(404), UserError, "answers 404"),
        (httpx.Response(503), Transient, "answers 503"),
        (httpx.Response(200, text="hello"), DataError, "answers no JSON"),
        (httpx.Response(200, json={}), DataError, "without a token"),
        (httpx.Response(200, json=[]), DataError, "without a token"),
        (httpx.ConnectTimeout("too slow"), Transient, "does not answer (ConnectTimeout: too slow)"),
        (httpx.UnsupportedProtocol("no http"), UserError, "OAUTH2_TOKEN_URL is no URL"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_token_check_fails_with_the_status(answer, kind, words):
    with pytest.raises(kind) as caught:
        examine("OAuth2 Token", clinic({TOKEN: answer}))
    assert words in caught.value.message
    assert caught.value.next_step


def test_the_token_check_says_how_long_the_token_lives():
    assert examine("OAuth2 Token", clinic()).message == "issued for 300 s"


@pytest.mark.parametrize(
    ("ahead", "status"), [(0, "PASS"), (-3, "PASS"), (10, "WARN"), (-10, "WARN"), (60, "FAIL"), (-60, "FAIL")]
)
def test_clocks_may_be_five_seconds_apart_and_must_not_be_thirty(ahead, status):
    check = examine("Clock", clinic({TOKEN: lambda _: issued(date=time.time() + ahead)}))
    assert check.status == status
    assert ("ahead of ours" if ahead > 0 else "behind ours") in check.message or status == "PASS"


def test_without_a_date_the_clocks_cannot_be_compared():
    assert examine("Clock", clinic({TOKEN: lambda _: issued(date=0)})).status == "SKIP"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404), "knows no realm 'r'"),
        (httpx.Response(502), "answers 502"),
        (httpx.Response(302), "answers 302"),
        (httpx.Response(403), "answers 403"),
        (httpx.Response(200, json={}), "names no issuer"),
        (httpx.ReadTimeout(""), "does not answer (ReadTimeout)"),
    ],
)
def test_keycloak_fails_where_the_realm_does_not_answer(answer, words):
    with pytest.raises(SeedbedError) as caught:
        examine("Keycloak", clinic({WELL_KNOWN: answer}))
    assert words in caught.value.message
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        (token_with(), "PASS", "manage-users, view-users, view-realm"),
        (token_with(("manage-users", "manage-realm")), "PASS", "has"),
        (token_with(client="r-realm"), "PASS", "has"),
        (token_with(("view-users",)), "FAIL", "lacks manage-users, view-realm"),
        (token_with(client="account"), "FAIL", "lacks manage-users, view-users, view-realm"),
        ("opaque", "WARN", "does not say"),
        ("e30.e30.e30", "WARN", "does not say"),
        ("a.!.c", "WARN", "does not say"),
        ("a.W10.c", "WARN", "does not say"),
    ],
)
def test_the_service_accounts_rights_are_read_from_its_token(token, status, words):
    check = examine("Service Account Rights", clinic({TOKEN: lambda _: issued(token)}))
    assert (check.status, words in check.message, bool(check.next)) == (status, True, status != "PASS")


def own_client(**answers: httpx.Response) -> DoctorInputs:
    """A clinic whose Keycloak has a client of its own, which alone has rights in the realm."""
    url = f"http://k.test{TOKEN_PATH}"

    def issue(request: httpx.Request) -> httpx.Response:
        client = parse_qs(request.content.decode())["client_id"][0]
        return answers.get(client) or issued(token_with() if client == "realm-admin" else token_with(client="account"))

    realm = KeycloakRealm("http://k.test/kc", "r", ("role",), TokenClient(url, "realm-admin", SECRET, "KEYCLOAK_"))
    return clinic({TOKEN: issue}, keycloak=realm)


def test_keycloaks_own_client_is_the_one_that_is_examined_and_named():
    examined = own_client()
    assert examine("OAuth2 Token", examined).message == "issued for 300 s, to Keycloak's client 'realm-admin' for 300 s"
    rights = examine("Service Account Rights", examined)
    assert (rights.status, "client 'realm-admin'" in rights.message) == ("PASS", True)
    assert examine("Realm Roles", examined).status == "PASS"
    lacking = examine("Service Account Rights", replace(examined, keycloak=replace(examined.keycloak, client=None)))
    assert (lacking.status, "client 'seedbed' lacks" in lacking.message) == ("FAIL", True)
    assert "Clients, seedbed," in lacking.next


def test_the_token_check_names_the_settings_of_the_client_that_is_refused():
    with pytest.raises(AuthError) as caught:
        examine("OAuth2 Token", own_client(**{"realm-admin": httpx.Response(401)}))
    assert caught.value.next_step == "check KEYCLOAK_CLIENT_ID and KEYCLOAK_CLIENT_SECRET"
    with pytest.raises(AuthError) as caught:
        examine("OAuth2 Token", own_client(seedbed=httpx.Response(401)))
    assert caught.value.next_step == "check CLIENT_ID and CLIENT_SECRET"


def test_roles_that_the_realm_lacks_are_named():
    check = examine("Realm Roles", clinic({ROLES: httpx.Response(200, json=[{"name": "doctor"}])}))
    assert (check.status, check.message) == ("FAIL", "the realm lacks the roles nurse")


def test_where_user_csv_cannot_be_read_the_roles_are_skipped():
    def unreadable():
        raise DataError("user.csv is empty")

    check = examine("Realm Roles", clinic(data=DataFiles((THING,), lambda _: None, unreadable)))
    assert (check.status, "user.csv is empty" in check.message) == ("SKIP", True)


@pytest.mark.parametrize(
    ("profile", "status"),
    [
        ({"attributes": [{"name": "role"}]}, "PASS"),
        ({"attributes": [], "unmanagedAttributePolicy": "ADMIN_EDIT"}, "PASS"),
        ({"attributes": [], "unmanagedAttributePolicy": "ADMIN_VIEW"}, "FAIL"),
        ({"attributes": [{"name": "email"}]}, "FAIL"),
        ({}, "FAIL"),
    ],
)
def test_attributes_must_be_declared_unless_the_realm_keeps_any(profile, status):
    check = examine("User Attributes", clinic({PROFILE: httpx.Response(200, json=profile)}))
    assert (check.status, "role" in check.message) == (
        status,
        "unmanagedAttributePolicy" not in profile or status == "FAIL",
    )


@pytest.mark.parametrize(("name", "asked"), [("Realm Roles", ROLES), ("User Attributes", PROFILE)])
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, AuthError, "does not accept the tokens of client 'seedbed'"),
        (403, AuthError, "client 'seedbed' lacks 'view-realm'"),
        (404, UserError, "answers 404"),
        (500, Transient, "answers 500"),
    ],
)
def test_a_refusal_by_the_admin_api_is_explained(name, asked, status, kind, words):
    with pytest.raises(kind) as caught:
        examine(name, clinic({asked: httpx.Response(status)}))
    assert words in caught.value.message
    assert caught.value.next_step


def test_prefects_api_fails_where_its_server_is_not_well():
    with pytest.raises(Transient, match="answers 503"):
        examine("Prefect API", clinic({"GET /api/health": httpx.Response(503)}))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({f"GET {POOL}": httpx.Response(404)}, "there is no work pool 'seedbed'"),
        ({f"GET {POOL}": httpx.Response(200, json={"is_paused": True})}, "is paused"),
        ({f"POST {POOL}/workers/filter": httpx.Response(200, json=[])}, "no worker"),
        ({f"POST {POOL}/workers/filter": httpx.Response(200, json=[{"name": "w", "status": "OFFLINE"}])}, "no worker"),
    ],
)
def test_without_a_worker_at_work_nobody_takes_up_runs(answers, words):
    try:
        check = examine("Prefect Worker", clinic(answers))
        said, step = check.message, check.next
        assert check.status == "FAIL"
    except UserError as error:
        said, step = error.message, error.next_step
    assert words in said
    assert "seedbed" in step


@pytest.mark.parametrize(
    ("server", "status"),
    [(version("prefect"), "PASS"), (f"{version('prefect').rpartition('.')[0]}.999", "WARN"), ("2.20.1", "FAIL")],
)
def test_prefects_versions_are_equal_or_nearly(server, status):
    check = examine("Prefect Versions", clinic({"GET /api/admin/version": httpx.Response(200, json=server)}))
    assert (check.status, server in check.message) == (status, True)
