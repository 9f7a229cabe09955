"""Weighted picks where each row has a table of its own among many: the row of a matrix."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seedbed.core.draws import Floats
from seedbed.core.weights import AMBIGUOUS, Ints, guide_cells

BELOW_ONE = 1 - 2.0**-36  # keeps group + u below group + 1 when it is rounded; an odd is exact to within 2^-36


MOST_CELLS, CELLS_A_GROUP = 1 << 20, 128


@dataclass(frozen=True, slots=True, eq=False)
class GroupedWeights:
    """Cumulated weights of many tables, end to end: that of group g lies between g and g + 1.

    Each group has so many `cells`; the `guide` is as a Table's.
    """

    upper: Floats
    width: int
    cells: int
    guide: Ints

    def pick(self, group: Ints, u: Floats) -> Ints:
        """The place of each uniform in the table of its group, from 0; one of weight 0 is never picked."""
        value = group + u * BELOW_ONE
        found = self.guide.take((value * self.cells).astype(np.intp))  # exact: the number of cells is a power of two
        shared = np.flatnonzero(found == AMBIGUOUS)
        found[shared] = np.searchsorted(self.upper, value[shared], side="right")
        return np.asarray(found - group * self.width)


def grouped_weights(weights: npt.NDArray[np.float64]) -> GroupedWeights:
    """The tables of weights, one a row of the last axis; a row without any weight is never to be asked."""
    flat = weights.reshape(-1, weights.shape[-1])
    sums = np.cumsum(flat, axis=1)
    whole = sums[:, -1:]
    shares = np.divide(sums, whole, out=np.ones_like(sums), where=whole > 0)
    upper = np.asarray((shares + np.arange(len(flat))[:, None]).ravel(), np.float64)
    cells = CELLS_A_GROUP
    while cells > 1 and cells * len(flat) > MOST_CELLS:
        cells //= 2
    edges = np.arange(cells * len(flat) + 1) / cells
    return GroupedWeights(upper, flat.shape[1], cells, guide_cells(upper, edges))
