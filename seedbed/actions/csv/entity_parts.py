"""An entity's files -> parts: read in blocks, judged by the suite, shaped, keys and references settled."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from seedbed.actions.context import AppContext
from seedbed.actions.csv.corrections import read_corrections
from seedbed.actions.csv.sources import Source, add_spreadsheet_hints
from seedbed.content.csv_blocks import read_blocks
from seedbed.content.layouts import layout_of
from seedbed.content.suites import Language, Suite, read_suite
from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message
from seedbed.core.rows import Finding, PreparedBlock, TextBlock
from seedbed.core.spec import Entity
from seedbed.master_data.keys import SeenKeys, key_texts
from seedbed.master_data.prepare import Lookup, Shaped, prepare_block
from seedbed.master_data.shape import shape
from seedbed.validation.check_rows import check_row_count, compile_rule_checker
from seedbed.validation.row_rules import Seen

log = logging.getLogger(__name__)


def ignore_warnings(*_: object) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True)
class EntityBlocks:
    """An entity's files as parts, read anew whenever they are iterated; `seen`: the keys in them, once they have been.

    `lookup`: for each reference column, the referenced cells that exist -> the value to store. `language`: that of the
    rules' sentences. `warned`: is told of the rows of a block that break rules that only warn; `warned_of_file`: what such a
    rule says of the file as a whole.
    """

    context: AppContext
    entity: Entity
    sources: Sequence[Source]
    lookup: Lookup
    seen: SeenKeys = field(default_factory=SeenKeys, compare=False)
    language: Language = "en"
    on_row_warnings: Callable[[TextBlock, Sequence[Finding]], None] = ignore_warnings
    on_file_warning: Callable[[str], None] = ignore_warnings

    def __iter__(self) -> Iterator[PreparedBlock]:
        """The parts, judged and shaped; DataError where a rule on the number of rows is broken."""
        self.seen.clear()
        suite = read_suite(self.context.expectations, self.entity, "rows", self.language)
        rows = 0
        seen: Seen = {}
        noted: Counter[str] = Counter()
        for place, source in enumerate(self.sources):
            judge = None
            corrections = read_corrections(self.entity, self.sources[place + 1 :])
            for block in read_blocks(source.path, layout_of(self.entity), shown_as=source.shown_as):
                text = corrections.without_corrected(block)
                if text is not block:  # what a correction stands for is in the files, under its first key too
                    self.seen.add_skipped(key_texts(self.entity, block.text))
                judge = judge or compile_rule_checker(suite, self.entity, list(text.text.columns), seen)
                table, misfits = shape(self.entity, text.text)
                judged = judge.check_block(text.text, {*text.faults, *(misfit.position for misfit in misfits)})
                noted.update(finding.rule for finding in judged.warnings)
                self.on_row_warnings(text, judged.warnings)
                findings = add_spreadsheet_hints(self.entity, text.text, [*misfits, *judged.findings])
                rows += len(text)
                yield prepare_block(self.entity, Shaped(text, table, findings), self.seen, self.lookup)
        self._check_whole_file(suite, rows, noted)

    def _check_whole_file(self, suite: Suite, rows: int, noted: Counter[str]) -> None:
        """What is said of a file as a whole: rules that only warn in the log, others as DataError."""
        name = self.entity.id
        level = (
            logging.WARNING if self.on_row_warnings is ignore_warnings else logging.INFO
        )  # who is told says it to people
        for rule, broken in noted.items():
            log.log(level, "rows break a rule that only warns entity=%s rule=%s rows=%d", name, rule, broken)
        for finding in check_row_count(suite, rows):
            said = {"rule": finding.rule, "sentence": finding.sentence}
            message = Message("row-count", file=self.sources[0].shown_as, rows=rows, **said)
            if finding.severity == "critical":
                raise DataError(message)
            log.log(level, "the file breaks a rule that only warns entity=%s rule=%s", name, finding.rule)
            self.on_file_warning(message)
