"""The sandbox as a whole: who gets in, what it documents, what survives a restart, how it fails when told to."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from seedbed.core.errors import UserError
from seedbed.sandbox.config import read_config
from seedbed.sandbox.faults.fault_rules import FaultPlan, FaultRule, FaultSwitch, content_of
from seedbed.sandbox.signed_tokens import open_signer
from seedbed.stack import processes
from seedbed.stack.postgres_service import Cluster
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

CONTENT = {"file": ("labs.csv", "code,name\nA,a\n")}


@pytest.fixture
def api(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
    with httpx.Client(base_url=sandbox_server.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client
    sandbox_server.fail()


# Who gets in


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cortex/labs"),
        ("GET", "/cortex/labs/A"),
        ("POST", "/cortex/labs/import"),
        ("GET", "/demographic/patients"),
        ("POST", "/demographic/patients"),
        ("GET", "/demographic/patients/count"),
        ("GET", "/demographic/patients/6900001"),
        ("DELETE", "/demographic/patients/6900001"),
        ("GET", "/demographic/codes/gender"),
    ],
)
@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer nonsense"}], ids=["no token", "nonsense"])
def test_without_a_valid_token_it_is_401(
    sandbox_server: SandboxServer, method: str, path: str, header: dict[str, str]
) -> None:
    answer = httpx.request(method, f"{sandbox_server.url}{path}", headers=header)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_token_of_another_key_or_issuer_or_past_its_time_is_401(
    sandbox_server: SandboxServer, tmp_path: Path, api: httpx.Client
) -> None:
    issuer = f"{sandbox_server.keycloak}/realms/{sandbox_server.realm}"
    stranger = open_signer(tmp_path / "key.pem", issuer, 300)
    unsigned = jwt.encode({"iss": issuer, "exp": int(time.time()) + 60, "iat": 0}, key=None, algorithm="none")
    for token in (stranger.issue({"sub": "x"}), unsigned):
        assert api.get("/cortex/labs", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    sandbox_server.fail({"path": "*/token", "token_expires_in_s": -1, "count": 1})
    late = sandbox_server.tokens().token()
    answer = api.get("/cortex/labs", headers={"Authorization": f"Bearer {late}"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Signature has expired")


@pytest.mark.parametrize("part", ["", "/cortex", "/demographic", "/keycloak"])
@pytest.mark.parametrize("path", ["/health", "/healthz", "/actuator/health"])
def test_health_is_open_to_everybody(sandbox_server: SandboxServer, part: str, path: str) -> None:
    assert httpx.get(f"{sandbox_server.url}{part}{path}").json() == {"status": "UP"}


@pytest.mark.parametrize("part", ["", "/cortex", "/demographic", "/keycloak"])
def test_each_part_has_a_document_in_which_every_operation_is_described(
    sandbox_server: SandboxServer, part: str
) -> None:
    document = httpx.get(f"{sandbox_server.url}{part}/openapi.json").json()
    assert document["info"]["description"]
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert operations
    assert all(operation["summary"] and operation["description"] for operation in operations)


# Faults


def test_fault_switch_wants_its_own_credential(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    for headers in ({}, {"X-Fault-Token": "guess"}, {"X-Fault-Token": sandbox_server.client_secret}):
        for method in ("GET", "PUT", "DELETE"):
            assert api.request(method, "/faults", headers=headers, json={}).status_code == 403


def test_no_fault_is_in_force_until_one_is_ordered(sandbox_server: SandboxServer) -> None:
    sandbox_server.fail()
    answer = httpx.get(f"{sandbox_server.url}/faults", headers={"X-Fault-Token": sandbox_server.fault_token})
    assert answer.json() == {"seed": 0, "rules": [], "seen": [], "fired": [], "under_way": 0}


@pytest.mark.parametrize("rule", [{"colour": "red"}, {"status": 200}, {"rate": 2}, {"drop": "now"}], ids=str)
def test_wrong_rule_is_422(sandbox_server: SandboxServer, rule: dict[str, Any]) -> None:
    headers = {"X-Fault-Token": sandbox_server.fault_token}
    answer = httpx.put(f"{sandbox_server.url}/faults", json={"rules": [rule]}, headers=headers)
    assert answer.status_code == 422


def test_status_and_retry_after_come_as_ordered_and_stop_after_their_count(
    sandbox_server: SandboxServer, api: httpx.Client
) -> None:
    sandbox_server.fail(
        {"path": "/cortex/labs*", "method": "POST", "status": 429, "retry_after_s": 7, "count": 2},
        {"path": "/demographic/*", "status": 503},
    )
    answers = [api.post("/cortex/labs/import", files=CONTENT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert api.get("/cortex/labs").status_code == 200
    assert api.get("/demographic/patients").status_code == 503
    assert sandbox_server.fired() == [2, 1]


def test_a_failed_request_has_no_effect(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    code = uuid.uuid4().hex
    sandbox_server.fail({"path": "/cortex/*", "status": 500, "count": 1})
    api.post("/cortex/labs/import", files={"file": ("a.csv", f"code\n{code}\n")})
    assert api.get(f"/cortex/labs/{code}").status_code == 404


@pytest.mark.parametrize(("drop", "status"), [("before", 404), ("after", 200)])
@pytest.mark.parametrize("size", [10, 900_000])
def test_connection_is_dropped_before_or_after_the_commit(
    sandbox_server: SandboxServer, api: httpx.Client, drop: str, status: int, size: int
) -> None:
    code = uuid.uuid4().hex
    sandbox_server.fail({"path": "/cortex/*", "method": "POST", "drop": drop, "count": 1})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        api.post(
            "/cortex/labs/import",
            files={"file": ("a.csv", f"code,name\n{code},{'x' * min(size, 1_000)}\n" * (size // 1_000 + 1))},
        )
    assert api.get(f"/cortex/labs/{code}").status_code == status


def test_repetition_after_a_lost_answer_gets_that_answer(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    code = uuid.uuid4().hex
    request = {"files": {"file": ("a.csv", f"code\n{code}\n")}, "headers": {"Idempotency-Key": code}}
    sandbox_server.fail({"path": "/cortex/*", "drop": "after", "count": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/cortex/labs/import", **request)
    answer = api.post("/cortex/labs/import", **request)
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.json()["results"] == [{"row": 2, "key": code, "outcome": "created"}]


def test_faults_reach_keycloak_too(sandbox_server: SandboxServer) -> None:
    sandbox_server.fail({"path": "*/protocol/openid-connect/token", "status": 503, "count": 1})
    url = f"{sandbox_server.keycloak}/realms/{sandbox_server.realm}/protocol/openid-connect/token"
    assert httpx.post(url, data={}).status_code == 503
    assert sandbox_server.tokens().token()
    sandbox_server.fail()


def test_latency_delays_the_answer(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    sandbox_server.fail({"path": "/cortex/*", "latency_s": 0.5, "count": 1})
    started = time.monotonic()
    assert api.get("/cortex/labs").status_code == 200
    assert time.monotonic() - started >= 0.5


def test_a_held_request_is_told_of_until_it_has_done_its_work(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    sandbox_server.fail({"path": "/cortex/*", "latency_s": 1, "count": 1})
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        api.get("/cortex/labs", timeout=0.3)
    sandbox_server.fail()
    assert time.monotonic() - started >= 1


def test_token_dies_early_though_its_answer_promises_more(sandbox_server: SandboxServer, api: httpx.Client) -> None:
    sandbox_server.fail({"path": "*/token", "token_expires_in_s": 1, "count": 1})
    url = f"{sandbox_server.keycloak}/realms/{sandbox_server.realm}/protocol/openid-connect/token"
    form = {
        "grant_type": "client_credentials",
        "client_id": sandbox_server.client_id,
        "client_secret": sandbox_server.client_secret,
    }
    answer = httpx.post(url, data=form).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    assert answer["expires_in"] == 300
    assert api.get("/cortex/labs", headers=headers).status_code == 200
    time.sleep(2.1)
    assert api.get("/cortex/labs", headers=headers).status_code == 401


def test_same_seed_fails_the_same_requests() -> None:
    def failed(seed: int) -> list[bool]:
        switch = FaultSwitch()
        switch.set(FaultPlan(seed=seed, rules=(FaultRule(path="/a*", rate=0.3, status=500),)))
        return [switch.next_fault("GET", "/a/1") is not None for _ in range(1_000)]

    assert failed(1) == failed(1)
    assert failed(1) != failed(2)
    assert 250 < sum(failed(1)) < 350


def test_requests_that_no_rule_matches_take_no_turn() -> None:
    plan = FaultPlan(rules=(FaultRule(path="/a", method="POST", rate=0.5, status=500),))
    quiet, busy = FaultSwitch(), FaultSwitch()
    quiet.set(plan)
    busy.set(plan)
    alone = [quiet.next_fault("POST", "/a") is not None for _ in range(50)]
    among: list[bool] = []
    for _ in range(50):
        busy.next_fault("GET", "/a")
        busy.next_fault("POST", "/b")
        among.append(busy.next_fault("POST", "/a") is not None)
    assert alone == among


def test_repetitions_of_one_content_are_counted_apart_and_a_form_without_its_boundary() -> None:
    switch = FaultSwitch()
    switch.set(FaultPlan(seed=3, rules=(FaultRule(path="/a", status=500, by="content", skip=1, count=1),)))
    assert switch.wants_content()
    for content in ("x", "y"):
        assert [switch.next_fault("POST", "/a", content) is not None for _ in range(3)] == [False, True, False]
    assert (switch.status().seen, switch.status().fired) == ([6], [2])
    forms = [
        content_of("POST /a?", f"multipart/form-data; boundary={b}", f"--{b}\r\nx\r\n--{b}--".encode()) for b in "pq"
    ]
    assert forms[0] == forms[1] != content_of("POST /b?", "multipart/form-data; boundary=p", b"--p\r\nx\r\n--p--")


# Start, stop, restart


def started(config: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "seedbed.sandbox", str(config)])


def wait_until_well(url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


def test_what_it_was_given_survives_its_death(cluster: Cluster, tmp_path: Path) -> None:
    with running_sandbox(cluster, tmp_path) as first:
        headers = {"Authorization": f"Bearer {first.tokens().token()}"}
        request = {"files": CONTENT, "headers": {**headers, "Idempotency-Key": "k"}}
        answer = httpx.post(f"{first.cortex}/labs/import", **request)
        assert answer.json()["summary"]["created"] == 1
        assert httpx.post(
            f"{first.keycloak}/admin/realms/seedbed/users", json={"username": "ann"}, headers=headers
        ).is_success
        config = json.loads((tmp_path / "sandbox.json").read_text())
    port = config["port"]
    (tmp_path / "again.json").write_text(json.dumps(config))
    process = started(tmp_path / "again.json")
    try:
        wait_until_well(first.url)
        assert httpx.get(f"{first.cortex}/labs/A", headers=headers).json() == {"code": "A", "name": "a"}
        again = httpx.post(f"{first.cortex}/labs/import", **request)
        assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")
        users = httpx.get(f"{first.keycloak}/admin/realms/seedbed/users", headers=headers).json()
        assert [user["username"] for user in users] == ["ann"]
        assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
        assert processes.free_port(port) != port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) in (0, -signal.SIGTERM)


def test_tokens_of_a_keycloak_elsewhere_are_accepted_and_no_own_one_is_served(
    cluster: Cluster, tmp_path: Path, sandbox_server: SandboxServer
) -> None:
    with running_sandbox(cluster, tmp_path) as own:
        config = json.loads((tmp_path / "sandbox.json").read_text())
    issuer = f"{sandbox_server.keycloak}/realms/{sandbox_server.realm}"
    port = processes.free_port()
    elsewhere = {"issuer": issuer, "jwks_url": f"{issuer}/protocol/openid-connect/certs"}
    (tmp_path / "elsewhere.json").write_text(json.dumps({**config, "port": port, **elsewhere}))
    process, url = started(tmp_path / "elsewhere.json"), f"http://127.0.0.1:{port}"
    try:
        wait_until_well(url)
        headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
        assert httpx.get(f"{url}/cortex/labs", headers=headers).status_code == 200
        stranger = open_signer(tmp_path / "other.pem", issuer, 300).issue({"sub": "x"})
        assert httpx.get(f"{url}/cortex/labs", headers={"Authorization": f"Bearer {stranger}"}).status_code == 401
        assert httpx.get(f"{url}/keycloak/realms/seedbed").status_code == 404
    finally:
        process.terminate()
        process.wait(15)
    assert own.url != url


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "cannot read"),
        ("{", "is wrong"),
        ({"port": 1}, "database"),
        ({"colour": "red"}, "colour"),
        ({"issuer": "x"}, "belong together"),
        ({"signing_key_path": None}, "signing_key_path is needed"),
    ],
    ids=str,
)
def test_wrong_configuration_is_refused_and_no_secret_shown(tmp_path: Path, config: Any, message: str) -> None:
    file = tmp_path / "c.json"
    database = {"host": "h", "port": 1, "database": "d", "user": "u", "password": "hush-1"}
    right = {
        "port": 1,
        "database": database,
        "client_id": "c",
        "client_secret": "hush-2",
        "signing_key_path": str(tmp_path / "k"),
    }
    if isinstance(config, str):
        file.write_text(config)
    elif config == {"port": 1}:
        file.write_text(json.dumps(config))
    elif config is not None:
        file.write_text(json.dumps(right | config))
    with pytest.raises(UserError, match=message) as caught:
        read_config(file)
    assert "hush" not in str(caught.value)


def test_command_without_configuration_says_what_it_wants() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "seedbed.sandbox"], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert ran.returncode == 2
    assert "python -m seedbed.sandbox CONFIG.json" in ran.stderr
