"""CSV files -> blocks of text with the row numbers of a spreadsheet, in flat memory."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from seedbed.content.encodings import (
    UTF8_BOM,
    bad_byte,
    conflict_error,
    conflict_marker,
    first_bad_byte,
    refuse_other_formats,
)
from seedbed.content.exact_csv import exact_records, unclosed_quote
from seedbed.content.layouts import Layout, read_header
from seedbed.content.records import Records, UnclosedQuote, UnmatchedQuote, excess_of, scan, without_excess
from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message
from seedbed.core.rows import TextBlock

BLOCK_BYTES = 4 << 20
LONGEST_RECORD_BYTES = 32 << 20
LONGEST_HEADER_BYTES = 64 << 10
EXACT_RECORDS_A_BLOCK = 20_000
OUTER_SPACES = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"


@dataclass(frozen=True, slots=True)
class _File:
    """An open file whose header has been read: what its columns are and where its rows begin."""

    shown_as: str
    header: tuple[str, ...]
    only_with: str
    body: int


def read_blocks(
    path: Path, layout: Layout, *, shown_as: str = "", block_bytes: int = BLOCK_BYTES
) -> Iterator[TextBlock]:
    """The rows of a CSV file as text, block by block; a file with a header alone yields nothing.

    `shown_as`: the path as messages name it. DataError where the file as a whole is wrong: its encoding, its columns, an
    unclosed quote, a merge conflict. A record with too many or too few cells is cut or filled, and a fault of its block.
    """
    shown_as = shown_as or str(path)
    with _opened(path, shown_as) as stream:
        file = _read_head(stream, layout, shown_as)
        row = 2
        for raw in _raw_blocks(stream, file, block_bytes):
            block = _finished(file, raw, row)
            row += len(raw.cells)
            if len(block):
                yield block


def ends_with_newline(path: Path, *, shown_as: str = "") -> bool:
    """Whether the file's last line has its end; without one it may have been cut off, though editors leave it out too."""
    with _opened(path, shown_as or str(path)) as stream:
        length = stream.seek(0, io.SEEK_END)
        stream.seek(max(length - 1, 0))
        return stream.read() in (b"", b"\n", b"\r")


