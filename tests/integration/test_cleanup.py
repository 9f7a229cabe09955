"""Cleanup: what one run created at the sandbox's API, and in both Keycloaks, goes, and nothing that was there before."""

import csv
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from prefect.testing.utilities import prefect_test_harness

from flows.cleanup_run import cleanup_run
from seedbed.actions.cleanup.run_cleanup import CleanupRequest, cleanup
from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.lease import lease_of, take_lease
from seedbed.actions.runs.start_run import start_run
from seedbed.actions.runs.wait_for_targets import Clock
from seedbed.core.environment import Environment, PostgresConfig, TargetsConfig
from seedbed.core.errors import AuthError, Conflict, Transient, UserError
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.report import EntityReport, Report
from seedbed.database.ledger import leases
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.registered_rows import UnitRows, begin_unit, keys_created_by_other_runs, record_results
from seedbed.datasets import registry
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.client import open_api
from seedbed.targets.keycloak.delivery import ASKED_AT_ONCE
from seedbed.targets.keycloak.realm_users import Reconciler
from seedbed.targets.keycloak.realm_users import UserResult as SettledUser
from seedbed.targets.keycloak.target import KeycloakTarget
from seedbed.targets.keycloak.user_rows import DesiredUser as WantedUser
from seedbed.targets.port import RegisterContext, Removal
from tasks import artifacts, prefect_executor, run_flow, waiting_tag
from tests.support.builders.deliveries import DELIVERY, part_of
from tests.support.builders.houses import SmallHouse
from tests.support.builders.sandbox_patients import patient
from tests.support.stack.keycloak_realms import KeycloakRealm, new_realm
from tests.support.stack.keycloak_server import RealKeycloak
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

IN_EACH_KEYCLOAK = pytest.mark.parametrize(
    "realm", ["sandbox", pytest.param("real", marks=pytest.mark.keycloak)], indirect=True
)
USER = registry.ENTITIES["user"]
PATIENT = registry.GENERATED["patient"]


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture(scope="module")
def real_realm(running_keycloak: RealKeycloak) -> KeycloakRealm:
    return new_realm(running_keycloak.url, running_keycloak.password)


@pytest.fixture
def realm(request: pytest.FixtureRequest, sandbox: SandboxServer) -> Iterator[KeycloakRealm]:
    """The sandbox's realm, unless a test asks for another."""
    own = KeycloakRealm(sandbox.keycloak, sandbox.realm, sandbox.client_id, sandbox.client_secret)
    found = own.prepare() if getattr(request, "param", "") != "real" else request.getfixturevalue("real_realm")
    yield found
    sandbox.fail()
    found.empty()


