"""Which seeds of chaos a run tries: a few fixed ones in the gate, all that `make chaos` asks for otherwise."""

import os
from collections.abc import Iterable, Sequence

FIRST, COUNT = "CHAOS_SEED", "CHAOS_SCHEDULES"


def seeds(gate: Iterable[int]) -> Sequence[int]:
    """`CHAOS_SCHEDULES` seeds from `CHAOS_SEED` on; the gate's where neither is set."""
    if not asked_for():
        return list(gate)
    first = int(os.environ.get(FIRST) or 1)
    return range(first, first + int(os.environ.get(COUNT) or 1))


def through_worker(every: Iterable[int], *, gate: int) -> Sequence[int]:
    """Every seed under `make chaos`, one in the gate: each kills the processes of a whole stack."""
    return list(every) if asked_for() else [gate]


def asked_for() -> bool:
    """Whether somebody says which seeds to try."""
    return bool(os.environ.get(FIRST) or os.environ.get(COUNT))
