"""Patients registered at the sandbox while it fails: after retries everything is as if it had not."""

from collections.abc import Container, Iterator
from typing import Any

import httpx
import pytest

from seedbed.core.environment import WireProtocol
from seedbed.core.errors import AuthError, Transient, UserError
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.client import ApiClient, open_http
from tests.support.builders.demographic_double import Ledger
from tests.support.builders.sandbox_patients import citizen_id, patient
from tests.support.stack.sandbox_server import SandboxServer, running_sandbox

POST = {"path": "/demographic/patients", "method": "POST", "by": "content"}
GET = {**POST, "method": "GET"}
TOKEN = {"path": "*/token", "method": "POST"}
ATTEMPTS = 6
COUNT, BATCH = 30, 5
THERE, TAKEN, WRONG = (
    3,
    8,
    16,
)  # places of one whom another run created, one whose id is somebody else's, one who is refused

FAULTS: dict[str, list[dict[str, Any]]] = {
    "503 once": [{**POST, "status": 503, "count": 1}],
    "500 three times": [{**POST, "status": 500, "count": 3}],
    "503 for longer than a request is tried": [{**POST, "status": 503, "count": 5}],
    "429 at once": [{**POST, "status": 429, "retry_after_s": 0, "count": 2}],
    "429 later": [{**POST, "status": 429, "retry_after_s": 1, "count": 1}],
    "dropped before": [{**POST, "drop": "before", "count": 1}],
    "dropped after": [{**POST, "drop": "after", "count": 1}],
    "dropped after, look-ups fail": [{**POST, "drop": "after", "count": 1}, {**GET, "status": 502, "count": 2}],
    "dropped after, look-ups are away": [{**POST, "drop": "after", "count": 1}, {**GET, "status": 502, "count": 4}],
    "slow before": [{**POST, "latency_s": 1.2, "count": 1}],
    "slow after": [{**POST, "latency_s": 1.2, "latency_at": "after", "count": 1}],
    "token dies early": [{**TOKEN, "token_expires_in_s": -1, "count": 1}],
    "token service fails": [{**TOKEN, "status": 503, "count": 2}],
}
MIXED = [
    {**POST, "status": 503, "rate": 0.2},
    {**POST, "status": 429, "retry_after_s": 0, "rate": 0.2},
    {**POST, "drop": "before", "rate": 0.2},
    {**POST, "drop": "after", "rate": 0.3},
    {**GET, "status": 500, "rate": 0.3},
    {**GET, "drop": "before", "rate": 0.2},
]

profiles = pytest.mark.parametrize("profile", ["batch", "single"])


