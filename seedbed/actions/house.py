"""What actions work with: the entities, the targets by name, and where files lie. Built by `seedbed.wiring`."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.report import Check
from seedbed.core.spec import Entity
from seedbed.database.engines import Database
from seedbed.targets.port import Target


@dataclass(frozen=True, slots=True)
class House:
    """The live parts of one process. Targets and the database are made when first asked for, and once."""

    entities: Mapping[str, Entity]
    modules: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, tuple[str, ...]]
    target: Callable[[str], Target]
    database: Callable[[], Database]
    diagnose: Callable[[], tuple[Check, ...]]
    places: Mapping[str, str]
    root: Path
    is_local: bool
    known_headers: Callable[[Entity], tuple[str, ...]]

    @property
    def expectations(self) -> Path:
        """Where the suites lie."""
        return self.root / "expectations"

    @property
    def fingerprint(self) -> str:
        """A digest of where every target is: a run goes on only where it began."""
        return hashlib.sha256("\n".join(f"{k}={v}" for k, v in sorted(self.places.items())).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Run:
    """One execution: `root` is the same for every attempt, `name` is what files and people call it."""

    root: str
    name: str
    verb: str = "setup"
