import datetime as dt
import json
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.spec import Column, Entity, Reference
from seedbed.master_data.json_text import json_objects
from seedbed.master_data.shape import shape

UTC = dt.UTC


def shaped(column, *cells):
    """The column's values, and position -> rule of what does not fit; the column stands beside a key."""
    one = Entity("x", "m", (Column("code", required=True), column))
    text = pd.DataFrame({"code": [f"c{n}" for n in range(len(cells))], column.headers[0]: list(cells)}, dtype="str")
    table, findings = shape(one, text)
    return table.column(column.name).to_pylist(), {found.position: found.rule for found in findings}


EMPTY = ("", None)
RIGHT = {
    "text": [("001", "001"), ("NA", "NA"), ("ก ข", "ก ข"), EMPTY],
    "integer": [("7", 7), ("-7", -7), ("+007", 7), ("0", 0), ("9" * 18, 10**18 - 1), EMPTY],
    "decimal": [
        ("12.50", Decimal("12.5")),
        ("-1", Decimal(-1)),
        ("+0.000001", Decimal("0.000001")),
        ("9" * 12 + ".999999", Decimal("999999999999.999999")),
        EMPTY,
    ],
    "boolean": [
        *((cell, True) for cell in ("TRUE", "true", "True", "tRuE")),
        *((cell, False) for cell in ("FALSE", "false", "fAlSe")),
        EMPTY,
    ],
    "date": [
        ("2026-11-21", dt.date(2026, 11, 21)),
        ("1900-01-01", dt.date(1900, 1, 1)),
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2400-12-31", dt.date(2400, 12, 31)),
        EMPTY,
    ],
    "timestamp": [
        ("2026-11-21T01:30:00+07:00", dt.datetime(2026, 11, 20, 18, 30, tzinfo=UTC)),
        ("2026-11-21 01:30:00", dt.datetime(2026, 11, 21, 1, 30, tzinfo=UTC)),
        ("2026-11-21T01:30:00.123456Z", dt.datetime(2026, 11, 21, 1, 30, 0, 123456, tzinfo=UTC)),
        ("2026-11-21", dt.datetime(2026, 11, 21, tzinfo=UTC)),
        EMPTY,
    ],
    "json": [('{"a": [1, null]}', '{"a": [1, null]}'), ("3", "3"), ('"ก"', '"ก"'), EMPTY],
    "list": [("a, b ,c", ["a", "b", "c"]), ("a", ["a"]), EMPTY],
}
WRONG = {
    "integer": ["1.0", "1,000", "abc", "1e3", "๑", "9" * 19, "--1", "1 2", "TRUE"],
    "decimal": ["1,5", "1.2E+05", "๑๒", "1.", ".5", "9" * 13, "1.1234567", "NaN", "inf"],
    "boolean": ["yes", "1", "0", "T", "ใช่", "truee"],
    "date": [
        "21/11/2026",
        "2569-11-21",
        "2026-13-01",
        "2026-02-30",
        "20261121",
        "๒๕๖๙-๑๑-๒๑",
        "45987",
        "2026-11-21T00:00:00",
    ],
    "timestamp": ["yesterday", "2569-11-21T01:30:00Z", "2026-11-21T25:00:00", "21/11/2026 10:00"],
    "json": ["{", "{'a': 1}", "NaN", "[Infinity]", "[" * 100_000, "text"],
}


@pytest.mark.parametrize("kind", RIGHT)
def test_what_fits_gets_the_column_s_type_and_an_empty_cell_is_null(kind):
    cells, values = zip(*RIGHT[kind], strict=True)
    assert shaped(Column("c", kind), *cells) == (list(values), {})


@pytest.mark.parametrize("kind", WRONG)
def test_what_does_not_fit_is_null_and_a_finding_and_its_neighbours_are_as_they_were(kind):
    good, value = RIGHT[kind][0]
    cells = [cell for wrong in WRONG[kind] for cell in (wrong, good)]
    values, findings = shaped(Column("c", kind), *cells)
    assert findings == dict.fromkeys(range(0, len(cells), 2), "type")
    assert values == [None, value] * len(WRONG[kind])


@pytest.mark.parametrize("kind", RIGHT)
def test_a_column_of_nothing_but_empty_cells_is_null(kind):
    assert shaped(Column("c", kind), "", "") == ([None, None], {})


@pytest.mark.parametrize("kind", RIGHT)
def test_a_required_cell_that_is_empty_is_a_finding(kind):
    good = RIGHT[kind][0][0]
    assert shaped(Column("c", kind, required=True), good, "", good)[1] == {1: "required"}


