"""Faults on the Demographic API's paths, in both of its profiles: each kind, and that a seed repeats them."""

import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.builders.sandbox_patients import held, outcomes, patient, send_batch, send_one
from tests.support.stack.sandbox_server import SandboxServer

PATIENTS = {"path": "/demographic/patients", "method": "POST"}

Send = Callable[[httpx.Client, dict[str, Any]], httpx.Response]


def by_batch(api: httpx.Client, given: dict[str, Any]) -> httpx.Response:
    return send_batch(api, [given], given["idCardNo"])


@pytest.fixture
def api(sandbox_server: SandboxServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {sandbox_server.tokens().token()}"}
    url = f"{sandbox_server.url}/demographic"
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as client:
        yield client
    sandbox_server.fail()


profiles = pytest.mark.parametrize("send", [by_batch, send_one], ids=["batch", "single"])


@profiles
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_status_comes_with_retry_after_and_without_effect(
    sandbox_server: SandboxServer, api: httpx.Client, send: Send, status: int
) -> None:
    given = patient()
    sandbox_server.fail({**PATIENTS, "status": status, "retry_after_s": 2, "count": 1})
    answer = send(api, given)
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "2")
    assert held(api, given["idCardNo"]) == []
    assert send(api, given).is_success


@profiles
@pytest.mark.parametrize(("drop", "is_there"), [("before", False), ("after", True)])
def test_connection_is_dropped_before_or_after_the_commit(
    sandbox_server: SandboxServer, api: httpx.Client, send: Send, drop: str, is_there: bool
) -> None:
    given = patient()
    sandbox_server.fail({**PATIENTS, "drop": drop, "count": 1})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        send(api, given)
    assert bool(held(api, given["idCardNo"])) == is_there


def test_batch_whose_answer_was_lost_is_answered_when_repeated_and_a_single_patient_is_409(
    sandbox_server: SandboxServer, api: httpx.Client
) -> None:
    one, two = patient(), patient()
    sandbox_server.fail({**PATIENTS, "drop": "after", "count": 2})
    for send, given in ((by_batch, one), (send_one, two)):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            send(api, given)
    assert outcomes(by_batch(api, one)) == ["created"]
    assert send_one(api, two).status_code == 409


@profiles
@pytest.mark.parametrize(("latency_at", "is_there_at_once"), [("before", False), ("after", True)])
def test_request_that_the_client_gave_up_is_done_all_the_same(
    sandbox_server: SandboxServer, api: httpx.Client, send: Send, latency_at: str, is_there_at_once: bool
) -> None:
    given = patient()
    sandbox_server.fail({**PATIENTS, "latency_s": 2.0, "latency_at": latency_at, "count": 1})
    api.timeout = httpx.Timeout(30, read=1.0)
    with pytest.raises(httpx.ReadTimeout):
        send(api, given)
    api.timeout = httpx.Timeout(30)
    assert bool(held(api, given["idCardNo"])) == is_there_at_once
    until = time.monotonic() + 20
    while not held(api, given["idCardNo"]) and time.monotonic() < until:
        time.sleep(0.1)
    assert len(held(api, given["idCardNo"])) == 1


@profiles
def test_token_that_died_early_is_401_and_has_no_effect(
    sandbox_server: SandboxServer, api: httpx.Client, send: Send
) -> None:
    given = patient()
    sandbox_server.fail({"path": "*/token", "token_expires_in_s": -1, "count": 1})
    api.headers["Authorization"] = f"Bearer {sandbox_server.tokens().token()}"
    assert send(api, given).status_code == 401
    api.headers["Authorization"] = f"Bearer {sandbox_server.tokens().token()}"
    assert held(api, given["idCardNo"]) == []
    assert send(api, given).is_success


@profiles
def test_rule_may_let_requests_pass_first(sandbox_server: SandboxServer, api: httpx.Client, send: Send) -> None:
    sandbox_server.fail({**PATIENTS, "status": 503, "skip": 2, "count": 2})
    assert [send(api, patient()).is_success for _ in range(5)] == [True, True, False, False, True]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/patients"), ("GET", "/patients/count"), ("GET", "/patients/1"), ("DELETE", "/patients/1")],
)
def test_faults_reach_looking_up_and_removing_too(
    sandbox_server: SandboxServer, api: httpx.Client, method: str, path: str
) -> None:
    sandbox_server.fail({"path": "/demographic/patients*", "method": method, "status": 503, "count": 1})
    assert api.request(method, path).status_code == 503


# The same seed, the same faults


def statuses(server: SandboxServer, send: Callable[[str], httpx.Response], names: list[str], seed: int) -> list[str]:
    """How each named request fared in three attempts under the seed, all of them sent by four clients at once."""
    server.fail({**PATIENTS, "status": 503, "rate": 0.5, "count": 2, "by": "content"}, seed=seed)

    def three_times(name: str) -> str:
        return " ".join(str(send(name).status_code) for _ in range(3))

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(three_times, names))


@profiles
def test_what_follows_from_content_is_the_same_in_whatever_order_requests_arrive(
    sandbox_server: SandboxServer, api: httpx.Client, send: Send
) -> None:
    people = {str(number): patient(note=uuid.uuid4().hex) for number in range(20)}
    names = list(people)

    def post(name: str) -> httpx.Response:
        return send(api, people[name])

    first = statuses(sandbox_server, post, names, 1)
    second = statuses(sandbox_server, post, names[::-1], 1)[::-1]
    assert [fate.replace("201", "ok").replace("409", "ok") for fate in first] == [
        fate.replace("201", "ok").replace("409", "ok") for fate in second
    ]
    assert len(set(first)) > 2
    assert not any(fate == "503 503 503" for fate in first)
    assert sandbox_server.fired() == [sum(fate.count("503") for fate in second)]
    assert statuses(sandbox_server, post, names, 2) != first
