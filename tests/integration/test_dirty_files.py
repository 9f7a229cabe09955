"""CSV files as people and spreadsheets make them, from file to table: exact counts, rows and words."""

import pytest

from seedbed.core.errors import DataError
from seedbed.database.ledger.run_results import receipts_of
from tests.support.builders.houses import BED, WARD, SmallHouse, counts

THREE_DIGITS = ("expect_column_values_to_match_regex", {"column": "code", "regex": "^[0-9]{3}$"})
HEADER = "code,name,active\n"


@pytest.fixture
def coded(small: SmallHouse) -> SmallHouse:
    """Wards whose codes have three digits."""
    small.suite(WARD, THREE_DIGITS)
    return small


def stored(small: SmallHouse) -> list[tuple[str, str | None, bool]]:
    return small.query("SELECT code, name, active FROM test_ward ORDER BY code")  # type: ignore[return-value]


RIGHT = {
    "a byte order mark": (b"\xef\xbb\xbf" + "code,name\n001,ก\n".encode(), [("001", "ก", True)]),
    "CRLF": (b"code,name\r\n001,a\r\n002,b\r\n", [("001", "a", True), ("002", "b", True)]),
    "returns alone": (b"code,name\r001,a\r002,b", [("001", "a", True), ("002", "b", True)]),
    "no last line end": (b"code,name\n001,a", [("001", "a", True)]),
    "quotes": (b'code,name\n001,"say ""a, b"""\n"002",b\n', [("001", 'say "a, b"', True), ("002", "b", True)]),
    "line breaks in cells": (
        b'code,name\n001,"one\ntwo\r\nthree"\n002,b\n',
        [("001", "one\ntwo\r\nthree", True), ("002", "b", True)],
    ),
    "Thai": ("code,name\n001,หอผู้ป่วย ๑๒\n".encode(), [("001", "หอผู้ป่วย ๑๒", True)]),
    "empty cells": (
        b"code,name\n001,\n002,  \n003,NULL\n",
        [("001", None, True), ("002", None, True), ("003", "NULL", True)],
    ),
    "blank lines": (b"code,name\n\n001,a\n,\n  ,\n\n002,b\n\n", [("001", "a", True), ("002", "b", True)]),
    "outer spaces": (" code , name \n 001 ,\u00a0a b\t\n".encode(), [("001", "a b", True)]),
    "columns in another order": (b"active,name,code\nFALSE,a,001\n", [("001", "a", False)]),
    "a header alone": (b"code,name\n", []),
    "TRUE and FALSE in any case": (
        b"code,active\n001,TRUE\n002,true\n003,True\n004,FALSE\n005,fAlSe\n",
        [("001", None, True), ("002", None, True), ("003", None, True), ("004", None, False), ("005", None, False)],
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_what_is_merely_unusual_is_loaded_as_it_is_meant(coded: SmallHouse, kind: str) -> None:
    content, rows = RIGHT[kind]
    report = coded.load(WARD, content)
    assert counts(report) == ({"read": len(rows), "inserted": len(rows)} if rows else {})
    assert stored(coded) == rows
    assert coded.skips() == []


# Single rows that are wrong


def test_wrong_rows_are_named_by_the_spreadsheet_s_row_and_the_right_ones_loaded(coded: SmallHouse) -> None:
    content = (
        "code,name,active\n"
        "001,right,TRUE\n"
        "\n"
        '002,"two\nlines",TRUE\n'
        "003,a,TRUE,too,long\n"
        "004,short\n"
        "5,lost zeros,TRUE\n"
        "1.2E+05,science,TRUE\n"
        "006,b,yes\n"
        "๐๐๗,Thai digits,TRUE\n"
        ",no code,TRUE\n"
        "002,again,TRUE\n"
        "008,right,FALSE\n"
        "009,empty flag,\n"
    )
    report = coded.load(WARD, content)
    assert counts(report) == {"read": 12, "inserted": 3, "skipped": 9}
    assert [code for code, *_ in stored(coded)] == ["001", "002", "008"]
    assert coded.reasons() == dict.fromkeys((5, 6, 7, 8, 9, 10, 11, 14), "invalid") | {12: "duplicate_in_file"}
    said = {row: message for row, _, message in coded.skips()}
    assert said[5] == "cells in this row: 5, in the header: 3"
    assert said[6] == "cells in this row: 2, in the header: 3"
    assert said[7].endswith("(a spreadsheet took the leading zeros; write 005)")
    assert said[8].startswith("code is a number in scientific notation, not a code (a spreadsheet made a number in")
    assert said[9] == "active is not TRUE or FALSE"
    assert said[10].endswith("(Thai digits; write 007)")
    assert said[11] == "code is empty"
    assert said[12] == "the key stands earlier in this file"
    assert said[14] == "active is empty"


def test_cells_that_do_not_fit_their_column_are_named_with_what_a_spreadsheet_did(small: SmallHouse) -> None:
    small.load(WARD, "code\nA\n")
    cells = {
        "rank": ["1,000", "1.2E+05", "๑๒", "3.0"],
        "price": ["1,234.50", "twelve"],
        "bought_on": ["2569-11-21", "21/11/2026", "45987", "๒๕๖๙-๑๑-๒๑", "2026-02-30"],
        "seen_at": ["2569-11-21T01:30:00Z", "soon"],
        "more": ["{'a': 1}", "NaN"],
    }
    lines, expected = [], []
    for column, values in cells.items():
        for value in values:
            lines.append(
                ",".join(["A", *('"' + (value if name == column else "") + '"' for name in cells), str(len(lines))])
            )
            expected.append(column)
    header = ",".join(["ward_code", *cells, "code"])
    report = small.load(BED, "\n".join([header, *lines]))
    assert counts(report) == {"read": len(lines), "skipped": len(lines)}
    said = [message for _, _, message in small.skips()]
    assert [message.split(" ")[0] for message in said] == expected
    hints = (
        "commas between",
        "scientific notation",
        "Thai digits; write 12",
        "",
        "commas between",
        "",
        "a Buddhist year; 2569 is 2026",
    )
    hints += (
        "a spreadsheet's date",
        "a spreadsheet's day number",
        "Thai digits; write 2569-11-21",
        "",
        "a Buddhist year",
        "",
        "",
        "",
    )
    for message, hint in zip(said, hints, strict=True):
        assert hint in message
        assert ("(" in message) == bool(hint), message


# Files that are wrong as a whole

BROKEN = {
    "an unclosed quote": (
        b'code,name\n001,a\n002,"never closed\n003,b\n',
        "data/site/test_ward.csv, row 3: a quote opens here and is not closed",
    ),
    "bytes that are not UTF-8": (
        b"code,name\n001,a\xff\xfe\xfdb\n",
        "data/site/test_ward.csv, row 2: byte 15 of the file (0xFF) is not UTF-8",
    ),
    "windows-874": ("code,name\n001,ไทย\n".encode("cp874"), "it looks like windows-874 (TIS-620)"),
    "UTF-16": ("code,name\n001,ไทย\n".encode("utf-16"), "data/site/test_ward.csv: is in UTF-16, not in UTF-8"),
    "a workbook": (b"PK\x03\x04rest", "is an Excel workbook, not a CSV file"),
    "nothing": (b"", "the file is empty"),
    "semicolons": (b"code;name\n001;a\n", "its columns are separated by semicolons"),
    "a merge conflict": (
        b"code,name\n<<<<<<< HEAD\n001,a\n=======\n001,b\n>>>>>>> x\n",
        "row 2: a merge-conflict marker",
    ),
    "an unknown column": (
        b"code,nmae\n001,a\n",
        "unknown column 'nmae'; did you mean 'name'? known: code, name, active",
    ),
    "a missing column": (b"name\na\n", "lacks the columns 'code'; it has: name"),
    "a column twice": (b"code,name,name\n001,a,b\n", "the column 'name' stands twice"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_wrong_as_a_whole_fails_and_leaves_nothing(coded: SmallHouse, kind: str) -> None:
    content, words = BROKEN[kind]
    with pytest.raises(DataError) as caught:
        coded.load(WARD, content)
    assert words in str(caught.value)
    assert (stored(coded), coded.skips(), receipts_of(coded.database, "run-1")) == ([], [], ())


def test_a_missing_file_is_named_with_every_place_that_was_tried(small: SmallHouse) -> None:
    with pytest.raises(DataError) as caught:
        small.load(WARD)
    assert str(small.data / "site/test_ward.csv") in str(caught.value)
    assert str(small.data / "site/test-ward.csv") in str(caught.value)


def test_a_rule_about_the_whole_file_fails_it(small: SmallHouse) -> None:
    small.suite(WARD, ("expect_table_row_count_to_be_between", {"min_value": 2}))
    with pytest.raises(DataError, match="the file has 1 rows: breaks rule 0"):
        small.load(WARD, "code\nA\n")
    assert stored(small) == []
    assert counts(small.load(WARD, "code\nA\nB\n")) == {"read": 2, "inserted": 2}
