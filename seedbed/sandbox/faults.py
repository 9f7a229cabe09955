"""The fault switch: seeded rules by which requests fail, for tests and drills. Off until somebody puts rules in."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

TOKEN_LIFESPAN = "token_expires_in_s"  # noqa: S105 - the name of a field


class FaultRule(BaseModel):
    """Which requests fail, how often, and how.

    A rule that fires waits `latency_s`; then it drops the connection before the work, answers `status`, or lets the work
    happen and drops the connection in place of the answer. `token_expires_in_s` makes the token that is issued die early,
    whatever `expires_in` tells the client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field("*", description="Glob on the whole path, as in /cortex/labs*")
    method: str = Field("*", description="HTTP method; * for any")
    status: int | None = Field(None, ge=400, le=599)
    rate: float = Field(1.0, ge=0, le=1, description="Share of the matching requests that fail")
    count: int | None = Field(None, ge=1, description="Stop after so many failures")
    retry_after_s: int | None = Field(None, ge=0)
    latency_s: float = Field(0.0, ge=0, le=600)
    drop: Literal["before", "after"] | None = None
    token_expires_in_s: int | None = Field(None, ge=-3_600)


class FaultPlan(BaseModel):
    """The rules in force; the first that fires counts. Which request fails follows from seed, rule and the request's turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rules: tuple[FaultRule, ...] = ()


class FaultStatus(FaultPlan):
    """The rules in force, and for each how many requests it has seen and failed."""

    seen: list[int]
    fired: list[int]


@dataclass(frozen=True, slots=True)
class FaultSwitch:
    """The plan in force and its tallies; read and changed on the event loop only, so that no lock is needed."""

    plan: list[FaultPlan] = field(default_factory=lambda: [FaultPlan()])
    seen: Counter[int] = field(default_factory=Counter)
    fired: Counter[int] = field(default_factory=Counter)

    def set(self, plan: FaultPlan) -> None:
        """Puts a plan into force, from its first turn."""
        self.plan[0] = plan
        self.seen.clear()
        self.fired.clear()

    def status(self) -> FaultStatus:
        """The plan and its tallies."""
        plan = self.plan[0]
        turns = range(len(plan.rules))
        tallies = {"seen": [self.seen[i] for i in turns], "fired": [self.fired[i] for i in turns]}
        return FaultStatus(seed=plan.seed, rules=plan.rules, **tallies)

    def next_fault(self, method: str, path: str) -> FaultRule | None:
        """The rule that this request falls to, or None."""
        plan = self.plan[0]
        for number, rule in enumerate(plan.rules):
            if not fnmatchcase(path, rule.path) or rule.method not in ("*", method):
                continue
            turn = self.seen[number]
            self.seen[number] += 1
            is_spent = rule.count is not None and self.fired[number] >= rule.count
            if not is_spent and uniform(plan.seed, number, turn) < rule.rate:
                self.fired[number] += 1
                return rule
        return None


def uniform(seed: int, rule: int, turn: int) -> float:
    """A number in [0, 1) that follows from seed, rule and turn."""
    digest = hashlib.sha256(f"{seed}/{rule}/{turn}".encode()).digest()
    return int.from_bytes(digest[:7]) / float(1 << 56)


def token_lifespan(request: Request) -> int | None:
    """The lifespan that a fault gives to the token that this request asks for."""
    lifespan: int | None = request.scope.get("state", {}).get(TOKEN_LIFESPAN)
    return lifespan
