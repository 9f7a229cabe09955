"""Audits what a target that is no table gives back, as a frame of text."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from seedbed.core.errors import DataError
from seedbed.core.spec import Entity
from seedbed.validation.gx_contexts import forget_frames, open_frames
from seedbed.validation.gx_suites import COMPLETE, build_suite, run
from seedbed.validation.row_rules import ROW_RULES, RowRule, as_number, columns_of, frame_for, header_kinds, row_rule
from seedbed.validation.structure import check_columns, frame_rules
from seedbed.validation.table_reports import RuleResult, TableAuditResult, key_text, table_audit_result
from seedbed.validation.table_test_results import (
    BY_QUERY,
    FailingRows,
    Rule,
    TableAudit,
    audit_error_result,
    audit_rule_result,
    rule_name,
)

OVER_A_FRAME = (
    "expect_column_values_to_be_unique",
    "expect_compound_columns_to_be_unique",
)  # it names every row of a repetition


def audit_frame(audit: TableAudit, frame: pd.DataFrame, known: Mapping[str, Collection[str]]) -> TableAuditResult:
    """The verdict on rows, as text by CSV header, that another target gave back; `known`: header -> what it may refer to."""
    try:
        return table_audit_result(audit.entity, _check_frame(audit, frame, known))
    except DataError as error:
        return table_audit_result(audit.entity, [audit_error_result(error)])


def _check_frame(audit: TableAudit, frame: pd.DataFrame, known: Mapping[str, Collection[str]]) -> Iterator[RuleResult]:
    kinds = header_kinds(audit.entity)
    rules = [*frame_rules(audit.entity, known), *audit.suite["expectations"]]
    ready = [_frame_rule(audit.entity, rule, kinds) for rule in rules]
    read = [*ready, RowRule("", "", "", audit.entity.key_headers, {"kwargs": {}})]
    # An empty target gives no frame at all back, hence no columns; that alone breaks no rule.
    cells = frame_for(read, frame if len(frame) else pd.DataFrame(columns=list(kinds), dtype="str"), kinds)
    suite = build_suite(audit.entity.id, [rule.expectation for rule in ready])
    frames = open_frames()
    try:
        batch = frames.get_batch(batch_parameters={"dataframe": cells})
        parameters = {name: as_number(value) for name, value in audit.parameters.items()}
        results = run(batch, suite, result_format=COMPLETE, parameters=parameters)
    finally:
        forget_frames(frames)
    for rule in rules:
        result = results[rule_name(rule)]
        yield audit_rule_result(
            rule,
            None if result.success else _frame_failure(result.result, cells, audit.entity.key_headers),
            audit.named,
        )


def _frame_rule(entity: Entity, rule: Rule, kinds: Mapping[str, Any]) -> RowRule:
    if rule["type"] == BY_QUERY:
        step = "queries are for tables in PostgreSQL; write the rule with columns"
        raise DataError(
            f"suite '{entity.id}', rule '{rule_name(rule)}': {entity.target} takes no query",
            next_step=step,
            code="suite-invalid",
        )
    if rule["type"] in ROW_RULES and rule["type"] not in OVER_A_FRAME:
        return row_rule(entity.id, rule, kinds)
    check_columns(entity, rule, kinds)
    return RowRule(rule_name(rule), rule["severity"], rule["description"], tuple(columns_of(rule["kwargs"])), rule)


def _frame_failure(result: Mapping[str, Any], cells: pd.DataFrame, key: Sequence[str]) -> FailingRows:
    positions = result.get("unexpected_index_list") or []
    rows = cells.loc[list(positions), list(key)].itertuples(index=False, name=None)
    return FailingRows(
        int(result.get("unexpected_count") or 0), tuple(tuple(key_text(cell) for cell in row) for row in rows)
    )
