"""Rules for one patient, worked out once for every case there is and looked up for whole columns: chance makes nested choices slow."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from seedbed.core.shapes import Flags
from seedbed.core.weights import Whole


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """What a rule says of every case, and how many values each of its arguments has, from 0."""

    sizes: tuple[int, ...]
    said: Whole

    def of(self, *columns: Whole | Flags) -> Whole:
        """What it says of each row."""
        case: Whole = np.zeros(1, np.int64)
        for size, column in zip(self.sizes, columns, strict=True):
            case = case * size + column
        return self.said.take(case)


def every_case(rule: Callable[..., int], *sizes: int) -> Cases:
    """The rule for every case of arguments that have so many values."""
    return Cases(sizes, np.array([rule(*case) for case in product(*map(range, sizes))], np.int64))
