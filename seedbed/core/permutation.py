"""Permutations: row i's own number among n, without remembering which are taken."""

import numpy as np

from seedbed.core.draws import FIRST, SECOND, Ids, bits, block_slices, stream_keys
from seedbed.core.errors import DataError

ROUNDS = 8
FEW = 1 << 10  # a network of pairs so small mixes badly
MOST_NUMBERS = 1 << 63
HALF = np.uint64(32)


def permutation(seed: int, path: str, rows: Ids, count: int) -> Ids:
    """A number in [0, count) for each row id below count (at most 2^63), another for every row, keyed by (seed, path).

    The path draws nothing else. Up to 1,024 numbers are sorted by random bits, which are all different. Above, a Feistel network over
    pairs (x, y) with x < 2^h, y < ceil(count / 2^h), 2^h about the root of count; what lands beyond count, at most 2^h pairs, goes
    through again. Eight rounds: six are secure up to 2^h questions (J. Patarin, CRYPTO 2004), and at 1,025 numbers, where it mixes
    least, the images of pairs of rows over 8,000,000 keys cannot be told from uniform ones with eight, and can with four.
    """
    if not 0 <= count <= MOST_NUMBERS:
        raise DataError(
            f"{path}: no permutation has {count} numbers", next_step="give at most 2^63", code="distribution-invalid"
        )
    if len(rows) and rows.max() >= count:
        raise DataError(
            f"{path}: row {rows.max()} has no number of its own among {count}",
            next_step="give more numbers",
            code="distribution-invalid",
        )
    if count <= FEW:
        return np.argsort(bits(seed, path, np.arange(count, dtype=np.uint64))).astype(np.uint64)[rows]
    keys = stream_keys(seed, path, ROUNDS)
    found = np.empty(len(rows), np.uint64)
    for part in block_slices(len(rows)):
        found[part] = _walk(rows[part], keys, count)
    return found


def _walk(block: Ids, keys: Ids, count: int) -> Ids:
    width = (int(count - 1).bit_length() + 1) // 2
    found = _network(block, keys, width, -(-count >> width))
    while len(beyond := np.flatnonzero(found >= np.uint64(count))):
        found[beyond] = _network(found[beyond], keys, width, -(-count >> width))
    return found


def _network(block: Ids, keys: Ids, width: int, height: int) -> Ids:
    mask, shift, size = np.uint64((1 << width) - 1), np.uint64(width), np.uint64(height)
    x, y = block & mask, block >> shift
    for place, key in enumerate(keys):
        if place % 2:
            y += (_hash(x, key) * size) >> HALF
            np.minimum(y, y - size, out=y)  # y - size wraps to a large number where y is the smaller
        else:
            x = (x + _hash(y, key)) & mask
    return (y << shift) | x


def _hash(half: Ids, key: np.uint64) -> Ids:
    """32 bits of each half and the key."""
    found = (half + key) * FIRST
    found ^= found >> HALF
    found *= SECOND
    return np.asarray(found >> HALF)
