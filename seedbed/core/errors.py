"""The errors of Seedbed: one tree, whose classes know the exit code, the HTTP status and whether a retry helps.

SeedbedError
+-- UserError        exit 2   the request is wrong: a bad argument, an unknown name, a refusal by the guard
+-- DataError        exit 3   a file or a table is wrong as a whole (one wrong row is a skip, not an error)
+-- Transient        exit 4   the world outside failed and may recover: retried
+-- AuthError        exit 5   a token or a right was refused: never retried
+-- UnitsFailed      the largest code of its causes
"""

import difflib
from collections.abc import Iterable, Sequence

from seedbed.core.report import EntityReport


class SeedbedError(Exception):
    """What went wrong, where, and the next step."""

    exit_code = 1
    http_status = 500
    is_transient = False
    report: EntityReport | None = None  # what a delivery had done when this ended it

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(f"{message}; {next_step}" if next_step else message)
        self.message = message
        self.next_step = next_step


class UserError(SeedbedError):
    """The request is wrong; the message says how to mend it."""

    exit_code = 2
    http_status = 400


class DataError(SeedbedError):
    """A file or a table is wrong as a whole; its unit fails."""

    exit_code = 3
    http_status = 422


class Transient(SeedbedError):
    """The world outside failed and may recover; the unit is retried."""

    exit_code = 4
    http_status = 503
    is_transient = True


class AuthError(SeedbedError):
    """A credential or a right was refused; a retry does not help."""

    exit_code = 5
    http_status = 502


class NotRun(SeedbedError):
    """A unit that was not run, because what it waits for failed; never the first cause."""


class UnitsFailed(SeedbedError):
    """Several units failed: carries the largest exit code of their causes; a retry helps where it helps one of them."""

    def __init__(self, message: str, causes: Sequence[BaseException] = (), *, next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.causes = tuple(causes)
        self.__cause__ = next(iter(self.causes), None)  # whoever is shown the traceback is shown the first cause's too
        self.exit_code = max((exit_code(cause) for cause in causes), default=1)
        self.is_transient = any(isinstance(cause, SeedbedError) and cause.is_transient for cause in causes)


def exit_code(error: BaseException) -> int:
    """The process's exit code for an error; 1 for one that is not ours."""
    return error.exit_code if isinstance(error, SeedbedError) else 1


def unknown_name(what: str, name: str, known: Iterable[str]) -> UserError:
    """The refusal of a name that does not exist, with the nearest one that does and the whole list."""
    names = sorted(known)
    lowered = {known_name.lower(): known_name for known_name in names}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    hint = f"did you mean '{lowered[near[0]]}'? " if near else ""
    return UserError(f"unknown {what} '{name}'", next_step=f"{hint}known: {', '.join(names)}")
