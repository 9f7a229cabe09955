"""Row rules: every failing row is found, and nothing that could not be checked passes."""

import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seedbed.core.errors import DataError
from seedbed.core.spec import Column, Entity, Reference
from seedbed.validation.check_rows import RuleChecker, check_row_count, compile_rule_checker

WARD = Entity(
    "ward",
    "general",
    (
        Column("code", required=True),
        Column("info", "json", parts=("info.th.name", "info.en.name")),
        Column("branch_id", header="branch_code", references=Reference("branch")),
        Column("beds", "integer"),
        Column("rate", "decimal"),
        Column("opened", "date"),
        Column("closed", "date"),
        Column("seen_at", "timestamp"),
    ),
)
HEADERS = ("code", "info.th.name", "info.en.name", "branch_code", "beds", "rate", "opened", "closed", "seen_at")


def rule(kind: str, name: str = "the-rule", severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {
        "type": f"expect_{kind}",
        "kwargs": kwargs,
        "severity": severity,
        "description": f"sentence of {name}",
        "meta": {"rule": name},
    }


def suite(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"name": "ward", "expectations": list(rules)}


def frame(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name.replace("__", "."): cells for name, cells in columns.items()}, dtype="str")


def judge(text: pd.DataFrame, *rules: dict[str, Any]) -> list[int]:
    """The positions of the rows that break the rules."""
    return [
        finding.position
        for finding in compile_rule_checker(suite(*rules), WARD, list(text.columns)).check_block(text).findings
    ]


CODE = rule("column_values_to_match_regex", "code", column="code", regex="^W[0-9]{2}$")
BEDS = rule("column_values_to_be_between", "beds", column="beds", min_value=1, max_value=40)


@pytest.mark.parametrize(
    ("the_rule", "cells", "failing"),
    [
        (CODE, {"code": ["W01", "W1", "", "x\nW01"]}, [1, 3]),
        (rule("column_values_to_not_be_null", column="info.th.name"), {"info__th__name": ["หอผู้ป่วย", "", "ข"]}, [1]),
        (rule("column_values_to_be_null", column="info.en.name"), {"info__en__name": ["", "x"]}, [1]),
        (rule("column_values_to_be_in_set", column="code", value_set=["01", "02"]), {"code": ["01", "1", ""]}, [1]),
        (rule("column_values_to_be_in_set", column="beds", value_set=[1, 2]), {"beds": ["1", "01", "3", ""]}, [2]),
        (rule("column_values_to_not_be_in_set", column="code", value_set=["N/A"]), {"code": ["N/A", "n"]}, [0]),
        (BEDS, {"beds": ["0", "1", "40", "41", "", "many"]}, [0, 3]),
        (rule("column_values_to_be_between", column="rate", max_value=9.5), {"rate": ["9.50", "9.51"]}, [1]),
        (
            rule("column_values_to_be_between", column="opened", min_value=dt.date(2000, 1, 1)),
            {"opened": ["1999-12-31", "2000-01-01", "", "soon"]},
            [0],
        ),
        (
            rule("column_values_to_be_between", column="seen_at", max_value=dt.datetime(2000, 1, 1)),  # noqa: DTZ001
            {"seen_at": ["2000-01-01T06:59:59+07:00", "2000-01-01T07:00:01+07:00"]},
            [1],
        ),
        (
            rule("column_pair_values_a_to_be_greater_than_b", column_A="closed", column_B="opened", or_equal=True),
            {
                "opened": ["2001-01-01", "2001-01-01", "2001-01-01", ""],
                "closed": ["2001-01-01", "2000-12-31", "", "2001-01-01"],
            },
            [1],
        ),
        (
            rule("column_pair_values_a_to_be_greater_than_b", column_A="rate", column_B="beds"),
            {"rate": ["10", "9"], "beds": ["9", "10"]},
            [1],
        ),
        (
            rule("select_column_values_to_be_unique_within_record", column_list=["info.th.name", "info.en.name"]),
            {"info__th__name": ["a", "b", ""], "info__en__name": ["a", "c", ""]},
            [0],
        ),
        (
            rule(
                "column_values_to_not_be_null",
                column="branch_code",
                row_condition={
                    "type": "and",
                    "conditions": [
                        {"type": "comparison", "column": {"name": "info.th.name"}, "operator": "==", "parameter": "ก"},
                        {"type": "comparison", "column": {"name": "beds"}, "operator": ">", "parameter": 9},
                    ],
                },
            ),
            {"branch_code": ["", "", "", "x"], "info__th__name": ["ก", "ก", "ข", "ก"], "beds": ["10", "9", "10", "10"]},
            [0],
        ),
    ],
)
def test_exactly_the_failing_rows_are_found(
    the_rule: dict[str, Any], cells: dict[str, list[str]], failing: list[int]
) -> None:
    assert judge(frame(**cells), the_rule) == failing


