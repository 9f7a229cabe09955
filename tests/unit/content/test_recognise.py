import pytest

from seedbed.content.spreadsheet_hints import spreadsheet_hint

CASES = {
    "lost zeros": ("1", "text", 3, "a spreadsheet took the leading zeros; write 001"),
    "scientific code": ("1.2E+05", "text", 6, "a spreadsheet made a number in scientific notation of it;"),
    "scientific code, plain": ("12e10", "text", None, "a spreadsheet made a number in scientific notation of it;"),
    "decimal code": ("10.0", "text", 3, "a spreadsheet made a decimal number of it; write 010"),
    "scientific number": ("1E+05", "integer", None, "a number in scientific notation;"),
    "thousands": ("1,234.50", "decimal", None, "commas between the thousands; write 1234.50"),
    "Thai digits": ("๑๐", "integer", None, "Thai digits; write 10"),
    "Thai digits in a code": ("A๐๑", "text", None, "Thai digits; write A01"),
    "Buddhist year": ("2569-11-21", "date", None, "a Buddhist year; 2569 is 2026"),
    "Buddhist year, day first": ("21/11/2569", "date", None, "a Buddhist year; 2569 is 2026"),
    "Buddhist year in a time": ("2569-11-21T01:30:00", "timestamp", None, "a Buddhist year; 2569 is 2026"),
    "day first": ("21/11/2026", "date", None, "a spreadsheet's date;"),
    "day number": ("46347", "date", None, "a spreadsheet's day number;"),
}
PLAIN = {
    "a code": ("001", "text", 3),
    "a longer code": ("0012", "text", 3),
    "a word": ("general", "text", 3),
    "a number": ("12.5", "decimal", None),
    "a date": ("2026-11-21", "date", None),
    "a flag": ("yes", "boolean", None),
}


@pytest.mark.parametrize(("value", "kind", "width", "hint"), CASES.values(), ids=CASES.keys())
def test_what_a_spreadsheet_did_is_named(value, kind, width, hint):
    assert str(spreadsheet_hint(value, kind, width)).startswith(hint)


@pytest.mark.parametrize(("value", "kind", "width"), PLAIN.values(), ids=PLAIN.keys())
def test_a_plain_cell_has_no_explanation(value, kind, width):
    assert spreadsheet_hint(value, kind, width) is None
