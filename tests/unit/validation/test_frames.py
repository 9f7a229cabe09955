"""Audits of what the APIs and Keycloak give back: the same verdicts as on tables."""

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest

from seedbed.core.spec import Column, Entity, Reference
from seedbed.validation.frame_tests import audit_frame
from seedbed.validation.table_reports import RuleResult, TableAuditResult, broken_by_rows, everything
from seedbed.validation.table_test_results import TableAudit

FORM = Entity(
    "dosage_form",
    "medication",
    (
        Column("code", required=True),
        Column("info", "json", parts=("info.th.name", "info.en.name")),
        Column("category_id", header="category_code", references=Reference("dosage_form_category")),
        Column("rank", "integer"),
        Column("since", "date"),
    ),
    target="cortex_api",
)
STOCK = Entity(
    "stock", "inventory", (Column("ward", required=True), Column("item", required=True)), key=("ward", "item")
)


def rule(kind: str, name: str = "the-rule", severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "description": f"sentence of {name}",
        "meta": {"rule": name},
    }


def forms(**cells: list[str]) -> pd.DataFrame:
    count = len(next(iter(cells.values())))
    plain = {header: [""] * count for header in FORM.headers} | {"code": [f"F{n}" for n in range(count)]}
    return pd.DataFrame(plain | cells, dtype="str")


def audit(frame: pd.DataFrame, *rules: dict[str, Any], entity: Entity = FORM, **how: Any) -> TableAuditResult:
    known = how.pop("known", {})
    parameters = how.pop("parameters", {}) | {"rows_accounted": how.pop("rows", len(frame))}
    suite = {"name": entity.name, "expectations": list(rules)}
    return audit_frame(TableAudit(entity, suite, parameters, **how), frame, known)


def broken(verdict: TableAuditResult) -> dict[str, tuple[str, ...]]:
    return {check.rule: check.examples for check in verdict.checks if check.status != "PASS"}


def test_sound_rows_pass_the_entitys_rules_and_the_files() -> None:
    verdict = audit(
        forms(category_code=["A", "", "B"]),
        rule("expect_column_values_to_match_regex", column="code", regex="^F"),
        known={"category_code": {"A", "B"}},
    )
    assert [check.rule for check in verdict.checks] == [
        "row-count",
        "key-code",
        "key-unique",
        "reference-category_id",
        "the-rule",
    ]
    assert verdict.success


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"category_code": ["A", "Z"]}, {"reference-category_id": ("F1",)}),
        ({"code": ["F1", "F1"]}, {"key-unique": ("F1", "F1")}),
        ({"code": ["F1", ""]}, {"key-code": ("",)}),
        ({"rank": ["1", "-1"]}, {"rank": ("F1",)}),
        ({"since": ["2020-01-01", "2031-01-01"]}, {"since": ("F1",)}),
    ],
)
def test_failing_rows_are_named_by_key(cells: dict[str, list[str]], expected: dict[str, tuple[str, ...]]) -> None:
    verdict = audit(
        forms(**cells),
        rule("expect_column_values_to_be_between", "rank", column="rank", min_value=0),
        rule("expect_column_values_to_be_between", "since", column="since", max_value={"$PARAMETER": "today"}),
        parameters={"today": dt.date(2030, 1, 1)},
        known={"category_code": {"A"}},
    )
    assert broken(verdict) == expected


def test_a_key_of_two_columns_is_compared_whole() -> None:
    stock = pd.DataFrame({"ward": ["1", "1", "1"], "item": ["a", "b", "b"]}, dtype="str")
    assert broken(audit(stock, entity=STOCK)) == {"key-unique": ("1/b", "1/b")}


def test_a_target_that_holds_less_than_the_run_accounts_for_fails_and_an_empty_one_may_be_right() -> None:
    assert broken(audit(forms(code=["F1"]), rows=2)) == {"row-count": ()}
    assert audit(pd.DataFrame(), rows=0).success
    assert not audit(pd.DataFrame(), rows=1).success


@pytest.mark.parametrize(
    ("the_rule", "words"),
    [
        (rule("expect_column_values_to_not_be_null", column="info.th.nam"), "did you mean 'info.th.name'"),
        (rule("expect_column_values_to_be_unique", column="cod"), "did you mean 'code'"),
        (
            rule("unexpected_rows_expectation", unexpected_rows_query="SELECT code FROM {batch}"),
            "cortex_api takes no query",
        ),
        (rule("expect_column_values_to_be_uniqe", column="code"), "did you mean 'expect_column_values_to_be_unique'"),
    ],
)
def test_a_rule_that_cannot_be_judged_fails(the_rule: dict[str, Any], words: str) -> None:
    verdict = audit(forms(code=["F1"]), the_rule)
    assert not verdict.success
    assert words in verdict.checks[0].description


def test_failures_split_into_those_of_the_run_and_others() -> None:
    keys = [("b",), ("a",), ("c",)]
    assert broken_by_rows("r", "s", "critical", keys=keys, named=lambda _: {("c",)}) == RuleResult(
        "r", "s", "critical", "FAIL", 1, 2, ("c", "a", "b")
    )
    assert broken_by_rows("r", "s", "critical", keys=keys, named=lambda _: ()).status == "WARN"
    assert broken_by_rows("r", "s", "info", keys=keys, named=everything).status == "WARN"


def test_a_verdict_is_plain_json() -> None:
    plain = audit(forms(category_code=["Z"]), known={"category_code": {"A"}}).to_json()
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["entity"], plain["module"], plain["target"], plain["success"]) == (
        "dosage_form",
        "medication",
        "cortex_api",
        False,
    )