def test_findings_name_the_header_and_what_was_expected():
    one = Entity("x", "m", (Column("rank_no", "integer", header="rank", required=True),), key=("rank_no",))
    _, findings = shape(one, pd.DataFrame({"rank": ["x", ""]}, dtype="str"))
    assert [(found.column, found.message) for found in findings] == [
        ("rank", "rank is not a whole number"),
        ("rank", "rank is empty"),
    ]


def test_a_code_that_a_spreadsheet_made_a_number_of_is_a_finding_but_a_name_may_look_so():
    columns = (Column("code"), Column("name"), Column("ward_id", header="ward", references=Reference("ward")))
    text = pd.DataFrame(
        {"code": ["1.2E+05", "1E5", "E5"], "name": ["1.2E+05"] * 3, "ward": ["9", "8e-3", "7"]}, dtype="str"
    )
    _, findings = shape(Entity("x", "m", columns), text)
    assert [(found.position, found.column, found.rule) for found in findings] == [
        *((0, "code", "code"), (1, "code", "code"), (1, "ward", "code")),
    ]


def test_a_reference_stays_the_text_of_its_cell_whatever_it_refers_to():
    assert shaped(Column("c", "integer", references=Reference("other")), "007", "") == (["007", None], {})


def test_only_the_columns_that_the_file_has_are_in_the_table():
    one = Entity("x", "m", (Column("code"), Column("name"), Column("info", "json", parts=("a.x", "a.y"))))
    table, _ = shape(one, pd.DataFrame({"a.y": ["1"], "code": ["c"], "_row": ["2"]}, dtype="str"))
    assert table.to_pylist() == [{"code": "c", "info": '{"y":"1"}'}]


# JSON from parts

INFO = Column("info", "json", parts=("info.th.name", "info.en.name"))
PEOPLE = Column(
    "info", "json", parts=("prefix", "given", "en_given"), paths=("th.prefix", "th.givenName", "en.givenName")
)
NASTY = ['"', "\\", '\\"', "\n", "\x00", "\x1f", "\t", "{}", "null", "ไทย", "👩‍⚕️", "\u2028", "a,b", "'"]


def objects(column, **cells):
    return [
        None if one is None else json.loads(one)
        for one in json_objects(column, pd.DataFrame(cells, dtype="str")).to_pylist()
    ]


@pytest.mark.parametrize("cell", NASTY)
def test_any_text_survives_in_a_json_object(cell):
    made = objects(INFO, **{"info.th.name": [cell, "x"], "info.en.name": ["y", cell]})
    assert made == [{"th": {"name": cell}, "en": {"name": "y"}}, {"th": {"name": "x"}, "en": {"name": cell}}]


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))),
        min_size=1,
    )
)
def test_a_json_object_holds_exactly_the_cells(pairs):
    thai, english = zip(*pairs, strict=True)
    expected = [{"th": {"name": a or None}, "en": {"name": b or None}} if a or b else None for a, b in pairs]
    assert objects(INFO, **{"info.th.name": thai, "info.en.name": english}) == expected


def test_an_empty_part_is_null_and_an_object_without_any_part_is_null_itself():
    made = objects(INFO, **{"info.th.name": ["a", "", ""], "info.en.name": ["", "b", ""]})
    assert made == [{"th": {"name": "a"}, "en": {"name": None}}, {"th": {"name": None}, "en": {"name": "b"}}, None]


def test_a_part_that_the_file_lacks_is_not_in_the_object():
    assert objects(INFO, **{"info.en.name": ["b"]}) == [{"en": {"name": "b"}}]


def test_parts_stand_where_their_paths_say():
    made = objects(PEOPLE, prefix=["นาย"], given=["ก"], en_given=["K"])
    assert made == [{"th": {"prefix": "นาย", "givenName": "ก"}, "en": {"givenName": "K"}}]


def test_a_required_object_of_which_every_part_is_empty_is_a_finding():
    one = Entity("x", "m", (Column("code"), Column("info", "json", required=True, parts=INFO.parts)))
    text = pd.DataFrame({"code": ["a", "b"], "info.th.name": ["", ""], "info.en.name": ["x", ""]}, dtype="str")
    _, findings = shape(one, text)
    assert [(found.position, found.rule, found.column) for found in findings] == [(1, "required", "info.th.name")]


def test_a_file_without_rows_has_typed_columns_without_rows():
    one = Entity("x", "m", (*(Column(kind, kind) for kind in RIGHT), INFO), key=("text",))
    table, findings = shape(one, pd.DataFrame({header: [] for header in one.headers}, dtype="str"))
    assert (table.num_rows, findings) == (0, [])
