"""Natural keys: their text, and which of them stood earlier in the same file."""

from collections.abc import Callable, Iterable, Iterator, Mapping

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


def display_key(key: str) -> str:
    """A key as people read it."""
    return key.replace(SEPARATOR, "/")


def stored_key(entity: Entity, lookup: Mapping[str, Mapping[str, str]], key: str) -> dict[str, str] | None:
    """A key's cells by column, as the table stores them; what is NULL is left out. None where a reference in it is gone.

    `lookup`: for each reference column, the referenced cells that exist -> the value that is stored.
    """
    cells = key.split(SEPARATOR)
    if len(cells) != len(entity.key):
        return None  # noted when the key was another
    stored: dict[str, str] = {}
    for name, cell in zip(entity.key, cells, strict=True):
        column = entity.column(name)
        if cell and column.references:
            if cell not in lookup[name]:
                return None
            stored[name] = lookup[name][cell]
        elif cell or column.default is not None:
            stored[name] = cell or str(column.default)
    return stored


def missing_keys(known: Iterable[pd.Series], is_present: Callable[[pd.Series], np.ndarray]) -> Iterator[pd.Series]:
    """Those of the keys that are not present, in blocks, each once; blocks without any are left out."""
    given = SeenKeys()
    for keys in known:
        lost = keys[~is_present(keys)]
        if lost.empty:
            continue
        lost = lost[~given.find_repeats(lost)].reset_index(drop=True)
        if not lost.empty:
            yield lost


class SeenKeys:
    """The keys of a file so far, as 128-bit digests: 16 bytes a row, whatever the keys' length.

    Two different keys share a digest with a chance of one in 10^26 in a file of a million rows.
    """

    def __init__(self) -> None:
        self._segments: list[Segment] = []
        self._left_out: list[Segment] = []

    def clear(self) -> None:
        """Forgets every key: the file is read again."""
        self._segments.clear()
        self._left_out.clear()

    def add_skipped(self, keys: pd.Series) -> None:
        """Notes keys of rows that stand in the file and are left out: present, but nobody's repetition."""
        if keys.empty:
            return
        high, low = _digests(keys)
        order = np.argsort(high, kind="stable")
        _add(self._left_out, (high[order], low[order]))

    def is_present(self, keys: pd.Series) -> np.ndarray:
        """A mask of the keys that stand in the file, in rows that were left out too."""
        if not self._segments and not self._left_out:
            return np.zeros(len(keys), dtype=bool)
        high, low = _digests(keys)
        order = np.argsort(high)  # a search in order is quick: it stays where the last one has been
        high, low = high[order], low[order]
        found = np.zeros(len(high), dtype=bool)
        for segment in (*self._segments, *self._left_out):
            found[order] |= _stands_in(segment, high, low)
        return found

    def find_repeats(self, keys: pd.Series) -> np.ndarray:
        """A mask of the keys that stood before, in an earlier block or in this one; the first occurrence is not a repeat."""
        high, low = _digests(keys)
        order = np.lexsort((low, high))  # stable: equal keys keep the file's order; and a search in order is quick
        high, low = high[order], low[order]
        known = np.concatenate([[False], (high[1:] == high[:-1]) & (low[1:] == low[:-1])])[: len(high)]
        for segment in self._segments:
            known |= _stands_in(segment, high, low)
        _add(self._segments, (high[~known], low[~known]))
        repeated = np.zeros(len(high), dtype=bool)
        repeated[order] = known
        return repeated


Segment = tuple[np.ndarray, np.ndarray]


def _add(segments: list[Segment], segment: Segment) -> None:
    # Segments double in size, so that there are few to search and each row is merged few times.
    segments.append(segment)
    while len(segments) > 1 and len(segments[-2][0]) < min(2 * len(segments[-1][0]), LARGEST_SEGMENT):
        pair = segments.pop(), segments.pop()
        high, low = (np.concatenate([part[half] for part in pair]) for half in (0, 1))
        order = np.argsort(high, kind="stable")
        segments.append((high[order], low[order]))


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