def _opened(path: Path, shown_as: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError(Message("file-unreadable", file=shown_as, cause=error.strerror)) from error


@dataclass(frozen=True, slots=True)
class _Raw:
    """Records as they stand in the file.

    `text`: cut or filled to the header's width. `cells`: how many each had. `spills`: whether something stood beyond.
    """

    text: pd.DataFrame
    cells: np.ndarray
    spills: np.ndarray


def _read_head(stream: BinaryIO, layout: Layout, shown_as: str) -> _File:
    start = stream.read(LONGEST_HEADER_BYTES)
    refuse_other_formats(start, shown_as)
    begin = len(UTF8_BOM) if start.startswith(UTF8_BOM) else 0
    lines = start[begin:].splitlines(keepends=True)
    if conflict_marker(lines[0]) == 0:
        raise conflict_error(shown_as, 1)
    at = first_bad_byte(lines[0])
    if at is not None:
        raise bad_byte(lines[0], at, where=(shown_as, 1), offset=begin)
    if lines[0].count(b'"') % 2:
        raise unclosed_quote(shown_as, 1)
    header = read_header(lines[0], layout, shown_as)
    return _File(shown_as, header, layout.only_with, begin + len(lines[0]))


def _raw_blocks(stream: BinaryIO, file: _File, block_bytes: int) -> Iterator[_Raw]:
    offset, row, buffer = file.body, 2, b""
    stream.seek(offset)
    while True:
        piece = stream.read(block_bytes)
        if not piece and not buffer:
            return
        # A last line without its end gets one; a return at the very end is completed.
        buffer += piece or b"\n"
        try:
            records = scan(buffer)
        except UnmatchedQuote:
            stream.seek(offset)
            yield from _exact_blocks(stream, file, row, offset)
            return
        except UnclosedQuote as quote:
            raise unclosed_quote(file.shown_as, row + _rows_before(buffer, quote.at)) from quote
        _check_bytes(buffer[: records.length], file, row, offset)
        _check_rest(records, buffer, file, row=row, is_last=not piece)
        if len(records):
            yield _parsed(buffer[: records.length], records, file)
        row, offset, buffer = row + len(records), offset + records.length, buffer[records.length :]
        if not piece:
            return


def _rows_before(buffer: bytes, at: int) -> int:
    return len(scan(buffer[:at]))


def _check_bytes(block: bytes, file: _File, row: int, offset: int) -> None:
    at = conflict_marker(block)
    if at is not None:
        raise conflict_error(file.shown_as, row + _rows_before(block, at))
    at = first_bad_byte(block)
    if at is not None:
        where = file.shown_as, row + _rows_before(block, at)
        raise bad_byte(block, at, where=where, offset=offset)


def _check_rest(records: Records, buffer: bytes, file: _File, *, row: int, is_last: bool) -> None:
    """DataError where the incomplete record at the buffer's end will never be complete."""
    rest = len(buffer) - records.length
    if not rest or not (is_last or rest > LONGEST_RECORD_BYTES):
        return
    row += len(records)
    if records.open_quote >= 0:
        raise unclosed_quote(file.shown_as, row)
    raise DataError(Message("record-too-long", file=file.shown_as, row=row, most_mib=LONGEST_RECORD_BYTES >> 20))


def _parsed(block: bytes, records: Records, file: _File) -> _Raw:
    width = len(file.header)
    text = pd.read_csv(
        io.BytesIO(without_excess(block, records, width)),
        header=None,
        names=range(width),
        index_col=False,
        dtype=str,
        keep_default_na=False,
        na_filter=False,
        skip_blank_lines=False,
        low_memory=False,
        engine="c",
    )
    if len(text) != len(records):
        raise AssertionError(f"{file.shown_as}: pandas sees {len(text)} records where there are {len(records)}")
    return _Raw(text, records.cells, _spills(block, records, width))


def _spills(block: bytes, records: Records, width: int) -> np.ndarray:
    spills = np.zeros(len(records), dtype=bool)
    long, starts = excess_of(records, width)
    for at, start in zip(long.tolist(), starts.tolist(), strict=True):
        excess = block[start : records.ends[at]].decode("utf-8")
        # Few excess cells hold nothing but quotes; only for these it takes a parser to tell.
        spills[at] = bool(excess.strip(OUTER_SPACES + ',"')) or (
            '"' in excess
            and any(cell.strip(OUTER_SPACES) for cell in next(csv.reader(io.StringIO(excess, newline=""))))
        )
    return spills


def _exact_blocks(stream: BinaryIO, file: _File, row: int, offset: int) -> Iterator[_Raw]:
    records = exact_records(stream, shown_as=file.shown_as, row=row, offset=offset)
    width = len(file.header)
    while batch := list(islice(records, EXACT_RECORDS_A_BLOCK)):
        filled = [[*cells[:width], *[""] * (width - len(cells))] for cells in batch]
        # The csv module gives an empty line no cell at all; a spreadsheet shows one empty cell.
        counts = np.array([max(len(cells), 1) for cells in batch])
        spills = np.array([any(cell.strip(OUTER_SPACES) for cell in cells[width:]) for cells in batch])
        yield _Raw(pd.DataFrame(filled, columns=range(width), dtype="str"), counts, spills)


def _finished(file: _File, raw: _Raw, row: int) -> TextBlock:
    text = raw.text.set_axis(list(file.header), axis="columns")
    text = text.apply(lambda cells: cells.str.strip(OUTER_SPACES))
    kept = (text != "").any(axis="columns").to_numpy() | raw.spills
    if file.only_with in text.columns:
        kept = kept & (text[file.only_with] != "").to_numpy()
    rows = row + np.arange(len(text), dtype=np.int64)
    cells = raw.cells
    if not kept.all():
        text, rows, cells = text[kept].reset_index(drop=True), rows[kept], cells[kept]
    return TextBlock(file.shown_as, rows, text, _faults(cells, len(file.header)))


def _faults(cells: np.ndarray, width: int) -> dict[int, str]:
    wrong = np.flatnonzero(cells != width).tolist()
    return {at: Message("cell-count", cells=int(cells[at]), width=width) for at in wrong}
