"""What the local stack is told by the doors, and the names of its files."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WORK_POOL = "seedbed"
REALM = "seedbed"
CLIENT_ID = "seedbed"
TARGET_DATABASE = "emr"


@dataclass(frozen=True, slots=True)
class StackOptions:
    """Where the project is, where the stack keeps its state, who plays Keycloak, the roles and user attributes of its realm,
    and whether the Prefect API asks for an auth string.
    """

    root: Path
    state: Path
    keycloak: Literal["sandbox", "real"] = "sandbox"
    realm_roles: tuple[str, ...] = ()
    user_attributes: tuple[str, ...] = ()
    prefect_auth: bool = False

    @property
    def logs(self) -> Path:
        """The folder with one log file a part."""
        return self.state / "logs"

    @property
    def prefect_home(self) -> Path:
        """The stack's own PREFECT_HOME, whatever profile the machine has."""
        return self.state / "prefect"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of runs."""
        return self.state / "tmp"

    @property
    def local_settings(self) -> Path:
        """The environment names and values with which the local stack is reached."""
        return self.state / "local.json"

    @property
    def output(self) -> Path:
        """The folder that the reports' server shows."""
        return self.root / "output"

    def log_of(self, part: str) -> Path:
        """The log file of a part."""
        return self.logs / f"{part}.log"
