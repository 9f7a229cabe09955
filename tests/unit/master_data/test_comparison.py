"""Two versions of a file: which rows were added, removed and changed, whatever else is different."""

import numpy as np
import pandas as pd
import pytest

from seedbed.core.differences import Cell, Comparison, FileComparison, RowDifference
from seedbed.core.spec import Column, Entity
from seedbed.master_data.compare_versions import FileVersion, compare_versions

WARD = Entity("ward", "site", (Column("code"), Column("name"), Column("rank", "integer")))
BED = Entity("bed", "site", (Column("ward"), Column("number"), Column("name")), key=("ward", "number"))
HEADER = ("code", "name", "rank")
ROWS = (("A", "Alpha", "1"), ("B", "Beta", "2"), ("C", "Gamma", "3"))


def version(rows: tuple[tuple[str, ...], ...], header: tuple[str, ...] = HEADER) -> FileVersion:
    return FileVersion(pd.DataFrame(list(rows), columns=list(header), dtype="str"), np.arange(2, 2 + len(rows)))


def compared(after: tuple[tuple[str, ...], ...], header: tuple[str, ...] = HEADER) -> FileComparison:
    return compare_versions(WARD, "site/ward.csv", version(ROWS), version(after, header))


def counts(found: FileComparison) -> tuple[int, int, int]:
    return found.added, found.removed, found.changed


def test_rows_are_added_removed_and_changed_by_key() -> None:
    found = compared((("A", "Alpha", "1"), ("B", "Bee", ""), ("D", "Delta", "")))
    assert (found.state, counts(found)) == ("changed", (1, 1, 1))
    assert found.differences == (
        RowDifference("ward", "changed", "B", 3, (Cell("name", "Beta", "Bee"), Cell("rank", "2", ""))),
        RowDifference("ward", "added", "D", 4, (Cell("code", None, "D"), Cell("name", None, "Delta"))),
        RowDifference(
            "ward", "removed", "C", 4, (Cell("code", "C", None), Cell("name", "Gamma", None), Cell("rank", "3", None))
        ),
    )


def test_the_same_cells_in_the_same_order_are_another_way_of_writing() -> None:
    assert (compared(ROWS).state, compared(ROWS).total, compared(ROWS).message) == ("rewritten", 0, "")


def test_another_order_of_columns_is_another_way_of_writing() -> None:
    turned = tuple((rank, name, code) for code, name, rank in ROWS)
    assert compared(turned, ("rank", "name", "code")).state == "rewritten"


def test_another_order_of_rows_is_said_as_such_alone_and_beside_changes() -> None:
    alone = compared(ROWS[::-1])
    assert (alone.state, alone.total, alone.message) == ("reordered", 0, "the rows stand in another order")
    beside = compared((*ROWS[:0:-1], ("A", "Alpha!", "1")))
    assert (beside.state, counts(beside), beside.message) == ("changed", (0, 0, 1), "the rows stand in another order")


def test_a_row_inserted_in_the_middle_is_no_other_order() -> None:
    found = compared((ROWS[0], ("AB", "", ""), *ROWS[1:]))
    assert (counts(found), found.message) == ((1, 0, 0), "")


def test_a_column_that_comes_or_goes_is_named_and_its_filled_cells_are_changes() -> None:
    found = compared((("A", "x"), ("B", ""), ("C", "")), ("code", "note"))
    assert (found.columns_added, found.columns_removed) == (("note",), ("name", "rank"))
    assert found.differences[0].cells == (Cell("note", "", "x"), Cell("name", "Alpha", ""), Cell("rank", "1", ""))
    empty = compare_versions(WARD, "f", version((("A",),), ("code",)), version((("A", ""),), ("code", "name")))
    assert (empty.state, empty.total, empty.columns_added) == ("changed", 0, ("name",))


def test_rows_that_share_a_key_are_paired_in_their_order() -> None:
    found = compared((ROWS[0], ("A", "Again", "9"), *ROWS[1:]))
    assert (counts(found), found.differences[0].cells[1]) == ((1, 0, 0), Cell("name", None, "Again"))
    twice = version((("A", "x", ""), ("A", "y", "")))
    assert counts(compare_versions(WARD, "f", twice, version((("A", "y", ""),)))) == (0, 1, 1)


@pytest.mark.parametrize(
    ("before", "after", "wanted"), [((), ROWS, (3, 0, 0)), (ROWS, (), (0, 3, 0)), ((), (), (0, 0, 0))]
)
def test_a_version_without_rows(
    before: tuple[tuple[str, ...], ...], after: tuple[tuple[str, ...], ...], wanted: tuple[int, int, int]
) -> None:
    assert counts(compare_versions(WARD, "f", version(before), version(after))) == wanted
    bare = FileVersion(pd.DataFrame(dtype="str"), np.array([], dtype=np.int64))
    assert counts(compare_versions(WARD, "f", bare, version(after))) == (len(after), 0, 0)


def test_a_key_of_several_columns() -> None:
    header = ("ward", "number", "name")
    before, after = (
        version((("A", "1", "x"), ("A", "2", "y")), header),
        version((("A", "1", "x"), ("A", "2", "z")), header),
    )
    (found,) = compare_versions(BED, "f", before, after).differences
    assert (found.key, found.cells) == ("A/2", (Cell("name", "y", "z"),))


def test_the_counts_are_whole_and_the_differences_the_first_ones() -> None:
    many = tuple((str(number), "", "") for number in range(1_500))
    found = compare_versions(WARD, "f", version(()), version(many))
    assert (found.added, len(found.differences)) == (1_500, 1_000)
    plain = Comparison("HEAD", {"data": "abc"}, (found, FileComparison("site", "bed", "g", "unchanged"))).to_json()
    assert (plain["differences_total"], len(plain["differences"]), plain["unchanged"]) == (1_500, 1_000, 1)
    assert [(one["entity"], one["added"], one["total"]) for one in plain["entities"]] == [("ward", 1_500, 1_500)]


def test_what_a_row_has_beyond_the_header_is_compared_too() -> None:
    extra = {1: {"(fault)": "cells in this row: 4, in the header: 3", "(cell 4)": "9"}}
    before, after = version(ROWS), FileVersion(version(ROWS).text, version(ROWS).rows, extra)
    found = compare_versions(WARD, "f", before, after)
    wanted = (Cell("(fault)", "", "cells in this row: 4, in the header: 3"), Cell("(cell 4)", "", "9"))
    assert (found.state, found.differences) == ("changed", (RowDifference("ward", "changed", "B", 3, wanted),))
    assert compare_versions(WARD, "f", after, after).state == "rewritten"
    other = FileVersion(after.text, after.rows, {1: {**extra[1], "(cell 4)": "8"}})
    assert compare_versions(WARD, "f", after, other).differences[0].cells == (Cell("(cell 4)", "9", "8"),)
    gone = compare_versions(WARD, "f", after, version(ROWS[:1])).differences[0]
    assert gone.cells[-2:] == (
        Cell("(fault)", "cells in this row: 4, in the header: 3", None),
        Cell("(cell 4)", "9", None),
    )
