"""Checks of cells that Great Expectations does not have, by way of a judge: which rows break the rule."""

import sys
import unicodedata
from typing import Any

import pandas as pd
import pytest

from seedbed.core.errors import DataError
from seedbed.core.spec import Column, Entity
from seedbed.validation.cell_checks import UNSEEN, UNSEEN_IN
from seedbed.validation.check_rows import compile_rule_checker
from seedbed.validation.row_rules import Seen

ACTIVE = Column("active", "boolean", required=True, default=True)
PLACE = Entity("place", "site", (*(Column(name) for name in ("code", "parent", "name", "district")), ACTIVE))


def rule(kind: str, **kwargs: Any) -> dict[str, Any]:
    return {
        "type": f"expect_{kind}",
        "kwargs": kwargs,
        "severity": "critical",
        "description": "a sentence",
        "meta": {"rule": "rule"},
    }


def broken(cells: dict[str, list[str]], one: dict[str, Any], seen: Seen | None = None) -> list[int]:
    text = pd.DataFrame(cells, dtype="str")
    suite = {"name": "place", "expectations": [one]}
    findings = compile_rule_checker(suite, PLACE, list(text.columns), seen).check_block(text).findings
    return [finding.position for finding in findings]


@pytest.mark.parametrize(
    ("name", "is_clean"),
    [
        ("แผนกผู้ป่วยนอก", True),
        ("น้ำ", True),
        ("Café au lait", True),
        ("", True),
        ("แผนก  ผู้ป่วยนอก", False),
        ("แผนก\u00a0ผู้ป่วยนอก", False),
        ("แผนก\u200bผู้ป่วยนอก", False),
        ("\ufeffแผนก", False),
        ("เเผนก", False),
        ("น\u0e4d\u0e49\u0e32", False),  # NIKHAHIT, tone, AA in place of tone, AM
        ("ทํา", False),
        ("Cafe\u0301", False),  # not NFC
        ("แผนก\u061cผู้ป่วย", False),  # a mark of direction
        ("น้้ำ", False),  # a tone twice
        ("ผ่าาตัด", False),
        ("ป่\u0e35", False),  # a tone before its vowel
        ("\u0e31กษร", False),  # a vowel on nothing
    ],
)
def test_text_is_clean_or_not(name: str, is_clean: bool) -> None:
    found = broken({"name": ["ปกติ", name, "plain"]}, rule("column_values_to_be_clean_text", column="name"))
    assert found == ([] if is_clean else [1])


def test_units_are_ucum_s() -> None:
    cells = {"name": ["mg/dL", "10*3/uL", "%", "[IU]/L", "mcg", "MG/DL ", "cells", "", "m[IU]/L", "{ratio}"]}
    assert broken(cells, rule("column_values_to_be_ucum_units", column="name")) == [4, 5, 6]


def test_loinc_codes_have_the_right_check_digit() -> None:
    # The first six are LOINC's own codes, the next three the same with one digit changed or two exchanged.
    codes = [
        "2345-7",
        "718-7",
        "4548-4",
        "2093-3",
        "33914-3",
        "882-1",
        "2345-8",
        "2354-7",
        "4549-4",
        "abc",
        "2345",
        "2345-77",
    ]
    assert broken({"code": codes}, rule("column_values_to_be_loinc_codes", column="code")) == [6, 7, 8, 9, 10, 11]


def test_codes_are_iso_s() -> None:
    def of(standard: str, *codes: str) -> list[int]:
        one = rule("column_values_to_be_iso_codes", column="code", standard=standard)
        return broken({"code": list(codes)}, one)

    assert of("4217", "THB", "USD", "XYZ", "thb", "") == [2, 3]
    assert of("639-1", "th", "en", "xx", "tha") == [2, 3]
    assert of("3166-1", "TH", "UK") == [1]
    assert of("3166-1-alpha-3", "THA", "TH") == [1]
    assert of("4217-numeric", "764", "000") == [1]


def test_a_code_starts_with_the_one_above_it() -> None:
    cells = {"code": ["100101", "100201", "", "1"], "district": ["1001", "1001", "1001", ""]}
    one = rule("column_pair_values_a_to_start_with_b", column_A="code", column_B="district")
    assert broken(cells, one) == [1]


