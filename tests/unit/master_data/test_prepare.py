import numpy as np
import pandas as pd
import pytest

from seedbed.core.rows import Finding, TextBlock
from seedbed.core.spec import Column, Entity, Reference
from seedbed.master_data.keys import SeenKeys, display_key, key_texts
from seedbed.master_data.prepare import Shaped, prepare_block, skipped_row
from seedbed.master_data.shape import shape

BED = Entity(
    "bed",
    "general",
    (
        Column("code", required=True),
        Column("ward_id", header="ward_code", required=True, references=Reference("ward")),
        Column("spare_id", header="spare", references=Reference("ward")),
        Column("rank", "integer"),
    ),
)
PLAN = Entity("plan", "m", (Column("main", required=True), Column("sub")), key=("main", "sub"))
WARDS = {"A": "id-a", "B": "id-b", "": "id-of-nothing"}
LOOKUP = {"ward_id": WARDS, "spare_id": WARDS}


def block(rows, faults=None, first=2):
    names = ["code", "ward_code", "spare", "rank"]
    text = pd.DataFrame([dict(zip(names, row, strict=False)) for row in rows], columns=names, dtype="str").fillna("")
    return TextBlock("data/bed.csv", np.arange(first, first + len(rows), dtype=np.int64), text, faults or {})


def judged(rows, *, seen=None, findings=(), faults=None, lookup=LOOKUP):
    source = block(rows, faults)
    table, misfits = shape(BED, source.text)
    return prepare_block(BED, Shaped(source, table, [*misfits, *findings]), seen or SeenKeys(), lookup)


def reasons(part):
    return {row.skip.row: row.skip.reason for row in part.skips}


def test_right_rows_go_on_with_their_references_resolved():
    part = judged([("1", "A", "", "5"), ("2", "B", "A", "")])
    assert (part.read, part.skips) == (2, ())
    assert part.block.table.to_pylist() == [
        {"code": "1", "ward_id": "id-a", "spare_id": None, "rank": 5},
        {"code": "2", "ward_id": "id-b", "spare_id": "id-a", "rank": None},
    ]
    assert part.block.keys.tolist() == ["1", "2"]
    assert part.block.source.rows.tolist() == [2, 3]


def test_an_empty_reference_is_null_even_where_the_other_table_holds_an_empty_code():
    assert judged([("1", "A", "", "")]).block.table.column("spare_id").to_pylist() == [None]


def test_a_reference_column_of_which_every_cell_is_empty_is_null():
    part = judged([("1", "A"), ("2", "A")], lookup={"ward_id": WARDS, "spare_id": {}})
    assert part.block.table.column("spare_id").to_pylist() == [None, None]


def test_each_row_has_one_reason_the_first_that_applies():
    rows = [
        ("1", "A", "", "1"),
        ("1", "Z", "", "x"),  # invalid, a duplicate, and its ward is missing
        ("1", "Z", "", ""),  # a duplicate, and its ward is missing
        ("2", "Z", "", ""),
        ("3", "A", "Z", ""),
        ("", "A", "", ""),
    ]
    part = judged(rows)
    assert reasons(part) == {
        3: "invalid",
        4: "duplicate_in_file",
        5: "missing_reference",
        6: "missing_reference",
        7: "invalid",
    }
    assert part.read == len(part.block) + len(part.skips) == 6


def test_the_first_occurrence_wins_across_blocks():
    seen = SeenKeys()
    assert reasons(judged([("1", "A"), ("2", "A")], seen=seen)) == {}
    assert reasons(judged([("3", "A"), ("2", "A"), ("1", "B"), ("3", "A")], seen=seen)) == dict.fromkeys(
        (3, 4, 5), "duplicate_in_file"
    )


def test_the_key_of_an_invalid_row_makes_no_later_row_a_duplicate():
    part = judged([("1", "A", "", "many"), ("1", "A", "", "1"), ("1", "A", "", "2")])
    assert reasons(part) == {2: "invalid", 4: "duplicate_in_file"}


def test_a_row_whose_reference_is_missing_still_was_the_first_with_its_key():
    assert reasons(judged([("1", "Z"), ("1", "A")])) == {2: "missing_reference", 3: "duplicate_in_file"}


def test_messages_say_the_first_thing_that_is_wrong():
    suite = [Finding(1, "r1", "code", "first"), Finding(1, "r2", "code", "second")]
    part = judged(
        [("1", "A"), ("2", "A"), ("3", "Z"), ("1", "A"), ("9", "A")], findings=suite, faults={4: "has 9 cells"}
    )
    assert [row.skip.message for row in part.skips] == [
        "first",
        "ward_code 'Z' is not a known ward.code",
        "the key stands earlier in this file",
        "has 9 cells",
    ]


def test_a_skip_carries_entity_file_row_key_and_the_cells_as_they_stand():
    part = judged([("1", "A", "", "x")])
    row = part.skips[0]
    assert (row.skip.entity, row.skip.file, row.skip.row, row.skip.key) == ("bed", "data/bed.csv", 2, "1")
    assert dict(zip(row.header, row.cells, strict=True)) == {"code": "1", "ward_code": "A", "spare": "", "rank": "x"}


def test_a_block_of_which_nothing_is_right_is_no_block():
    part = judged([("1", "Z"), ("2", "Z")])
    assert (part.block, len(part.skips)) == (None, 2)


def test_a_correction_s_reject_keeps_the_row_that_it_stands_for_and_no_earlier_reason():
    source = block([("1", "Z")])
    text = source.text.assign(_row="7", _reason="invalid", _message="old").astype("str")
    source = TextBlock(source.file, source.rows, text)
    table, findings = shape(BED, text)
    part = prepare_block(BED, Shaped(source, table, findings), SeenKeys(), LOOKUP)
    assert part.skips[0].header == ("code", "ward_code", "spare", "rank", "_row")
    assert (part.skips[0].skip.row, part.skips[0].cells[-1]) == (2, "7")
    assert skipped_row(BED, source, 0, "constraint", "why").header == part.skips[0].header


def test_a_row_that_the_target_refuses_is_skipped_with_its_key_and_cells():
    row = skipped_row(BED, block([("1", "A", "", "3")], first=9), 0, "constraint", "why")
    assert (row.skip.row, row.skip.key, row.skip.reason, row.cells) == (9, "1", "constraint", ("1", "A", "", "3"))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [(("main", "sub"), ["a\x1fb", "c\x1f"]), (("main",), ["a\x1f", "c\x1f"]), ((), ["\x1f", "\x1f"])],
)
def test_a_header_that_the_file_lacks_counts_as_an_empty_cell_of_the_key(headers, expected):
    text = pd.DataFrame({"main": ["a", "c"], "sub": ["b", ""]}, dtype="str")[list(headers)]
    assert key_texts(PLAN, text.reindex(range(2))).tolist() == expected


def test_people_read_a_key_with_slashes():
    assert display_key("a\x1fb\x1f") == "a/b/"