@dataclass(frozen=True)
class Site:
    """A house with a real database, the sandbox's Demographic API and its realm; every run of it has a number."""

    house: AppContext
    api: DemographicApi
    users: KeycloakTarget
    http: httpx.Client = field(repr=False)

    def run(self, number: int, verb: str = "gen-mock") -> Run:
        return Run(f"root-{number}", f"20261121T01000{number}-0000000{number}", verb, holder="")  # one attempt

    def began(self, number: int) -> Run:
        run = self.run(number)
        start_run(self.house, run, ())
        take_lease(self.house, lease_of(run), max_wait_s=0)
        return run

    def ended(self, run: Run) -> None:
        leases.release_lease(self.house.database(), lease_of(run))

    def register(self, number: int, people: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        """A run that registers these people, one a row."""
        run, database, at = self.began(number), self.house.database(), self.api.describe()
        begun = begin_unit(database, run.attempt_ref, "u", PATIENT.name, range(len(people)))

        def note(settled: Sequence[RegisterResult]) -> None:
            record_results(
                database, UnitRows(run.attempt_ref, "u", PATIENT.name, at), settled, lambda row: (("n",), (str(row),))
            )

        def elsewhere(keys: Sequence[str]) -> frozenset[str]:
            return keys_created_by_other_runs(database, run.root, PATIENT.name, at, keys)

        wanted = [RowToRegister(row, str(body["idCardNo"]), body) for row, body in enumerate(people)]
        told = RegisterContext(
            run=run.root,
            unit="u",
            entity=PATIENT.name,
            rows=len(wanted),
            maybe_sent=begun.unknown_rows().__contains__,
            is_partial=lambda _: False,
            created_by_other_runs=elsewhere,
            record_results=note,
            mark_finished=lambda: None,
            check_lease=lambda: None,
        )
        counts = self.api.register([wanted], told)
        self.ended(run)
        return {name: number for name, number in counts.items() if number}

    def deliver(self, number: int, names: Sequence[str]) -> EntityReport:
        """A run that delivers users of these names."""
        run = self.began(number)
        notes = LedgerRecorder(self.house.database(), run.attempt_ref, "user")
        delivery = replace(DELIVERY, run=run.root, unit="user")
        report = self.users.deliver(USER, [part_of(USER, [user(name) for name in names])], delivery, notes)
        self.ended(run)
        return report

    def clean(self, number: int, *, by: int, dry_run: bool = False) -> Report:
        return cleanup(self.house, self.run(by, "cleanup"), CleanupRequest(self.run(number).name, dry_run))

    def patients(self) -> dict[str, Any]:
        """The API's patients by citizen id."""
        items = self.http.get("/patients", params={"limit": 1_000}).json()["items"]
        return {str(one["idCardNo"]): one for one in items}

    def held(self) -> list[str]:
        found = LedgerRecorder(self.house.database(), AttemptRef(""), "user").owned_keys(
            USER.name, at=self.users.describe()
        )
        return sorted(key for keys in found for key in keys)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.house.database().transaction() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


@pytest.fixture
def site(small: SmallHouse, sandbox: SandboxServer, realm: KeycloakRealm) -> Iterator[Site]:
    base = f"{sandbox.url}/demographic"
    api = DemographicApi(open_api("Demographic API", base, sandbox.tokens()))
    users = realm.target(adopt_existing=False)
    targets = {"postgres": small.house.target("postgres"), "keycloak": users}
    house = replace(
        small.house,
        entities={**small.house.entities, USER.name: USER},
        generated={PATIENT.name: PATIENT},
        target=targets.__getitem__,
        registrar=lambda: api,
        target_addresses={**small.house.target_addresses, "keycloak": users.describe(), "demographic_api": base},
    )
    http = httpx.Client(base_url=base, headers={"Authorization": f"Bearer {sandbox.tokens().token()}"}, trust_env=False)
    yield Site(house, api, users, http)
    for one in http.get("/patients", params={"limit": 1_000}).json()["items"]:
        http.delete(f"/patients/{one['hn']}")
    http.close()
    api.close()


def user(name: str) -> dict[str, str]:
    return {
        "username": name,
        "email": f"{name}@staging.example.org",
        "realm_role": "nurse",
        "role": "NURSE",
        "active": "TRUE",
        "given_name": "สมชาย",
        "family_name": "ใจดี",
        "display": name,
        "medical_certificate_code": "",
    }


def people(count: int) -> list[dict[str, Any]]:
    return [patient() for _ in range(count)]


def ids(some: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(one["idCardNo"]) for one in some}


def counts(report: Report) -> dict[str, dict[str, int]]:
    names = ("read", "removed", "unchanged", "deactivated", "failed")
    assert all(entity.adds_up for entity in report.entities)
    return {e.entity: {n: getattr(e, n) for n in names if getattr(e, n)} for e in report.entities}


def usernames(realm: KeycloakRealm) -> list[str]:
    return sorted(one["username"] for one in realm.ask("GET", "/users?max=500"))


# patients


def test_what_a_run_created_goes_and_what_was_there_before_stays(site: Site) -> None:
    before, shared, own = people(2), people(3), people(4)
    assert site.register(1, [*before, *shared]) == {"created": 5}
    assert site.register(2, [*shared, *own]) == {"created": 4, "exists": 3}
    report = site.clean(2, by=8)
    assert (report.state, counts(report)) == ("completed", {"patient": {"read": 4, "removed": 4}})
    assert set(site.patients()) == ids([*before, *shared])
    assert report.targets["demographic_api"] == site.house.target_addresses["demographic_api"]
    assert not (site.house.output / report.run / "remaining.csv").exists()
    assert counts(site.clean(1, by=9)) == {"patient": {"read": 5, "removed": 5}}
    assert site.patients() == {}


def test_a_dry_run_says_what_would_go_and_touches_nothing(site: Site) -> None:
    site.register(1, people(3))
    before, runs = site.patients(), site.query("SELECT count(*) FROM seedbed.run")
    report = site.clean(1, by=9, dry_run=True)
    assert counts(report) == {"patient": {"read": 3, "removed": 3}}
    assert "dry run: nothing was touched" in report.notes
    assert (site.patients(), site.query("SELECT count(*) FROM seedbed.run")) == (before, runs)


def test_a_second_cleanup_finds_nothing_and_says_so(site: Site) -> None:
    site.register(1, people(3))
    site.clean(1, by=8)
    report = site.clean(1, by=9)
    assert (report.state, report.error, report.entities) == ("completed", None, ())
    assert f"what run {site.run(1).name} created was removed before: nothing is left" in report.notes


def test_a_run_that_created_nothing_is_said_to(site: Site) -> None:
    some = people(2)
    site.register(1, some)
    site.register(2, some)
    report = site.clean(2, by=9)
    assert f"run {site.run(2).name} (gen-mock) created nothing that a cleanup removes" in report.notes
    assert (report.state, set(site.patients())) == ("completed", ids(some))


def test_patients_whom_others_removed_are_gone_already(site: Site) -> None:
    some = people(3)
    site.register(1, some)
    site.http.delete(f"/patients/{site.patients()[some[1]['idCardNo']]['hn']}").raise_for_status()
    assert counts(site.clean(1, by=9)) == {"patient": {"read": 3, "removed": 2, "unchanged": 1}}


@dataclass
class Stubborn:
    """The API, but some patients fare otherwise when they are to be removed."""

    api: DemographicApi
    fate: Callable[[str, str], Removal]
    at_once: int = 4

    def describe(self) -> str:
        return self.api.describe()

    def remove(self, target_id: str, number: str, _key: str) -> Removal:
        return self.fate(target_id, number)


def with_fate(site: Site, fate: Callable[[str, str], Removal]) -> Site:
    stubborn: Any = Stubborn(site.api, fate)
    return replace(site, house=replace(site.house, registrar=lambda: stubborn))


def test_a_cleanup_that_was_killed_goes_on_where_it_was(site: Site) -> None:
    site.register(1, people(250))
    seen: list[str] = []

    def killed(target_id: str, number: str) -> Removal:
        seen.append(number)
        if len(seen) > 120:
            raise KeyboardInterrupt
        return site.api.remove(target_id, number)

    with pytest.raises(KeyboardInterrupt):
        with_fate(site, killed).clean(1, by=8)
    assert 0 < len(site.patients()) <= 150
    retried = site.clean(1, by=8)
    (entity,) = retried.entities
    assert (entity.read, entity.removed + entity.unchanged, entity.failed) == (250, 250, 0)
    assert entity.removed >= 230, "of a block that was not noted, what was removed is found to be gone"
    assert site.patients() == {}


def test_as_many_are_removed_at_once_as_the_target_bears(site: Site) -> None:
    site.register(1, people(30))
    under_way, most, lock = [0], [0], threading.Lock()

    def counted(target_id: str, number: str) -> Removal:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.01)
        try:
            return site.api.remove(target_id, number)
        finally:
            with lock:
                under_way[0] -= 1

    with_fate(site, counted).clean(1, by=8)
    assert (most[0], site.patients()) == (Stubborn.at_once, {})


