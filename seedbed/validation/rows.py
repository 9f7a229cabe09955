"""Judges a CSV's rows, a block at a time, by the entity's suite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seedbed.core.errors import DataError
from seedbed.core.rows import Finding
from seedbed.core.spec import Entity, Kind
from seedbed.validation.contexts import forget_frames, open_frames
from seedbed.validation.row_rules import COUNT_RULES, RowRule, frame_for, header_kinds, row_rule
from seedbed.validation.suites import COMPLETE, build_suite, run


@dataclass(frozen=True, slots=True)
class Judgement:
    """A block after its suite: `findings` of critical rules, by position then suite order; `noted`: other rules -> failing rows."""

    findings: list[Finding] = field(default_factory=list)
    noted: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A rule about the whole file that does not hold; one of severity critical blocks the file."""

    rule: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Judge:
    """A suite made ready for the columns of one file; judges its blocks one after the other, in one thread."""

    rules: tuple[RowRule, ...]
    kinds: Mapping[str, Kind]
    suite: Any
    frames: Any

    def judge(self, text: pd.DataFrame) -> Judgement:
        """Every row of the block that breaks a rule; DataError where a rule could not be judged."""
        if not self.rules or text.empty:
            return Judgement()
        frame = frame_for(self.rules, text, self.kinds)
        try:
            batch = self.frames.get_batch(batch_parameters={"dataframe": frame})
            results = run(batch, self.suite, result_format=COMPLETE, parameters={})
        finally:
            forget_frames(self.frames)
        broken = {rule.rule: _positions(results[rule.rule]) for rule in self.rules}
        findings = [
            (position, order, rule)
            for order, rule in enumerate(self.rules)
            if rule.severity == "critical"
            for position in broken[rule.rule]
        ]
        findings.sort(key=lambda found: found[:2])
        noted = {rule.rule: len(broken[rule.rule]) for rule in self.rules if rule.severity != "critical"}
        return Judgement(
            [Finding(position, rule.rule, rule.columns[0], rule.message) for position, _, rule in findings],
            {name: rows for name, rows in noted.items() if rows},
        )


def compile_judge(suite: Mapping[str, Any], entity: Entity, headers: Sequence[str]) -> Judge:
    """The suite's row rules for a file with these (canonical) headers; rules on absent columns are left out.

    DataError where a rule does not exist, does not judge rows, or names a column that the entity does not know.
    """
    kinds = header_kinds(entity)
    expectations = [expectation for expectation in suite["expectations"] if expectation["type"] not in COUNT_RULES]
    rules = [row_rule(suite["name"], expectation, kinds) for expectation in expectations]
    built = build_suite(suite["name"], [rule.expectation for rule in rules])
    present = [rule for rule in rules if set(rule.columns) <= set(headers)]
    if len(present) < len(rules):
        built = build_suite(suite["name"], [rule.expectation for rule in present])
    return Judge(tuple(present), kinds, built, open_frames())


def judge_row_count(suite: Mapping[str, Any], row_count: int) -> list[FileFinding]:
    """The suite's rules about how many rows the file has, judged once on the file's total."""
    rules = [expectation for expectation in suite["expectations"] if expectation["type"] in COUNT_RULES]
    if not rules:
        return []
    frames = open_frames()
    # A frame without columns has a length and weighs nothing: the same rule is judged by the same judge.
    batch = frames.get_batch(batch_parameters={"dataframe": pd.DataFrame(index=pd.RangeIndex(row_count))})
    results = run(batch, build_suite(suite["name"], rules), result_format=COMPLETE, parameters={})
    forget_frames(frames)
    return [
        FileFinding(
            rule["meta"]["rule"], rule["severity"], f"the file has {row_count} rows: {rule['description'].strip()}"
        )
        for rule in rules
        if not results[rule["meta"]["rule"]].success
    ]


def _positions(result: Any) -> list[int]:
    if result.success:
        return []
    positions = result.result.get("unexpected_index_list")
    if positions is None or len(positions) != result.result["unexpected_count"]:
        rule = result.expectation_config.meta["rule"]
        raise DataError(f"the rule '{rule}' fails, but does not say in which rows", next_step="report this")
    return [int(position) for position in positions]
