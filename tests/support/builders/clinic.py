"""A clinic in which all is well, and the ways in which a test makes parts of it ill."""

import base64
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from seedbed.core.report import Check
from seedbed.core.setting_names import TARGET_NAMES
from seedbed.core.spec import Column, Entity
from seedbed.database.engines import DatabaseAddress
from seedbed.database.schema.inspection import open_briefly
from seedbed.doctor.inputs import (
    Configuration,
    DataFiles,
    DoctorInputs,
    KeycloakRealm,
    Ping,
    PrefectServer,
    TokenClient,
)
from seedbed.doctor.probe import ProbeContext
from seedbed.doctor.probes.oauth2_token import ask_token
from seedbed.doctor.registry import PROBES

SECRET = "c4nary-s3cret"
RIGHTS = ("manage-users", "view-users", "view-realm")
THING = Entity("thing", "demographic", (Column("code", required=True), Column("name")))
POOL = "/api/work_pools/seedbed"
TOKEN_PATH = "/kc/realms/r/protocol/openid-connect/token"

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


def token_with(rights: tuple[str, ...] = RIGHTS, client: str = "realm-management") -> str:
    """A token as Keycloak writes it; nobody here checks its signature."""
    claims = json.dumps({"resource_access": {client: {"roles": list(rights)}}}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"


def issued(token: str = "", *, date: float | None = None) -> httpx.Response:
    """The token service's answer; `date`: its clock, none where it is 0."""
    headers = {} if date == 0 else {"Date": formatdate(date, usegmt=True)}
    return httpx.Response(200, json={"access_token": token or token_with(), "expires_in": 300}, headers=headers)


def healthy() -> dict[str, Answer]:
    """What a healthy world answers, by method and path."""
    return {
        f"POST {TOKEN_PATH}": lambda _: issued(),
        "GET /kc/realms/r/.well-known/openid-configuration": httpx.Response(200, json={"issuer": "http://k/realms/r"}),
        "GET /kc/admin/realms/r/roles": httpx.Response(200, json=[{"name": "doctor"}, {"name": "nurse"}]),
        "GET /kc/admin/realms/r/users/profile": httpx.Response(200, json={"attributes": [{"name": "role"}]}),
        "GET /api/health": httpx.Response(200, json=True),
        f"GET {POOL}": httpx.Response(200, json={"is_paused": False}),
        f"POST {POOL}/workers/filter": httpx.Response(200, json=[{"name": "w", "status": "ONLINE"}]),
        "GET /api/admin/version": httpx.Response(200, json=version("prefect")),
    }


def opening(answers: Mapping[str, Answer]) -> Callable[[str, float], httpx.Client]:
    """Clients that get these answers, and 404 for anything else; an exception among them is raised."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(f"{request.method} {request.url.path}", httpx.Response(404))
        if isinstance(found, Exception):
            raise found
        return found(request) if callable(found) else found

    return lambda _, timeout_s: httpx.Client(transport=httpx.MockTransport(answer), timeout=timeout_s)


def clinic(
    answers: Mapping[str, Answer] | None = None, address: DatabaseAddress | None = None, **changes: Any
) -> DoctorInputs:
    """A healthy clinic but for these answers, this database and these fields."""
    told = {**healthy(), **(answers or {})}
    well = DoctorInputs(
        Configuration(TARGET_NAMES, frozenset()),
        TokenClient(f"http://k.test{TOKEN_PATH}", "seedbed", SECRET),
        KeycloakRealm("http://k.test/kc", "r", ("role",)),
        PrefectServer("http://p.test/api", "seedbed"),
        {name: Ping(f"{name.upper()}_URL", lambda _: "answers 200") for name in ("cortex_api", "demographic_api")},
        opening(told),
        lambda timeout_s: open_briefly(address or nowhere(), timeout_s),
        DataFiles((THING,), lambda _: None, lambda: frozenset({"doctor", "nurse"})),
        {"here": Path(__file__).parent},
        lambda _: "the local stack needs none",
        lambda: "no environment's file is used",
    )
    return replace(well, **changes)


def nowhere() -> DatabaseAddress:
    """A database at a port where nobody listens."""
    return DatabaseAddress("127.0.0.1", closed_port(), "emr", "seedbed", SECRET)


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def visit(examined: DoctorInputs, timeout_s: float = 5.0) -> ProbeContext:
    """An examination of the clinic, as `run_probes` makes one."""
    made = ProbeContext(examined, timeout_s, cache(lambda client: ask_token(made, client)))
    return made


def examine(name: str, examined: DoctorInputs) -> Check:
    """What one probe of the registry says; its errors are raised."""
    return PROBES[name].examine(visit(examined))


@contextmanager
def black_hole() -> Iterator[tuple[int, Callable[[], int]]]:
    """A port that takes connections and never says a word, and how many it has taken."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield int(listening.getsockname()[1]), lambda: _waiting(listening)


def _waiting(listening: socket.socket) -> int:
    """The connections that nobody has accepted: they are accepted now, and closed."""
    listening.setblocking(False)
    count = 0
    while True:
        try:
            listening.accept()[0].close()
        except BlockingIOError:
            return count
        count += 1