def test_findings_stand_by_position_then_suite_order_and_name_no_value() -> None:
    text = frame(code=["W01", "secret", "W02", "hidden"], beds=["99", "99", "1", "2"])
    findings = compile_rule_checker(suite(BEDS, CODE), WARD, list(text.columns)).check_block(text).findings
    assert [(f.position, f.rule) for f in findings] == [(0, "beds"), (1, "beds"), (1, "code"), (3, "code")]
    assert findings[1].message == "beds: sentence of beds"
    assert not any(word in f.message for f in findings for word in ("secret", "hidden", "99"))


def test_more_failing_rows_than_great_expectations_lists_are_all_found() -> None:
    text = frame(code=["bad"] * 1_500 + ["W01"] * 10)
    assert judge(text, CODE) == list(range(1_500))


def test_rules_that_are_not_critical_only_warn() -> None:
    text = frame(code=["bad", "W01", "worse"], beds=["1", "2", "3"])
    judgement = compile_rule_checker(suite(CODE | {"severity": "warning"}, BEDS), WARD, list(text.columns)).check_block(
        text
    )
    assert judgement.findings == []
    assert [(finding.position, finding.rule) for finding in judgement.warnings] == [(0, "code"), (2, "code")]


def test_a_rule_on_a_column_that_the_file_lacks_is_left_out() -> None:
    compiled = compile_rule_checker(suite(CODE, BEDS), WARD, ["code"])
    assert [one.rule for one in compiled.rules] == ["code"]
    assert [finding.position for finding in compiled.check_block(frame(code=["x"])).findings] == [0]
    assert compile_rule_checker(suite(BEDS), WARD, ["code"]).check_block(frame(code=["x"])).findings == []


def test_an_index_that_repeats_does_not_confuse_positions() -> None:
    text = frame(code=["W01", "x", "W02", "y"]).set_axis([5, 5, 5, 5])
    assert judge(text, CODE) == [1, 3]


def test_an_empty_block_has_no_findings() -> None:
    assert judge(frame(code=[]), CODE) == []


