"""What a probe is, what it is told, and what it says."""

from collections.abc import Callable
from dataclasses import dataclass, field

from seedbed.core.report import Check
from seedbed.doctor.inputs import DoctorInputs, TokenClient

SHOWN = 5


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token that was just issued; `ahead_s`: by how much the service's clock is ahead of ours, None where it does not tell."""

    token: str = field(repr=False)
    lifespan_s: float
    ahead_s: float | None


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """One examination: what is examined, how long an answer may take, and the one token of each client that all probes share."""

    inputs: DoctorInputs
    timeout_s: float
    issue: Callable[[TokenClient], IssuedToken] = field(repr=False)

    def token(self) -> IssuedToken:
        """The token for the APIs."""
        return self.issue(self.inputs.token_client)

    def keycloak_token(self) -> IssuedToken:
        """The token for Keycloak's admin API."""
        return self.issue(self.inputs.keycloak_client)


@dataclass(frozen=True, slots=True)
class Probe:
    """One check. It raises an error of our tree, or gives a Check whose name and seconds are filled in for it.

    `config`: the names without whose values it is skipped. `needs`: earlier checks that must have passed. `target`: whose ping
    it is. `is_on_disk`: it asks no host, so that the time-out is not meant for it.
    """

    examine: Callable[[ProbeContext], Check]
    config: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    target: str = ""
    is_on_disk: bool = False


def passed(message: str) -> Check:
    """All is well."""
    return Check("", "PASS", message)


def skipped(message: str) -> Check:
    """It could not be asked."""
    return Check("", "SKIP", message)


def warned(message: str, next_step: str) -> Check:
    """A run can go on, and somebody should look."""
    return Check("", "WARN", message, next_step)


def failed(message: str, next_step: str) -> Check:
    """A run cannot go well."""
    return Check("", "FAIL", message, next_step)


def join_first(names: list[str], separator: str = ", ") -> str:
    """The first few, and how many more."""
    rest = len(names) - SHOWN
    return separator.join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
