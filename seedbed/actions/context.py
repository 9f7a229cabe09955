"""What actions work with: the entities, the targets by name, and where files lie. Built by `seedbed.wiring`."""

import hashlib
import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seedbed.core.environment import LOCAL, Environment
from seedbed.core.errors import UserError
from seedbed.core.local_time import LOCAL_TIME, LocalTime
from seedbed.core.report import Check
from seedbed.core.spec import Entity
from seedbed.database.engines import Database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.targets.port import Registrar, Target

REGISTRAR = "demographic_api"


def no_registrar() -> Registrar:
    """What a house without one has."""
    raise UserError(
        "demographic_api is not configured",
        next_step="name the target in the environment's file",
        code="target-not-configured",
    )


@dataclass(frozen=True, slots=True)
class AppContext:
    """The live parts of one process. Targets and the database are made when first asked for, and once."""

    entities: Mapping[str, Entity]
    modules: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    target: Callable[[str], Target]
    database: Callable[[], Database]
    diagnose: Callable[[], tuple[Check, ...]]
    target_addresses: Mapping[str, str]
    root: Path
    is_local: bool
    known_headers: Callable[[Entity], tuple[str, ...]]
    environment: Environment | None = None
    output_dir: Path | None = None
    registrar: Callable[[], Registrar] = no_registrar
    generated: Mapping[str, Entity] = field(default_factory=dict)
    local_time: LocalTime = LOCAL_TIME

    def entity(self, name: str) -> Entity:
        """The entity of that name, read or generated."""
        return self.entities.get(name) or self.generated[name]

    def ping(self, target: str) -> None:
        """Raises Transient where the target does not answer or is not well."""
        (self.registrar() if target == REGISTRAR else self.target(target)).ping()

    @property
    def environment_name(self) -> str:
        """What the targets are called as a whole; "" where they are set and no file names them."""
        return LOCAL if self.is_local else self.environment.name if self.environment else ""

    @property
    def output(self) -> Path:
        """The folder of runs: reports, rejects, changes."""
        return self.output_dir or self.root / "output"

    @property
    def logs(self) -> Path:
        """The folder of skip records: beside the runs where these lie outside the project, which may be a passing clone."""
        return self.output_dir / "logs" if self.output_dir else self.root / "logs"

    @property
    def expectations(self) -> tuple[Path, ...]:
        """Where the suites lie; a file of a later folder stands for the same file of an earlier one."""
        folders = self.environment.expectations if self.environment else ("expectations",)
        return tuple(self.root / folder for folder in folders)

    @property
    def data_dirs(self) -> tuple[Path, ...]:
        """Where the CSV files lie unless a run is told otherwise; a later file stands for the same file before it."""
        folders = self.environment.data if self.environment else ("data",)
        return tuple(self.root / folder for folder in folders)

    @property
    def fingerprint(self) -> str:
        """A digest of where every target is: a run goes on only where it began."""
        return hashlib.sha256(
            "\n".join(f"{k}={v}" for k, v in sorted(self.target_addresses.items())).encode()
        ).hexdigest()[:16]


def new_attempt_id() -> str:
    """A new attempt's name: where it is, and what tells it from any other that is there, or was."""
    return f"{socket.gethostname()}, process {os.getpid()} ({secrets.token_hex(4)})"


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of an execution: `root` is the same for every attempt, `name` is what files and people call it.

    Whoever makes one is an attempt on its own; all steps of the attempt, in whichever process, are handed this one.
    """

    root: str
    name: str
    verb: str = "setup"
    attempt: int = 1
    holder: str = field(default_factory=new_attempt_id)

    @property
    def attempt_ref(self) -> AttemptRef:
        """Who writes, as ledger and lease know it."""
        return AttemptRef(self.root, self.holder, self.attempt)
