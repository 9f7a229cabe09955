"""What the stack remembers between two commands: its parts, its credentials, its version; and the lock around both."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seedbed.core.errors import UserError
from seedbed.stack.stack_options import StackOptions

VERSION = 4
CREDENTIALS = (
    "postgres_password",
    "emr_password",
    "sandbox_password",
    "client_secret",
    "fault_token",
    "keycloak_admin_password",
    "keycloak_default_password",
    "prefect_password",
)


@dataclass(frozen=True, slots=True)
class Service:
    """A process that we started: its pid alone may be another's by now, with its creation time it may not.

    command: the command line that we started; () in records of older versions, where this Python is assumed.
    """

    name: str
    pid: int
    create_time: float
    port: int
    started: str
    fingerprint: str
    command: tuple[str, ...] = ()


def prepare_state_folder(options: StackOptions) -> None:
    """Makes the state folder, readable by its owner only, an older one as old as it is; refuses one that a newer Seedbed wrote."""
    options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    options.state.chmod(0o700)
    write_private(options.state / "VERSION", f"{state_version(options.state)}\n")
    for folder in (options.logs, options.prefect_home, options.temporary, options.output):
        folder.mkdir(parents=True, exist_ok=True)


def state_version(folder: Path) -> int:
    """The version of a state folder, this Seedbed's for a new one; UserError where a newer Seedbed wrote it."""
    file = folder / "VERSION"
    found = file.read_text().strip() if file.exists() else str(VERSION)
    if not found.isdigit() or int(found) > VERSION:
        raise UserError(
            f"{folder} has version '{found}', this Seedbed knows version {VERSION}",
            next_step="take the newer Seedbed (`git pull`, then `make up`), or another folder by SEEDBED_STATE_DIR",
            code="local-stack-state",
        )
    return int(found)


def require_current(folder: Path) -> None:
    """UserError where the state folder is another version's: nobody but `up` upgrades it."""
    found = state_version(folder)
    if found < VERSION:
        raise UserError(
            f"{folder} has version {found}, this Seedbed works with version {VERSION}",
            next_step="run `seedbed up`, which copies the state and upgrades it",
            code="local-stack-state",
        )


def write_private(path: Path, text: str) -> None:
    """Replaces a file at one stroke, readable by its owner only; one that is the same is left alone."""
    if path.exists() and path.read_text() == text:
        path.chmod(0o600)
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object of a file of ours; empty where there is none."""
    if not path.exists():
        return {}
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise UserError(
            f"{path} is not JSON ({error})",
            next_step="`make clean` removes the stack's state",
            code="local-stack-state",
        ) from error
    return found


def read_services(options: StackOptions) -> dict[str, Service]:
    """The parts that were started and not stopped, alive or not."""
    records = read_json(options.state / "stack.json").items()
    return {name: Service(**{**values, "command": tuple(values.get("command", ()))}) for name, values in records}


def remember(options: StackOptions, part: Service) -> None:
    """Writes a started part down, at once, so that an interrupted `up` loses none."""
    _write_parts(options, {**read_services(options), part.name: part})


def last_port(options: StackOptions, name: str) -> int:
    """The port that the part had last, so that it has the same address after a `down`; 0 if it never had one."""
    return int(read_json(options.state / "ports.json").get(name, 0))


def keep_port(options: StackOptions, name: str, port: int) -> None:
    """Writes down which port the part has."""
    file = options.state / "ports.json"
    write_private(file, json.dumps(read_json(file) | {name: port}, indent=1))


def forget(options: StackOptions, name: str) -> None:
    """Strikes a stopped part out."""
    _write_parts(options, {key: part for key, part in read_services(options).items() if key != name})


def _write_parts(options: StackOptions, parts: dict[str, Service]) -> None:
    plain = {name: asdict(part) for name, part in parts.items()}
    write_private(options.state / "stack.json", json.dumps(plain, indent=1))


def credentials(options: StackOptions) -> dict[str, str]:
    """The stack's passwords and secrets, made at random when first needed."""
    file = options.state / "credentials.json"
    known = read_json(file)
    whole = {name: known.get(name) or secrets.token_urlsafe(24) for name in CREDENTIALS}
    write_private(file, json.dumps(whole, indent=1))
    return whole


def prefect_auth_string(options: StackOptions) -> str:
    """What the local Prefect API asks for where SEEDBED_PREFECT_AUTH is true: `user:password`."""
    return f"seedbed:{credentials(options)['prefect_password']}"


@contextmanager
def stack_lock(options: StackOptions, say: Callable[[str], None]) -> Iterator[None]:
    """Holds the stack for one command; a second one waits. The lock dies with its process."""
    with (options.state / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is starting or stopping the stack: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
