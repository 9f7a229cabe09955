"""Keycloak twice: the sandbox's stand-in and a real one, both with the realm as the stack sets it up."""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import pytest
from keycloak import KeycloakAdmin, KeycloakOpenID

from seedbed.stack import keycloak_service, realm_setup
from seedbed.stack.postgres_service import Cluster
from tests.support.stack.reaper import living_as_long_as_the_run
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

CLIENT = realm_setup.Client(f"seedbed-{secrets.token_hex(4)}", "seedbed", secrets.token_hex())
QUICK_START = "-XX:TieredStopAtLevel=1"  # a short life is not worth compiling for
ATTRIBUTES = ("display_name", "level", "medical_certificate_code", "role")
ROLES = ("doctor", "nurse")


@dataclass(frozen=True)
class KeycloakServer:
    """A Keycloak, real or not, and how the client of its realm gets in."""

    url: str
    realm: str
    client_id: str
    secret: str

    def admin(self) -> KeycloakAdmin:
        """python-keycloak's client, logged in as the service account."""
        return KeycloakAdmin(
            server_url=f"{self.url}/", realm_name=self.realm, client_id=self.client_id, client_secret_key=self.secret
        )

    def openid(self, secret: str | None = None) -> KeycloakOpenID:
        """python-keycloak's client of the token endpoint."""
        return KeycloakOpenID(f"{self.url}/", self.realm, self.client_id, self.secret if secret is None else secret)

    def http(self) -> httpx.Client:
        """A plain client of the realm's admin API, logged in as the service account."""
        token = self.openid().token(grant_type="client_credentials")["access_token"]
        return httpx.Client(
            base_url=f"{self.url}/admin/realms/{self.realm}", headers={"Authorization": f"Bearer {token}"}, timeout=30
        )


def cache_folder() -> Path:
    """Where the distribution is kept between test runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed"


@dataclass(frozen=True)
class RealKeycloak:
    """A real Keycloak, and the password of its administrator."""

    url: str
    password: str


@pytest.fixture(scope="session")
def running_keycloak(tmp_path_factory: pytest.TempPathFactory) -> RealKeycloak:
    """The run's real Keycloak 26, which its processes share; left out where it cannot run, but never in CI."""
    if missing := keycloak_service.what_is_missing():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI runs the contract against a real Keycloak: {missing}")
        pytest.skip(f"left out: {missing}")
    with (run_folder(tmp_path_factory) / "keycloak.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # whoever comes first starts it, the others wait until it answers
        return _running(run_folder(tmp_path_factory))


def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole test run, which all processes of xdist share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


def _running(folder: Path) -> RealKeycloak:
    """The run's Keycloak, started where it is not there yet; it ends with the run."""
    known = folder / "keycloak.json"
    if known.exists():
        return RealKeycloak(**json.loads(known.read_text()))
    home, password = keycloak_service.unpack(keycloak_service.fetch(cache_folder()), folder), secrets.token_hex()
    with living_as_long_as_the_run(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_OPTS_APPEND", QUICK_START)
        part = keycloak_service.start(keycloak_service.Keycloak(home, folder / "keycloak.log", password))
    started = RealKeycloak(keycloak_service.url(part), password)
    known.write_text(json.dumps(asdict(started)))
    return started


@pytest.fixture(scope="session")
def real_keycloak(running_keycloak: RealKeycloak) -> KeycloakServer:
    """The real one, with a realm of this process's own."""
    realm_setup.create_realm(running_keycloak.url, running_keycloak.password, CLIENT)
    return with_our_words(running_keycloak.url, CLIENT)


@pytest.fixture(scope="session")
def sandbox_server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """One sandbox for all contract tests: each uses names of its own."""
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture(scope="session")
def sandbox_keycloak(sandbox_server: SandboxServer) -> KeycloakServer:
    """The sandbox's Keycloak."""
    server = sandbox_server
    return with_our_words(server.keycloak, realm_setup.Client(server.realm, server.client_id, server.client_secret))


def with_our_words(url: str, client: realm_setup.Client) -> KeycloakServer:
    """The server, knowing the attributes and roles of the tests."""
    realm_setup.declare(url, client, ATTRIBUTES, ROLES)
    return KeycloakServer(url, client.realm, client.client_id, client.secret)


@pytest.fixture(scope="session", params=["sandbox", pytest.param("real", marks=pytest.mark.keycloak)])
def keycloak_server(request: pytest.FixtureRequest) -> KeycloakServer:
    """Each Keycloak in turn."""
    server: KeycloakServer = request.getfixturevalue(f"{request.param}_keycloak")
    return server
