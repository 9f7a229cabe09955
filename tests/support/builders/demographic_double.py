"""A Demographic API in memory behind httpx's mock transport, which can be told how to fail; and units of patients for it."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from seedbed.core.environment import WireProtocol
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.targets.demographic_api.target import DemographicApi
from seedbed.targets.http.client import ApiClient
from seedbed.targets.port import RegisterContext
from tests.support.builders.cortex_double import file_of

IDENTITY = ("firstName", "familyName", "birthDate")
Fault = Callable[["DemographicDouble", httpx.Request], httpx.Response]


class Tokens:
    """Tokens that never expire; `refusals` are raised first."""

    def __init__(self, *refusals: Exception) -> None:
        self.refusals, self.asked = list(refusals), 0

    def token(self) -> str:
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return "t"

    def invalidate(self, token: str) -> None:
        """Nothing to forget."""

    def ping(self) -> None:
        """The service of tokens is well."""


@dataclass
class DemographicDouble:
    """Keeps people by citizen id. `faults`: by method, used up one a request, before anything else.

    `wrong`: ids for which a whole request is refused; `silent`: ids of which an answer says nothing; `forgets_keys`: an
    Idempotency-Key is ignored; `listing`: what a look-up answers with those found.
    """

    faults: dict[str, list[Fault]] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    limit: int = 1_000
    forgets_keys: bool = False
    listing: Callable[[list[dict[str, Any]]], Any] = lambda found: {"items": found}
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self._lock:
            self.seen.append(request.method)
            self.requests.append(request)
            faults = self.faults.get(request.method, [])
            return faults.pop(0)(self, request) if faults else self.serve(request)

    def serve(self, request: httpx.Request) -> httpx.Response:
        """The answer without any fault."""
        if request.method == "GET":
            held = self.people.get(request.url.params["idCardNo"])
            return httpx.Response(200, json=self.listing([held] if held else []))
        if request.method == "POST":
            is_form = request.headers["Content-Type"].startswith("multipart/")
            return self._one(json.loads(file_of(request, "data"))) if is_form else self._many(request)
        return self._known(request)

    def add(self, body: dict[str, Any]) -> dict[str, Any]:
        """Registers somebody."""
        number = len(self.people) + 1
        data = {**body, "hn": f"69{number:05}", "ehrId": f"ehr-{number}", "age": 36}
        return self.people.setdefault(body["idCardNo"], data)

    def _one(self, body: dict[str, Any]) -> httpx.Response:
        if body["idCardNo"] in self.wrong:
            return httpx.Response(422, json={"code": "invalid", "message": "birthDate: no date"})
        if body["idCardNo"] in self.people:
            return httpx.Response(409, json={"code": "duplicate", "message": "it is registered"})
        data = self.add(body)
        return httpx.Response(201, json={} if body["idCardNo"] in self.silent else {"data": data})

    def _many(self, request: httpx.Request) -> httpx.Response:
        bodies, key = json.loads(request.content), request.headers["Idempotency-Key"]
        if len(bodies) > self.limit:
            return httpx.Response(413, json={"code": "too_large"})
        if self.wrong & {body["idCardNo"] for body in bodies}:
            return httpx.Response(422, json={"code": "malformed", "message": "no patients"})
        is_new = key not in self.answers or self.forgets_keys
        if is_new:
            self.answers[key] = [{"index": n, **self._outcome(body)} for n, body in enumerate(bodies)]
        said = [one for one in self.answers[key] if bodies[one["index"]]["idCardNo"] not in self.silent]
        return httpx.Response(200, headers={} if is_new else {"Idempotent-Replayed": "true"}, json={"results": said})

    def _outcome(self, body: dict[str, Any]) -> dict[str, Any]:
        held = self.people.get(body["idCardNo"])
        if body["firstName"] == "":
            return {"outcome": "rejected", "code": "invalid", "reason": "firstName: a name is not empty"}
        if held and any(held[name] != body[name] for name in IDENTITY):
            return {"outcome": "rejected", "code": "id_taken", "reason": "it is held by somebody else"}
        data = self.add(body)
        return {
            "outcome": "exists" if held else "created",
            "data": {n: data[n] for n in ("idCardNo", "hn", "ehrId", "age")},
        }

    def _known(self, request: httpx.Request) -> httpx.Response:
        number = request.url.path.rpartition("/")[2]
        found = next((one for one in self.people.values() if number in (one["hn"], one["ehrId"])), None)
        if found is None:
            return httpx.Response(404, json={"code": "not_found"})
        if request.method == "PATCH":
            found.update(json.loads(request.content))
            return httpx.Response(200, json={"data": found})
        del self.people[found["idCardNo"]]
        return httpx.Response(204)


def body_of(row: int, **more: Any) -> dict[str, Any]:
    return {"idCardNo": f"{row:013}", "firstName": f"ชื่อ {row}", "familyName": "ใจดี", "birthDate": "1990-02-28", **more}


def wanted(row: int, **more: Any) -> RowToRegister:
    return RowToRegister(row, f"{row:013}", body_of(row, **more))


def unit(count: int, batch: int = 5, start: int = 0) -> list[list[RowToRegister]]:
    """So many patients in requests of a batch."""
    rows = [wanted(row) for row in range(start, start + count)]
    return [rows[place : place + batch] for place in range(0, count, batch)]


@dataclass
class Ledger:
    """What a unit notes, as a run's ledger keeps it; `elsewhere`: keys that another run of ours has created.

    `ended`: how many rows were noted whenever a unit ended in order. `lost`: what whoever looks at the lease is told.
    """

    elsewhere: set[str] = field(default_factory=set)
    notes: list[list[RegisterResult]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)
    ended: list[int] = field(default_factory=list)
    lost: Exception | None = None

    def registering(
        self, rows: int, *, maybe_sent: Container[int] = (), partial: Container[int] = (), run: str = "run-1"
    ) -> RegisterContext:
        return RegisterContext(
            run,
            "patients [0-20)",
            "patient",
            rows,
            maybe_sent.__contains__,
            partial.__contains__,
            self._elsewhere,
            self._note,
            lambda: self.ended.append(sum(map(len, self.notes))),
            self.check_lease,
        )

    def __iter__(self) -> Iterator[RegisterResult]:
        return (settled for note in self.notes for settled in note)

    @property
    def final(self) -> dict[int, RegisterResult]:
        return {settled.row: settled for settled in self if settled.is_final}

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(settled.reason or settled.outcome for settled in self)

    @property
    def in_doubt(self) -> set[int]:
        return {settled.row for settled in self if settled.outcome_unknown} - set(self.final)

    def check_lease(self) -> None:
        """Raises what was set as `lost`."""
        if self.lost:
            raise self.lost

    def _elsewhere(self, keys: Sequence[str]) -> frozenset[str]:
        self.threads.add(threading.get_ident())
        return frozenset(self.elsewhere & set(keys))

    def _note(self, settled: Sequence[RegisterResult]) -> None:
        self.threads.add(threading.get_ident())
        self.notes.append(list(settled))


def target(
    double: DemographicDouble, profile: WireProtocol, *, tokens: Tokens | None = None, **options: Any
) -> DemographicApi:
    """The target with the double behind it; it never waits."""
    http = httpx.Client(transport=httpx.MockTransport(double))
    pauses: list[float] = options.pop("pauses", [])
    client = ApiClient("Demographic API", "http://demographic.test", tokens or Tokens(), http, pauses.append)
    return DemographicApi(client, profile, **{"lanes": 1, **options})
