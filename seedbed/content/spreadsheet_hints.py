"""What a spreadsheet did to a cell, as a hint for people."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from seedbed.core.messages.message import Message
from seedbed.core.spec import Kind

SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
HAS_THAI_DIGIT = re.compile("[๐-๙]")
# Nobody's data is of the year 2400 of our era; in the Buddhist one it was 1857.
YEARS = re.compile(r"(?<!\d)(2[4-6]\d\d)(?!\d)")
DAY_FIRST = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:\s.*)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
SERIAL_DAY = re.compile(r"[1-5]\d{4}(?:\.\d+)?")


def spreadsheet_hint(value: str, kind: Kind, pattern_width: int | None = None) -> Message | None:
    """What Excel probably did to the cell, and how to mend it; None where nothing is recognised.

    `pattern_width`: how many digits a code of this column has.
    """
    if HAS_THAI_DIGIT.search(value):
        return Message("thai-digits", value=value.translate(THAI_DIGITS))
    return EXPLAIN.get(kind, _nothing)(value, pattern_width)


def _of_code(value: str, width: int | None) -> Message | None:
    if SCIENTIFIC.fullmatch(value):
        return Message("code-made-scientific")
    if width and value.isascii() and value.isdigit() and len(value) < width:
        return Message("leading-zeros-lost", value=value.zfill(width))
    whole, point, zeros = value.partition(".")
    if point and whole.isdigit() and set(zeros) == {"0"}:
        return Message("code-made-decimal", value=whole.zfill(width or 0))
    return None


def _of_number(value: str, _: int | None) -> Message | None:
    if SCIENTIFIC.fullmatch(value):
        return Message("number-scientific")
    if GROUPED.fullmatch(value):
        return Message("thousands-commas", value=value.replace(",", ""))
    return None


def _of_date(value: str, _: int | None) -> Message | None:
    year = YEARS.search(value)
    if year:
        return Message("buddhist-year", year=int(year[1]), gregorian=int(year[1]) - 543)
    if DAY_FIRST.fullmatch(value):
        return Message("spreadsheet-date")
    if SERIAL_DAY.fullmatch(value):
        return Message("spreadsheet-day-number")
    return None


def _nothing(_value: str, _width: int | None) -> Message | None:
    return None


EXPLAIN: Mapping[Kind, Callable[[str, int | None], Message | None]] = MappingProxyType(
    {"text": _of_code, "integer": _of_number, "decimal": _of_number, "date": _of_date, "timestamp": _of_date}
)
