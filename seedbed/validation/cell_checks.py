"""Checks of cells that Great Expectations does not have, as marks beside the cells: its judge then finds the marks that are not set.

A check is given the filled cells of its columns, and what it has seen in the file so far, and says of each row whether it holds.
"""

import importlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from seedbed.core.errors import DataError, unknown_name
from seedbed.master_data.keys import SEPARATOR, SeenKeys

CellCheck = Callable[[pd.DataFrame, Mapping[str, Any], SeenKeys], np.ndarray]
# Two vowels E that look like AE, and NIKHAHIT with AA that looks like AM: equal on the screen, and no search finds them.
THAI_LOOK_ALIKE = "\u0e40\u0e40|\u0e4d[\u0e48-\u0e4b]?\u0e32"
# What no Thai word has: a leading vowel without its consonant, a vowel or mark on nothing, a vowel or mark twice.
THAI_DISORDER = (
    "[\u0e40-\u0e44](?![\u0e01-\u0e2e])|(?<![\u0e01-\u0e2e])[\u0e31\u0e34-\u0e3a\u0e47]"
    "|(?<![\u0e01-\u0e2e\u0e31\u0e34-\u0e39])[\u0e48-\u0e4b]|(?<![\u0e01-\u0e2e\u0e34\u0e38])\u0e4c|([\u0e30-\u0e4e])\\1"
)
UNSEEN = ("Zs", "Zl", "Zp", "Cf")  # Unicode's categories of blanks, and of what has no width or turns the direction
UNSEEN_IN = (
    range(0x80, 0x20000),
    range(0xE0000, 0xE1000),
)  # no other plane has any; to look through all takes a second
KEPT, BROKEN = "kept", "broken"
LOINC = re.compile(r"([0-9]{1,7})-([0-9])")
ISO: Mapping[str, tuple[str, str]] = {  # standard -> pycountry's list, and the attribute of its entries
    "3166-1": ("countries", "alpha_2"),
    "3166-1-alpha-3": ("countries", "alpha_3"),
    "4217": ("currencies", "alpha_3"),
    "4217-numeric": ("currencies", "numeric"),
    "639-1": ("languages", "alpha_2"),
    "639-3": ("languages", "alpha_3"),
}


def clean_text(cells: pd.DataFrame, _: Mapping[str, Any], __: SeenKeys) -> np.ndarray:
    """Text in Unicode's form NFC without doubled or look-alike blanks, unseen characters, look-alike or misplaced Thai vowels and marks."""
    # Sound cells are the rule: they are looked through as one text.
    if _is_clean("\n".join(cells.iloc[:, 0])):
        return np.ones(len(cells), dtype=bool)
    return _each(cells.iloc[:, 0], _is_clean)


def ucum_units(cells: pd.DataFrame, _: Mapping[str, Any], __: SeenKeys) -> np.ndarray:
    """Units of the Unified Code for Units of Measure, case sensitive."""
    return _each(cells.iloc[:, 0], _is_ucum)


def loinc_codes(cells: pd.DataFrame, _: Mapping[str, Any], __: SeenKeys) -> np.ndarray:
    """LOINC codes: up to seven digits, a hyphen and the check digit of them by modulus 10."""
    return _each(cells.iloc[:, 0], _is_loinc)


def iso_codes(cells: pd.DataFrame, kwargs: Mapping[str, Any], _: SeenKeys) -> np.ndarray:
    """Codes of an ISO standard, as pycountry lists them."""
    codes = _iso(str(kwargs["standard"]))
    return _each(cells.iloc[:, 0], lambda code: code in codes)


def starts_with(cells: pd.DataFrame, _: Mapping[str, Any], __: SeenKeys) -> np.ndarray:
    """The first column's cell begins with the second's."""
    pairs = zip(cells.iloc[:, 0], cells.iloc[:, 1], strict=True)
    return np.fromiter((first.startswith(second) for first, second in pairs), dtype=bool, count=len(cells))


