"""What an audit is asked, and how what it finds becomes a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seedbed.core.errors import DataError
from seedbed.core.spec import Entity
from seedbed.validation.table_reports import (
    Key,
    Named,
    RuleResult,
    broken_as_a_whole,
    broken_by_rows,
    everything,
    passed_rule,
)

BY_QUERY = "unexpected_rows_expectation"
Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableAudit:
    """One table to audit: its result suite, the suite's $PARAMETERs (`rows_accounted` among them), and whose rows count.

    `named` is given the keys of failing rows, as the CSV writes them (`Entity.key_headers`), and returns those that this run's
    file names: they fail the audit, others are warnings.
    """

    entity: Entity
    suite: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    named: Named = everything


@dataclass(frozen=True, slots=True)
class FailingRows:
    """The rows that break a rule: how many, and their keys; no keys where the rule does not say which rows."""

    rows: int
    keys: tuple[Key, ...]


def audit_rule_result(rule: Rule, failure: FailingRows | None, named: Named) -> RuleResult:
    """The verdict on one rule; `failure` is None where it holds."""
    what = (rule_name(rule), str(rule["description"]).strip(), str(rule["severity"]))
    if failure is None:
        return passed_rule(*what)
    if not failure.keys:
        return broken_as_a_whole(*what, rows=failure.rows)
    return broken_by_rows(*what, keys=failure.keys, named=named)


def audit_error_result(error: DataError) -> RuleResult:
    """The result where no rule could be checked: a failure."""
    return broken_as_a_whole("suite", f"the rules could not be checked: {error}", "critical")


def rule_name(rule: Rule) -> str:
    """The name by which a suite and its results know a rule."""
    return str(rule["meta"]["rule"])
