"""Proxies are obeyed, and what is meant for this machine never goes through one."""

from collections.abc import Iterator

import httpx
import pytest

from seedbed.cli import run_deployment
from seedbed.core.errors import Transient
from seedbed.database.engines import DatabaseAddress
from seedbed.settings import Settings
from seedbed.stack import prefect_api, processes
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.memory import MemoryRecorder
from seedbed.wiring import open_app_context
from tests.support.builders.clinic import closed_port
from tests.support.builders.deliveries import DELIVERY, LAB, labs, part_of
from tests.support.stack.authority import recording_proxy
from tests.support.stack.keycloak_realms import KeycloakRealm
from tests.support.stack.places import settings_of
from tests.support.stack.project import Project
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
ROWS = [{"username": "anna", "email": "anna@staging.example.org", "realm_role": "nurse", "active": "TRUE"}]
REACHED = ("PostgreSQL", "OAuth2 Token", "Cortex API", "Demographic API", "Keycloak", "Service Account Rights")


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        KeycloakRealm(server.keycloak, server.realm, server.client_id, server.client_secret).prepare()
        yield server


def use_proxy(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    for name in ("NO_PROXY", *PROXIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in PROXIES:
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{port}")


def deliver(settings: Settings) -> tuple[int, int]:
    """How many rows the API and Keycloak have taken."""
    house, user = open_app_context(settings), open_app_context(settings).entities["user"]
    items = house.target("cortex_api").deliver(LAB, [part_of(LAB, labs(5))], DELIVERY, MemoryRecorder())
    users = house.target("keycloak").deliver(user, [part_of(user, ROWS)], DELIVERY, MemoryRecorder())
    return items.read - items.skipped, users.read - users.failed


def test_with_a_dead_proxy_everything_on_this_machine_works(
    sandbox: SandboxServer, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
):
    use_proxy(monkeypatch, closed_port())
    settings = settings_of(sandbox, sandbox.url, address)
    assert deliver(settings) == (5, 1)
    house = open_app_context(settings)
    for name in ("cortex_api", "keycloak", "postgres"):
        house.target(name).ping()
    found = {check.name: check.status for check in house.diagnose()}
    assert {name: found[name] for name in REACHED} == dict.fromkeys(REACHED, "PASS")
    with prefect_api.client(sandbox.url) as api:
        assert api.get("/health").status_code == 200


def test_what_is_not_on_this_machine_goes_through_the_proxy(
    sandbox: SandboxServer, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    with recording_proxy(int(sandbox.url.rpartition(":")[2]), asked) as port:
        use_proxy(monkeypatch, port)
        settings = settings_of(sandbox, "http://staging.invalid", address)
        assert deliver(settings) == (5, 1)
        found = {check.name: check.status for check in open_app_context(settings).diagnose()}
        with prefect_api.client("http://prefect.invalid/cortex") as api:
            assert api.get("/health").status_code == 200
    assert {found[name] for name in REACHED} == {"PASS"}
    paths = {url.removeprefix("http://staging.invalid").split("?")[0] for url in asked}
    assert {"/cortex/labs/import", "/cortex/health", "/demographic/health"} <= paths
    assert any(path.startswith("/keycloak/admin/realms/seedbed/users") for path in paths)
    assert "http://prefect.invalid/cortex/health" in asked


def test_a_dead_proxy_before_what_is_elsewhere_is_waited_for(
    sandbox: SandboxServer, address: DatabaseAddress, monkeypatch: pytest.MonkeyPatch
):
    use_proxy(monkeypatch, closed_port())
    house = open_app_context(settings_of(sandbox, "http://staging.invalid", address))
    for name in ("cortex_api", "keycloak"):
        with pytest.raises(Transient, match="does not answer"):
            house.target(name).ping()


def test_programs_of_others_keep_what_is_meant_for_this_machine_from_a_dead_proxy(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
):
    use_proxy(monkeypatch, closed_port())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{sandbox.url}/health")
    monkeypatch.setenv("no_proxy", "intranet.example.org")
    for name, value in processes.no_proxy({"no_proxy": "intranet.example.org"}).items():
        monkeypatch.setenv(name, value)
        assert value == "intranet.example.org,127.0.0.1,localhost"
    assert httpx.get(f"{sandbox.url}/health").status_code == 200


def test_the_process_of_a_verb_that_runs_a_flow_tells_prefects_own_client(
    sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
):
    use_proxy(monkeypatch, closed_port())
    for name in ("PREFECT_API_URL", "PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "PREFECT_API_SSL_CERT_FILE", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # given back afterwards
    monkeypatch.setattr(run_deployment.os, "chdir", lambda _: None)
    run_deployment.prepare_environment(Settings(PREFECT_API_URL=f"{sandbox.url}/cortex"))
    assert httpx.get(f"{sandbox.url}/cortex/health").status_code == 200


@pytest.mark.stack
def test_a_set_up_through_prefect_ends_well_with_a_dead_proxy(project: Project):
    proxy = f"http://127.0.0.1:{closed_port()}"
    env = {name: proxy for stem in PROXIES for name in (stem, stem.lower())}
    env |= {"NO_PROXY": "", "no_proxy": ""}
    set_up = ("setup", "--mode", "modules", "--modules", "demographic")
    for words in (("doctor", "--json"), set_up, (*set_up, "--direct")):
        done = project.run(*words, env=env, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