def unique(cells: pd.DataFrame, _: Mapping[str, Any], seen: SeenKeys) -> np.ndarray:
    """Cells that stand in no row above; several columns count together."""
    first, *others = (cells.iloc[:, place] for place in range(cells.shape[1]))
    for column in others:
        first = first + SEPARATOR + column
    return ~seen.find_repeats(first.reset_index(drop=True))


def found_above(cells: pd.DataFrame, kwargs: Mapping[str, Any], seen: SeenKeys) -> np.ndarray:
    """Cells that stand in `in_column` of a row above, or whose beginning does: `prefix_lengths` says by a cell's length how much."""
    lengths = kwargs.get("prefix_lengths")
    wanted = cells.iloc[:, 0]
    if lengths:
        wanted = wanted.map(lambda cell: cell[: lengths[len(cell)]] if len(cell) in lengths else "")
    held = cells.iloc[:, -1].reset_index(drop=True)
    first = {cell: row for row, cell in reversed(list(enumerate(held)))}
    here = np.fromiter(
        (first.get(cell, len(held)) < row for row, cell in enumerate(wanted)), dtype=bool, count=len(held)
    )
    above = seen.is_present(wanted.reset_index(drop=True))
    seen.find_repeats(held[held != ""])
    return np.asarray(here | above | (wanted == "").to_numpy())


ACROSS_ROWS = (  # what rows above say counts: they are judged among the rows that keep all other critical rules
    "expect_column_values_to_be_unique",
    "expect_compound_columns_to_be_unique",
    "expect_column_values_to_be_found_above",
)
CHECKS: Mapping[str, CellCheck] = {
    "expect_column_values_to_be_clean_text": clean_text,
    "expect_column_values_to_be_ucum_units": ucum_units,
    "expect_column_values_to_be_loinc_codes": loinc_codes,
    "expect_column_values_to_be_iso_codes": iso_codes,
    "expect_column_pair_values_a_to_start_with_b": starts_with,
    "expect_column_values_to_be_unique": unique,
    "expect_compound_columns_to_be_unique": unique,
    "expect_column_values_to_be_found_above": found_above,
}
KWARGS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # needed, and allowed beside them
    "expect_column_values_to_be_iso_codes": (("column", "standard"), ("row_condition",)),
    "expect_column_pair_values_a_to_start_with_b": (("column_A", "column_B"), ("row_condition",)),
    "expect_compound_columns_to_be_unique": (("column_list",), ("row_condition",)),
    "expect_column_values_to_be_found_above": (("column", "in_column"), ("prefix_lengths",)),
}


def marks(expectation: Mapping[str, Any], text: pd.DataFrame, seen: SeenKeys) -> pd.Series:
    """For each row KEPT or BROKEN; null where there is nothing to judge: a cell is empty, or the rule's condition does not hold."""
    kind, kwargs = expectation["type"], expectation["kwargs"]
    cells = text[check_columns_of(expectation)].fillna("")
    judged = np.ones(len(text), dtype=bool)
    if kind != "expect_column_values_to_be_found_above":  # which sees every row: parents may have no parent
        judged = (cells != "").all(axis=1).to_numpy() & _condition(kwargs.get("row_condition"), text)
    found = pd.Series([None] * len(text), index=text.index, dtype="object")
    found[judged] = np.where(CHECKS[kind](cells[judged], kwargs, seen), KEPT, BROKEN)
    return found


def check_columns_of(expectation: Mapping[str, Any]) -> list[str]:
    """The columns whose cells a check is given, in its order."""
    kwargs = expectation["kwargs"]
    named = [kwargs[name] for name in ("column", "column_A", "column_B", "in_column") if name in kwargs]
    return [str(column) for column in (*named, *kwargs.get("column_list", ()))]