def test_what_can_neither_be_removed_nor_deactivated_is_listed(site: Site) -> None:
    some = people(5)
    site.register(1, some)
    fates: dict[str, Removal] = {some[1]["idCardNo"]: "kept", some[3]["idCardNo"]: "deactivated"}
    numbers = {str(one["hn"]): key for key, one in site.patients().items()}

    def fate(target_id: str, number: str) -> Removal:
        return fates.get(numbers[number]) or site.api.remove(target_id, number)

    report = with_fate(site, fate).clean(1, by=8)
    assert counts(report) == {"patient": {"read": 5, "removed": 4, "deactivated": 1, "failed": 1}}
    assert report.error is not None
    assert (report.state, report.error.exit_code) == ("failed", 3)
    (listed,) = [file for file in report.files if file.kind == "remaining"]
    with (site.house.root / listed.path).open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    left = site.patients()[some[1]["idCardNo"]]
    assert (row["entity"], row["key"], row["number"], row["target_id"]) == (
        *("patient", some[1]["idCardNo"]),
        *(left["hn"], left["ehrId"]),
    )
    assert any(listed.path in note and some[1]["idCardNo"] in note for note in report.notes)
    plain = json.loads((site.house.output / report.run / "report.json").read_text(encoding="utf-8"))
    assert plain["entities"][0]["removed"] == 4
    page = (site.house.output / report.run / "report.html").read_text(encoding="utf-8")
    assert '<th class="n">removed</th>' in page

    healed = site.clean(1, by=8)
    assert counts(healed) == {"patient": {"read": 5, "removed": 5, "deactivated": 1}}
    assert not (site.house.root / listed.path).exists()


