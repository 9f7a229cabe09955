"""Users with a role in a real Keycloak, against a bare loop of python-keycloak on the same server."""

import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from keycloak import KeycloakAdmin

from benchmarks.machine import check_equal, progress, say
from seedbed.core.rows import Block, PreparedBlock, TextBlock
from seedbed.datasets.registry import ENTITIES
from seedbed.master_data.keys import key_texts
from seedbed.master_data.shape import shape
from seedbed.stack import keycloak_service, realm_setup
from seedbed.stack.processes import HOST
from seedbed.stack.realm_setup import Client
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService
from seedbed.targets.keycloak.connection import LANES
from seedbed.targets.keycloak.target import open_keycloak
from seedbed.targets.keycloak.user_rows import attribute_names
from seedbed.targets.memory import MemoryRecorder
from seedbed.targets.port import Delivery

USER = ENTITIES["user"]
ROLES = ("doctor", "nurse")
ROUNDS = 3
USERS, WARM_UP = 1_000, 300
AGAINST = (
    f"a bare loop of create_user and assign_realm_roles, {LANES} threads, another realm of the same server; "
    "median of the rounds' ratios"
)
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """A Keycloak and the client that may fill one of its realms."""

    url: str
    client: Client


def measure(count: int = USERS) -> None:
    """All figures; left out where no real Keycloak can run."""
    if missing := keycloak_service.what_is_missing():
        say("keycloak", left_out=missing)
        return
    with real_keycloak() as (url, password):
        progress(f"keycloak: {WARM_UP} users to warm up")
        bare_loop(new_realm(url, password), people(WARM_UP))
        deliver(new_realm(url, password), people(WARM_UP), "inserted")
        measure_on(url, password, count)


def measure_on(url: str, password: str, count: int) -> None:
    """The same on this server: both ways in turn, each into an empty realm."""
    bare, created, unchanged = [], [], []
    for number in range(1, ROUNDS + 1):
        progress(f"keycloak: {count} users each way, round {number} of {ROUNDS}")
        bare.append(bare_loop(new_realm(url, password), people(count)))
        ours = new_realm(url, password)
        created.append(deliver(ours, people(count), "inserted"))
        unchanged.append(deliver(ours, people(count), "unchanged"))
    say("keycloak_bare_loop", keycloak=keycloak_service.VERSION, **_rate(count, bare))
    for name, seconds in (("keycloak_created", created), ("keycloak_unchanged", unchanged)):
        ratios = [floor / ours for floor, ours in zip(bare, seconds, strict=True)]
        say(name, **_rate(count, seconds), ratio=median(ratios), against=AGAINST, all_ratios=ratios)


def _rate(count: int, seconds: list[float]) -> dict[str, Any]:
    taken = median(seconds)
    return {"users": count, "seconds": taken, "users_per_s": count / taken, "all_seconds": seconds}


@contextmanager
def real_keycloak() -> Iterator[tuple[str, str]]:
    """A Keycloak's address and its administrator's password; gone afterwards."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "seedbed"
    os.environ.setdefault("NO_PROXY", HOST)  # the bare client would ask a proxy for loopback
    with tempfile.TemporaryDirectory() as folder:
        progress("keycloak: starting")
        home = keycloak_service.unpack(keycloak_service.fetch(cache), Path(folder))
        password = secrets.token_hex()
        part = keycloak_service.start(keycloak_service.Keycloak(home, Path(folder) / "keycloak.log", password))
        try:
            yield keycloak_service.url(part), password
        finally:
            keycloak_service.stop(part)


def new_realm(url: str, password: str) -> Server:
    """An empty realm, set up as the local stack's."""
    client = Client(f"bench-{secrets.token_hex(4)}", "seedbed", secrets.token_hex())
    realm_setup.create_realm(url, password, client)
    realm_setup.declare(url, client, attribute_names(USER), ROLES)
    return Server(url, client)


def people(count: int, prefix: str = "user") -> list[Row]:
    """As many rows of user.csv."""
    return [
        {
            "username": f"{prefix}{number:05d}",
            "email": f"{prefix}{number:05d}@staging.example.org",
            "realm_role": ROLES[number % len(ROLES)],
            "role": "NURSE",
            "active": "TRUE",
            "given_name": "สมชาย",
            "family_name": f"ใจดี {number}",
            "display": f"คุณ สมชาย ใจดี {number}",
            "medical_certificate_code": f"{number:05d}",
        }
        for number in range(count)
    ]


def deliver(server: Server, rows: list[Row], outcome: str) -> float:
    """The seconds of Seedbed's delivery, from rows in memory to the last read-back."""
    base, client = server.url, server.client
    token_url = f"{base}/realms/{client.realm}/protocol/openid-connect/token"
    tokens = TokenService(ClientCredentials(token_url, client.client_id, client.secret))
    target = replace(open_keycloak(base, client.realm, tokens), adopt_existing=True)
    started = time.perf_counter()
    report = target.deliver(USER, [_part(rows)], Delivery("bench", "user"), MemoryRecorder())
    seconds = time.perf_counter() - started
    target.close()
    check_equal(f"users {outcome}, of {report.read}", getattr(report, outcome), len(rows))
    return seconds


def bare_loop(server: Server, rows: list[Row]) -> float:
    """The seconds of the same users created, each with its role, and nothing looked up or read back."""
    client = server.client
    admin = KeycloakAdmin(
        server_url=f"{server.url}/",
        realm_name=client.realm,
        client_id=client.client_id,
        client_secret_key=client.secret,
        pool_maxsize=LANES,
    )
    roles = {role: admin.get_realm_role(role) for role in ROLES}
    started = time.perf_counter()
    with ThreadPoolExecutor(LANES) as pool:
        made = list(pool.map(lambda row: _create(admin, row, roles), rows))
    seconds = time.perf_counter() - started
    check_equal("users created by the bare loop", len(set(made)), len(rows))
    return seconds


def _create(admin: KeycloakAdmin, row: Row, roles: dict[str, Any]) -> str:
    user = {
        "username": row["username"],
        "email": row["email"],
        "firstName": row["given_name"],
        "lastName": row["family_name"],
        "enabled": True,
        "emailVerified": True,
        "requiredActions": ["UPDATE_PASSWORD"],
        "attributes": {name: [row[name]] for name in attribute_names(USER)},
    }
    made = str(admin.create_user(user, exist_ok=False))
    admin.assign_realm_roles(made, [roles[row["realm_role"]]])
    return made


def _part(rows: list[Row]) -> PreparedBlock:
    text = pd.DataFrame(rows, dtype="str")
    source = TextBlock(f"data/{USER.path}", np.arange(2, 2 + len(text), dtype=np.int64), text)
    return PreparedBlock(len(text), Block(source, shape(USER, text)[0], key_texts(USER, text)))
