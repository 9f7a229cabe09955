"""Where the records of a CSV file end and how many cells each has, found on the bytes, whole blocks at a time."""

from dataclasses import dataclass

import numpy as np

QUOTE, COMMA, LINE_FEED, RETURN = 34, 44, 10, 13


@dataclass(frozen=True, slots=True)
class UnmatchedQuote(Exception):
    """A quote opens inside an unquoted cell: which bytes are quoted cannot be told by counting."""


@dataclass(frozen=True, slots=True)
class UnclosedQuote(Exception):
    """A quoted cell that opens at the byte `place` swallows lines and ends where a cell cannot end."""

    at: int


@dataclass(frozen=True, slots=True)
class Records:
    """The complete records at the start of a buffer.

    `ends`: byte positions just after each record's line end. `cells`: how many cells each has. `separators`: the positions
    of the commas between cells. `open_quote`: where a quoted cell opens that the buffer does not close, or -1.
    """

    ends: np.ndarray
    cells: np.ndarray
    separators: np.ndarray
    open_quote: int

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def length(self) -> int:
        """How many bytes the complete records take."""
        return int(self.ends[-1]) if len(self.ends) else 0


def scan(buffer: bytes) -> Records:
    """The complete records of a buffer that starts with a record; a record is complete with its line end.

    Lines end with a line feed, a return, or both. Raises UnmatchedQuote where only a parser can tell, UnclosedQuote where a quoted
    cell runs over into the next records.
    """
    data = np.frombuffer(buffer, dtype=np.uint8)
    marks = (data == COMMA) | (data == LINE_FEED)
    if RETURN in buffer:
        marks |= _lone_returns(data)
    open_quote = -1
    if QUOTE in buffer:
        quotes = data == QUOTE
        open_quote = _check_quotes(data, np.flatnonzero(quotes))
        marks &= ~np.bitwise_xor.accumulate(quotes)
    marks_at = np.flatnonzero(marks)
    is_end = data[marks_at] != COMMA
    cells = np.diff(np.flatnonzero(is_end), prepend=-1)
    return Records(marks_at[is_end] + 1, cells, marks_at[~is_end], open_quote)


def excess_of(records: Records, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The records with more than `width` cells, and where in each the excess begins."""
    long = np.flatnonzero(records.cells > width)
    before = np.cumsum(records.cells - 1) - (records.cells - 1)
    return long, records.separators[before[long] + width - 1]


def without_excess(buffer: bytes, records: Records, width: int) -> bytes:
    """The buffer with every record cut after `width` cells."""
    long, cuts = excess_of(records, width)
    if not len(long):
        return buffer
    edges = np.zeros(len(buffer), dtype=np.int8)
    edges[cuts] = 1
    edges[records.ends[long] - 1] = -1
    kept = np.cumsum(edges, dtype=np.int8) == 0
    return bytes(np.frombuffer(buffer, dtype=np.uint8)[kept])


def _lone_returns(data: np.ndarray) -> np.ndarray:
    returns = data == RETURN
    # A return before a line feed belongs to it; the last one may yet be followed by one.
    returns[:-1] &= data[1:] != LINE_FEED
    returns[-1] = False
    return np.asarray(returns)


def _check_quotes(data: np.ndarray, marks_at: np.ndarray) -> int:
    """Where the cell opens that the buffer leaves open, or -1; UnmatchedQuote and UnclosedQuote as `scan` says."""
    opening, closing = marks_at[0::2], marks_at[1::2]
    before = np.where(opening > 0, data[opening - 1], LINE_FEED)
    starts_cell = _ends_cell(before)
    cell_starts = opening[starts_cell]
    strays = opening[~starts_cell & (before != QUOTE)]
    first_stray = int(strays[0]) if len(strays) else len(data)
    closing = closing[(closing < first_stray) & (closing + 1 < len(data))]
    after = data[closing + 1]
    # What follows a closing quote is harmless inside one line, and the end of a runaway cell over several.
    for at in closing[~_ends_cell(after) & (after != QUOTE)]:
        start = cell_starts[np.searchsorted(cell_starts, at) - 1]
        if np.any(_ends_cell(data[start:at]) & (data[start:at] != COMMA)):
            raise UnclosedQuote(int(start))
    if len(strays):
        raise UnmatchedQuote
    return int(cell_starts[-1]) if len(marks_at) % 2 else -1


def _ends_cell(data: np.ndarray) -> np.ndarray:
    return np.asarray((data == COMMA) | (data == LINE_FEED) | (data == RETURN))
