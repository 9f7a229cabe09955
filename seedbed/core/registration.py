"""Rows that an API registers one by one: what is asked of it, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from seedbed.core.report import SkipReason

RegisterOutcome = Literal["created", "exists", "skipped"]


@dataclass(frozen=True, slots=True)
class RowToRegister:
    """A row that is to be registered. `row`: its number among the drawn; `key`: by which the API knows it; `body`: what is sent."""

    row: int
    key: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """What became of a row.

    `created`: this run made it; `exists`: it was there before; `skipped`: with reason and message. `number` and `target_id`: how
    the API calls it. `answer`: what else of the API's answer is kept, by field, as JSON; empty where it says nothing.
    `in_doubt`: it found no answer, and the API may hold it all the same.
    """

    row: int
    key: str
    outcome: RegisterOutcome
    number: str = ""
    target_id: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    reason: SkipReason | None = None
    message: str = ""
    outcome_unknown: bool = False

    @property
    def is_final(self) -> bool:
        """Whether a retry leaves it alone: all but rows that found no answer (`api_unavailable`)."""
        return self.reason != "api_unavailable"
