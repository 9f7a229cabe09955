"""Rules for one patient, worked out once for every case there is and looked up for whole columns: chance makes nested choices slow."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from seedbed.core.shapes import Flags
from seedbed.core.weights import Ints


@dataclass(frozen=True, slots=True, eq=False)
class RuleTable:
    """What a rule says of every case, and how many values each of its arguments has, from 0."""

    sizes: tuple[int, ...]
    values: Ints

    def look_up(self, *columns: Ints | Flags) -> Ints:
        """What it says of each row."""
        case: Ints = np.zeros(1, np.int64)
        for size, column in zip(self.sizes, columns, strict=True):
            case = case * size + column
        return self.values.take(case)


def tabulate_rule(rule: Callable[..., int], *sizes: int) -> RuleTable:
    """The rule for every case of arguments that have so many values."""
    return RuleTable(sizes, np.array([rule(*case) for case in product(*map(range, sizes))], np.int64))
