"""Nanoseconds a value of every shape, from row ids to values, against NumPy's own generator making as many of the same kind."""

import time
from collections.abc import Callable, Mapping
from datetime import date
from statistics import median
from typing import Any

import numpy as np

from benchmarks.machine import say
from seedbed.core import ages, draws, shapes
from seedbed.core.permutation import permutation
from seedbed.core.weights import weight_table

ROUNDS = 9
MOST_ROWS = 1 << 20
AGAINST = "numpy.random.Generator(PCG64), one core; median of the rounds' ratios"
FEW, MANY, RANKS = (np.arange(1, count + 1) ** -0.5 for count in (4, 100, 7_000))
FIRST, LAST = date(2000, 1, 1), date(2026, 11, 21)
Makers = Mapping[str, Callable[[], Any]]


def measure(count: int) -> None:
    """One line a shape, of so many rows, and at most a million."""
    rows = np.arange(min(count, MOST_ROWS), dtype=np.uint64)
    ours, floors = makers(rows), floor_makers(len(rows))
    for name, make in ours.items():
        make()
        rounds = [(seconds(make), seconds(floors[name])) for _ in range(ROUNDS)]
        own, floor = (median(one) / len(rows) * 1e9 for one in zip(*rounds, strict=True))
        ratio = median(theirs / mine for mine, theirs in rounds)
        say(f"draws_{name}", rows=len(rows), ns_a_value=own, floor_ns=floor, ratio=ratio, against=AGAINST)


def seconds(make: Callable[[], Any]) -> float:
    """The processor's seconds: other work on the machine does not count."""
    started = time.process_time()
    make()
    return time.process_time() - started


def makers(rows: draws.Ids) -> Makers:
    """What is measured, by name."""

    def u() -> draws.Floats:
        return draws.uniform(42, "bench/row/column", rows)

    few, many, ranks = weight_table(FEW), weight_table(MANY), weight_table(RANKS)
    return {
        "bits": lambda: draws.bits(42, "bench/row/column", rows),
        "uniform": u,
        "pick": lambda: shapes.pick(u(), 12),
        "weighted_4": lambda: shapes.weighted(u(), few),
        "weighted_7000": lambda: shapes.weighted(u(), ranks),
        "boolean": lambda: shapes.boolean(u(), 0.3),
        "integer": lambda: shapes.integer(u(), 1, 10**9),
        "date_between": lambda: shapes.date_between(u(), FIRST, LAST),
        "birth_date": lambda: ages.birth_date(u(), many, LAST),
        "normal": lambda: shapes.normal(u(), 0.0, 1.0),
        "log_normal": lambda: shapes.log_normal(u(), 1.0, 1.0),
        "exponential": lambda: shapes.exponential(u(), 1.0),
        "poisson": lambda: shapes.poisson(u(), 3.5),
        "zipf": lambda: shapes.zipf(u(), 7_000, 1_400, 0.8),
        "permutation": lambda: permutation(42, "bench/row/number", rows, len(rows)),
    }


def floor_makers(count: int) -> Makers:
    """The same by NumPy, by name."""
    chance = np.random.Generator(np.random.PCG64(42))
    few, many, ranks = (weights / weights.sum() for weights in (FEW, MANY, RANKS))
    days = (LAST - FIRST).days + 1
    return {
        "bits": lambda: chance.integers(0, 1 << 64, count, np.uint64),
        "uniform": lambda: chance.random(count),
        "pick": lambda: chance.integers(0, 12, count),
        "weighted_4": lambda: chance.choice(4, count, p=few),
        "weighted_7000": lambda: chance.choice(7_000, count, p=ranks),
        "boolean": lambda: chance.random(count) < 0.3,
        "integer": lambda: chance.integers(1, 10**9, count, endpoint=True),
        "date_between": lambda: np.datetime64(FIRST) + chance.integers(0, days, count),
        "birth_date": lambda: LAST.year - chance.choice(100, count, p=many) + chance.integers(0, 365, count),
        "normal": lambda: chance.normal(0.0, 1.0, count),
        "log_normal": lambda: chance.lognormal(0.0, 1.0, count),
        "exponential": lambda: chance.exponential(1.0, count),
        "poisson": lambda: chance.poisson(3.5, count),
        "zipf": lambda: chance.choice(7_000, count, p=ranks),
        "permutation": lambda: chance.permutation(count),
    }
