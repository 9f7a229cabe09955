"""Natural keys: their text, and which of them stood earlier in the same file."""

import numpy as np
import pandas as pd

from seedbed.core.spec import Entity

SEPARATOR = "\x1f"
LARGEST_SEGMENT = 1 << 20  # keys; merging larger ones would take more memory than the block at hand


def key_texts(entity: Entity, text: pd.DataFrame) -> pd.Series:
    """Each row's key as its cells joined; a header that the file lacks counts as empty."""
    absent = pd.Series([""] * len(text), index=text.index, dtype="str")
    first, *others = (text[header] if header in text.columns else absent for header in entity.key_headers)
    for cells in others:
        first = first + SEPARATOR + cells
    return first


def shown(key: str) -> str:
    """A key as people read it."""
    return key.replace(SEPARATOR, "/")


class SeenKeys:
    """The keys of a file so far, as 128-bit digests: 16 bytes a row, whatever the keys' length.

    Two different keys share a digest with a chance of one in 10^26 in a file of a million rows.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []

    def repeats(self, keys: pd.Series) -> np.ndarray:
        """A mask of the keys that stood before, in an earlier block or in this one; the first occurrence is not a repeat."""
        high, low = _digests(keys)
        repeated = np.zeros(len(high), dtype=bool)
        for segment in self._segments:
            repeated |= _stands_in(segment, high, low)
        order = np.lexsort((low, high))  # stable: equal keys keep the file's order
        high, low = high[order], low[order]
        again = np.concatenate([[False], (high[1:] == high[:-1]) & (low[1:] == low[:-1])])[: len(high)]
        repeated[order[again]] = True
        fresh = ~repeated[order]
        self._segments.append((high[fresh], low[fresh]))
        self._merge_equals()
        return repeated

    def _merge_equals(self) -> None:
        # Segments double in size, so that there are few to search and each row is merged few times.
        while len(self._segments) > 1 and len(self._segments[-2][0]) < min(
            2 * len(self._segments[-1][0]), LARGEST_SEGMENT
        ):
            pair = self._segments.pop(), self._segments.pop()
            high, low = (np.concatenate([part[half] for part in pair]) for half in (0, 1))
            order = np.argsort(high, kind="stable")
            self._segments.append((high[order], low[order]))


Segment = tuple[np.ndarray, np.ndarray]


def _stands_in(segment: Segment, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    if len(segment[0]) == 0:
        return np.zeros(len(high), dtype=bool)
    place = np.minimum(np.searchsorted(segment[0], high), len(segment[0]) - 1)
    return np.asarray((segment[0][place] == high) & (segment[1][place] == low))


def _digests(keys: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    values = keys.astype("object").to_numpy()
    high, low = (
        pd.util.hash_array(values, hash_key=hash_key, categorize=False)
        for hash_key in ("0123456789123456", "seedbed keys 128")
    )
    return high, low
