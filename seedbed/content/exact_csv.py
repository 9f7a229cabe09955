"""CSV by the csv module, for the few files whose quotes stand inside unquoted cells: slow, and exact."""

import csv
import io
from collections.abc import Iterable, Iterator

from seedbed.content.encodings import bad_byte, conflict_error, conflict_marker, first_bad_byte
from seedbed.content.records import RETURN
from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message

# Handed to the csv module after the last line: it stands alone if, and only if, the last record is closed.
END = "\0end"


def exact_records(lines: Iterable[bytes], *, shown_as: str, row: int, offset: int) -> Iterator[list[str]]:
    """The cells of each record; `row` and `offset` are those of the first line.

    DataError at bytes that are not UTF-8, merge-conflict markers, and a quoted cell that swallows the rows below it.
    """
    taken: list[str] = []

    def noted() -> Iterator[str]:
        nonlocal offset
        for line in _split(lines):
            _check(line, (shown_as, row), offset)
            offset += len(line)
            taken.append(line.decode("utf-8"))
            yield taken[-1]
        yield END

    try:
        for cells in csv.reader(noted()):
            if cells == [END]:
                return
            if (cells[-1:] and cells[-1].endswith(END)) or (len(taken) > 1 and not _is_strict(taken)):
                raise unclosed_quote(shown_as, row)
            yield cells
            taken.clear()
            row += 1
    except csv.Error as error:
        raise DataError(Message("record-malformed", file=shown_as, row=row, cause=str(error))) from error


def unclosed_quote(shown_as: str, row: int) -> DataError:
    """The refusal of a quoted cell that does not end."""
    return DataError(Message("quote-open", file=shown_as, row=row))


def _check(line: bytes, where: tuple[str, int], offset: int) -> None:
    if conflict_marker(line) == 0:
        raise conflict_error(*where)
    place = first_bad_byte(line)
    if place is not None:
        raise bad_byte(line, place, where=where, offset=offset)


def _split(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that end with a line feed -> lines that end with a line feed, a return, or both."""
    for line in lines:
        if RETURN in line:
            yield from line.splitlines(keepends=True)
        else:
            yield line


def _is_strict(lines: list[str]) -> bool:
    try:
        list(csv.reader(io.StringIO("".join(lines), newline=""), strict=True))
    except csv.Error:
        return False
    return True
