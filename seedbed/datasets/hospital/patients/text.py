"""Numbers as text of a fixed width, and picks from vocabularies, as Arrow strings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.draws import Ids
from seedbed.core.shapes import Flags
from seedbed.core.weights import Ints

Digits = npt.NDArray[np.uint8]  # a row a number, a column a digit, 0 to 9
CHUNK = 4
THOUSANDS = np.uint64(10**CHUNK)
ZERO = np.uint8(ord("0"))


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Words to take from; where all have one width in bytes, each one's as a cell: thrice as fast to take."""

    values: pa.StringArray
    cells: npt.NDArray[Any] | None = None
    width: int = 0


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
    return of_width(found + ZERO, found.shape[1])


def of_width(cells: npt.NDArray[Any], width: int) -> pa.StringArray:
    """Strings of so many bytes each, from their bytes one after the other."""
    count = cells.nbytes // width
    offsets = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(cells)))


def characters(found: pa.StringArray, width: int) -> npt.NDArray[np.uint8]:
    """The bytes of strings of one width: a row a string."""
    _, offsets, text = found.buffers()
    first = np.frombuffer(offsets, np.int32)[found.offset]
    return np.frombuffer(text, np.uint8, len(found) * width, first).reshape(-1, width)


def words(names: Sequence[str]) -> Words:
    """The names, made ready to take from."""
    texts = [name.encode() for name in names]
    width, *others = {len(text) for text in texts}
    if others or not width:
        return Words(pa.array(names, pa.string()))
    kind = "u" if width in {1, 2, 4} else "S"  # of these widths, numbers are taken fastest
    return Words(pa.array(names, pa.string()), np.array(texts).view(f"{kind}{width}"), width)


def take_strings(names: Words | Sequence[str] | pa.StringArray, positions: Ints) -> pa.StringArray:
    """The names at the places."""
    if isinstance(names, pa.Array):
        return names.take(pa.array(positions))
    known = names if isinstance(names, Words) else _listed(tuple(names))
    if known.cells is None:
        return known.values.take(pa.array(positions))
    return of_width(known.cells.take(positions), known.width)


def followed(names: pa.StringArray, positions: Ints, ends: pa.StringArray) -> pa.StringArray:
    """The name at each place, and behind it the row's own end."""
    turns = np.column_stack([positions, np.arange(len(positions)) + len(names)]).ravel()
    _, offsets, text = pa.concat_arrays([names, ends]).take(pa.array(turns)).buffers()
    # A name and its end lie side by side in one buffer: each second offset is where a row begins.
    begins = np.frombuffer(offsets, np.int32, len(turns) + 1)[::2].copy()
    return pa.StringArray.from_buffers(len(positions), pa.py_buffer(begins), text)


def only_where(flags: Flags, values: pa.StringArray) -> pa.StringArray:
    """The values where the flag is set, nothing elsewhere."""
    return pc.if_else(pa.array(flags), values, pa.scalar(None, values.type))


@lru_cache(maxsize=256)
def _listed(names: tuple[str, ...]) -> Words:
    return words(names)


@lru_cache(maxsize=1)
def _chunk_digits() -> npt.NDArray[np.uint32]:
    numbers = np.arange(10**CHUNK)[:, None] // 10 ** np.arange(CHUNK)[::-1]
    return np.ascontiguousarray((numbers % 10).astype(np.uint8)).view(np.uint32).ravel()