@pytest.fixture(scope="module")
def sandbox(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with running_sandbox(cluster, tmp_path_factory.mktemp("sandbox")) as server:
        yield server


@pytest.fixture(autouse=True)
def healed(sandbox: SandboxServer) -> Iterator[None]:
    yield
    sandbox.fail()


class Bench:
    """A target, and a unit of patients of its own in which every outcome occurs."""

    def __init__(self, sandbox: SandboxServer, profile: WireProtocol, *, answer_s: float = 30) -> None:
        self.sandbox, self.pauses = sandbox, list[float]()
        http = open_http(sandbox.url, timeouts=httpx.Timeout(answer_s, connect=5))
        url = f"{sandbox.url}/demographic"
        self.api = DemographicApi(
            ApiClient("Demographic API", url, sandbox.tokens(), http, self.pauses.append), profile
        )
        self.ledger = Ledger()

    def unit(self) -> list[RowToRegister]:
        """The patients; those that are there already, are there."""
        bodies = [patient(phoneNumber=f"{row}") for row in range(COUNT)]
        bodies[WRONG]["birthDate"] = "2999-01-01"
        rows = [RowToRegister(row, body["idCardNo"], body) for row, body in enumerate(bodies)]
        before = [rows[THERE], RowToRegister(TAKEN, rows[TAKEN].key, {**rows[TAKEN].body, "firstName": "อื่น"})]
        self.api.register([before], Ledger().registering(2))
        self.ledger.elsewhere.add(rows[THERE].key)
        return rows

    def attempt(
        self, rows: list[RowToRegister], *, maybe_sent: Container[int] | None = None, run: str = "run-1"
    ) -> dict[str, int]:
        """One attempt; in doubt is what the ledger says, or `maybe_sent`."""
        final, doubted = self.ledger.final, self.ledger.in_doubt if maybe_sent is None else maybe_sent
        cut = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
        left = [[row for row in batch if row.row not in final] for batch in cut]
        partial = {row.row for batch, rest in zip(cut, left, strict=True) if len(rest) < len(batch) for row in rest}
        told = self.ledger.registering(sum(map(len, left)), maybe_sent=doubted, partial=partial, run=run)
        return dict(self.api.register(left, told))

    def persist(self, rows: list[RowToRegister]) -> int:
        """Attempts until one goes through; how many it took."""
        for number in range(1, ATTEMPTS + 1):
            try:
                self.attempt(rows)
            except Transient:
                continue
            return number
        raise AssertionError(f"not done after {ATTEMPTS} attempts")

    def outcomes(self) -> dict[int, str]:
        return {row: one.reason or one.outcome for row, one in sorted(self.ledger.final.items())}

    def held(self, row: RowToRegister) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._get("/patients", idCardNo=row.key)["items"]
        return items

    def total(self) -> int:
        return int(self._get("/patients/count")["total"])

    def _get(self, path: str, **params: str) -> Any:
        return self.api.client.request("GET", path, params=params).json()


def plain(count: int) -> list[RowToRegister]:
    """So many patients whom nobody knows."""
    return [RowToRegister(row, body["idCardNo"], body) for row, body in enumerate(patient() for _ in range(count))]


def expected() -> dict[int, str]:
    special = {THERE: "exists", TAKEN: "id_taken", WRONG: "rejected_by_api"}
    return {row: special.get(row, "created") for row in range(COUNT)}


def check_content(bench: Bench, rows: list[RowToRegister], before: int) -> None:
    """Every patient is there once, as sent, and the ledger has its numbers."""
    assert bench.outcomes() == expected()
    assert bench.total() - before == COUNT - 3
    for row in rows:
        held, settled = bench.held(row), bench.ledger.final[row.row]
        assert len(held) == (row.row != WRONG)
        if settled.outcome == "skipped":
            continue
        numbers = {"hn": settled.number, "ehrId": settled.target_id, "age": settled.answer.get("age")}
        assert held == [{**row.body, **numbers}]


@profiles
def test_every_outcome_is_noted_once_and_a_second_run_finds_all_of_it_there(
    sandbox: SandboxServer, profile: WireProtocol
):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    before = bench.total()
    assert bench.attempt(rows) == {"created": COUNT - 3, "exists": 1, "skipped": 2}
    check_content(bench, rows, before)
    numbers = {one.key: one.number for one in bench.ledger if one.outcome == "created"}
    bench.ledger = Ledger()
    assert bench.attempt(rows, run="run-2") == {"created": 0, "exists": COUNT - 2, "skipped": 2}
    assert {one.key: one.number for one in bench.ledger if one.key in numbers} == numbers


@profiles
@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_faults_leave_no_trace(sandbox: SandboxServer, profile: WireProtocol, faults: list[dict[str, Any]]):
    bench = Bench(sandbox, profile, answer_s=0.6)
    rows = bench.unit()
    before = bench.total()
    sandbox.fail(*faults)
    bench.api.client.tokens.invalidate(bench.api.client.tokens.token())
    bench.persist(rows)
    assert any(sandbox.fired())
    sandbox.fail()
    check_content(bench, rows, before)


@profiles
@pytest.mark.parametrize("seed", range(4))
def test_mixed_faults_leave_no_trace(sandbox: SandboxServer, profile: WireProtocol, seed: int):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    before = bench.total()
    sandbox.fail(*MIXED, seed=seed)
    bench.persist(rows)
    assert sum(sandbox.fired()) > 3
    sandbox.fail()
    check_content(bench, rows, before)


@profiles
def test_attempts_that_were_killed_before_they_noted_anything_leave_no_trace(
    sandbox: SandboxServer, profile: WireProtocol
):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    before = bench.total()
    note, calls = bench.ledger._note, list[int]()

    def killed(settled: list[RegisterResult]) -> None:
        calls.append(len(settled))
        if len(calls) == 2:
            raise KeyboardInterrupt
        note(settled)

    bench.ledger._note = killed  # type: ignore[method-assign, assignment]
    with pytest.raises(KeyboardInterrupt):
        bench.attempt(rows)
    bench.ledger._note = note  # type: ignore[method-assign]
    bench.attempt(rows, maybe_sent=range(COUNT))
    check_content(bench, rows, before)


@pytest.mark.parametrize("code", [400, 409, 413, 422])
def test_a_batch_that_is_refused_as_a_whole_loses_nobody(sandbox: SandboxServer, code: int):
    bench = Bench(sandbox, "batch")
    rows = bench.unit()
    before = bench.total()
    sandbox.fail({**POST, "by": "turn", "status": code, "count": 3})
    bench.persist(rows)
    sandbox.fail()
    check_content(bench, rows, before)


def test_who_was_there_before_us_stays_so_although_an_answer_was_lost(sandbox: SandboxServer):
    bench = Bench(sandbox, "batch")
    rows = bench.unit()
    bench.ledger.elsewhere.clear()
    sandbox.fail({**POST, "drop": "after", "count": 1})
    bench.attempt(rows)
    assert bench.outcomes() == expected()


@profiles
def test_retry_after_is_waited_for(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    sandbox.fail({**POST, "status": 429, "retry_after_s": 1, "count": 1})
    bench.attempt(rows)
    assert set(bench.pauses) == {1.0}


@profiles
def test_an_api_that_is_away_ends_the_unit_after_three_requests(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    rows = plain(60)
    sandbox.fail({**POST, "status": 503})
    with pytest.raises(Transient, match=r"[1-9]\d* not tried; [3-6] requests failed"):
        bench.attempt(rows)
    assert bench.ledger.final == {}
    sandbox.fail()
    assert bench.attempt(rows) == {"created": 60, "exists": 0, "skipped": 0}


@profiles
def test_a_refused_client_fails_at_once(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    sandbox.fail({**TOKEN, "status": 401})
    tokens: Any = bench.api.client.tokens
    tokens.invalidate(tokens.token())
    with pytest.raises(AuthError, match="refused client 'seedbed'"):
        bench.attempt(rows)
    assert sandbox.fired() == [1]
    with pytest.raises(AuthError):
        bench.api.check_access()


@profiles
def test_a_wrong_address_is_configuration(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    rows = bench.unit()
    bench.api.client = ApiClient("Demographic API", f"{sandbox.url}/nowhere", sandbox.tokens(), bench.api.client.http)
    with pytest.raises(UserError, match="answered 404"):
        bench.attempt(rows)
    assert list(bench.ledger) == []


@profiles
def test_what_a_run_created_can_be_removed_deactivated_or_is_kept(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    rows = plain(4)
    bench.attempt(rows)
    made = [bench.ledger.final[row] for row in range(4)]
    remove = bench.api.remove
    assert [remove(made[0].target_id, made[0].number) for _ in "ab"] == ["removed", "absent"]
    sandbox.fail({"path": "/demographic/patients/*", "method": "DELETE", "drop": "after", "count": 1})
    assert remove(made[1].target_id, made[1].number) == "removed"
    sandbox.fail({"path": "/demographic/patients/*", "method": "DELETE", "status": 405})
    assert remove(made[2].target_id, made[2].number) == "deactivated"
    sandbox.fail({"path": "/demographic/patients/*", "status": 501})
    assert remove(made[3].target_id, made[3].number) == "kept"
    sandbox.fail()
    assert [[one.get("active") for one in bench.held(row)] for row in rows] == [[], [], [False], [None]]
    assert remove("", made[3].target_id) == "removed"


@profiles
def test_a_citizen_id_that_is_free_again_is_registered_anew(sandbox: SandboxServer, profile: WireProtocol):
    bench = Bench(sandbox, profile)
    row = RowToRegister(0, number := citizen_id(), patient(idCardNo=number))
    bench.attempt([row])
    first = bench.ledger.final[0]
    bench.api.remove(first.target_id, first.number)
    bench.ledger = Ledger()
    bench.attempt([row])
    assert (bench.ledger.final[0].outcome, bench.ledger.final[0].number != first.number) == ("created", True)
