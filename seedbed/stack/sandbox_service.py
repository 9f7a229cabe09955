"""The sandbox as a part of the stack: its configuration file, its process, its health."""

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx

from seedbed.database.engines import DatabaseAddress
from seedbed.stack import processes
from seedbed.stack.processes import HOST, Launch
from seedbed.stack.stack_options import CLIENT_ID, REALM, StackOptions
from seedbed.stack.state import Service, write_private

NAME = "sandbox"
PORT = 4252
START_S = 60.0


def url(part: Service) -> str:
    """Below it are /cortex, /demographic, /keycloak, /health and /faults."""
    return f"http://{HOST}:{part.port}"


def configuration(
    options: StackOptions, database: DatabaseAddress, secrets: Mapping[str, str], tokens: Mapping[str, str]
) -> dict[str, Any]:
    """The sandbox's configuration but for its port; `tokens` names a real Keycloak's issuer and keys, if there is one."""
    return {
        "host": HOST,
        "database": {
            "host": database.host,
            "port": database.port,
            "database": database.database,
            "user": database.user,
            "password": database.password,
        },
        "client_id": CLIENT_ID,
        "client_secret": secrets["client_secret"],
        "realm": REALM,
        "fault_token": secrets["fault_token"],
        "signing_key_path": str(options.state / "sandbox-signing-key.pem"),
        "realm_roles": list(options.realm_roles),
        "user_attributes": list(options.user_attributes),
        **tokens,
    }


def launch(options: StackOptions, config: Mapping[str, Any], port: int) -> Launch:
    """What to start; writes the configuration file. Other code or another configuration is another launch."""
    text = json.dumps({**config, "port": port}, indent=1)
    file = options.state / "sandbox.json"
    write_private(file, text)
    revision = hashlib.sha256(text.encode() + _code()).hexdigest()
    command = [sys.executable, "-m", "seedbed.sandbox", str(file)]
    return Launch(NAME, command, options.state, options.log_of(NAME), port, processes.environment(), revision=revision)


def _code() -> bytes:
    """The sandbox's own source, so that `up` after a change serves the new one."""
    spec = find_spec("seedbed.sandbox")
    folder = Path(spec.origin).parent if spec and spec.origin else None
    files = sorted(folder.rglob("*.py")) if folder else []
    return b"\0".join(file.read_bytes() for file in files)


def answers(part: Service) -> bool:
    """Whether the sandbox says that it is well."""
    if not processes.listens(part):
        return False
    try:
        return httpx.get(f"{url(part)}/health", timeout=5.0, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
