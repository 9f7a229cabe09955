"""What goes wrong while patients are registered, all of it from a seed: faults of the API, and kills."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.core.environment import WireProtocol
from tests.support.chaos.setup_chaos import VICTIMS, Kill, Victim

API_TIMEOUT_S = 0.7
TOO_LATE_S = 1.0
PROFILES: tuple[WireProtocol, ...] = ("batch", "single")
FAULTS = (
    "server_error",
    "too_many_requests",
    "late_before",
    "late_after",
    "dropped_before",
    "dropped_after",
    "token_expired",
)
KINDS = (*FAULTS, *VICTIMS)
APART = 5  # between the two kinds that a seed surely has, so that few seeds have them all
COUNTS = {"batch": (200, 500, 1_000, 2_000), "single": (200, 240)}
PACES = (0.1, 0.1, 0.3)
STUBBORN = 0.3  # the share of faults that few requests escape, so that tries are used up and breakers open
BATCHES = {"batch": (7, 10, 25, 50, 100), "single": (5, 10, 25)}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A run of so many patients in requests of `batch`, and what happens to it.

    `rules`: of the fault switch, in force in the first `faulty` attempts. `kills`: after which share of the patients that are missing
    when the attempt begins. `pace`: share of its usual pauses that a client makes before
    it tries again.
    """

    seed: int
    profile: WireProtocol
    count: int
    batch: int
    kinds: tuple[str, ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    kills: tuple[Kill, ...] = ()
    faulty: int = 0
    patience_s: float = 0.0
    pace: float = 1.0

    def __str__(self) -> str:
        said = [str(dict(rule)) for rule in self.rules] + [
            f"{kill.victim} killed in attempt {kill.attempt} after {kill.at:.0%}, away {kill.away_s:.1f} s"
            for kill in self.kills
        ]
        what = (
            f"seed {self.seed}: {self.count} patients by {self.batch}, {self.profile}, faults in {self.faulty} attempts"
        )
        return f"{what}, patience {self.patience_s:.0f} s, pace {self.pace}; " + "; ".join(said)


def schedule(seed: int) -> Schedule:
    """Two or three kinds of trouble; any 18 seeds in a row have each kind in each profile."""
    drawn = random.Random(f"patients/{seed}")
    profile, place = PROFILES[seed % 2], seed // 2
    kinds = {KINDS[place % len(KINDS)]: 0, KINDS[(place + APART) % len(KINDS)]: 0, drawn.choice(KINDS): 0}
    count, batch = drawn.choice(COUNTS[profile]), drawn.choice(BATCHES[profile])
    requests = count if profile == "single" else -(-count // batch)
    faulty = drawn.choice((1, 1, 2, 3))
    # A second attempt is there for sure only where the run is killed in the first, after all else that is killed there.
    again = drawn.choice((1, 2)) if "run" in kinds else 1
    kills = [_kill(victim, attempt, drawn) for attempt in range(1, again + 1) for victim in VICTIMS if victim in kinds]
    return Schedule(
        seed,
        profile,
        count,
        batch,
        tuple(kinds),
        tuple(_rule(kind, requests, drawn) for kind in FAULTS if kind in kinds),
        tuple(sorted(kills, key=lambda kill: (kill.attempt, kill.victim == "run", kill.at))),
        faulty,
        drawn.choice((0.0, 20.0)),
        drawn.choice(PACES),
    )


def _kill(victim: Victim, attempt: int, drawn: random.Random) -> Kill:
    return Kill(attempt, victim, drawn.uniform(0.0, 0.95), drawn.uniform(0.0, 2.0))


def _rule(kind: str, requests: int, drawn: random.Random) -> Mapping[str, Any]:
    """The fault switch's rule; what it hits is as many requests, whatever their number, so that no schedule takes long."""
    if kind == "token_expired":
        dead_at_once = {"token_expires_in_s": 0, "count": 1}
        return {"path": "*/token", **drawn.choice((dead_at_once, {"token_expires_in_s": 2, "count": 6}))}
    is_late = kind.startswith("late")
    rate = drawn.uniform(2, 5) / requests if is_late else drawn.uniform(4, 16) / requests
    if drawn.random() < STUBBORN and not is_late:
        rate = drawn.uniform(0.6, 0.95)
    how: Mapping[str, Mapping[str, Any]] = {
        "server_error": {"status": drawn.choice((500, 502, 503, 504))},
        "too_many_requests": {"status": 429, "retry_after_s": drawn.choice((0, 1))},
        "late_before": {"latency_s": TOO_LATE_S},
        "late_after": {"latency_s": TOO_LATE_S, "latency_at": "after"},
        "dropped_before": {"drop": "before"},
        "dropped_after": {"drop": "after"},
    }
    common = {"path": "/demographic/patients", "method": drawn.choice(("POST", "POST", "*")), "by": "content"}
    return {**common, "rate": round(min(0.95, rate), 3), "count": drawn.choice((1, 2, 4, 8)), **how[kind]}