@pytest.mark.parametrize(("error", "asked", "code"), [(Transient, 6, 4), (AuthError, 4, 5)])
def test_an_api_that_is_away_stops_the_cleanup_and_what_is_done_stays_done(
    site: Site, error: type[Transient] | type[AuthError], asked: int, code: int
) -> None:
    site.register(1, people(60))
    seen: list[str] = []

    def fate(target_id: str, number: str) -> Removal:
        seen.append(number)
        if len(seen) > 20:
            raise error("the API is away")
        return site.api.remove(target_id, number)

    report = with_fate(site, fate).clean(1, by=8)
    assert report.error is not None
    assert (report.state, report.error.exit_code) == ("failed", code)
    assert len(seen) <= 20 + asked
    assert len(site.patients()) == 40
    assert counts(report) == {"patient": {"read": 60, "removed": 20, "failed": 40}}
    assert counts(site.clean(1, by=8)) == {"patient": {"read": 60, "removed": 60}}


# which run, and where


def test_a_run_is_named_whole_or_by_its_beginning(site: Site) -> None:
    site.register(1, people(1))
    site.register(2, people(1))

    def asked(wanted: str) -> Report:
        return cleanup(site.house, site.run(9, "cleanup"), CleanupRequest(wanted, dry_run=True))

    with pytest.raises(UserError, match="'20261121T0100' begins the names of several runs; give the whole name: 2026"):
        asked("20261121T0100")
    both = f"{site.run(2).name}, {site.run(1).name}"
    with pytest.raises(UserError, match=f"no run 'nobody'; a cleanup would remove something of {both}"):
        asked("nobody")
    with pytest.raises(UserError, match="which run"):
        asked("")
    for wanted in ("%", "_" * 8, f"%{site.run(1).name[3:]}"):
        with pytest.raises(UserError, match="no run "):
            asked(wanted)
    for wanted in (site.run(1).name, site.run(1).name[:16], "root-1", "00000001"):
        assert counts(asked(wanted)) == {"patient": {"read": 1, "removed": 1}}


def test_a_run_that_still_writes_is_not_cleaned_up(site: Site) -> None:
    site.register(1, people(2))
    site.began(1)
    with pytest.raises(Conflict, match=f"{site.run(1).name} writes to this database"):
        site.clean(1, by=9)
    assert len(site.patients()) == 2
    assert f"run {site.run(1).name} still goes on and may create more" in " ".join(
        site.clean(1, by=9, dry_run=True).notes
    )


def test_a_run_that_was_cleaned_up_is_not_taken_up_again(site: Site) -> None:
    site.register(1, people(2))
    site.clean(1, by=8)
    with pytest.raises(UserError, match=f"this run was cleaned up by {site.run(8).name}"):
        start_run(site.house, site.run(1), ())


def test_a_run_that_waited_for_its_own_cleanup_is_refused_and_keeps_nobody_waiting(site: Site) -> None:
    site.register(1, people(2))
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        site.clean(1, by=8)

    take_lease(site.house, lease_of(site.run(8, "cleanup")), max_wait_s=0)
    with pytest.raises(UserError, match=f"this run was cleaned up by {site.run(8).name}"):
        take_lease(site.house, lease_of(site.run(1)), max_wait_s=60, clock=Clock(lambda: now[0], sleep))
    take_lease(site.house, lease_of(site.run(2)), max_wait_s=0)
    assert (site.patients(), 0 < now[0] < 60) == ({}, True)


def test_another_place_is_refused_and_both_are_named(site: Site) -> None:
    site.register(1, people(2))
    there = site.api.describe()
    moved: Any = replace(
        site.api, client=open_api("Demographic API", "http://127.0.0.1:1/other", site.api.client.tokens)
    )
    elsewhere = replace(site, house=replace(site.house, registrar=lambda: moved))
    for dry_run in (True, False):
        with pytest.raises(UserError) as caught:
            elsewhere.clean(1, by=8, dry_run=dry_run)
        assert there in str(caught.value)
        assert moved.describe() in str(caught.value)
    assert len(site.patients()) == 2


