"""Judges a CSV's rows, a block at a time, by the entity's suite."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from seedbed.core.errors import DataError
from seedbed.core.rows import Finding
from seedbed.core.spec import Entity, Kind
from seedbed.validation.gx_contexts import forget_frames, open_frames
from seedbed.validation.gx_suites import BOOLEAN_ONLY, COMPLETE, build_suite, run
from seedbed.validation.row_rules import COUNT_RULES, RowRule, Seen, frame_for, header_kinds, row_rule


@dataclass(frozen=True, slots=True)
class BlockFindings:
    """A block after its suite: `findings` of critical rules and `warnings` of the others, by position, then suite order."""

    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A rule about the whole file that does not hold; one of severity critical blocks the file."""

    rule: str
    severity: str
    sentence: str


@dataclass(frozen=True, slots=True)
class RuleStage:
    """Rules that are judged together."""

    rules: tuple[RowRule, ...]
    suite: Any

    def broken(self, text: pd.DataFrame, checker: "RuleChecker") -> list[tuple[int, RowRule]]:
        """The positions of rows that break a rule, each with the rule."""
        if not self.rules or text.empty:
            return []
        frame = frame_for(self.rules, text, checker.kinds, checker.seen)
        try:
            batch = checker.frames.get_batch(batch_parameters={"dataframe": frame})
            # Which rows break a rule is asked only where one is broken: on sound files this saves half of the time.
            passed = run(batch, self.suite, result_format=BOOLEAN_ONLY, parameters={})
            broken = [rule for rule in self.rules if not passed[rule.rule].success]
            if not broken:
                return []
            asked = build_suite(self.suite.name, [rule.expectation for rule in broken])
            results = run(batch, asked, result_format=COMPLETE, parameters={})
        finally:
            forget_frames(checker.frames)
        return [(position, rule) for rule in broken for position in _positions(results[rule.rule])]


@dataclass(frozen=True, slots=True)
class RuleChecker:
    """A suite made ready for the columns of one file; judges its blocks one after the other, in one thread.

    `flags`: columns of TRUE and FALSE that rules read, with what an empty or absent cell stands for.
    """

    own: RuleStage  # rules on a row alone
    across: RuleStage  # rules in which the rows above have a say
    kinds: Mapping[str, Kind]
    flags: Mapping[str, str]
    frames: Any
    seen: Seen

    @property
    def rules(self) -> tuple[RowRule, ...]:
        """All rules, in the order in which they are judged."""
        return (*self.own.rules, *self.across.rules)

    def check_block(self, text: pd.DataFrame, unfit: Collection[int] = ()) -> BlockFindings:
        """Every row of the block that breaks a rule; DataError where a rule could not be judged.

        `unfit`: positions of rows that are left out for other reasons; they, and rows that break a critical rule of their own, do
        not count where rows are compared.
        """
        text = self._flagged(text)
        broken = self.own.broken(text, self)
        fit = np.ones(len(text), dtype=bool)
        fit[[*unfit, *(position for position, rule in broken if rule.severity == "critical")]] = False
        places = np.flatnonzero(fit)
        compared = self.across.broken(text.iloc[places].reset_index(drop=True), self)
        broken += [(int(places[position]), rule) for position, rule in compared]
        broken.sort(key=lambda found: found[0])  # stable: the rules' order stays among those that one row breaks
        found = [(Finding(place, rule.rule, rule.columns[0], rule.message), rule.severity) for place, rule in broken]
        return BlockFindings(
            [finding for finding, severity in found if severity == "critical"],
            [finding for finding, severity in found if severity != "critical"],
        )

    def _flagged(self, text: pd.DataFrame) -> pd.DataFrame:
        """The text with its flags as TRUE and FALSE, however the file spells them."""
        spelt = {
            name: text[name].str.upper().mask(text[name] == "", default) if name in text.columns else default
            for name, default in self.flags.items()
        }
        return text.assign(**spelt).astype(dict.fromkeys(spelt, "str")) if spelt else text


def compile_rule_checker(
    suite: Mapping[str, Any], entity: Entity, headers: Sequence[str], seen: Seen | None = None
) -> RuleChecker:
    """The suite's row rules for a file with these (canonical) headers; rules on absent columns are left out.

    `seen`: what rules that look beyond a row have met in the entity's files before this one.

    DataError where a rule does not exist, does not judge rows, or names a column that the entity does not know.
    """
    kinds = header_kinds(entity)
    expectations = [expectation for expectation in suite["expectations"] if expectation["type"] not in COUNT_RULES]
    rules = [row_rule(suite["name"], expectation, kinds) for expectation in expectations]
    build_suite(
        suite["name"], [rule.expectation for rule in rules]
    )  # also what this file has no column for is written right
    flags = _flags(entity, {column for rule in rules for column in rule.columns})
    present = [rule for rule in rules if set(rule.columns) <= {*headers, *flags}]
    own = _stage(suite["name"], [rule for rule in present if not rule.is_across_rows])
    across = _stage(suite["name"], [rule for rule in present if rule.is_across_rows])
    return RuleChecker(own, across, kinds, flags, open_frames(), {} if seen is None else seen)


def _stage(name: str, rules: Sequence[RowRule]) -> RuleStage:
    return RuleStage(tuple(rules), build_suite(name, [rule.expectation for rule in rules]))


def _flags(entity: Entity, read: Collection[str]) -> dict[str, str]:
    """The columns of TRUE and FALSE among those that rules read, and what they hold where the file says nothing."""
    flags = [column for column in entity.columns if column.kind == "boolean" and column.headers[0] in read]
    return {column.headers[0]: str(column.default).upper() for column in flags if column.default is not None}


def check_row_count(suite: Mapping[str, Any], row_count: int) -> list[FileFinding]:
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
        FileFinding(rule["meta"]["rule"], rule["severity"], rule["description"].strip())
        for rule in rules
        if not results[rule["meta"]["rule"]].success
    ]


def _positions(result: Any) -> list[int]:
    if result.success:
        return []
    positions = result.result.get("unexpected_index_list")
    if positions is None or len(positions) != result.result["unexpected_count"]:
        rule = result.expectation_config.meta["rule"]
        raise DataError(
            f"the rule '{rule}' fails, but does not say in which rows", next_step="report this", code="suite-invalid"
        )
    return [int(position) for position in positions]
