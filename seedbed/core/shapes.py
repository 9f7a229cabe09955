"""Shapes: one uniform in, one value out, by the inverse of the cumulative distribution.

Every shape is monotone in u and takes a uniform as `draws.uniform` makes it: a multiple of 2^-53 in [0, 1). So a condition on the
value is one on the uniform, and an odd of p is exact to within 2^-53. A distribution's numbers may be one for all rows or an array
with one a row.
"""

from datetime import date

import numpy as np
import numpy.typing as npt

from seedbed.core.draws import Floats
from seedbed.core.elementary import exp, in_blocks, log
from seedbed.core.errors import DataError
from seedbed.core.quantiles import standard_normal
from seedbed.core.weights import Ints, WeightTable, poisson_table, zipf_table

Dates = npt.NDArray[np.datetime64]
Flags = npt.NDArray[np.bool_]
MOST_VALUES = 1 << 53
DIGITS = np.uint64(53)


def pick(u: Floats, count: int) -> Ints:
    """A place in [0, count), each as likely as the others; for `take` of a vocabulary."""
    return integer(u, 0, count - 1)


def weighted(u: Floats, weights: WeightTable) -> Ints:
    """A place among the weights, as likely as its share of their sum."""
    return weights.pick(u)


def boolean(u: Floats, odds: float | Floats) -> Flags:
    """True with these odds: for the uniforms below them."""
    if not np.all((np.asarray(odds) >= 0) & (np.asarray(odds) <= 1)):
        raise DataError(f"odds of {odds!s:.200}", next_step="give numbers from 0 to 1", code="distribution-invalid")
    return np.asarray(u < odds)


def integer(u: Floats, low: int | Ints, high: int | Ints) -> Ints:
    """A whole number in [low, high], both included: each has the odds of 1 / (high - low + 1) to within 2^-53.

    It is floor(u * count), exactly: where the product was rounded up to a whole number, that is taken back.
    """
    lowest, highest = np.atleast_1d(np.asarray(low, np.int64), np.asarray(high, np.int64))
    count = highest - lowest + 1  # beyond 2^63 it wraps to a negative number or 0
    if not np.all((count >= 1) & (count <= MOST_VALUES)):
        raise DataError(
            f"no whole number can be drawn from {low!s:.200} to {high!s:.200}",
            next_step="give at least one, and at most 2^53",
            code="distribution-invalid",
        )
    found = (u * count).astype(np.int64)
    steps = (u * MOST_VALUES).astype(np.int64).view(np.uint64)
    remainder = (steps * count.view(np.uint64) - (found.view(np.uint64) << DIGITS)).view(np.int64)
    found -= remainder < 0
    found += lowest
    return found


def date_between(u: Floats, first: date | Dates, last: date | Dates) -> Dates:
    """A day in [first, last], both included, each as likely as the others."""
    days = (np.asarray(day, "datetime64[D]").astype(np.int64) for day in (first, last))
    return integer(u, *days).astype("datetime64[D]")


def normal(u: Floats, mean: float | Floats, deviation: float | Floats) -> Floats:
    """A normally distributed number, at most 8.3 standard deviations from the mean."""
    _refuse_below_zero("a standard deviation", deviation)
    return np.asarray(in_blocks(standard_normal, u) * deviation + mean)


def log_normal(u: Floats, median: float | Floats, deviation: float | Floats) -> Floats:
    """A number above 0 whose logarithm is normally distributed, with this standard deviation, around the median's."""
    _refuse_below_zero("a median", median)
    _refuse_below_zero("a standard deviation", deviation)
    return np.asarray(in_blocks(exp, in_blocks(standard_normal, u) * deviation) * median)


def exponential(u: Floats, mean: float | Floats) -> Floats:
    """An exponentially distributed number, from 0 to 36.8 times the mean."""
    _refuse_below_zero("a mean", mean)
    return np.asarray(in_blocks(_waiting, u) * mean)


def poisson(u: Floats, mean: float) -> Ints:
    """A Poisson-distributed count; of the possible ones, those with odds below 2^-53 are left out."""
    low, table = poisson_table(mean)
    return table.pick(u) + low


def zipf(u: Floats, items: int, top: int, share: float) -> Ints:
    """One of the items, from 0, each as likely as 1 / (place + 1)^s, with the s that gives the first `top` this share of all."""
    return zipf_table(items, top, share).pick(u)


def _waiting(u: Floats) -> Floats:
    return np.abs(log(1.0 - u))  # exact: 1 - u is a multiple of 2^-53


def _refuse_below_zero(what: str, value: float | Floats) -> None:
    if not np.all((np.asarray(value) >= 0) & np.isfinite(value)):
        raise DataError(
            f"{what} cannot be {value!s:.200}", next_step="give numbers from 0", code="distribution-invalid"
        )
