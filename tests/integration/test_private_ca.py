"""Everything behind certificates of a private authority: with the one setting all of it works, without it says at once what to set."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.context import AppContext
from seedbed.cli.run_deployment import require_api
from seedbed.core.errors import UserError
from seedbed.core.report import Check
from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.settings import Settings
from seedbed.stack import prefect_api
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.memory import MemoryRecorder
from seedbed.wiring import open_app_context
from tests.support.builders.deliveries import DELIVERY, LAB, labs, part_of
from tests.support.stack.authority import Authority, behind_tls, new_authority, postgres_behind_tls
from tests.support.stack.keycloak_realms import KeycloakRealm
from tests.support.stack.places import settings_of
from tests.support.stack.sandbox_server import running_sandbox

BEHIND_IT = ("PostgreSQL", "OAuth2 Token", "Cortex API", "Demographic API", "Keycloak")
ROWS = [{"username": "anna", "email": "anna@staging.example.org", "realm_role": "nurse", "active": "TRUE"}]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(cluster: Cluster, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The settings of a staging that speaks TLS only; they name no authority yet."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")))
        KeycloakRealm(sandbox.keycloak, sandbox.realm, sandbox.client_id, sandbox.client_secret).prepare()
        made = clusters.create_database(cluster.address(), "behind_tls", owner="behind_tls", password="s3cret")
        web = stack.enter_context(behind_tls(int(sandbox.url.rpartition(":")[2]), authority))
        base = stack.enter_context(postgres_behind_tls(cluster.port, authority))
        address = DatabaseAddress(made.host, base, made.database, made.user, made.password, "verify-full")
        yield settings_of(sandbox, f"https://127.0.0.1:{web}", address)


def house_of(secured: Settings, ca_file: Path | None) -> AppContext:
    return open_app_context(secured.model_copy(update={"SEEDBED_CA_FILE": str(ca_file or "")}))


def import_labs(house: AppContext) -> Any:
    return house.target("cortex_api").deliver(LAB, [part_of(LAB, labs(5))], DELIVERY, MemoryRecorder())


def reconcile_users(house: AppContext) -> Any:
    user = house.entities["user"]
    return house.target("keycloak").deliver(user, [part_of(user, ROWS)], DELIVERY, MemoryRecorder())


def ask_database(house: AppContext) -> Any:
    with house.database().transaction() as cursor:
        cursor.execute("SELECT 42")
        return cursor.fetchone()[0]


def checks(house: AppContext) -> dict[str, Check]:
    return {check.name: check for check in house.diagnose()}


def test_with_the_setting_everything_works(secured: Settings, authority: Authority, monkeypatch: pytest.MonkeyPatch):
    house = house_of(secured, authority.ca_file)
    assert import_labs(house).read == 5
    assert reconcile_users(house).inserted == 1
    assert ask_database(house) == 42
    for name in ("cortex_api", "keycloak", "postgres"):
        house.target(name).ping()
    found = checks(house)
    assert {name: found[name].status for name in BEHIND_IT} == dict.fromkeys(BEHIND_IT, "PASS")
    assert found["Service Account Rights"].status == "PASS"
    with_authority = secured.model_copy(
        update={"SEEDBED_CA_FILE": str(authority.ca_file), "PREFECT_API_URL": secured.CORTEX_API_URL}
    )
    monkeypatch.delenv("PREFECT_API_SSL_CERT_FILE", raising=False)
    monkeypatch.setitem(os.environ, "PREFECT_API_SSL_CERT_FILE", "")  # what is set below is undone with it
    assert require_api(with_authority) == secured.CORTEX_API_URL


@pytest.mark.parametrize("work", [import_labs, reconcile_users, ask_database])
def test_without_it_each_says_at_once_what_to_set(secured: Settings, work: Callable[[AppContext], Any]):
    started = time.monotonic()
    with pytest.raises(UserError, match="certificate is not trusted") as raised:
        work(house_of(secured, None))
    assert "SEEDBED_CA_FILE" in raised.value.next_step
    assert time.monotonic() - started < 5


def test_without_it_the_doctor_names_certificate_and_setting(secured: Settings):
    found = checks(house_of(secured, None))
    for name in BEHIND_IT:
        assert (found[name].status, "certificate is not trusted" in found[name].message) == ("FAIL", True), name
        assert "SEEDBED_CA_FILE" in found[name].next
    with (
        pytest.raises(UserError, match="certificate is not trusted"),
        prefect_api.client(secured.CORTEX_API_URL) as api,
    ):
        api.get("/health")


def test_nobody_waits_for_what_only_a_setting_mends(secured: Settings):
    house = house_of(secured, None)
    started = time.monotonic()
    for name in ("cortex_api", "keycloak", "postgres"):
        house.target(name).ping()
    assert time.monotonic() - started < 5


def test_another_authority_is_not_enough(secured: Settings, tmp_path: Path):
    with pytest.raises(UserError, match="certificate is not trusted"):
        ask_database(house_of(secured, new_authority(tmp_path).ca_file))


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_that_cannot_be_read_is_said_before_anything_connects(
    secured: Settings, tmp_path: Path, content: str | None
):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=r"cannot read the authorities in '.*ca\.pem'.* SEEDBED_CA_FILE"):
        house_of(secured, path)
