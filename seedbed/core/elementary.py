"""Logarithm and exponential out of +, -, * and / alone: the same bits on every processor.

NumPy's and the C library's own differ in the last bit from machine to machine, and a value must not.
"""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from seedbed.core.draws import Floats, block_slices

# Sun's fdlibm 5.3, e_log.c and e_exp.c: each within one unit in the last place.
LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
LN2_HIGH, LN2_LOW, PER_LN2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10, 1.44269504088896338700e00
MANTISSA = np.int64(52)
HALF_ROOT = np.float64(sqrt(0.5)).view(np.int64)  # mantissas are taken in [sqrt 1/2, sqrt 2)
LEAST, MOST = -708.0, 709.0  # beyond, e^x is no normal number


def in_blocks(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """The function of each value, worked out in blocks that stay in the processor's cache."""
    found = np.empty(len(values), np.float64)
    for part in block_slices(len(values)):
        found[part] = function(values[part])
    return found


def log(values: Floats) -> Floats:
    """The natural logarithm of positive normal numbers, within one unit in the last place."""
    raw = values.view(np.int64)
    power = (raw - HALF_ROOT) >> MANTISSA
    f = (raw - (power << MANTISSA)).view(np.float64) - 1.0
    s = f / (f + 2.0)
    z = s * s
    half_square = 0.5 * f * f
    rest = s * (half_square + z * polynomial(LOG, z))
    k = power.astype(np.float64)
    return k * LN2_HIGH - ((half_square - (rest + k * LN2_LOW)) - f)


def exp(values: Floats) -> Floats:
    """e to the power of each value, within one unit in the last place; values beyond -708 and 709 count as these."""
    x = np.minimum(np.maximum(values, LEAST), MOST)
    k = np.rint(x * PER_LN2)
    high, low = x - k * LN2_HIGH, k * LN2_LOW
    r = high - low
    t = r * r
    c = r - t * polynomial(EXP, t)
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    return np.asarray((y.view(np.int64) + (k.astype(np.int64) << MANTISSA)).view(np.float64))


def polynomial(factors: Sequence[float], x: Floats) -> Floats:
    """factors[0] + factors[1] x + factors[2] x^2 + ..., by Horner's rule."""
    found = np.full_like(x, factors[-1])
    for factor in reversed(factors[:-1]):
        np.multiply(found, x, out=found)
        np.add(found, factor, out=found)
    return found
