"""A sandbox of its own for tests: its process, on a database of the test session's cluster."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from seedbed.database import clusters
from seedbed.database.engines import DatabaseAddress
from seedbed.stack import processes
from seedbed.stack.postgres_service import Cluster
from seedbed.targets.http.bearer_tokens import ClientCredentials, TokenService

CONFIGURATION = "sandbox.json"

APPLICATION = "application"  # a client of the APIs that has no right in the realm; its secret is that of the other


@dataclass(frozen=True, slots=True)
class SandboxServer:
    """Where the sandbox is and who may use it."""

    url: str
    realm: str
    client_id: str
    client_secret: str = field(repr=False)
    fault_token: str = field(repr=False)

    @property
    def cortex(self) -> str:
        return f"{self.url}/cortex"

    @property
    def keycloak(self) -> str:
        return f"{self.url}/keycloak"

    def tokens(self) -> TokenService:
        """The realm's token service."""
        url = f"{self.keycloak}/realms/{self.realm}/protocol/openid-connect/token"
        tokens = TokenService(ClientCredentials(url, self.client_id, self.client_secret))
        tokens.sleep = lambda _: None
        return tokens

    def fail(self, *rules: Mapping[str, Any], seed: int = 0) -> None:
        """Puts faults into force, in place of earlier ones.

        Without rules switches them off, and waits for requests that were held back: they still do their work.
        """
        plan = {"seed": seed, "rules": list(rules)}
        httpx.put(f"{self.url}/faults", json=plan, headers=self._fault_headers(), trust_env=False).raise_for_status()
        while not rules and self._faults()["under_way"]:
            time.sleep(0.02)

    def fired(self) -> list[int]:
        """How often each rule has fired."""
        return list(self._faults()["fired"])

    def _faults(self) -> dict[str, Any]:
        answer = httpx.get(f"{self.url}/faults", headers=self._fault_headers(), trust_env=False)
        return dict(answer.raise_for_status().json())

    def _fault_headers(self) -> dict[str, str]:
        return {"X-Fault-Token": self.fault_token}


@contextmanager
def running_sandbox(cluster: Cluster, folder: Path) -> Iterator[SandboxServer]:
    """A sandbox that lives as long as the context."""
    server, _ = new_sandbox(cluster, folder)
    process = serve(server, folder)
    try:
        yield server
    finally:
        process.terminate()
        process.wait(10)


def new_sandbox(cluster: Cluster, folder: Path, **options: Any) -> tuple[SandboxServer, DatabaseAddress]:
    """A sandbox with a database of its own, not started yet; its configuration, which `options` add to, is in the folder."""
    name = f"sandbox_{secrets.token_hex(4)}"
    address = clusters.create_database(cluster.address(), name, owner="sandbox", password="sandbox")
    port = processes.free_port()
    server = SandboxServer(f"http://127.0.0.1:{port}", "seedbed", "seedbed", *(secrets.token_hex() for _ in "ab"))
    config = {
        "port": port,
        "database": {
            "host": address.host,
            "port": address.port,
            "database": address.database,
            "user": address.user,
            "password": address.password,
        },
        "client_id": server.client_id,
        "client_secret": server.client_secret,
        "more_clients": {APPLICATION: server.client_secret},
        "fault_token": server.fault_token,
        "signing_key_path": str(folder / "key.pem"),
        **options,
    }
    (folder / CONFIGURATION).write_text(json.dumps(config))
    return server, address


def serve(server: SandboxServer, folder: Path) -> "subprocess.Popen[bytes]":
    """The process of the sandbox whose configuration is in the folder, answering."""
    process = subprocess.Popen([sys.executable, "-m", "seedbed.sandbox", str(folder / CONFIGURATION)])
    _wait_for(f"{server.url}/health", process)
    return process


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.RequestError:
            time.sleep(0.1)
        if process.poll() is not None:
            raise AssertionError(f"the sandbox ended with {process.returncode}")
    raise AssertionError("the sandbox did not start in 60 s")