def check_kwargs(expectation: Mapping[str, Any]) -> None:
    """DataError where a check lacks what it needs, is given what it does not know, or has a condition that it cannot read."""
    kwargs = expectation["kwargs"]
    needed, allowed = KWARGS.get(expectation["type"], (("column",), ("row_condition",)))
    for name in needed:
        if kwargs.get(name) in (None, "", []):
            raise DataError(f"{expectation['type']} lacks '{name}'", next_step="add it to kwargs", code="suite-invalid")
    for name in kwargs:
        if name not in (*needed, *allowed):
            refusal = unknown_name(f"argument of {expectation['type']}", name, (*needed, *allowed))
            raise DataError(refusal.message, next_step=refusal.next_step, code="suite-invalid")
    if kwargs.get("standard", "4217") not in ISO:
        refusal = unknown_name("ISO standard", str(kwargs["standard"]), ISO)
        raise DataError(refusal.message, next_step=refusal.next_step, code="suite-invalid")
    if not _is_known(kwargs.get("row_condition", EVERY_ROW)):
        step = "write {type: comparison, column: {name: active}, operator: '==', parameter: 'TRUE'}"
        raise DataError(f"{expectation['type']} does not know this row_condition", next_step=step, code="suite-invalid")
    lengths = kwargs.get("prefix_lengths", {})
    if not isinstance(lengths, Mapping) or not all(type(n) is int for pair in lengths.items() for n in pair):
        step = "write {3: 1}: of a cell of three characters the first one"
        raise DataError(
            f"{expectation['type']} does not know these prefix_lengths", next_step=step, code="suite-invalid"
        )


EVERY_ROW: Mapping[str, Any] = {"type": "comparison", "column": {"name": ""}, "operator": "==", "parameter": ""}


def _is_known(condition: Any) -> bool:
    """Whether a condition says that a column's cell is a text; another would find no row, and the rule would pass."""
    if not isinstance(condition, Mapping) or set(condition) != set(EVERY_ROW):
        return False
    column = condition["column"]
    names_a_column = isinstance(column, Mapping) and set(column) == {"name"} and isinstance(column["name"], str)
    compares = (condition["type"], condition["operator"]) == ("comparison", "==")
    return names_a_column and compares and isinstance(condition["parameter"], str)


def _condition(condition: Mapping[str, Any] | None, text: pd.DataFrame) -> np.ndarray:
    if condition is None:
        return np.ones(len(text), dtype=bool)
    return np.asarray(text[condition["column"]["name"]] == condition["parameter"])


def _each(cells: pd.Series, passes: Callable[[str], bool]) -> np.ndarray:
    """Each different cell is judged once."""
    codes, values = pd.factorize(cells)
    return np.fromiter((passes(str(value)) for value in values), dtype=bool, count=len(values))[codes]


def _is_clean(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not _unclean().search(text)


@cache
def _unclean() -> re.Pattern[str]:
    letters = (chr(code) for codes in UNSEEN_IN for code in codes)
    unseen = "".join(letter for letter in letters if unicodedata.category(letter) in UNSEEN)
    return re.compile(f"[{unseen}]|{THAI_LOOK_ALIKE}|{THAI_DISORDER}|  ")


def _is_loinc(code: str) -> bool:
    found = LOINC.fullmatch(code)
    if not found:
        return False
    digits = [int(digit) for digit in reversed(found[1])]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::2]]
    return (sum(doubled) + sum(digits[1::2]) + int(found[2])) % 10 == 0


@cache
def _is_ucum(unit: str) -> bool:
    lark = importlib.import_module("lark.exceptions")
    try:
        _ucum().parse(unit)
    except lark.LarkError:
        return False
    return True


@cache
def _ucum() -> Any:
    return importlib.import_module("ucumvert").get_ucum_parser()


@cache
def _iso(standard: str) -> frozenset[str]:
    entries, attribute = ISO[standard]
    listed = getattr(importlib.import_module("pycountry"), entries)
    return frozenset(getattr(entry, attribute) for entry in listed if hasattr(entry, attribute))
