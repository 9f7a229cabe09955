"""The API targets against the sandbox, with its fault switch: the fault table row by row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.core.report import EntityReport
from seedbed.core.spec import Entity
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.cortex_api.target import CortexApi
from seedbed.targets.http.client import ApiClient, open_http, ping
from seedbed.targets.http.concurrency import DeliveryInterrupted
from seedbed.targets.memory import MemoryRecorder
from tests.support.builders.deliveries import DELIVERY, LAB, labs, part_of
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

IMPORT = {"path": "/cortex/*/import", "method": "POST"}
RESOURCES = iter(
    ["labs", "imagings", "medications", "dosage-forms", "distributors", "locations", "medical-supplies"] * 20
)


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture(autouse=True)
def healed(sandbox: SandboxServer) -> Iterator[None]:
    yield
    sandbox.fail()


class Bench:
    """A target and one unit of work whose rows are its own."""

    number = 0

    def __init__(self, sandbox: SandboxServer, *, read_timeout_s: float = 30) -> None:
        Bench.number += 1
        self.prefix, self.pauses = f"{Bench.number:03}-", []
        http = open_http(sandbox.url, timeouts=httpx.Timeout(read_timeout_s, connect=5))
        self.target = CortexApi(ApiClient("Cortex API", sandbox.cortex, sandbox.tokens(), http, self.pauses.append))
        self.entity: Entity = replace(LAB, resource=next(RESOURCES))
        self.delivery = replace(DELIVERY, run=f"run-{Bench.number}")
        self.recorder = MemoryRecorder()

    def rows(self, count: int, **changed: str) -> list[dict[str, str]]:
        return [{**row, **changed, "code": self.prefix + row["code"]} for row in labs(count)]

    def deliver(self, count: int = 1_200, **options: Any) -> EntityReport:
        delivery = replace(self.delivery, **options)
        return self.target.deliver(self.entity, [part_of(self.entity, self.rows(count))], delivery, self.recorder)

    def held(self) -> int:
        return sum(code.startswith(self.prefix) for code in self.target.ids(self.entity, by="code", take="code"))


def counts(report: EntityReport) -> dict[str, int]:
    assert report.adds_up
    names = ("read", "inserted", "updated", "unchanged", "skipped", "sent", "failed")
    return {name: getattr(report, name) for name in names if getattr(report, name)}


WHOLE = {"read": 1_200, "inserted": 1_200}


def test_delivering_twice_equals_delivering_once(sandbox: SandboxServer):
    bench = Bench(sandbox)
    assert counts(bench.deliver()) == WHOLE
    assert counts(bench.deliver(run="another")) == {"read": 1_200, "unchanged": 1_200}
    assert bench.held() == 1_200


def test_a_dry_run_says_what_a_delivery_would_do(sandbox: SandboxServer):
    bench = Bench(sandbox)
    assert counts(bench.deliver(600, dry_run=True)) == {"read": 600, "inserted": 600}
    assert bench.held() == 0
    bench.deliver(600)
    assert counts(bench.deliver(700, dry_run=True)) == {"read": 700, "inserted": 100, "unchanged": 600}
    assert bench.held() == 600


def test_rows_that_the_api_rejects_are_named(sandbox: SandboxServer):
    bench = Bench(sandbox)
    rows = bench.rows(3)
    rows[1]["code"] = "x" * 200
    report = bench.target.deliver(bench.entity, [part_of(bench.entity, rows)], bench.delivery, bench.recorder)
    assert counts(report) == {"read": 3, "inserted": 2, "skipped": 1}
    assert [(s.skip.row, s.skip.reason, s.skip.message[:13]) for s in bench.recorder.skips] == [
        (3, "rejected_by_api", "key_too_long:")
    ]


@pytest.mark.parametrize("code", [400, 409, 422])
def test_a_refusal_splits_the_upload_and_one_that_passes_loses_no_row(sandbox: SandboxServer, code: int):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": code, "count": 2})
    assert counts(bench.deliver()) == WHOLE
    assert sandbox.fired() == [2]


@pytest.mark.parametrize("code", [400, 409, 422])
def test_a_refusal_that_stays_skips_every_row_alone(sandbox: SandboxServer, code: int):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": code})
    assert counts(bench.deliver(5)) == {"read": 5, "skipped": 5}
    assert {row.skip.reason for row in bench.recorder.skips} == {"rejected_by_api"}
    assert sandbox.fired() == [9]


def test_413_halves_the_upload(sandbox: SandboxServer):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": 413, "count": 3})
    assert counts(bench.deliver()) == WHOLE


def test_a_row_above_the_body_limit_is_skipped_alone(sandbox: SandboxServer):
    bench = Bench(sandbox)
    rows = bench.rows(3)
    rows[2]["info.th.name"] = "x" * 1_100_000
    report = bench.target.deliver(bench.entity, [part_of(bench.entity, rows)], bench.delivery, bench.recorder)
    assert counts(report) == {"read": 3, "inserted": 2, "skipped": 1}
    assert bench.recorder.skips[0].skip.message.startswith("413")


def test_401_once_is_mended_by_a_fresh_token(sandbox: SandboxServer):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": 401, "count": 1})
    assert counts(bench.deliver()) == WHOLE


def test_a_token_that_dies_early_is_replaced(sandbox: SandboxServer):
    bench = Bench(sandbox)
    sandbox.fail({"path": "*/token", "token_expires_in_s": -10, "count": 1})
    assert counts(bench.deliver()) == WHOLE


@pytest.mark.parametrize(("code", "said"), [(401, "401, and again with a fresh token"), (403, "403")])
def test_401_twice_and_403_end_the_unit_at_once(sandbox: SandboxServer, code: int, said: str):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": code})
    with pytest.raises(AuthError, match=said):
        bench.deliver(5)
    assert (bench.pauses, bench.held()) == ([], 0)


def test_a_refused_client_is_an_auth_error(sandbox: SandboxServer):
    stranger = replace(sandbox, client_secret="wrong")
    with pytest.raises(AuthError, match="check CLIENT_ID and CLIENT_SECRET"):
        Bench(stranger).deliver(5)


def test_a_resource_that_does_not_exist_is_configuration(sandbox: SandboxServer):
    bench = Bench(sandbox)
    bench.entity = replace(bench.entity, resource="lab-things")
    with pytest.raises(UserError, match="lab-things/import answered 404"):
        bench.deliver()


FAULTS: Mapping[str, dict[str, Any]] = {
    **{str(code): {"status": code} for code in (408, 425, 429, 500, 502, 503, 504)},
    "dropped before": {"drop": "before"},
    "dropped after the commit": {"drop": "after"},
    "time-out": {"latency_s": 1.5},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_passing_fault_leaves_no_trace(sandbox: SandboxServer, fault: dict[str, Any]):
    bench = Bench(sandbox, read_timeout_s=1)
    sandbox.fail({**IMPORT, **fault, "count": 3})
    assert counts(bench.deliver()) == WHOLE
    assert (bench.recorder.skips, sandbox.fired(), bench.held()) == ([], [3], 1_200)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_exhausted_request_skips_its_rows_raises_and_a_retry_completes(
    sandbox: SandboxServer, fault: dict[str, Any]
):
    bench = Bench(sandbox, read_timeout_s=1)
    sandbox.fail({**IMPORT, **fault})
    with pytest.raises(DeliveryInterrupted, match="requests failed") as raised:
        bench.deliver(1_200)
    assert counts(raised.value.report) == {"read": 1_200, "skipped": 1_200}
    assert {row.skip.reason for row in bench.recorder.skips} == {"api_unavailable"}
    sandbox.fail()
    assert counts(bench.deliver(1_200)) == WHOLE
    assert (bench.recorder.skips, bench.held()) == ([], 1_200)


def test_retry_after_is_obeyed(sandbox: SandboxServer):
    bench = Bench(sandbox)
    sandbox.fail({**IMPORT, "status": 429, "retry_after_s": 9, "count": 1})
    bench.deliver(5)
    assert bench.pauses == [9.0]


def test_the_breaker_opens_and_a_retry_sends_only_the_rest(sandbox: SandboxServer):
    bench = Bench(sandbox)
    bench.deliver(2_000)
    sandbox.fail({**IMPORT, "status": 503})
    with pytest.raises(DeliveryInterrupted, match="not tried") as raised:
        bench.deliver(10_000)
    # The first 2,000 rows are the same four uploads, whose answers are known.
    assert counts(raised.value.report) == {"read": 10_000, "inserted": 2_000, "skipped": 3_000, "failed": 5_000}
    sandbox.fail({**IMPORT, "status": 400, "rate": 0.0})
    assert counts(bench.deliver(10_000)) == {"read": 10_000, "inserted": 10_000}
    assert bench.held() == 10_000


def test_ping_finds_the_api_and_names_one_that_is_not_well(sandbox: SandboxServer):
    assert ping("Cortex API", sandbox.cortex, timeout_s=5).endswith("/cortex/health answers 200")
    sandbox.fail({"path": "/cortex/*", "status": 503})
    with pytest.raises(Transient, match="is not well: /health 503"):
        ping("Cortex API", sandbox.cortex, timeout_s=5)
