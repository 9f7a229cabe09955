"""Draws: 64 random bits, or a uniform in [0, 1), as a function of (seed, path, row id) and of nothing else.

There is no state: a row is drawn anywhere, alone, in any order, again. BLAKE2b turns (seed, path) into two 64-bit keys; a row id
then goes through two rounds of `moremur` (P. Evensen, 2019), one key added before each. On one path the ids map to the bits
one to one. Several draws of one row have several paths ("hospital/patient/phone/0", ".../1"): a path costs a microsecond.
"""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

VERSION = b"seedbed draws 1"  # another number, other values everywhere
BLOCK = 16_384  # rows at once: two buffers of 128 KiB stay in a core's second cache
SHIFT, MIDDLE, DROPPED = np.uint64(27), np.uint64(33), np.uint64(11)
FIRST, SECOND = np.uint64(0x3C79AC492BA7B653), np.uint64(0x1C69B3F74AC4AE35)
STEP = 2.0**-53  # between two uniforms


def bits(seed: int, path: str, rows: Ids) -> Ids:
    """64 bits for each row id."""
    keys = stream_keys(seed, path, 2)
    found = np.empty(len(rows), np.uint64)
    room = np.empty(min(len(rows), BLOCK), np.uint64)
    for part in block_slices(len(rows)):
        np.copyto(found[part], rows[part], casting="same_kind")
        _mix(found[part], keys, room[: len(found[part])])
    return found


def uniform(seed: int, path: str, rows: Ids) -> Floats:
    """A multiple of 2^-53 in [0, 1) for each row id: the upper 53 of its bits."""
    keys = stream_keys(seed, path, 2)
    found = np.empty(len(rows), np.float64)
    mixed, room = (np.empty(min(len(rows), BLOCK), np.uint64) for _ in range(2))
    for part in block_slices(len(rows)):
        values = found[part]
        block = mixed[: len(values)]
        np.copyto(block, rows[part], casting="same_kind")
        _mix(block, keys, room[: len(values)])
        np.right_shift(block, DROPPED, out=block)
        np.multiply(block.view(np.int64), STEP, out=values)
    return found


def stream_keys(seed: int, path: str, count: int) -> Ids:
    """So many 64-bit keys (at most eight) of a seed of any size and a path."""
    named = (
        f"{int(seed):x}".encode() + b"\0" + path.encode()
    )  # the first zero byte ends the seed: no two pairs look alike
    return np.frombuffer(blake2b(named, digest_size=8 * count, person=VERSION).digest(), "<u8").astype(np.uint64)


def block_slices(count: int) -> Iterator[slice]:
    """The slices that cut so many rows into blocks."""
    return (slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))


def _mix(block: Ids, keys: Ids, room: Ids) -> None:
    for key in keys:
        np.add(block, key, out=block)
        for shift, factor in ((SHIFT, FIRST), (MIDDLE, SECOND)):
            np.right_shift(block, shift, out=room)
            np.bitwise_xor(block, room, out=block)
            np.multiply(block, factor, out=block)
        np.right_shift(block, SHIFT, out=room)
        np.bitwise_xor(block, room, out=block)
