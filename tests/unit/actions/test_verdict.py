"""What a file's findings come to: grouped by rule, cut where there are many, warnings after what is left out."""

from typing import Literal

import numpy as np
import pandas as pd

from seedbed.actions.validate.file_result import ROWS_SHOWN, FileResultBuilder, count_files
from seedbed.core.messages.message import Message
from seedbed.core.report import Skip, SkipReason
from seedbed.core.rows import Finding, PreparedBlock, SkippedRow, TextBlock
from seedbed.core.spec import Column, Entity

WARD = Entity("ward", "site", (Column("code"), Column("name")))


def tally(unlooked: dict[str, tuple[str, Literal["absent", "refused"]]] | None = None) -> FileResultBuilder:
    return FileResultBuilder(WARD, "en", unlooked or {})


def skipped(row: int, message: str, reason: SkipReason = "invalid") -> SkippedRow:
    return SkippedRow(Skip("ward", "f.csv", row, f"k{row}", reason, message), ("code", "name"), (f"c{row}", "n"))


def part(*rows: SkippedRow) -> PreparedBlock:
    return PreparedBlock(len(rows), None, rows)


def warn(counted: FileResultBuilder, count: int, first_row: int) -> None:
    text = pd.DataFrame({"code": [f"c{at}" for at in range(count)], "name": ""}, dtype="str")
    block = TextBlock("f.csv", np.arange(first_row, first_row + count), text)
    counted.warn(block, [Finding(at, "filled", "name", "name: is empty") for at in range(count)])


def broken(sentence: str, rule: str = "digits", **values: object) -> Message:
    return Message("row-rule", rule=rule, columns=["code"], sentence=sentence, **values)


def test_rows_that_break_one_rule_are_one_group_whatever_hint_they_have() -> None:
    counted = tally()
    hint = Message("thai-digits", value="12")
    counted.add(part(skipped(2, broken("four digits", hint=hint)), skipped(3, broken("four digits (or five)", "more"))))
    counted.add(part(skipped(4, broken("four digits"))))
    found = counted.build()
    assert [(rule.sentence, rule.rows) for rule in found.rules] == [
        ("code: four digits", 2),
        ("code: four digits (or five)", 1),
    ]
    first = found.rules[0].examples[0]
    assert (first.message, first.hint, first.cells) == (f"code: four digits ({hint})", hint, (("code", "c2"),))


def test_in_thai_the_rule_and_its_hint_are_in_thai() -> None:
    counted = FileResultBuilder(WARD, "th", {})
    counted.add(part(skipped(2, Message("cell-not-integer", column="code", hint=Message("thai-digits", value="12")))))
    (rule,) = counted.build().rules
    assert (rule.sentence, rule.examples[0].hint) == ("code ต้องเป็นจำนวนเต็ม", "เป็นเลขไทย ให้พิมพ์ 12")


def test_missing_references_of_one_column_are_one_group_whatever_they_name() -> None:
    counted = tally()
    unknown = [Message("reference-unknown", column="ward", value=f"{row}", reference="ward") for row in (2, 3)]
    rows = [skipped(row, message, "missing_reference") for row, message in enumerate(unknown, start=2)]
    counted.add(part(*rows, skipped(4, "name: not 'x'"), skipped(5, "name: not 'y'")))
    assert [(rule.sentence, rule.rows) for rule in counted.build().rules] == [
        ("ward '...' is not a known ward", 2),
        ("name: not 'x'", 1),
        ("name: not 'y'", 1),
    ]


def test_at_the_cut_rows_that_are_left_out_go_before_rows_that_only_warn() -> None:
    counted = tally()
    warn(counted, ROWS_SHOWN, first_row=2)
    counted.add(part(*(skipped(row, "code: wrong") for row in range(1_000, 1_003))))
    found = counted.build()
    assert (len(found.rows), found.rows_total, found.warned) == (ROWS_SHOWN, ROWS_SHOWN + 3, ROWS_SHOWN)
    assert [row.row for row in found.rows[-4:]] == [ROWS_SHOWN - 2, 1_000, 1_001, 1_002]
    assert [rule.severity for rule in found.rules] == ["critical", "warning"]


def test_what_could_not_be_looked_up_is_a_warning() -> None:
    counted = tally({"ward_code": ("ward", "absent"), "floor": ("floor", "refused")})
    warn(counted, 2, first_row=2)
    assert counted.build().warnings == 3


def test_a_file_that_two_entities_read_is_one_and_files_that_are_not_there_are_each_their_own() -> None:
    first, second = tally(), FileResultBuilder(Entity("bed", "site", (Column("code"),)), "en", {})
    assert count_files([first.build(), second.build()]) == 2
    first.file = second.file = "site/ward.csv"
    assert count_files([first.build(), second.build()]) == 1
