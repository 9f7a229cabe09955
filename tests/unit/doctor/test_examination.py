"""How the probes run: at once, in order, each whatever happens to the others."""

import threading
import time
from dataclasses import replace

import httpx
import pytest

from seedbed.core.errors import DataError
from seedbed.core.setting_names import TARGET_NAMES
from seedbed.database.engines import DatabaseAddress
from seedbed.doctor.inputs import Configuration, DataFiles, KeycloakRealm, Ping, PrefectServer, TokenClient
from seedbed.doctor.registry import PROBES
from seedbed.doctor.run_probes import run_probes
from seedbed.targets.http.client import open_http, ping
from tests.support.builders.clinic import SECRET, black_hole, clinic, nowhere

ASKING = ("PostgreSQL", "OAuth2 Token", "Cortex API", "Demographic API", "Keycloak", "Prefect API")
LOCAL = Configuration(TARGET_NAMES, frozenset(TARGET_NAMES), is_local=True)


def found(examined, timeout_s=5.0):
    return {check.name: check for check in run_probes(examined, timeout_s)}


def test_outcomes_come_in_the_registrys_order_with_their_names():
    assert [check.name for check in run_probes(clinic(), 5)] == list(PROBES)


def test_a_host_that_never_answers_is_asked_once_by_each_service_and_costs_one_time_out():
    timeout_s = 2.0
    with black_hole() as (port, connections):
        base = f"http://127.0.0.1:{port}"
        dead = clinic(
            address=DatabaseAddress("127.0.0.1", port, "emr", "seedbed", SECRET),
            token_client=TokenClient(f"{base}/token", "seedbed", SECRET),
            keycloak=KeycloakRealm(base, "r"),
            prefect=PrefectServer(f"{base}/api", "seedbed"),
            pings={
                name: Ping(f"{name.upper()}_URL", lambda s: ping("API", base, timeout_s=s))
                for name in ("cortex_api", "demographic_api")
            },
            open_http=lambda url, s: open_http(url, timeouts=httpx.Timeout(s)),
        )
        started = time.monotonic()
        checks = found(dead, timeout_s)
        seconds = time.monotonic() - started
        assert connections() == len(ASKING)
    assert [name for name, check in checks.items() if check.status == "FAIL"] == [*ASKING]
    assert seconds < 3 * timeout_s


def test_a_probe_that_hangs_in_spite_of_its_time_out_is_given_up():
    release = threading.Event()
    pings = {name: Ping("X_URL", lambda _: f"{release.wait(60)}") for name in ("cortex_api", "demographic_api")}
    try:
        checks = found(clinic(pings=pings), 1.0)
    finally:
        release.set()
    assert [checks[name].status for name in ("Cortex API", "Demographic API", "Keycloak")] == ["FAIL", "FAIL", "PASS"]
    assert checks["Cortex API"].message == "gave no answer in time"


def test_a_probe_that_breaks_fails_and_the_others_go_on(caplog):
    def breaks(_):
        raise KeyError(SECRET)

    checks = found(clinic(pings={**clinic().pings, "cortex_api": Ping("CORTEX_API_URL", breaks)}))
    assert (checks["Cortex API"].status, checks["Cortex API"].message) == ("FAIL", "the check itself broke: KeyError")
    assert checks["Demographic API"].status == "PASS"
    assert "the check 'Cortex API' broke" in caplog.text


def test_checks_that_need_a_token_are_skipped_where_none_is_issued():
    refused = {"POST /kc/realms/r/protocol/openid-connect/token": httpx.Response(401, json={"error": "invalid_client"})}
    checks = found(clinic(refused))
    skipped = [name for name, check in checks.items() if check.message.startswith("needs the check 'OAuth2 Token'")]
    assert skipped == ["Service Account Rights", "Realm Roles", "User Attributes", "Clock"]


def test_one_token_serves_all_probes():
    asked = []
    well = clinic()

    def open_counted(url, timeout_s):
        asked.append(url)
        return well.open_http(url, timeout_s)

    found(replace(well, open_http=open_counted))
    assert asked.count(well.token_client.url) == 1


def test_a_target_that_nobody_thought_of_joins_by_its_ping():
    pings = {**clinic().pings, "billing_api": Ping("BILLING_API_URL", lambda _: "answers 204")}
    last = run_probes(clinic(pings=pings), 5)[-1]
    assert (last.name, last.status, last.message) == ("Target billing_api", "PASS", "answers 204")


@pytest.mark.parametrize(
    ("configuration", "step"),
    [(LOCAL, "`seedbed up` mends the local stack"), (Configuration(TARGET_NAMES, frozenset()), "check that it runs")],
    ids=["local", "elsewhere"],
)
def test_what_is_down_on_the_local_stack_is_mended_by_up(configuration, step):
    configured = replace(configuration, unset=frozenset())
    check = found(clinic(address=nowhere(), configuration=configured))["PostgreSQL"]
    assert (check.status, check.next.startswith(step)) == ("FAIL", True)


def test_an_error_without_a_next_step_is_explained_in_the_document():
    def unreadable():
        raise DataError("no")

    def refuses(_):
        raise DataError("odd")

    data = DataFiles(clinic().data.entities, lambda _: None, unreadable)
    pings = {**clinic().pings, "cortex_api": Ping("CORTEX_API_URL", refuses)}
    assert found(clinic(data=data, pings=pings))["Cortex API"].next == "see 'Cortex API' in docs/doctor.md"
