"""Cells of listings that people open in a spreadsheet: text there must not run as a formula."""

import re

import pyarrow as pa
import pyarrow.compute as pc

FORMULA_START = r"[=+\-@\t\r]"
NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
PREFIX = "'"

_starts_formula = re.compile(FORMULA_START)
_number = re.compile(NUMBER)


def without_formula(cell: object) -> object:
    """The cell, with an apostrophe before text that a spreadsheet would run; numbers, also as text, stay.

    >>> without_formula("=1+1"), without_formula("-5.2")
    ("'=1+1", '-5.2')
    """
    if not isinstance(cell, str) or not _starts_formula.match(cell) or _number.fullmatch(cell):
        return cell
    return PREFIX + cell


def table_without_formulas(table: pa.Table) -> pa.Table:
    """The table with `without_formula` applied to every text column."""
    for at, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(at, field, _column_without_formulas(table.column(at)))
    return table


def _column_without_formulas(column: pa.ChunkedArray) -> pa.ChunkedArray:
    starts = pc.match_substring_regex(column, f"^{FORMULA_START}")
    if not pc.any(starts).as_py():  # the usual case
        return column
    is_formula = pc.and_(starts, pc.invert(pc.match_substring_regex(column, f"^({NUMBER})$")))
    return pc.if_else(is_formula, pc.binary_join_element_wise(PREFIX, column, ""), column)