def test_a_cell_is_unique_over_the_blocks_of_a_file_and_the_first_one_stays() -> None:
    one = rule("column_values_to_be_unique", column="name")
    seen: Seen = {}
    assert broken({"name": ["a", "b", "a", "", ""]}, one, seen) == [2]
    assert broken({"name": ["c", "b", "", "c"]}, one, seen) == [1, 3]
    assert broken({"name": ["a"]}, one) == []


def test_only_rows_of_the_condition_count_as_equal() -> None:
    active = {"type": "comparison", "column": {"name": "active"}, "operator": "==", "parameter": "TRUE"}
    one = rule("column_values_to_be_unique", column="name", row_condition=active)
    assert broken({"name": ["a", "a", "a", "b"], "active": ["FALSE", "TRUE", "TRUE", "TRUE"]}, one) == [2]


def test_a_flag_counts_however_it_is_spelt_and_where_the_file_lacks_it() -> None:
    active = {"type": "comparison", "column": {"name": "active"}, "operator": "==", "parameter": "TRUE"}
    one = rule("column_values_to_be_unique", column="name", row_condition=active)
    assert broken({"name": ["a", "a", "a"], "active": ["true", "", "false"]}, one) == [1]
    assert broken({"name": ["a", "a"]}, one) == [1]


def test_rows_that_are_left_out_do_not_count() -> None:
    text = pd.DataFrame({"code": ["A", "?", "B"], "parent": ["", "", "?"], "name": ["x", "x", "x"]}, dtype="str")
    codes = rule("column_values_to_match_regex", column="code", regex="^[A-Z]$")
    names = {**rule("column_values_to_be_unique", column="name"), "meta": {"rule": "names"}}
    above = {**rule("column_values_to_be_found_above", column="parent", in_column="code"), "meta": {"rule": "above"}}
    judge = compile_rule_checker({"name": "place", "expectations": [names, above, codes]}, PLACE, list(text.columns))
    found = [(finding.position, finding.rule) for finding in judge.check_block(text, unfit=[0]).findings]
    assert found == [(1, "rule"), (2, "above")]  # B is the first valid x, and its parent is not valid


def test_columns_together_are_unique() -> None:
    one = rule("compound_columns_to_be_unique", column_list=["name", "district"])
    cells = {"name": ["a", "a", "a", "a", "ab"], "district": ["1", "2", "1", "", "1"]}
    assert broken(cells, one) == [2]


def test_a_parent_stands_above_its_children() -> None:
    one = rule("column_values_to_be_found_above", column="parent", in_column="code")
    seen: Seen = {}
    assert broken({"code": ["A", "B", "C", "D"], "parent": ["", "A", "D", "D"]}, one, seen) == [2, 3]
    assert broken({"code": ["E", "F"], "parent": ["D", "X"]}, one, seen) == [1]


def test_a_code_s_beginning_stands_above_it() -> None:
    lengths = {3: 1, 4: 3, 5: 4, 7: 5}
    one = rule("column_values_to_be_found_above", column="code", in_column="code", prefix_lengths=lengths)
    assert broken({"code": ["A", "A01", "A01A", "A02A", "B01", "B"]}, one) == [3, 4]


def where(column: str, parameter: object, operator: str = "==") -> dict[str, Any]:
    return {"type": "comparison", "column": {"name": column}, "operator": operator, "parameter": parameter}


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (rule("column_values_to_be_ucum_units"), "lacks 'column'"),
        (rule("column_values_to_be_ucum_units", column="unit"), "unknown column 'unit'"),
        (rule("column_values_to_be_iso_codes", column="code", standard="421"), "unknown ISO standard '421'"),
        (rule("column_values_to_be_unique", column="code", mostly=0.9), "'mostly' says nothing about one row"),
        (rule("column_values_to_be_unique", column="code", colum="x"), "unknown argument of .*unique 'colum'"),
        (
            rule("column_values_to_be_unique", column="code", row_condition={"type": "and"}),
            "does not know this row_con",
        ),
    ],
)
def test_a_check_that_is_written_wrong_is_refused(one: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=f"suite 'place', rule 'rule': .*{message}"):
        broken({"code": ["1"], "name": ["x"]}, one)


def test_unseen_characters_stand_only_where_they_are_looked_for() -> None:
    looked_for = {code for codes in UNSEEN_IN for code in codes}
    unseen = {code for code in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(code)) in UNSEEN}
    assert unseen
    assert unseen <= looked_for
