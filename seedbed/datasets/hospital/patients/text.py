"""Numbers as text of a fixed width, and picks from vocabularies, as Arrow strings."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.draws import Ids
from seedbed.core.shapes import Flags
from seedbed.core.tables import Whole

Digits = npt.NDArray[np.uint8]  # a row a number, a column a digit, 0 to 9
CHUNK = 4
THOUSANDS = np.uint64(10**CHUNK)
ZERO = np.uint8(ord("0"))


def digits(numbers: Ids, width: int) -> Digits:
    """The last `width` decimal digits of each number."""
    chunks = -(-width // CHUNK)
    found = np.empty((len(numbers), chunks), np.uint32)  # four digits a cell, a byte each
    for chunk in range(chunks - 1, -1, -1):
        rest = numbers // THOUSANDS
        found[:, chunk] = _chunk_digits().take((numbers - rest * THOUSANDS).astype(np.intp))
        numbers = rest
    return found.view(np.uint8)[:, chunks * CHUNK - width :]


def strings(found: Digits) -> pa.StringArray:
    """The digits as text."""
    count, width = found.shape
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(found + ZERO)))


def take(names: Sequence[str] | pa.StringArray, places: Whole) -> pa.StringArray:
    """The names at the places."""
    values = names if isinstance(names, pa.Array) else pa.array(names, pa.string())
    return values.take(pa.array(places))


def only_where(flags: Flags, values: pa.StringArray) -> pa.StringArray:
    """The values where the flag is set, nothing elsewhere."""
    return pc.if_else(pa.array(flags), values, pa.scalar(None, values.type))


@lru_cache(maxsize=1)
def _chunk_digits() -> npt.NDArray[np.uint32]:
    numbers = np.arange(10**CHUNK)[:, None] // 10 ** np.arange(CHUNK)[::-1]
    return np.ascontiguousarray((numbers % 10).astype(np.uint8)).view(np.uint32).ravel()
