"""What judging one entity's file comes to: counts, the rules that rows break, and the rows."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from seedbed.content.suites import Language
from seedbed.core.errors import SeedbedError
from seedbed.core.report import EntityReport
from seedbed.core.rows import Finding, Part, SkippedRow, TextBlock
from seedbed.core.spec import Entity
from seedbed.masters.keys import key_texts, shown
from seedbed.validation.wording import file_said, translated

Unlooked = Literal["absent", "refused"]
Severity = Literal["critical", "warning"]
WARNING = "warning"
ROWS_SHOWN = 200
EXAMPLES = 3
HINT = re.compile(r" \((?:Thai digits|a spreadsheet|a number in|commas between|a Buddhist year).*\)$")
VALUE = re.compile(r"'.*'", flags=re.DOTALL)
ROW = re.compile(r" row \d+, which would itself be left out$")


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that breaks a rule; `cells`: column and text of those that the rule reads."""

    file: str
    row: int
    key: str
    reason: str
    message: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that rows break: its sentence, how many, and the first of them."""

    severity: Severity
    reason: str
    sentence: str
    rows: int
    examples: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One entity's file, judged.

    `unlooked`: reference column -> the entity that could not be looked up, and why. `cut`: those of its files that end within a
    line. `lacks`: columns that rules judge and that the file does not have.
    """

    module: str
    entity: str
    file: str
    read: int
    skipped: int
    warned: int
    rules: tuple[BrokenRule, ...]
    rows: tuple[BadRow, ...]
    rows_total: int
    unlooked: Mapping[str, tuple[str, Unlooked]]
    cut: tuple[str, ...]
    lacks: tuple[str, ...]
    error: SeedbedError | None

    @property
    def report(self) -> EntityReport:
        """The counts: rows of a refused file that nothing was wrong with are `failed`."""
        right = self.read - self.skipped
        counts = EntityReport(self.module, self.entity, "", self.read, skipped=self.skipped)
        return replace(counts, failed=right) if self.error else replace(counts, valid=right)

    @property
    def warnings(self) -> int:
        """How many things only warn: rules, and columns whose references nobody could look up."""
        return sum(rule.severity == WARNING for rule in self.rules) + len(self.unlooked)


def count_files(verdicts: Iterable[Verdict]) -> int:
    """How many files the verdicts are of; a file that several entities read counts once."""
    return len({verdict.file or verdict.entity for verdict in verdicts})


class Tally:
    """Counts what is found in one entity's file while it is read; a file of any size takes the memory of its first bad rows."""

    def __init__(self, entity: Entity, language: Language, unlooked: Mapping[str, tuple[str, Unlooked]]) -> None:
        self.file = ""
        self.cut: tuple[str, ...] = ()
        self.lacks: tuple[str, ...] = ()
        self._entity, self._language, self._unlooked = entity, language, unlooked
        self._read = self._skipped = 0
        self._warned = self._listed = 0
        self._rules: dict[tuple[str, str], BrokenRule] = {}
        self._rows: dict[Severity, list[BadRow]] = {"critical": [], "warning": []}
        self._error: SeedbedError | None = None

    def add(self, part: Part) -> None:
        """Counts a block's rows and notes those that are left out."""
        self._read += part.read
        self._skipped += len(part.skips)
        for row in part.skips:
            skip = row.skip
            cells = _cells_named(skip.message, dict(zip(row.header, row.cells, strict=True)))
            sentence = _rule_of(row)
            bad = BadRow(skip.file, skip.row, skip.key, skip.reason, self._said(skip.message), cells)
            self._note("critical", self._said(sentence), bad)

    def warn(self, block: TextBlock, findings: Sequence[Finding]) -> None:
        """Notes the rows of a block that break rules which only warn."""
        if not findings:
            return
        keys = key_texts(self._entity, block.text)
        self._warned += len({finding.position for finding in findings})
        for finding in findings:
            at = finding.position
            cells = _cells_named(finding.message, dict(block.text.iloc[at].astype(str)))
            message = self._said(finding.message)
            bad = BadRow(block.file, int(block.rows[at]), shown(str(keys.iloc[at])), WARNING, message, cells)
            self._note("warning", message, bad)

    def warn_of_file(self, message: str) -> None:
        """Notes what a rule that only warns says of the file as a whole."""
        said = file_said(message, self._language)
        self._rules[WARNING, said] = BrokenRule("warning", WARNING, said, 0, ())

    def refuse(self, error: SeedbedError) -> None:
        """Notes that the file is wrong as a whole."""
        self._error = error

    def verdict(self) -> Verdict:
        """What has been found."""
        rules = sorted(self._rules.values(), key=lambda rule: (rule.severity != "critical", -rule.rows))
        first = [*self._rows["critical"], *self._rows["warning"]][:ROWS_SHOWN]
        rows = tuple(sorted(first, key=lambda row: (row.file, row.row)))
        return Verdict(
            self._entity.module_id,
            self._entity.id,
            self.file,
            self._read,
            self._skipped,
            self._warned,
            tuple(rules),
            rows,
            self._listed,
            self._unlooked,
            () if self._error else self.cut,  # the refusal says enough
            self.lacks,
            self._error,
        )

    def _said(self, message: str) -> str:
        return translated(message, self._language)

    def _note(self, severity: Severity, sentence: str, bad: BadRow) -> None:
        self._listed += 1
        if len(self._rows[severity]) < ROWS_SHOWN:
            self._rows[severity].append(bad)
        rule = self._rules.get((bad.reason, sentence)) or BrokenRule(severity, bad.reason, sentence, 0, ())
        examples = rule.examples if len(rule.examples) >= EXAMPLES else (*rule.examples, bad)
        self._rules[bad.reason, sentence] = replace(rule, rows=rule.rows + 1, examples=examples)


def _rule_of(row: SkippedRow) -> str:
    """The message without what is this row's own: a value, a spreadsheet's hint."""
    message = HINT.sub("", row.skip.message)
    if row.skip.reason != "missing_reference":
        return message
    return ROW.sub(", in a row that would itself be left out", VALUE.sub("'...'", message))


def _cells_named(message: str, cells: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The cells that the message begins with: `a, b: sentence`, `a is empty`."""
    named = message.partition(": ")[0].split(", ")
    if not all(name in cells for name in named):
        named = message.split(" ", 1)[:1]
    return tuple((name, cells[name]) for name in named if name in cells)
