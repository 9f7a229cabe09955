"""Text that a spreadsheet would run as a formula gets an apostrophe; numbers and other text stay as they are."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest

from seedbed.actions.context import AppContext
from seedbed.actions.runs.write_report import CHANGE_COLUMNS, write_listing
from seedbed.formats.spreadsheet_cells import table_without_formulas, without_formula

FORMULAS = [
    "=1+1",
    "+A1",
    "-A1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=",
    "-",
    "+66 81 234",
    "-1\n",
    "+1-2",
    "--1",
    "-1e",
    "-٣",
    "+.",
]
NUMBERS = ["-5", "+5", "-5.25", "-.5", "+1e3", "-1.E-7"]
TEXTS = ["", "a=1", "'=1", " =1", "5-3", "สมชาย", '{"a": -1}']


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert without_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*NUMBERS, *TEXTS, None, -5, True])
def test_everything_else_stays(cell: object) -> None:
    assert without_formula(cell) is cell


def test_a_table_is_treated_like_its_cells() -> None:
    cells = [*FORMULAS, *NUMBERS, *TEXTS, None]
    table = pa.table({"text": cells, "number": pa.array([-1] * len(cells)), "plain": ["a"] * len(cells)})
    safe = table_without_formulas(table)
    assert safe.column("text").to_pylist() == [without_formula(cell) for cell in cells]
    assert safe.schema == table.schema
    assert safe.drop(["text"]) == table.drop(["text"])


def test_an_empty_table_keeps_its_columns() -> None:
    table = pa.table({"text": pa.array([], pa.string())})
    assert table_without_formulas(table) == table


def test_a_listing_holds_no_formula(tmp_path: Path) -> None:
    context = cast("AppContext", SimpleNamespace(root=tmp_path))
    row: Any = SimpleNamespace(entity="unit", key="@key", column="name", before="-4", after='=HYPERLINK("x")')
    write_listing(context, tmp_path / "changes.csv", CHANGE_COLUMNS, [row])
    assert (tmp_path / "changes.csv").read_text() == (
        'entity,key,column,before,after\nunit,\'@key,name,-4,"\'=HYPERLINK(""x"")"\n'
    )
