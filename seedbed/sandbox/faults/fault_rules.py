"""The fault switch: seeded rules by which requests fail, for tests and drills. Off until somebody puts rules in."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

Line = tuple[int, str]  # a rule, and the content whose repetitions are counted; "" for all content

BOUNDARY = re.compile(r'boundary="?([^";,]+)')
TOKEN_LIFESPAN = "token_expires_in_s"  # noqa: S105 - the name of a field


class FaultRule(BaseModel):
    """Which requests fail, how often, and how.

    A rule that fires waits `latency_s`, before the work or between the work and its answer; then it drops the connection before
    the work, answers `status`, or lets the work happen and drops the connection in place of the answer. The request is read whole
    first: what the client has given up waiting for is done all the same. `token_expires_in_s` makes the token that is issued die
    early, whatever `expires_in` tells the client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field("*", description="Glob on the whole path, as in /cortex/labs*")
    method: str = Field("*", description="HTTP method; * for any")
    status: int | None = Field(None, ge=400, le=599)
    rate: float = Field(1.0, ge=0, le=1, description="Share of the matching requests that fail")
    skip: int = Field(0, ge=0, description="Let so many requests pass first")
    count: int | None = Field(None, ge=1, description="Stop after so many failures")
    by: Literal["turn", "content"] = Field(
        "turn",
        description="What a request's fate follows from: its turn among all that match, or its turn among the repetitions of "
        "its own content, so that the order in which requests arrive does not matter; skip and count are counted likewise",
    )
    retry_after_s: int | None = Field(None, ge=0)
    latency_s: float = Field(0.0, ge=0, le=600)
    latency_at: Literal["before", "after"] = Field(
        "before", description="Before the work, or between it and the answer"
    )
    drop: Literal["before", "after"] | None = None
    token_expires_in_s: int | None = Field(None, ge=-3_600)


class FaultPlan(BaseModel):
    """The rules in force; the first that fires counts. Which request fails follows from seed, rule and the request's turn or content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    rules: tuple[FaultRule, ...] = ()


class FaultStatus(FaultPlan):
    """The rules in force, for each how many requests it has seen and failed, and how many requests are failing just now.

    `under_way` counts those of earlier plans as well: a request that was held back does its work when its time comes.
    """

    seen: list[int]
    fired: list[int]
    under_way: int


@dataclass(frozen=True, slots=True)
class FaultSwitch:
    """The plan in force and its tallies; read and changed on the event loop only, so that no lock is needed."""

    plan: list[FaultPlan] = field(default_factory=lambda: [FaultPlan()])
    seen: Counter[Line] = field(default_factory=Counter)
    fired: Counter[Line] = field(default_factory=Counter)
    under_way: list[object] = field(default_factory=list)

    def set(self, plan: FaultPlan) -> None:
        """Puts a plan into force, from its first turn."""
        self.plan[0] = plan
        self.seen.clear()
        self.fired.clear()

    def status(self) -> FaultStatus:
        """The plan and its tallies."""
        plan = self.plan[0]
        tallies = {"seen": _by_rule(self.seen, plan), "fired": _by_rule(self.fired, plan)}
        return FaultStatus(seed=plan.seed, rules=plan.rules, under_way=len(self.under_way), **tallies)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Counts a request as under way, from its fault to its end."""
        request = object()
        self.under_way.append(request)
        try:
            yield
        finally:
            self.under_way.remove(request)

    def wants_content(self) -> bool:
        """Whether a rule in force needs to know what a request holds."""
        return any(rule.by == "content" for rule in self.plan[0].rules)

    def next_fault(self, method: str, path: str, content: str = "") -> FaultRule | None:
        """The rule that this request falls to, or None; `content` tells requests apart."""
        plan = self.plan[0]
        for number, rule in enumerate(plan.rules):
            if not fnmatchcase(path, rule.path) or rule.method not in ("*", method):
                continue
            line = (number, content if rule.by == "content" else "")
            turn = self.seen[line]
            self.seen[line] += 1
            is_due = turn >= rule.skip and (rule.count is None or self.fired[line] < rule.count)
            if is_due and fault_draw(plan.seed, line, turn) < rule.rate:
                self.fired[line] += 1
                return rule
        return None


def fault_draw(seed: int, line: Line, turn: int) -> float:
    """A number in [0, 1) that follows from seed, rule, content and turn."""
    digest = hashlib.sha256("/".join(str(part) for part in (seed, *line, turn) if part != "").encode()).digest()
    return int.from_bytes(digest[:7]) / float(1 << 56)


def content_of(target: str, content_type: str, body: bytes) -> str:
    """What tells a request apart from others: method, path and query, and the body without the boundary of its multipart form."""
    boundary = BOUNDARY.search(content_type)
    plain = body.replace(boundary[1].encode("latin-1"), b"") if boundary else body
    return hashlib.sha256(target.encode() + b"\n" + plain).hexdigest()


def _by_rule(counts: Counter[Line], plan: FaultPlan) -> list[int]:
    sums = Counter[int]()
    for (number, _), times in counts.items():
        sums[number] += times
    return [sums[number] for number in range(len(plan.rules))]


def token_lifespan(request: Request) -> int | None:
    """The lifespan that a fault gives to the token that this request asks for."""
    lifespan: int | None = request.scope.get("state", {}).get(TOKEN_LIFESPAN)
    return lifespan