@pytest.mark.parametrize(
    ("the_rule", "message"),
    [
        (
            rule("column_values_to_match_regx", column="code", regex="x"),
            "did you mean 'expect_column_values_to_match_regex'",
        ),
        (rule("column_values_to_match_regex", column="cod", regex="x"), "unknown column 'cod'; did you mean 'code'"),
        (rule("column_values_to_match_regex", column="code", regexp="x"), "did you mean 'regex'"),
        (rule("column_values_to_not_be_null"), "column: field required; mend the kwargs"),
        (rule("column_values_to_match_regex", column="code"), "lacks 'regex'; add it to kwargs"),
        (rule("column_values_to_be_in_set", column="code", value_set=[]), "lacks 'value_set'"),
        (rule("column_value_lengths_to_be_between", column="code"), "lacks 'min_value or max_value'"),
        (rule("column_mean_to_be_between", column="beds", min_value=1), "belong in expectations/results/"),
        (rule("column_values_to_not_be_null", column="code", mostly=0.9), "'mostly' says nothing about one row"),
        (
            rule("column_values_to_be_in_set", column="code", value_set=[1, 2]),
            "1 cannot be compared with column 'code'",
        ),
        (rule("column_values_to_be_in_set", column="code", value_set=[False]), "quote it: cells are text"),
        (rule("column_values_to_be_between", column="beds", min_value="1"), "write a number, unquoted"),
        (rule("column_values_to_be_between", column="opened", min_value=2000), "write a date such as 2020-01-31"),
        (
            rule("column_values_to_not_be_null", column="code", row_condition="beds > 1"),
            "row_condition is no condition",
        ),
        (
            rule("column_values_to_not_be_null", column="code", row_condition={"type": "compare"}),
            "row_condition is no condition",
        ),
    ],
)
def test_a_rule_that_cannot_judge_rows_is_refused(the_rule: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        compile_rule_checker(suite(CODE, the_rule), WARD, HEADERS)
    assert "suite 'ward', rule 'the-rule'" in caught.value.message


def test_a_rule_is_checked_even_where_the_file_lacks_its_column() -> None:
    with pytest.raises(DataError, match="did you mean 'regex'"):
        compile_rule_checker(
            suite(CODE, rule("column_values_to_match_regex", column="beds", regexp="x")), WARD, ["code"]
        )


def test_a_rule_that_raises_is_an_error_and_not_a_pass() -> None:
    with pytest.raises(DataError, match="the rule 'the-rule' could not be checked"):
        judge(frame(code=["secret"]), CODE, rule("column_values_to_match_regex", column="code", regex="("))


@pytest.mark.parametrize(("rows", "broken"), [(0, ["some"]), (1, []), (9, ["few"])])
def test_the_number_of_rows_is_judged_on_the_files_total(rows: int, broken: list[str]) -> None:
    rules = suite(
        CODE,
        rule("table_row_count_to_be_between", "some", min_value=1),
        rule("table_row_count_to_be_between", "few", "warning", max_value=8),
    )
    findings = check_row_count(rules, rows)
    assert [finding.rule for finding in findings] == broken
    assert all(finding.sentence for finding in findings)


CELLS = st.lists(st.sampled_from(["", "W01", "W1", "w01", "W01 ", "ก", "12", "-1", "41", "1e3"]), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(codes=CELLS)
def test_findings_equal_masks_computed_by_hand(codes: list[str]) -> None:
    text = frame(code=codes, beds=codes)
    filled = text["code"] != ""
    number = pd.to_numeric(text["beds"], errors="coerce")
    masks = {
        "code": filled & ~text["code"].str.match(r"^W[0-9]{2}$").astype(bool),
        "beds": number.notna() & ~number.between(1, 40),
        "filled": ~filled,
    }
    rules = suite(CODE, BEDS, rule("column_values_to_not_be_null", "filled", column="code"))
    expected = sorted(
        (int(p), list(masks).index(name), name) for name, mask in masks.items() for p in np.flatnonzero(mask)
    )
    found = compile_rule_checker(rules, WARD, ["code", "beds"]).check_block(text).findings
    assert [(p, name) for p, _, name in expected] == [(f.position, f.rule) for f in found]


def test_eight_threads_find_what_one_finds() -> None:
    def work(number: int) -> list[int]:
        codes = [f"W{row % 100:02d}" if row % (number + 2) else "bad" for row in range(2_000)]
        compiled: RuleChecker = compile_rule_checker(suite(CODE, BEDS), WARD, ["code", "beds"])
        text = frame(code=codes, beds=["7"] * len(codes))
        return [finding.position for _ in range(3) for finding in compiled.check_block(text).findings]

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(work, range(24)))
    finally:
        sys.setswitchinterval(switch)
    assert found == [[row for row in range(2_000) if row % (number + 2) == 0] * 3 for number in range(24)]


def test_importing_the_room_does_not_import_great_expectations() -> None:
    rooms = "seedbed.validation.check_rows, seedbed.validation.table_tests, seedbed.validation.frame_tests, seedbed.pages.run_pages"
    code = f"import {rooms}, sys; assert 'great_expectations' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_great_expectations_comes_without_its_side_effects() -> None:
    code = """if True:
        import logging, threading, warnings
        from seedbed.validation.gx_contexts import great_expectations, open_context
        before = warnings.showwarning
        threads = [threading.Thread(target=open_context) for _ in range(6)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert great_expectations().__version__
        assert warnings.showwarning is before
    """
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
