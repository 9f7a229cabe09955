"""A statistical battery over the draws: is what looks like chance distributed as chance is?

All tests are chi-square tests; a figure is how many standard deviations the statistic lies from its expectation (z).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from benchmarks.machine import BenchmarkError, progress, say
from seedbed.core.draws import Ids, bits

DRAWS, BLOCK = 100_000_000, 1 << 20
REFUSED = 5.0  # by chance once in 1.7 million figures
PATHS = 256
GAPS = 120
ROWS_FLIPPED = 1 << 12
Counts = np.ndarray


def measure(count: int = DRAWS) -> None:
    """A line for each kind of draws with all tests over so many of them, and one for the avalanche."""
    wrong = []
    for name, make in STREAMS.items():
        blocks = -(-count // BLOCK)
        progress(f"randomness: {blocks * BLOCK:,} draws, {name}")
        found = battery(make(block) for block in range(blocks))
        say(f"randomness_{name}", draws=blocks * BLOCK, **found)
        wrong += [f"{name} {test} {z:.1f}" for test, z in found.items() if abs(z) > REFUSED]
    found = {"rows": avalanche(count, flip_rows), "seeds": avalanche(count, flip_seeds)}
    say("randomness_avalanche", draws=count, **found)
    wrong += [f"avalanche of {what} {z:.1f}" for what, z in found.items() if abs(z) > REFUSED]
    if wrong:
        raise BenchmarkError(f"not like chance: {', '.join(wrong)}")


def consecutive(block: int) -> Ids:
    """Row after row of one column."""
    return bits(42, "hospital/patient/birth_date", np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64))


def across(block: int) -> Ids:
    """One row's draws on 256 paths and seeds side by side, then the next row's; other paths in every block."""
    rows = np.arange(BLOCK // PATHS, dtype=np.uint64)
    return np.stack([bits(path // 16, f"{block}/{path % 16}", rows) for path in range(PATHS)], axis=1).ravel()


def patterned(block: int) -> Ids:
    """Row ids that differ in few bits: odd multiples of a power of two, ids from above, ids with one high bit, drawn ids; none twice."""
    rows = np.arange(block * BLOCK // 4, (block + 1) * BLOCK // 4, dtype=np.uint64)
    shifted, high = (rows << np.uint64(1) | np.uint64(1)) << np.uint64(block % 36), ~rows
    kinds = (shifted, high, rows | np.uint64(1 << 63), bits(0, "child", rows))
    return np.stack([bits(7, "erp/order/due_date", kind) for kind in kinds], axis=1).ravel()


STREAMS: dict[str, Callable[[int], Ids]] = {"consecutive": consecutive, "across": across, "patterned": patterned}


@dataclass(frozen=True, slots=True)
class Test:
    """What is counted in a block of draws, and how likely each of these counts is; None: all the same."""

    count: Callable[[Ids], Counts]
    odds: Counts | None = None


def words(place: int) -> Callable[[Ids], Counts]:
    """How often each value of these 16 bits comes."""
    return lambda drawn: np.bincount((drawn >> np.uint64(place)) & np.uint64(0xFFFF), minlength=1 << 16)


def pairs(place: int, apart: int) -> Callable[[Ids], Counts]:
    """How often each pair of 8 bits comes, of draws so far apart, no draw in two pairs."""

    def count(drawn: Ids) -> Counts:
        byte = ((drawn >> np.uint64(place)) & np.uint64(0xFF)).reshape(-1, 2, apart)
        return np.bincount((byte[:, 0] << np.uint64(8) | byte[:, 1]).ravel(), minlength=1 << 16)

    return count


def gaps(drawn: Ids) -> Counts:
    """How many draws lie between two below 1/16, up to 120."""
    between = np.diff(np.flatnonzero(drawn < np.uint64(1 << 60))) - 1
    return np.bincount(np.minimum(between, GAPS), minlength=GAPS + 1)


def orders(drawn: Ids) -> Counts:
    """How often each order of four draws comes."""
    places = np.argsort(drawn.reshape(-1, 4), axis=1) @ np.array([64, 16, 4, 1])
    return np.bincount(places, minlength=256)[ORDERS]


ORDERS = [64 * a + 16 * b + 4 * c + d for a, b, c, d in permutations(range(4))]
TESTS = {
    **{f"words_{place}": Test(words(place)) for place in (0, 16, 32, 48)},
    "pairs_top": Test(pairs(56, 1)),
    "pairs_low": Test(pairs(11, 1)),
    "pairs_16_apart": Test(pairs(56, 16)),
    "pairs_256_apart": Test(pairs(56, 256)),
    "gaps": Test(gaps, np.append((15 / 16) ** np.arange(GAPS) / 16, (15 / 16) ** GAPS)),
    "orders": Test(orders),
}


def battery(blocks: Iterable[Ids]) -> dict[str, float]:
    """The z of each test over all the blocks' draws."""
    sums: dict[str, Counts] = {}
    for drawn in blocks:
        for name, test in TESTS.items():
            sums[name] = sums.get(name, 0) + test.count(drawn)
    return {name: chi_square(counts, TESTS[name].odds) for name, counts in sums.items()}


def chi_square(counts: Counts, odds: Counts | None) -> float:
    """How far the counts are from what the odds let one expect, in standard deviations."""
    expected = counts.sum() * (np.full(len(counts), 1 / len(counts)) if odds is None else odds)
    return in_deviations(float(((counts - expected) ** 2 / expected).sum()), len(counts) - 1)


def in_deviations(statistic: float, freedom: int) -> float:
    """A chi-square statistic as standard deviations from its expectation."""
    return (statistic - freedom) / (2 * freedom) ** 0.5


def avalanche(count: int, flip: Callable[[int, int], Ids]) -> float:
    """Over each of 64 bits flipped on the way in: whether each of the 64 coming out flips half the time."""
    trials = max(1, count // (64 * ROWS_FLIPPED))
    flips = np.zeros((64, 64), np.int64)
    for trial in range(trials):
        for bit in range(64):
            changed = flip(trial, bit)
            flips[bit] += np.unpackbits(changed.view(np.uint8).reshape(-1, 8), axis=1).sum(axis=0, dtype=np.int64)
    half = trials * ROWS_FLIPPED / 2
    return in_deviations(float(((flips - half) ** 2 / (half / 2)).sum()), 64 * 64)


def flip_rows(trial: int, bit: int) -> Ids:
    """What changes when a bit of the row id does, of rows without it: no pair is counted twice."""
    rows = np.arange(trial * ROWS_FLIPPED, (trial + 1) * ROWS_FLIPPED, dtype=np.uint64)
    below = rows & np.uint64((1 << bit) - 1)
    without = (rows ^ below) << np.uint64(1) | below
    return bits(42, "x", without) ^ bits(42, "x", without | np.uint64(1 << bit))


def flip_seeds(trial: int, bit: int) -> Ids:
    """What changes when a bit of the seed does, of seeds without it."""
    rows = np.arange(ROWS_FLIPPED, dtype=np.uint64)
    below = trial & ((1 << bit) - 1)
    without = (trial ^ below) << 1 | below
    return bits(without, "x", rows) ^ bits(without | 1 << bit, "x", rows)