def test_a_run_of_another_environment_is_refused(site: Site) -> None:
    site.register(1, people(1))
    north = Environment(name="north", targets=TargetsConfig(postgres=PostgresConfig(host="h", database="d")))
    house = replace(site.house, is_local=False, environment=north)
    with pytest.raises(UserError, match="to the environment 'local', this is 'north'; unset SEEDBED_ENV and the"):
        replace(site, house=house).clean(1, by=8, dry_run=True)
    with pytest.raises(UserError, match="belongs to the environment 'local'"):
        replace(site, house=house).clean(1, by=8)


# users


@IN_EACH_KEYCLOAK
def test_users_whom_a_run_created_go_and_those_who_were_there_stay(site: Site, realm: KeycloakRealm) -> None:
    hands = KeycloakRealm(realm.base_url, realm.realm, realm.client_id, realm.client_secret).target()
    hands.deliver(
        USER,
        [part_of(USER, [user("by-hand"), user("taken")])],
        DELIVERY,
        LedgerRecorder(site.house.database(), AttemptRef("x"), "u"),
    )
    site.query("DELETE FROM seedbed.registered RETURNING 1"), site.query("DELETE FROM seedbed.holding RETURNING 1")
    adopting = replace(site, users=replace(site.users, adopt_existing=True))
    assert site.deliver(1, ["ann", "Bob"]).inserted == 2
    second = adopting.deliver(2, ["taken", "ann", "cid"])
    assert (second.inserted, second.unchanged) == (1, 2)

    assert counts(site.clean(2, by=8)) == {"user": {"read": 1, "removed": 1}}
    assert usernames(realm) == ["ann", "bob", "by-hand", "taken"]
    assert site.held() == ["Bob", "ann", "taken"]
    assert counts(site.clean(1, by=9)) == {"user": {"read": 2, "removed": 2}}
    assert usernames(realm) == ["by-hand", "taken"]
    assert site.held() == ["taken"]


@IN_EACH_KEYCLOAK
def test_a_name_that_was_cleaned_up_may_be_made_again_by_a_run_or_by_somebody_else(
    site: Site, realm: KeycloakRealm
) -> None:
    site.deliver(1, ["ann", "bob"])
    site.clean(1, by=8)
    realm.ask("POST", "/users", {"username": "bob", "enabled": True})
    report = site.deliver(2, ["ann", "bob"])
    assert (report.inserted, report.skipped) == (1, 1), "bob is somebody else's now"
    assert counts(site.clean(2, by=9)) == {"user": {"read": 1, "removed": 1}}
    assert usernames(realm) == ["bob"]


@IN_EACH_KEYCLOAK
def test_a_user_who_was_deleted_and_made_by_hand_again_is_not_the_runs(site: Site, realm: KeycloakRealm) -> None:
    site.deliver(1, ["ann"])
    realm.ask("DELETE", f"/users/{realm.user('ann')['id']}")
    realm.ask("POST", "/users", {"username": "ann", "enabled": True})
    assert counts(site.clean(1, by=9)) == {"user": {"read": 1, "unchanged": 1}}
    assert usernames(realm) == ["ann"]
    assert site.held() == []


def kill_after(monkeypatch: pytest.MonkeyPatch, created: int) -> None:
    bring, seen = Reconciler.apply, list[str]()

    def killed(self: Reconciler, wanted: WantedUser) -> SettledUser:
        settled = bring(self, wanted)
        seen.append(wanted.username)
        if len(seen) >= created:
            raise KeyboardInterrupt
        return settled

    monkeypatch.setattr(Reconciler, "apply", killed)


NAMES = [f"user{number:03}" for number in range(ASKED_AT_ONCE + 20)]


