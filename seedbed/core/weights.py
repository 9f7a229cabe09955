"""Tables of weights, from which one uniform picks one place: the inverse CDF, with a guide that spares most of the searching."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from seedbed.core.draws import Floats
from seedbed.core.elementary import exp, log
from seedbed.core.errors import DataError

Ints = npt.NDArray[np.int64]
FEWEST_CELLS, MOST_CELLS, CELLS_A_WEIGHT = 1 << 8, 1 << 16, 16
MOST_MEAN = 1e9
EXACT_ENOUGH = 1e-12
AMBIGUOUS = -1


@dataclass(frozen=True, slots=True, eq=False)
class WeightTable:
    """Weights made ready: place i has the uniforms from `upper[i - 1]` to below `upper[i]`, which ends at 1.

    `guide`: the place of each cell of uniforms, SHARED where further places begin within the cell.
    """

    upper: Floats
    guide: Ints

    def pick(self, u: Floats) -> Ints:
        """The place of each uniform, from 0; it does not decrease in u."""
        found = self.guide.take((u * len(self.guide)).astype(np.intp))  # exact: the number of cells is a power of two
        shared = np.flatnonzero(found == AMBIGUOUS)
        found[shared] = np.searchsorted(self.upper, u[shared], side="right")
        return found


def weight_table(weights: Sequence[float] | Floats) -> WeightTable:
    """The table of weights, whatever their sum; a weight of 0 is never drawn, nor need be one below 2^-53 of the sum."""
    given = np.asarray(weights, np.float64)
    if not (given.ndim == 1 and len(given) and np.all(np.isfinite(given)) and given.min() >= 0 and given.max() > 0):
        raise DataError(
            f"these are no weights: {given.tolist()!s:.200}",
            next_step="give numbers from 0, at least one above",
            code="distribution-invalid",
        )
    sums = np.cumsum(given / given.max())
    upper = sums / sums[-1]
    cells = min(max(FEWEST_CELLS, 1 << (CELLS_A_WEIGHT * len(upper) - 1).bit_length()), MOST_CELLS)
    return WeightTable(upper, guide_cells(upper, np.arange(cells + 1) / cells))


def guide_cells(upper: Floats, edges: Floats) -> Ints:
    """The place of the values between each edge and the next, SHARED where they have several."""
    first = np.searchsorted(upper, edges[:-1], side="right")
    return np.where(first == np.searchsorted(upper, edges[1:], side="left"), first, AMBIGUOUS)


@lru_cache(maxsize=64)
def poisson_table(mean: float) -> tuple[int, WeightTable]:
    """The lowest number that is drawn, and the table of the numbers from there; what it leaves out has odds below 2^-53."""
    if not 0 <= mean <= MOST_MEAN:
        raise DataError(
            f"a Poisson mean of {mean}", next_step=f"give one from 0 to {MOST_MEAN:,.0f}", code="distribution-invalid"
        )
    mode, reach = int(mean), int(10 * sqrt(mean)) + 40
    low = max(0, mode - reach)
    below = np.cumprod(np.arange(mode, low, -1) / mean)[::-1] if mode else np.empty(0)  # odds relative to the mode's
    above = np.cumprod(mean / np.arange(mode + 1, mode + reach + 1))
    return low, weight_table(np.concatenate([below, [1.0], above]))


@lru_cache(maxsize=16)
def zipf_table(items: int, top: int, share: float) -> WeightTable:
    """The table of weights 1 / rank^s, with the s >= 0 that gives the first `top` of the items this share of the sum."""
    if not (0 < top < items and top / items <= share < 1):
        raise DataError(
            f"the first {top} of {items} items cannot have a share of {share}",
            next_step="give fewer items than there are, and a share from theirs by number to below 1",
            code="distribution-invalid",
        )
    logs = log(np.arange(1.0, items + 1))
    return weight_table(exp(-_exponent(logs, top, share) * logs))


def _exponent(logs: Floats, top: int, share: float) -> float:
    """By bisection, from s = 0, where all are equal, and one where the first have more than the share."""
    low, high = 0.0, 1.0
    while _share(logs, top, high) < share:
        low, high = high, 2 * high
    while high - low > EXACT_ENOUGH * max(high, 1.0):
        middle = (low + high) / 2
        low, high = (middle, high) if _share(logs, top, middle) < share else (low, middle)
    return high


def _share(logs: Floats, top: int, exponent: float) -> float:
    sums = np.cumsum(exp(-exponent * logs))
    return float(sums[top - 1] / sums[-1])
