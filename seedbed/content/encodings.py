"""Bytes that cannot be read as a CSV file in UTF-8, and what they look like instead."""

import re

from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message

UTF8_BOM = b"\xef\xbb\xbf"
UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
# Git writes these at the start of a line, seven times, and goes on after a space or ends the line.
CONFLICT_MARKERS = (b"<<<<<<<", b">>>>>>>", b"=======")
CONFLICT = re.compile(rb"(?:\A|(?<=[\r\n]))(?:<{7}|>{7}|={7})(?=[ \r\n]|\Z)")
THAI_BYTES = re.compile(rb"[\xa1-\xfb]")
NOT_THAI_BYTES = re.compile(rb"[\x80-\x84\x86-\x90\x98-\x9f\xdb-\xde\xfc-\xff]")


def refuse_other_formats(start: bytes, shown_as: str) -> None:
    """DataError where a file's first bytes are those of UTF-16 or of a workbook, or where there are none."""
    if not start.removeprefix(UTF8_BOM).strip():
        raise DataError(Message("file-empty", file=shown_as))
    if start.startswith(b"PK\x03\x04"):
        raise DataError(Message("file-workbook", file=shown_as))
    if start.startswith(UTF16_BOMS) or start[:200].count(0) * 4 > len(start[:200]):
        raise DataError(Message("file-utf16", file=shown_as))


def first_bad_byte(block: bytes) -> int | None:
    """Where a block stops being UTF-8 text; None where it never does."""
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return block.index(0) if b"\0" in block else None


def bad_byte(block: bytes, at: int, *, where: tuple[str, int], offset: int) -> DataError:
    """The refusal of a byte that is not UTF-8 text, named windows-874 where the block reads as Thai. `where`: file and row."""
    file, row = where
    byte, value = offset + at, f"0x{block[at]:02X}"
    if block[at] == 0:
        return DataError(Message("file-zero-byte", file=file, row=row, byte=byte))
    if _is_cut_letter(block[at:]):
        return DataError(Message("file-cut-in-letter", file=file, row=row))
    code = "file-windows-874" if looks_like_windows_874(block[at:]) else "file-not-utf8"
    return DataError(Message(code, file=file, row=row, byte=byte, value=value))


def _is_cut_letter(rest: bytes) -> bool:
    """Whether the file's rest, with the line end that a reader adds, is the beginning of one letter and nothing more."""
    try:
        rest.removesuffix(b"\n").decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start == 0 and error.reason == "unexpected end of data"
    return False


def looks_like_windows_874(block: bytes) -> bool:
    """Whether the bytes above ASCII are those of Thai letters in windows-874."""
    sample = block[:65_536]
    return bool(THAI_BYTES.search(sample)) and not NOT_THAI_BYTES.search(sample)


def conflict_marker(block: bytes) -> int | None:
    """Where a merge-conflict marker stands at the start of a line; None where there is none."""
    if not any(marker in block for marker in CONFLICT_MARKERS):
        return None
    found = CONFLICT.search(block)
    return found.start() if found else None


def conflict_error(file: str, row: int) -> DataError:
    """The refusal of a file that git left in conflict."""
    return DataError(Message("merge-conflict", file=file, row=row))
