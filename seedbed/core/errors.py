"""The errors of Seedbed: one tree, whose classes know the exit code, the HTTP status and whether a retry helps.

SeedbedError
+-- UserError        exit 2   the request is wrong: a bad argument, an unknown name, a refusal by the guard
+-- DataError        exit 3   a file or a table is wrong as a whole (one wrong row is a skip, not an error)
+-- Transient        exit 4   the world outside failed and may recover: retried
+-- AuthError        exit 5   a token or a right was refused: never retried
+-- Conflict         exit 6   another run or attempt writes, or the targets are others than the run began with
+-- UnitsFailed      the largest exit code of its causes
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from seedbed.core.messages.message import Message, code_of, in_language, params_of
from seedbed.core.messages.sentence import MessageLanguage
from seedbed.core.report import EntityReport, RunFailure


class SeedbedError(Exception):
    """What went wrong, where, and the next step.

    message: a sentence of the catalogue, which brings code, values and next step; or plain text.
    code: kebab-case and stable; the class has one for errors without their own. docs/runbook.md has an entry for each.
    params: the values that the message names, as plain JSON.
    """

    code = "defect"
    exit_code = 1
    http_status = 500
    is_transient = False
    report: EntityReport | None = None  # what a delivery had done when this ended it

    def __init__(
        self, message: str, *, next_step: str = "", code: str = "", params: Mapping[str, Any] | None = None
    ) -> None:
        self.next_step = next_step or (message.next_step if isinstance(message, Message) else "")
        super().__init__(f"{message}; {self.next_step}" if self.next_step else str(message))
        self.message = message
        self.code = code or code_of(message) or self.code
        self.params = {**params_of(message), **(params or {})}

    def said_in(self, language: MessageLanguage) -> tuple[str, str]:
        """The message and the next step in that language; plain text stays as it is."""
        if not isinstance(self.message, Message):
            return self.message, self.next_step
        said = in_language(self.message, language)
        return said, said.next_step or self.next_step


class UserError(SeedbedError):
    """The request is wrong; the message says how to mend it."""

    code = "bad-request"
    exit_code = 2
    http_status = 400


class DataError(SeedbedError):
    """A file or a table is wrong as a whole; its unit fails."""

    code = "bad-data"
    exit_code = 3
    http_status = 422


class Transient(SeedbedError):
    """The world outside failed and may recover; the unit is retried."""

    code = "unavailable"
    exit_code = 4
    http_status = 503
    is_transient = True


class AuthError(SeedbedError):
    """A credential or a right was refused; a retry does not help."""

    code = "not-authorized"
    exit_code = 5
    http_status = 502


class Conflict(SeedbedError):
    """Another run or attempt has the right to write, or the targets are others now; the attempt writes no further row."""

    code = "conflict"
    exit_code = 6
    http_status = 409


class NotRun(SeedbedError):
    """A unit that was not run, because what it waits for failed; never the first cause."""

    code = "not-run"


class UnitsFailed(SeedbedError):
    """Several units failed: carries the largest exit code of their causes; a retry helps where it helps one of them.

    params: `causes`: the codes of the causes, the first cause first.
    """

    code = "units-failed"

    def __init__(self, message: str, causes: Sequence[BaseException] = (), *, next_step: str = "") -> None:
        codes = [cause.code if isinstance(cause, SeedbedError) else SeedbedError.code for cause in causes]
        super().__init__(message, next_step=next_step, params={"causes": codes})
        self.causes = tuple(causes)
        self.__cause__ = next(iter(self.causes), None)  # whoever is shown the traceback is shown the first cause's too
        self.exit_code = max((exit_code(cause) for cause in causes), default=1)
        self.is_transient = any(isinstance(cause, SeedbedError) and cause.is_transient for cause in causes)


def exit_code(error: BaseException) -> int:
    """The process's exit code for an error; 1 for one that is not ours."""
    return error.exit_code if isinstance(error, SeedbedError) else 1


def failure_of(error: SeedbedError) -> RunFailure:
    """An error as reports and JSON documents show it."""
    kind = type(error).__name__
    return RunFailure(kind, error.message, error.next_step, error.exit_code, code=error.code, params=error.params)


def unknown_name(what: str, name: str, known: Iterable[str]) -> UserError:
    """The refusal of a name that does not exist, with the nearest one that does and the whole list."""
    names = sorted(known)
    lowered = {known_name.lower(): known_name for known_name in names}
    near = difflib.get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    hint = f"did you mean '{lowered[near[0]]}'? " if near else ""
    params = {"what": what, "name": name, "near": lowered[near[0]] if near else "", "known": names}
    step = f"{hint}known: {', '.join(names)}"
    return UserError(f"unknown {what} '{name}'", next_step=step, code="unknown-name", params=params)
