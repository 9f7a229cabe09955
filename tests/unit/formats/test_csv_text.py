"""Tables as CSV: what Python's csv module writes, and reads."""

import csv
import io
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.formats.csv_text import csv_bytes

CELLS = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8))
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=20)
)


def text_of(*tables):
    return b"".join(csv_bytes(tables)).decode()


def of(rows):
    width = len(rows[0])
    return pa.table({f"column {n}": pa.array([row[n] for row in rows], pa.string()) for n in range(width)})


def written(header, rows):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([header, *rows])
    return stream.getvalue()


@given(ROWS)
def test_it_is_what_the_csv_module_writes(rows):
    made = of(rows)
    assert text_of(made) == written(made.column_names, rows)


@given(ROWS, st.data())
def test_the_cut_of_a_table_changes_no_byte(rows, data):
    made = of(rows)
    cut = data.draw(st.integers(0, len(rows)))
    chunked = pa.concat_tables([made.slice(0, cut), made.slice(cut)])
    assert text_of(made.slice(0, cut), made.slice(cut)) == text_of(chunked) == text_of(made)


@pytest.mark.parametrize("cell", ["a\rb", "a\r\nb", 'say "no"', "1,5", ",", '"', "\n", " a ", "ก,ข"])
def test_a_cell_comes_back_as_it_was(cell):
    said = text_of(pa.table({"a,b": [cell, "x"], "c": ["y", cell]}))
    assert list(csv.reader(io.StringIO(said, newline=""))) == [["a,b", "c"], [cell, "y"], ["x", cell]]


def test_values_look_as_in_the_data_files():
    made = pa.table(
        {
            "number": pa.array([1, None], pa.int64()),
            "price": pa.array([Decimal("1.500000"), None], pa.decimal128(18, 6)),
            "day": pa.array([date(2026, 11, 21), None]),
            "is_on": pa.array([True, False]),
            "is_off": pa.array([None, False]),
        }
    )
    assert text_of(made) == "number,price,day,is_on,is_off\n1,1.500000,2026-11-21,TRUE,\n,,,FALSE,FALSE\n"


def test_a_table_without_rows_is_its_header():
    assert text_of(pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())})) == "a,b\n"
    assert text_of() == ""
