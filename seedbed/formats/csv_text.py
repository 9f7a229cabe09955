"""Tables as CSV: UTF-8, RFC 4180 with LF at the ends of lines, whole columns at once."""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.cell_text import as_text

MARKS = b'",\r\n'
SPECIAL = f"[{MARKS.decode()}]"
EMPTY_LINE = '""'  # of one empty cell: a blank line would be none


def csv_bytes(tables: Iterable[pa.Table]) -> Iterator[bytes]:
    """The header once, then the rows of each table; quotes only where a cell needs them, nothing where a value is absent."""
    header: Sequence[str] | None = None
    for table in tables:
        if header is None:
            header = table.column_names
            yield _lines([pa.array([name]) for name in header])
        if table.num_rows:
            yield _lines([as_text(column.combine_chunks()) for column in table.columns])


def _lines(columns: Sequence[pa.StringArray]) -> bytes:
    cells = [_quoted(column) for column in columns]
    if len(cells) == 1:
        cells = [pc.if_else(pc.equal(cells[0], ""), EMPTY_LINE, cells[0])]
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, ","), "", "\n")
    return _text_of(lines)


def _quoted(column: pa.StringArray) -> pa.StringArray:
    filled = pc.fill_null(column, "")
    text = _text_of(filled)
    if not any(mark in text for mark in MARKS):  # the usual case; to look at each cell takes long
        return filled
    is_special = pc.match_substring_regex(filled, SPECIAL)
    doubled = pc.replace_substring(filled, '"', '""')
    return pc.if_else(is_special, pc.binary_join_element_wise('"', doubled, '"', ""), filled)


def _text_of(lines: pa.StringArray) -> bytes:
    """The bytes of all strings, which stand in one buffer one after the other."""
    _, offsets, text = lines.buffers()
    ends = memoryview(offsets).cast("i")
    return bytes(text[ends[lines.offset] : ends[lines.offset + len(lines)]])
