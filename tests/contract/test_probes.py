"""What every probe of the registry owes, whoever adds one."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seedbed.core.report import Check
from seedbed.core.setting_names import NEEDED_BY, TARGET_NAMES
from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets.registry import ENTITIES
from seedbed.doctor.inputs import Configuration, KeycloakRealm, Ping, PrefectServer, TokenClient
from seedbed.doctor.registry import PROBES, probes_of
from seedbed.doctor.run_probes import run_probes
from seedbed.settings import ROOT, Settings
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.http.client import open_http, ping
from tests.support.builders.clinic import SECRET, clinic, closed_port, nowhere

EVERY = pytest.mark.parametrize("name", PROBES)
FIRST_SIX = ("Environment Variables", "PostgreSQL", "OAuth2 Token", "Cortex API", "Demographic API", "Keycloak")
ON_DISK = {name for name, probe in PROBES.items() if probe.is_on_disk}
ALL_NAMES = frozenset((*TARGET_NAMES, "PREFECT_API_URL"))


def by_name(checks: tuple[Check, ...]) -> Mapping[str, Check]:
    return {check.name: check for check in checks}


@pytest.fixture(scope="module")
def migrated(cluster: Cluster) -> Iterator[DatabaseAddress]:
    address = clusters.create_database(cluster.address(), "probes", owner="prober", password=SECRET)
    database = open_database(address)
    migrate_schema(database.engine, ENTITIES)
    yield address
    database.close()


@pytest.fixture(scope="module")
def in_health(migrated: DatabaseAddress) -> Mapping[str, Check]:
    well = clinic(address=migrated)
    return by_name(run_probes(replace(well, data=replace(well.data, entities=tuple(ENTITIES.values()))), 30))


@pytest.fixture(scope="module")
def unconfigured() -> Mapping[str, Check]:
    return by_name(run_probes(clinic(configuration=Configuration(TARGET_NAMES, ALL_NAMES)), 5))


@pytest.fixture(scope="module")
def all_down() -> Mapping[str, Check]:
    """Every host is down: each address is a port where nobody listens."""
    base = f"http://127.0.0.1:{closed_port()}"
    down = clinic(
        address=nowhere(),
        token_client=TokenClient(f"{base}/token", "seedbed", SECRET),
        keycloak=KeycloakRealm(base, "r"),
        prefect=PrefectServer(base, "seedbed"),
        pings={
            name: Ping(f"{name.upper()}_URL", lambda timeout_s: ping("API", base, timeout_s=timeout_s))
            for name in ("cortex_api", "demographic_api")
        },
        open_http=lambda url, timeout_s: open_http(url, timeouts=httpx.Timeout(timeout_s)),
    )
    return by_name(run_probes(down, 5))


def test_the_documents_six_come_first_in_its_order() -> None:
    assert list(PROBES)[:6] == [*FIRST_SIX]


@EVERY
def test_a_probe_needs_only_earlier_ones(name: str) -> None:
    earlier = list(PROBES)[: list(PROBES).index(name)]
    assert set(PROBES[name].needs) <= set(earlier)


@EVERY
def test_a_probe_is_skipped_for_names_that_exist(name: str) -> None:
    assert set(PROBES[name].config) <= set(Settings.model_fields)


@EVERY
def test_in_a_healthy_world_it_passes(name: str, in_health: Mapping[str, Check]) -> None:
    assert in_health[name].status == "PASS", in_health[name]
    assert in_health[name].message


@EVERY
def test_without_configuration_it_is_skipped_and_names_what_is_not_set(
    name: str, unconfigured: Mapping[str, Check]
) -> None:
    config = PROBES[name].config
    if not config:
        assert name in ON_DISK
        return
    assert (unconfigured[name].status, unconfigured[name].message) == ("SKIP", f"not set: {', '.join(config)}")


@EVERY
def test_with_every_host_down_it_fails_with_a_next_step_or_says_what_it_needs(
    name: str, all_down: Mapping[str, Check]
) -> None:
    check = all_down[name]
    if name in ON_DISK:
        assert check.status == "PASS"
    elif PROBES[name].needs:
        assert (check.status, "needs the check" in check.message) == ("SKIP", True)
    else:
        assert (check.status, bool(check.message), bool(check.next)) == ("FAIL", True, True)


@EVERY
def test_it_keeps_secrets_to_itself(
    name: str, in_health: Mapping[str, Check], all_down: Mapping[str, Check], unconfigured: Mapping[str, Check]
) -> None:
    said = [checks[name] for checks in (in_health, all_down, unconfigured)]
    assert [check for check in said if SECRET in f"{check.message} {check.next}"] == []


@EVERY
def test_the_document_explains_it(name: str) -> None:
    assert f"| {name} |" in (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")


@EVERY
def test_it_says_nothing_of_the_machine(name: str, in_health: Mapping[str, Check]) -> None:
    assert str(Path.home()) not in in_health[name].message


@pytest.mark.parametrize("target", NEEDED_BY)
def test_every_target_is_pinged(target: str) -> None:
    covered = {probe.target for probe in probes_of(clinic()).values()}
    assert target in covered
