"""The Keycloak target against the sandbox, and the same against a real Keycloak."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from seedbed.actions.context import AppContext
from seedbed.core.change_limits import ChangeLimits
from seedbed.core.errors import AuthError, Conflict, DataError, UserError
from seedbed.core.report import Change, EntityReport, MissingKey
from seedbed.datasets.hospital.user import ACCOUNTS
from seedbed.settings import Settings
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.http.concurrency import DeliveryInterrupted
from seedbed.targets.keycloak import connection
from seedbed.targets.keycloak import target as keycloak_target
from seedbed.targets.keycloak.realm_users import Password, Reconciler, UserResult
from seedbed.targets.keycloak.target import KeycloakTarget
from seedbed.targets.keycloak.user_rows import DesiredUser
from seedbed.targets.memory import MemoryRecorder
from seedbed.targets.port import Braked, MissingKeyRule, Target
from seedbed.wiring import open_app_context
from tests.support.builders.deliveries import DELIVERY, part_of
from tests.support.stack.keycloak_realms import KeycloakRealm, new_realm
from tests.support.stack.keycloak_server import RealKeycloak
from tests.support.stack.sandbox_server import APPLICATION, SandboxServer, running_sandbox

USER = ACCOUNTS[0]
USERS = {"path": "/keycloak/admin/realms/*/users*"}


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


def of_sandbox(sandbox: SandboxServer) -> KeycloakRealm:
    return KeycloakRealm(sandbox.keycloak, sandbox.realm, sandbox.client_id, sandbox.client_secret).prepare()


@pytest.fixture(scope="module", params=["sandbox", pytest.param("real", marks=pytest.mark.keycloak)])
def shared_realm(request: pytest.FixtureRequest) -> KeycloakRealm:
    if request.param == "sandbox":
        return of_sandbox(request.getfixturevalue("sandbox"))
    real: RealKeycloak = request.getfixturevalue("running_keycloak")
    return new_realm(real.url, real.password)


@pytest.fixture
def realm(shared_realm: KeycloakRealm) -> Iterator[KeycloakRealm]:
    yield shared_realm
    shared_realm.prepare()
    shared_realm.empty()


@pytest.fixture
def faulty(sandbox: SandboxServer) -> Iterator[SandboxServer]:
    yield sandbox
    sandbox.fail()
    of_sandbox(sandbox).empty()


def person(number: int, **changed: str) -> dict[str, str]:
    return {
        "username": f"user{number:03}",
        "email": f"user{number:03}@staging.example.org",
        "realm_role": "nurse",
        "role": "NURSE",
        "active": "TRUE",
        "given_name": "สมชาย",
        "family_name": f"ใจดี {number}",
        "display": f"คุณ สมชาย ใจดี {number}",
        "medical_certificate_code": "",
        "prefix": "คุณ",
        **changed,
    }


def people(count: int, **changed: str) -> list[dict[str, str]]:
    return [person(number, **changed) for number in range(count)]


def deliver(
    target: KeycloakTarget, rows: list[dict[str, str]], recorder: MemoryRecorder | None = None, **options: Any
) -> EntityReport:
    delivery = replace(DELIVERY, **options)
    return target.deliver(USER, [part_of(USER, rows)], delivery, recorder or MemoryRecorder())


def counts(report: EntityReport) -> dict[str, int]:
    assert report.adds_up
    names = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


def skips(recorder: MemoryRecorder) -> list[tuple[str, str, str]]:
    return sorted((row.skip.key, row.skip.reason, row.skip.message) for row in recorder.skips)


def test_users_are_created_as_the_rows_say(realm: KeycloakRealm):
    target = realm.target()
    held: Target = target
    assert held.describe() == f"{realm.base_url}/realms/{realm.realm}"
    assert counts(deliver(target, people(20))) == {"read": 20, "inserted": 20}
    user = realm.user("user007")
    expected = {
        "username": "user007",
        "email": "user007@staging.example.org",
        "firstName": "สมชาย",
        "lastName": "ใจดี 7",
        "enabled": True,
        "emailVerified": True,
        "attributes": {"role": ["NURSE"], "display": ["คุณ สมชาย ใจดี 7"]},
        "requiredActions": ["UPDATE_PASSWORD"],
        "roles": sorted([f"default-roles-{realm.realm}", "nurse"]),
        "passwords": 0,
    }
    assert {name: user[name] for name in expected} == expected


def test_a_second_delivery_writes_nothing(realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch):
    deliver(realm.target(), people(20))
    target, methods = realm.target(), []
    sent = target.admin.connection._exchange
    monkeypatch.setattr(
        target.admin.connection, "_exchange", lambda method, *rest: methods.append(method) or sent(method, *rest)
    )
    assert counts(deliver(target, people(20))) == {"read": 20, "unchanged": 20}
    assert set(methods) == {"GET"}
    assert len(methods) <= 5


def test_what_differs_is_mended_and_recorded(realm: KeycloakRealm):
    deliver(realm.target(), people(5, medical_certificate_code="ว.123"))
    recorder, rows = MemoryRecorder(), people(5, medical_certificate_code="ว.123")
    rows[1] |= {"given_name": "สมหญิง", "active": "FALSE"}
    rows[2] |= {"display": "หมอ", "medical_certificate_code": ""}
    rows[3] |= {"realm_role": "doctor", "email": "new@staging.example.org"}
    assert counts(deliver(realm.target(), rows, recorder)) == {"read": 5, "updated": 3, "unchanged": 2}
    assert recorder.changes == [
        Change("user", "user001", "given_name", "สมชาย", "สมหญิง"),
        Change("user", "user001", "active", "TRUE", "FALSE"),
        Change("user", "user002", "display", "คุณ สมชาย ใจดี 2", "หมอ"),
        Change("user", "user002", "medical_certificate_code", "ว.123", None),
        Change("user", "user003", "email", "user003@staging.example.org", "new@staging.example.org"),
        Change("user", "user003", "realm_role", "nurse", "doctor"),
    ]
    first, second, third = (realm.user(f"user00{n}") for n in (1, 2, 3))
    assert (first["firstName"], first["enabled"]) == ("สมหญิง", False)
    assert second["attributes"] == {"role": ["NURSE"], "display": ["หมอ"]}
    assert {"doctor", "nurse"} & set(third["roles"]) == {"doctor"}
    assert counts(deliver(realm.target(), rows)) == {"read": 5, "unchanged": 5}


def test_what_the_file_does_not_speak_of_stays(realm: KeycloakRealm):
    deliver(realm.target(), people(2))
    user = realm.user("user000")
    kept = {**{name: user[name] for name in ("username", "email", "firstName", "lastName")}, "requiredActions": []}
    realm.ask("PUT", f"/users/{user['id']}", {**kept, "attributes": {**user["attributes"], "level": ["9"]}})
    extra = [role for role in realm.ask("GET", "/roles") if role["name"] == "ward/ICU 1"]
    realm.ask("POST", f"/users/{user['id']}/role-mappings/realm", extra)
    rows = people(2, family_name="ใหม่")
    for row in rows:
        del row["active"], row["display"]
    assert counts(deliver(realm.target(), rows)) == {"read": 2, "updated": 2}
    after = realm.user("user000")
    assert (after["lastName"], after["requiredActions"], after["enabled"]) == ("ใหม่", [], True)
    assert after["attributes"] == {"role": ["NURSE"], "display": ["คุณ สมชาย ใจดี 0"], "level": ["9"]}
    assert {"nurse", "ward/ICU 1"} <= set(after["roles"])


def test_a_role_with_a_slash_and_a_blank_is_given(realm: KeycloakRealm):
    rows = people(2, realm_role="ward/ICU 1")
    assert counts(deliver(realm.target(), rows)) == {"read": 2, "inserted": 2}
    assert "ward/ICU 1" in realm.user("user000")["roles"]
    assert counts(deliver(realm.target(), rows)) == {"read": 2, "unchanged": 2}


def test_the_role_column_stands_in_for_the_realm_role(realm: KeycloakRealm):
    rows = people(1, realm_role="", role="doctor")
    deliver(realm.target(), rows)
    assert "doctor" in realm.user("user000")["roles"]


def test_an_unknown_realm_role_skips_the_row(realm: KeycloakRealm):
    recorder, rows = MemoryRecorder(), people(3)
    rows[1]["realm_role"] = "wizard"
    assert counts(deliver(realm.target(), rows, recorder)) == {"read": 3, "inserted": 2, "skipped": 1}
    assert skips(recorder) == [("user001", "missing_reference", "the realm has no role 'wizard'")]


def test_user_names_are_told_apart_exactly_and_without_case(realm: KeycloakRealm):
    recorder = MemoryRecorder()
    rows = [person(1, username="Somchai"), person(2, username="somchai2"), person(3, username="SOMCHAI")]
    report = deliver(realm.target(), rows, recorder)
    assert counts(report) == {"read": 3, "inserted": 2, "skipped": 1}
    said = "the user name equals that of row 2: case does not count"
    assert skips(recorder) == [("SOMCHAI", "duplicate_in_file", said)]
    assert counts(deliver(realm.target(), rows[:2])) == {"read": 2, "unchanged": 2}


def test_a_mail_that_another_user_has_is_a_constraint_and_the_first_row_wins(realm: KeycloakRealm):
    for _ in range(3):
        realm.empty()
        recorder, rows = MemoryRecorder(), people(8)
        rows[5]["email"] = "USER002@staging.example.org"
        report = deliver(realm.target(), rows, recorder)
        assert counts(report) == {"read": 8, "inserted": 7, "skipped": 1}
        assert [(key, reason) for key, reason, _ in skips(recorder)] == [("user005", "constraint")]
    recorder, rows = MemoryRecorder(), people(8)
    rows[3]["email"] = "user002@staging.example.org"
    report = deliver(realm.target(), [*rows[:2], *rows[3:5]], recorder)
    assert counts(report) == {"read": 4, "unchanged": 3, "skipped": 1}
    said = "mail 'user002@staging.example.org' belongs to 'user002'"
    assert skips(recorder) == [("user003", "constraint", said)]


def test_what_keycloak_rejects_is_said_in_its_words(realm: KeycloakRealm):
    recorder, rows = MemoryRecorder(), people(4)
    rows[0]["username"] = "สมชาย"
    rows[1]["email"] = "nomail"
    rows[2] |= {"given_name": "<b>", "family_name": "<i>"}
    assert counts(deliver(realm.target(), rows, recorder)) == {"read": 4, "inserted": 1, "skipped": 3}
    found = {key: (reason, message) for key, reason, message in skips(recorder)}
    assert found["สมชาย"] == ("rejected_by_api", "400 username error-username-invalid-character")
    assert found["user001"] == ("rejected_by_api", "400 email error-invalid-email")
    assert "firstName error-person-name-invalid-character" in found["user002"][1]
    assert "lastName error-person-name-invalid-character" in found["user002"][1]


def test_an_attribute_that_vanishes_fails_the_unit_and_names_the_step(realm: KeycloakRealm):
    realm.declare(["role"])
    assert realm.target().declared_attributes() == {"username", "email", "firstName", "lastName", "role"}
    with pytest.raises(DataError, match=r"did not keep 'display' of user .* declare the attribute 'display'"):
        deliver(realm.target(), people(3))
    realm.prepare()
    assert counts(deliver(realm.target(), people(3)))["read"] == 3
    assert realm.user("user000")["attributes"]["display"] == ["คุณ สมชาย ใจดี 0"]


@pytest.mark.parametrize("temporary", [True, False])
def test_a_default_password_is_set_when_a_user_is_created_and_never_again(realm: KeycloakRealm, temporary: bool):
    deliver(realm.target(Password("first-S3cret", temporary)), people(1))
    user = realm.user("user000")
    assert (user["passwords"], user["requiredActions"]) == (1, ["UPDATE_PASSWORD"] if temporary else [])
    report = deliver(realm.target(Password("other-S3cret", temporary)), people(1, family_name="ใหม่"))
    assert counts(report) == {"read": 1, "updated": 1}
    again = realm.user("user000")
    assert (again["passwords"], again["requiredActions"]) == (1, user["requiredActions"])
    held = realm.ask("GET", f"/users/{user['id']}/credentials")
    assert held == realm.ask("GET", f"/users/{again['id']}/credentials")


def test_a_dry_run_says_what_would_happen_and_touches_nothing(realm: KeycloakRealm):
    deliver(realm.target(), people(3))
    before = realm.ask("GET", "/users?max=100")
    recorder, rows = MemoryRecorder(), people(6)
    rows[1]["given_name"] = "สมหญิง"
    rows[5]["realm_role"] = "wizard"
    report = deliver(realm.target(), rows, recorder, dry_run=True)
    assert counts(report) == {"read": 6, "inserted": 2, "updated": 1, "unchanged": 2, "skipped": 1}
    assert realm.ask("GET", "/users?max=100") == before
    assert recorder.changes == [Change("user", "user001", "given_name", "สมชาย", "สมหญิง")]
    assert recorder.receipts == {}


def test_ids_and_rows_are_what_the_realm_holds(realm: KeycloakRealm):
    deliver(realm.target(), people(3))
    target = realm.target()
    ids = target.ids(USER, by="username", take="id")
    assert {name: realm.user(name)["id"] for name in ("user000", "user001", "user002")} == dict(ids)
    assert dict(target.ids(USER, by="username", take="realm_role")) == dict.fromkeys(ids, "nurse")
    rows = [row for frame in target.read(USER) for row in frame.to_dict("records")]
    assert [{name: row[name] for name in row if name != "id"} for row in rows] == [
        {name: cell for name, cell in person(n).items() if name != "prefix"} for n in range(3)
    ]


def test_more_users_than_a_page_are_all_known(realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch):
    for module in (keycloak_target, connection):
        monkeypatch.setattr(module, "PAGE", 20)
    assert counts(deliver(realm.target(), people(45))) == {"read": 45, "inserted": 45}
    assert counts(deliver(realm.target(), people(45))) == {"read": 45, "unchanged": 45}
    assert sum(len(frame) for frame in realm.target().read(USER)) == 45


def test_a_realm_that_does_not_exist_is_named(realm: KeycloakRealm):
    target = realm.target()
    target.admin.connection.realm_name = "nowhere"
    with pytest.raises((UserError, AuthError), match=r"check KEYCLOAK_BASE_URL and KEYCLOAK_REALM|lacks 'view-users'"):
        deliver(target, people(1))


# whose users are touched


def held_by(target: KeycloakTarget, *names: str) -> MemoryRecorder:
    recorder = MemoryRecorder()
    recorder.claim_keys(USER.name, pd.Series(list(names), dtype="str"), at=target.describe())
    return recorder


def retiring(*present: str, deactivate: bool = True) -> MissingKeyRule:
    return MissingKeyRule(lambda keys: keys.isin(present).to_numpy(), lambda key: {"username": key}, deactivate)


def test_users_whom_others_made_are_left_alone_and_named(realm: KeycloakRealm):
    deliver(realm.target(), people(3))
    before = realm.user("user001")
    target = realm.target(Password("first-S3cret"), adopt_existing=False)
    recorder, rows = held_by(target, "USER002"), people(5, family_name="ใหม่")
    assert counts(deliver(target, rows, recorder)) == {"read": 5, "inserted": 2, "updated": 1, "skipped": 2}
    said = "was made by others; `adopt_existing: true` in the environment's file takes such users over"
    assert skips(recorder) == [(f"user00{n}", "not_ours", f"user 'user00{n}' {said}") for n in (0, 1)]
    assert realm.user("user001") == before
    assert {realm.user(name)["passwords"] for name in ("user000", "user001", "user002")} == {0}
    assert realm.user("user004")["passwords"] == 1


def test_a_name_that_was_refused_is_nobodys_and_whoever_makes_it_later_keeps_it(realm: KeycloakRealm):
    deliver(realm.target(), people(1, email="taken@example.org"))
    target, recorder = realm.target(adopt_existing=False), MemoryRecorder()
    refused = [{**person(7), "email": "taken@example.org"}]
    assert counts(deliver(target, refused, recorder)) == {"read": 1, "skipped": 1}
    assert [key for keys in recorder.owned_keys(USER.name, at=target.describe()) for key in keys] == []
    deliver(realm.target(), [person(7)])  # somebody else makes the user by hand
    before = realm.user("user007")
    assert counts(deliver(target, people(8, family_name="ใหม่")[7:], recorder)) == {"read": 1, "skipped": 1}
    assert realm.user("user007") == before


def test_a_run_that_has_lost_its_lease_writes_to_nobody(realm: KeycloakRealm):
    class TakenOver(MemoryRecorder):
        def check_lease(self) -> None:
            raise Conflict("this run has lost its lease")

    with pytest.raises(Conflict, match="lost its lease"):
        deliver(realm.target(), people(3), TakenOver())
    assert realm.ask("GET", "/users") == []


def test_users_that_are_taken_over_are_held_from_then_on(realm: KeycloakRealm):
    deliver(realm.target(), people(2))
    recorder = MemoryRecorder()
    assert counts(deliver(realm.target(), people(2), recorder)) == {"read": 2, "unchanged": 2}
    rows = people(2, family_name="ใหม่")
    assert counts(deliver(realm.target(adopt_existing=False), rows, recorder)) == {"read": 2, "updated": 2}


def test_after_a_kill_between_a_request_and_its_note_the_next_attempt_knows_its_own(
    realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch
):
    target, recorder, bring = realm.target(adopt_existing=False), MemoryRecorder(), Reconciler.apply

    def killed(self: Reconciler, wanted: DesiredUser) -> UserResult:
        bring(self, wanted)
        raise KeyboardInterrupt

    monkeypatch.setattr(Reconciler, "apply", killed)
    with pytest.raises(KeyboardInterrupt):
        deliver(target, people(5), recorder)
    monkeypatch.undo()
    assert (recorder.receipts, len(realm.ask("GET", "/users"))) == ({}, 5)
    report = deliver(realm.target(adopt_existing=False), people(5, family_name="ใหม่"), recorder)
    assert counts(report) == {"read": 5, "updated": 5}


def test_users_of_a_directory_are_never_touched(realm: KeycloakRealm):
    target, recorder = realm.target(), MemoryRecorder()
    deliver(target, people(3), recorder)
    realm.federate("user001")
    before = realm.user("user001")
    assert before["federationLink"]
    try:
        rows = people(3, family_name="ใหม่")
        assert counts(deliver(target, rows, recorder)) == {"read": 3, "updated": 2, "skipped": 1}
        said = "user 'user001' comes from a user federation, which is never touched"
        assert skips(recorder) == [("user001", "not_ours", said)]
        report = deliver(target, [rows[0]], recorder, missing_key_rule=retiring("user000"))
        assert (report.retired, report.deactivated, report.unchanged) == (1, 1, 1)
        assert realm.user("user001") == before
        assert realm.user("user002")["enabled"] is False
    finally:
        realm.remove_directory()


def test_a_user_who_left_the_file_is_disabled_and_enabled_again_when_the_row_comes_back(realm: KeycloakRealm):
    recorder, rows = MemoryRecorder(), people(3, medical_certificate_code="ว.123")
    deliver(realm.target(adopt_existing=False), [*rows, person(9)], held_by(realm.target(), "user009"))
    deliver(realm.target(), rows, recorder)
    before = realm.user("user001")
    left = deliver(
        realm.target(adopt_existing=False), rows[::2], recorder, missing_key_rule=retiring("user000", "user002")
    )
    assert counts(left) == {"read": 2, "unchanged": 2}
    assert (left.retired, left.deactivated) == (1, 1)
    assert recorder.retired == [MissingKey("user", "user001", deactivated=True)]
    assert recorder.changes == [Change("user", "user001", "active", "TRUE", "FALSE")]
    assert realm.user("user001") == {**before, "enabled": False}
    assert realm.user("user009")["enabled"] is True
    again = deliver(
        realm.target(adopt_existing=False), rows[::2], recorder, missing_key_rule=retiring("user000", "user002")
    )
    assert (again.retired, again.deactivated, recorder.changes) == (1, 0, [])
    back = deliver(
        realm.target(adopt_existing=False), rows, recorder, missing_key_rule=retiring(*(f"user00{n}" for n in range(3)))
    )
    assert counts(back) == {"read": 3, "updated": 1, "unchanged": 2}
    assert (back.retired, realm.user("user001")) == (0, before)


def test_without_the_wish_users_who_left_the_file_are_only_listed(realm: KeycloakRealm):
    recorder = MemoryRecorder()
    deliver(realm.target(), people(2), recorder)
    report = deliver(realm.target(), people(1), recorder, missing_key_rule=retiring("user000", deactivate=False))
    assert (report.retired, report.deactivated) == (1, 0)
    assert recorder.retired == [MissingKey("user", "user001")]
    assert realm.user("user001")["enabled"] is True


def test_a_name_whose_case_has_changed_has_not_left_the_file(realm: KeycloakRealm):
    recorder = MemoryRecorder()
    deliver(realm.target(), [person(1, username="Somchai")], recorder)
    report = deliver(realm.target(), [person(1, username="SOMCHAI")], recorder, missing_key_rule=retiring("SOMCHAI"))
    assert (report.unchanged, report.retired) == (1, 0)


def test_a_dry_run_says_who_would_be_disabled_and_disables_nobody(realm: KeycloakRealm):
    recorder = MemoryRecorder()
    deliver(realm.target(), people(2), recorder)
    report = deliver(realm.target(), people(1), recorder, missing_key_rule=retiring("user000"), dry_run=True)
    assert (report.retired, report.deactivated) == (1, 1)
    assert realm.user("user001")["enabled"] is True


@pytest.mark.parametrize(
    ("rows", "gone", "said"),
    [
        (people(10, realm_role="wizard"), (), "10 of 10 rows would be skipped"),
        (people(10, family_name="ใหม่"), (), "10 of 10 rows would be changed"),
        (people(4), tuple(range(4, 10)), "6 of 4 rows would be changed"),
    ],
    ids=["skipped", "changed", "disabled"],
)
def test_a_brake_stops_the_delivery_before_its_first_write(
    realm: KeycloakRealm, rows: list[dict[str, str]], gone: tuple[int, ...], said: str
):
    recorder = MemoryRecorder(delivered_before={"user"})
    deliver(realm.target(), people(10), recorder)
    before = realm.ask("GET", "/users?max=100")
    present = retiring(*(row["username"] for row in rows))
    options = {"limits": ChangeLimits(0.1, 2, 0.1, 2), "missing_key_rule": present if gone else None, "digest": "d2"}
    with pytest.raises(Braked, match=f"user was left untouched: {said}; .* with `--let-pass user` ") as raised:
        deliver(realm.target(), rows, recorder, **options)
    report = raised.value.report
    assert report is not None
    assert (report.read, report.skipped + report.failed) == (len(rows), len(rows))
    assert realm.ask("GET", "/users?max=100") == before
    assert recorder.receipt("user", digest="d2") is None
    options["limits"] = None
    assert deliver(realm.target(), rows, recorder, **options).read == len(rows)


def with_two_clients(realm: KeycloakRealm, **changed: str) -> AppContext:
    named = {
        "OAUTH2_TOKEN_URL": realm.token_url,
        "CLIENT_ID": APPLICATION,
        "CLIENT_SECRET": realm.client_secret,
        "KEYCLOAK_BASE_URL": realm.base_url,
        "KEYCLOAK_REALM": realm.realm,
        "KEYCLOAK_CLIENT_ID": realm.client_id,
        "KEYCLOAK_CLIENT_SECRET": realm.client_secret,
    }
    return open_app_context(Settings(**{**named, **changed}))


def test_keycloak_may_have_a_client_of_its_own(realm: KeycloakRealm):
    house = with_two_clients(realm)
    target = house.target("keycloak")
    target.ping()
    recorder = MemoryRecorder()
    report = target.deliver(USER, [part_of(USER, people(2))], DELIVERY, recorder)
    assert counts(report) == {"read": 2, "inserted": 2}
    found = {check.name: check for check in house.diagnose()}
    token = found["OAuth2 Token"]
    assert (token.status, f"to Keycloak's client '{realm.client_id}' for " in token.message) == ("PASS", True)
    rights = found["Service Account Rights"]
    assert (rights.status, f"client '{realm.client_id}'" in rights.message) == ("PASS", True)
    assert found["Realm Roles"].status != "SKIP"


def test_without_it_the_client_of_the_apis_lacks_the_rights_and_is_named(realm: KeycloakRealm):
    house = with_two_clients(realm, KEYCLOAK_CLIENT_ID="")
    found = {check.name: check for check in house.diagnose()}
    rights = found["Service Account Rights"]
    assert (rights.status, f"client '{APPLICATION}' lacks" in rights.message) == ("FAIL", True)
    with pytest.raises(AuthError, match="lacks 'view-users'"):
        house.target("keycloak").deliver(USER, [part_of(USER, people(2))], DELIVERY, MemoryRecorder())


# faults, which only the sandbox has a switch for

FAULTS: dict[str, dict[str, Any]] = {
    **{str(code): {"status": code} for code in (408, 425, 429, 500, 503)},
    "dropped before": {"drop": "before"},
    "dropped after the commit": {"drop": "after"},
    "time-out": {"latency_s": 1.5},
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_leaves_no_trace(
    faulty: SandboxServer, fault: dict[str, Any], method: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "TIMEOUTS", (1, 1))
    realm, recorder = of_sandbox(faulty), MemoryRecorder()
    target = realm.target()
    faulty.fail({**USERS, **fault, "method": method, "count": 3})
    assert counts(deliver(target, people(6), recorder)) == {"read": 6, "inserted": 6}
    assert faulty.fired() == [3]
    faulty.fail()
    assert (recorder.skips, counts(deliver(target, people(6)))) == ([], {"read": 6, "unchanged": 6})


def test_an_update_that_is_dropped_after_the_commit_counts_once(faulty: SandboxServer):
    target = of_sandbox(faulty).target()
    deliver(target, people(3))
    faulty.fail({**USERS, "method": "PUT", "drop": "after", "count": 1})
    assert counts(deliver(target, people(3, family_name="ใหม่"))) == {"read": 3, "updated": 3}


def test_401_once_is_mended_and_twice_is_an_auth_error(faulty: SandboxServer):
    target = of_sandbox(faulty).target()
    faulty.fail({**USERS, "status": 401, "count": 1})
    assert counts(deliver(target, people(2))) == {"read": 2, "inserted": 2}
    faulty.fail({**USERS, "status": 401})
    with pytest.raises(AuthError, match="401, and again with a fresh token"):
        deliver(target, people(2))


@pytest.mark.parametrize(
    ("rule", "right"),
    [
        ({"path": "/keycloak/admin/realms/*/users", "method": "GET"}, "view-users"),
        ({"path": "/keycloak/admin/realms/*/users", "method": "POST"}, "manage-users"),
        ({"path": "/keycloak/admin/realms/*/roles"}, "view-realm"),
    ],
)
def test_403_names_the_missing_right_and_ends_the_unit(faulty: SandboxServer, rule: dict[str, Any], right: str):
    target = of_sandbox(faulty).target()
    faulty.fail({**rule, "status": 403})
    with pytest.raises(
        AuthError, match=f"lacks '{right}'; give it the role '{right}' of the client 'realm-management'"
    ):
        deliver(target, people(40))


def test_the_breaker_opens_and_a_retry_completes(faulty: SandboxServer):
    target, recorder = of_sandbox(faulty).target(), MemoryRecorder()
    faulty.fail({**USERS, "method": "POST", "status": 503})
    with pytest.raises(DeliveryInterrupted, match="Keycloak took 0 of 200 rows") as raised:
        deliver(target, people(200), recorder)
    report = raised.value.report
    assert report.adds_up
    assert (report.read, report.inserted) == (200, 0)
    assert 3 <= report.skipped <= 11
    assert report.failed == 200 - report.skipped
    assert {row.skip.reason for row in recorder.skips} == {"api_unavailable"}
    faulty.fail()
    assert counts(deliver(target, people(200), recorder)) == {"read": 200, "inserted": 200}
    assert recorder.skips == []


def test_a_dead_keycloak_is_transient(faulty: SandboxServer):
    target = of_sandbox(faulty).target()
    faulty.fail({**USERS, "drop": "before"})
    with pytest.raises(
        Exception, match="Keycloak: GET users failed in 4 tries, at last with ConnectionError"
    ) as raised:
        deliver(target, people(1))
    assert getattr(raised.value, "is_transient", False)


def test_the_secret_and_the_password_show_in_no_repr(faulty: SandboxServer):
    target = of_sandbox(faulty).target(Password("first-S3cret"))
    assert "S3cret" not in repr(target)
    assert faulty.client_secret not in repr(target)