def killed_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run 1 dies in the second lot of its users, some of them created and not noted."""
    with monkeypatch.context() as patch:
        kill_after(patch, ASKED_AT_ONCE + 5)
        with pytest.raises(KeyboardInterrupt):
            site.deliver(1, NAMES)
    site.ended(site.run(1))


@IN_EACH_KEYCLOAK
def test_users_of_a_run_that_was_killed_between_request_and_note_go_too(
    site: Site, realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch
) -> None:
    realm.ask("POST", "/users", {"username": "by-hand", "enabled": True})
    killed_run(site, monkeypatch)
    there = len(usernames(realm)) - 1
    assert there > ASKED_AT_ONCE
    assert counts(site.clean(1, by=7, dry_run=True)) == {"user": {"read": there, "removed": there}}
    assert counts(site.clean(1, by=8)) == {"user": {"read": there, "removed": there}}
    assert usernames(realm) == ["by-hand"]
    assert site.clean(1, by=9).entities == ()


@IN_EACH_KEYCLOAK
def test_a_retry_knows_the_users_whom_the_killed_attempt_created(
    site: Site, realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_run(site, monkeypatch)
    assert site.deliver(1, NAMES).read == len(NAMES)
    assert usernames(realm) == NAMES
    assert site.query("SELECT count(*) FROM seedbed.registered WHERE outcome = 'asked'") == [(0,)]
    assert counts(site.clean(1, by=8)) == {"user": {"read": len(NAMES), "removed": len(NAMES)}}
    assert usernames(realm) == []


@IN_EACH_KEYCLOAK
def test_a_user_who_came_long_after_the_request_is_somebody_elses(
    site: Site, realm: KeycloakRealm, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_run(site, monkeypatch)
    realm.empty()
    site.query(
        "UPDATE seedbed.registered SET noted_at = noted_at - interval '1 hour' WHERE outcome = 'asked' RETURNING 1"
    )
    unknown = site.query("SELECT key FROM seedbed.registered WHERE outcome = 'asked'")
    realm.ask("POST", "/users", {"username": unknown[0][0], "enabled": True})
    report = site.clean(1, by=8)
    assert counts(report)["user"].get("removed", 0) == 0
    assert usernames(realm) == [unknown[0][0]]


@IN_EACH_KEYCLOAK
def test_users_whom_keycloak_refused_are_not_the_runs(site: Site, realm: KeycloakRealm) -> None:
    report = site.deliver(1, ["ann", "สมชาย"])
    assert (report.inserted, report.skipped) == (1, 1)
    assert site.query("SELECT key, outcome FROM seedbed.registered") == [("ann", "created")]


@IN_EACH_KEYCLOAK
def test_patients_and_users_of_one_run_go_together(site: Site, realm: KeycloakRealm) -> None:
    site.register(1, people(2))
    site.deliver(1, ["ann"])
    report = site.clean(1, by=8)
    assert counts(report) == {"patient": {"read": 2, "removed": 2}, "user": {"read": 1, "removed": 1}}
    assert (site.patients(), usernames(realm)) == ({}, [])


def test_what_set_up_loaded_stays(site: Site, small: SmallHouse) -> None:
    site.register(1, people(1))
    small.load(small.entity("test_ward"), "code,name\nA,a\n", run="root-1")
    report = site.clean(1, by=8)
    assert small.query("SELECT code FROM test_ward") == [("A",)]
    assert "rows that set-up loaded into PostgreSQL are not touched by a cleanup" in report.notes


# as a flow


@pytest.fixture
def flow_of(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site, whose house is what a flow run finds, with a Prefect server of its own."""
    for module in (prefect_executor, artifacts, run_flow, waiting_tag):
        monkeypatch.setattr(module, "app_context", lambda: site.house)
    with prefect_test_harness(server_startup_timeout=120):
        yield site


def test_the_flow_removes_what_the_run_created_and_says_how_much(flow_of: Site) -> None:
    flow_of.register(1, people(3))
    rehearsed = cleanup_run(run=flow_of.run(1).name, dry_run=True, return_state=True)
    assert rehearsed.message.startswith("dry run: nothing was touched; created by run ")
    assert "3 rows of patient at " in rehearsed.message
    assert len(flow_of.patients()) == 3
    ended = cleanup_run(run=flow_of.run(1).name, return_state=True)
    assert (ended.name, ended.message[:15]) == ("Completed", "3 rows removed;")
    assert flow_of.patients() == {}
    again = cleanup_run(run=flow_of.run(1).name, return_state=True)
    assert (again.name, again.message[:15]) == ("Completed", "0 rows removed;")

    flow_of.register(2, people(2))
    stubborn = with_fate(flow_of, lambda *_: "kept")
    for module in (prefect_executor, artifacts, run_flow, waiting_tag):
        module.app_context = lambda: stubborn.house  # type: ignore[attr-defined]
    failed = cleanup_run(run=flow_of.run(2).name, return_state=True)
    assert failed.name == "Failed"
    assert "2 of 2 rows of patient can neither be removed nor deactivated" in str(failed.message)
    assert len(list(flow_of.house.output.glob("*/remaining.csv"))) == 1
