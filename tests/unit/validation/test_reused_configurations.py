"""What a validation builds once: its results are those of a validation that builds everything anew."""

from contextlib import nullcontext
from typing import Any

import pandas as pd
import pytest

from seedbed.validation import gx_suites
from seedbed.validation.gx_contexts import great_expectations, open_frames
from seedbed.validation.reused_configurations import configurations_reused

ONLY_A = {"type": "comparison", "column": {"name": "code"}, "operator": "==", "parameter": "A"}
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("expect_column_values_to_not_be_null", {"column": "code"}),
    ("expect_column_values_to_not_be_null", {"column": "name"}),
    ("expect_column_values_to_be_in_set", {"column": "code", "value_set": ["A", "B"]}),
    ("expect_column_values_to_be_in_set", {"column": "beds", "value_set": [1, 2.0]}),
    ("expect_column_values_to_match_regex", {"column": "name", "regex": "^x"}),
    ("expect_column_values_to_match_regex", {"column": "name", "regex": "^x", "row_condition": ONLY_A}),
    ("expect_column_values_to_be_between", {"column": "beds", "min_value": 1, "max_value": 2}),
    ("expect_column_values_to_be_between", {"column": "beds", "min_value": 1.0, "strict_min": True}),
    ("expect_column_values_to_be_between", {"column": "beds", "min_value": 1.0, "strict_min": False}),
    ("expect_column_pair_values_to_be_equal", {"column_A": "code", "column_B": "name"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["code", "name"]}),
    ("expect_table_row_count_to_be_between", {"min_value": {"$PARAMETER": "rows"}}),
)


@pytest.mark.parametrize("asked", [gx_suites.BOOLEAN_ONLY, gx_suites.COMPLETE])
def test_results_are_the_same_as_without_reuse(asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    reused = results(asked)
    monkeypatch.setattr(gx_suites, "configurations_reused", nullcontext)
    assert reused == results(asked)
    successes = [result["success"] for result in reused.values()]
    assert True in successes
    assert False in successes


def results(asked: dict[str, Any]) -> dict[str, Any]:
    frame = pd.DataFrame(
        {"code": ["A", "B", "C", "A", None], "name": ["x", "B", "y", "y", "x"], "beds": [1.0, 2.0, 3.0, 1.0, None]}
    )
    rules = [
        {
            "type": kind,
            "kwargs": kwargs,
            "severity": "critical",
            "description": f"rule {place}",
            "meta": {"rule": str(place)},
        }
        for place, (kind, kwargs) in enumerate(RULES)
    ]
    suite = gx_suites.build_suite("reused", rules)
    batch = open_frames().get_batch(batch_parameters={"dataframe": frame})
    found = gx_suites.run(batch, suite, result_format=asked, parameters={"rows": 5})
    return {rule: result.to_json_dict() for rule, result in found.items()}


def test_nothing_is_reused_outside_a_validation() -> None:
    expectation = great_expectations().expectations.ExpectColumnValuesToNotBeNull(column="code")
    assert expectation.configuration is not expectation.configuration
    with configurations_reused():
        first = expectation.configuration
        assert expectation.configuration is first
    assert expectation.configuration is not first


def test_dictionaries_of_equal_values_of_different_types_keep_their_own_ids() -> None:
    great_expectations()
    from great_expectations.core.id_dict import IDDict  # noqa: PLC0415 - the package takes seconds to import

    contents: list[dict[str, Any]] = [
        *({"column": "code", "value": value} for value in (1, 1.0, True, "1", None)),
        {"column": "code", "value": [1]},
        {"value": "1", "column": "code"},
        {},
    ]
    computed = [IDDict(content).to_id() for content in contents]
    with configurations_reused():
        assert [IDDict(content).to_id() for content in contents * 2] == computed * 2
