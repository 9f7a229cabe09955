"""What a spreadsheet did to a cell, as a hint for people."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from seedbed.core.spec import Kind

SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+")
THAI_DIGITS = str.maketrans("๐๑๒๓๔๕๖๗๘๙", "0123456789")
HAS_THAI_DIGIT = re.compile("[๐-๙]")
# Nobody's data is of the year 2400 of our era; in the Buddhist one it was 1857.
YEARS = re.compile(r"(?<!\d)(2[4-6]\d\d)(?!\d)")
DAY_FIRST = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?:\s.*)?")
GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
SERIAL_DAY = re.compile(r"[1-5]\d{4}(?:\.\d+)?")


def explain(value: str, kind: Kind, pattern_width: int | None = None) -> str:
    """What Excel probably did to the cell, and how to mend it; "" where nothing is recognised.

    `pattern_width`: how many digits a code of this column has.
    """
    if HAS_THAI_DIGIT.search(value):
        return f"Thai digits; write {value.translate(THAI_DIGITS)}"
    return EXPLAIN.get(kind, _nothing)(value, pattern_width)


def _of_code(value: str, width: int | None) -> str:
    if SCIENTIFIC.fullmatch(value):
        return "a spreadsheet made a number in scientific notation of it; format the column as text and enter the code again"
    if width and value.isascii() and value.isdigit() and len(value) < width:
        return f"a spreadsheet took the leading zeros; write {value.zfill(width)}"
    whole, point, zeros = value.partition(".")
    if point and whole.isdigit() and set(zeros) == {"0"}:
        return f"a spreadsheet made a decimal number of it; write {whole.zfill(width or 0)}"
    return ""


def _of_number(value: str, _: int | None) -> str:
    if SCIENTIFIC.fullmatch(value):
        return "a number in scientific notation; format the column as text and enter the digits"
    if GROUPED.fullmatch(value):
        return f"commas between the thousands; write {value.replace(',', '')}"
    return ""


def _of_date(value: str, _: int | None) -> str:
    year = YEARS.search(value)
    if year:
        return f"a Buddhist year; {year[1]} is {int(year[1]) - 543}"
    if DAY_FIRST.fullmatch(value):
        return "a spreadsheet's date; write it as year-month-day, such as 2026-11-21"
    if SERIAL_DAY.fullmatch(value):
        return "a spreadsheet's day number; format the column as a date such as 2026-11-21"
    return ""


def _nothing(_value: str, _width: int | None) -> str:
    return ""


EXPLAIN: Mapping[Kind, Callable[[str, int | None], str]] = MappingProxyType(
    {"text": _of_code, "integer": _of_number, "decimal": _of_number, "date": _of_date, "timestamp": _of_date}
)
