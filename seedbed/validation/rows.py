"""Judges a CSV's rows, a block at a time, by the entity's suite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from seedbed.core.errors import DataError
from seedbed.core.rows import Finding
from seedbed.core.spec import Entity, Kind
from seedbed.validation.contexts import forget_frames, open_frames
from seedbed.validation.row_rules import COUNT_RULES, RowRule, Seen, frame_for, header_kinds, row_rule
from seedbed.validation.suites import BOOLEAN_ONLY, COMPLETE, build_suite, run


@dataclass(frozen=True, slots=True)
class Judgement:
    """A block after its suite: `findings` of critical rules and `warnings` of the others, by position, then suite order."""

    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


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
    seen: Seen

    def judge(self, text: pd.DataFrame) -> Judgement:
        """Every row of the block that breaks a rule; DataError where a rule could not be judged."""
        if not self.rules or text.empty:
            return Judgement()
        frame = frame_for(self.rules, text, self.kinds, self.seen)
        try:
            batch = self.frames.get_batch(batch_parameters={"dataframe": frame})
            # Which rows break a rule is asked only where one is broken: on sound files this saves half of the time.
            passed = run(batch, self.suite, result_format=BOOLEAN_ONLY, parameters={})
            broken_rules = [rule for rule in self.rules if not passed[rule.rule].success]
            if not broken_rules:
                return Judgement()
            asked = build_suite(self.suite.name, [rule.expectation for rule in broken_rules])
            results = run(batch, asked, result_format=COMPLETE, parameters={})
        finally:
            forget_frames(self.frames)
        broken = [(position, rule) for rule in broken_rules for position in _positions(results[rule.rule])]
        broken.sort(key=lambda found: found[0])  # stable: the suite's order stays among the rules that one row breaks
        found = [(Finding(place, rule.rule, rule.columns[0], rule.message), rule.severity) for place, rule in broken]
        return Judgement(
            [finding for finding, severity in found if severity == "critical"],
            [finding for finding, severity in found if severity != "critical"],
        )


def compile_judge(suite: Mapping[str, Any], entity: Entity, headers: Sequence[str], seen: Seen | None = None) -> Judge:
    """The suite's row rules for a file with these (canonical) headers; rules on absent columns are left out.

    `seen`: what rules that look beyond a row have met in the entity's files before this one.

    DataError where a rule does not exist, does not judge rows, or names a column that the entity does not know.
    """
    kinds = header_kinds(entity)
    expectations = [expectation for expectation in suite["expectations"] if expectation["type"] not in COUNT_RULES]
    rules = [row_rule(suite["name"], expectation, kinds) for expectation in expectations]
    built = build_suite(suite["name"], [rule.expectation for rule in rules])
    present = [rule for rule in rules if set(rule.columns) <= set(headers)]
    if len(present) < len(rules):
        built = build_suite(suite["name"], [rule.expectation for rule in present])
    return Judge(tuple(present), kinds, built, open_frames(), {} if seen is None else seen)


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
