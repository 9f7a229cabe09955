"""What judging one entity's file comes to: counts, the rules that rows break, and the rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from seedbed.content.suites import Language
from seedbed.core.errors import SeedbedError
from seedbed.core.messages.message import Message, Params, in_language
from seedbed.core.report import EntityReport
from seedbed.core.rows import Finding, PreparedBlock, TextBlock
from seedbed.core.spec import Entity
from seedbed.master_data.keys import display_key, key_texts

UncheckedReason = Literal["absent", "refused"]
Severity = Literal["critical", "warning"]
Rule = tuple[str, ...]
WARNING = "warning"
ROWS_SHOWN = 200
EXAMPLES = 3
OWN_VALUES: Params = {"hint": "", "value": "...", "row": ""}  # what differs between rows that break the same rule


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that breaks a rule; `cells`: column and text of those that the rule reads; `hint`: what a spreadsheet did to it."""

    file: str
    row: int
    key: str
    reason: str
    message: str
    cells: tuple[tuple[str, str], ...]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that rows break: its sentence, how many, and the first of them."""

    severity: Severity
    reason: str
    sentence: str
    rows: int
    examples: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class FileResult:
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
    unlooked: Mapping[str, tuple[str, UncheckedReason]]
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


def count_files(results: Iterable[FileResult]) -> int:
    """How many files the verdicts are of; a file that several entities read counts once."""
    return len({result.file or result.entity for result in results})


class FileResultBuilder:
    """Counts what is found in one entity's file while it is read; a file of any size takes the memory of its first bad rows."""

    def __init__(self, entity: Entity, language: Language, unlooked: Mapping[str, tuple[str, UncheckedReason]]) -> None:
        self.file = ""
        self.cut: tuple[str, ...] = ()
        self.lacks: tuple[str, ...] = ()
        self._entity, self._language, self._unlooked = entity, language, unlooked
        self._read = self._skipped = 0
        self._warned = self._listed = 0
        self._rules: dict[tuple[str, Rule], BrokenRule] = {}
        self._rows: dict[Severity, list[BadRow]] = {"critical": [], "warning": []}
        self._error: SeedbedError | None = None

    def add(self, part: PreparedBlock) -> None:
        """Counts a block's rows and notes those that are left out."""
        self._read += part.read
        self._skipped += len(part.skips)
        for row in part.skips:
            skip = row.skip
            cells = tuple(zip(row.header, row.cells, strict=True))
            self._note("critical", BadRow(skip.file, skip.row, skip.key, skip.reason, skip.message, cells))

    def warn(self, block: TextBlock, findings: Sequence[Finding]) -> None:
        """Notes the rows of a block that break rules which only warn."""
        if not findings:
            return
        keys = key_texts(self._entity, block.text)
        self._warned += len({finding.position for finding in findings})
        for finding in findings:
            at = finding.position
            cells = tuple((str(name), str(cell)) for name, cell in block.text.iloc[at].items())
            bad = BadRow(
                block.file, int(block.rows[at]), display_key(str(keys.iloc[at])), WARNING, finding.message, cells
            )
            self._note("warning", bad)

    def warn_of_file(self, message: str) -> None:
        """Notes what a rule that only warns says of the file as a whole."""
        said = in_language(message, self._language)
        self._rules[WARNING, rule_of(message)] = BrokenRule("warning", WARNING, said, 0, ())

    def fail(self, error: SeedbedError) -> None:
        """Notes that the file is wrong as a whole."""
        self._error = error

    def build(self) -> FileResult:
        """What has been found."""
        rules = sorted(self._rules.values(), key=lambda rule: (rule.severity != "critical", -rule.rows))
        first = [*self._rows["critical"], *self._rows["warning"]][:ROWS_SHOWN]
        rows = tuple(sorted(first, key=lambda row: (row.file, row.row)))
        return FileResult(
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

    def _note(self, severity: Severity, bad: BadRow) -> None:
        """Counts a bad row, which comes with all its cells and an English message."""
        self._listed += 1
        group = bad.reason, rule_of(bad.message)
        rule = self._rules.get(group) or BrokenRule(severity, bad.reason, self._sentence(bad.message), 0, ())
        self._rules[group] = replace(rule, rows=rule.rows + 1)
        is_example, is_listed = len(rule.examples) < EXAMPLES, len(self._rows[severity]) < ROWS_SHOWN
        if is_example or is_listed:
            shown_row = self._shown_row(bad)
            self._rows[severity] += [shown_row] if is_listed else []
            examples = (*rule.examples, shown_row) if is_example else rule.examples
            self._rules[group] = replace(rule, rows=rule.rows + 1, examples=examples)

    def _shown_row(self, bad: BadRow) -> BadRow:
        """The row as people are shown it: the cells that its rule reads, and the message in their language."""
        values = bad.message.params if isinstance(bad.message, Message) else {}
        columns = values.get("columns") or [values.get("column")]
        hint = in_language(values.get("hint", ""), self._language)
        cells = tuple((name, cell) for name, cell in bad.cells if name in columns)
        return replace(bad, message=in_language(bad.message, self._language), hint=hint, cells=cells)

    def _sentence(self, message: str) -> str:
        """The rule that the message names, without what is this row's own."""
        if not isinstance(message, Message):
            return message
        return str(
            in_language(message.but(**{n: v for n, v in OWN_VALUES.items() if n in message.params}), self._language)
        )


def rule_of(message: str) -> Rule:
    """What rows that break the same rule have in common: the code and the values that are not a row's own."""
    if not isinstance(message, Message):
        return ("", message)
    return (
        message.code,
        *(f"{name}={value}" for name, value in sorted(message.params.items()) if name not in OWN_VALUES),
    )
