"""Generated tables are checked against their entity and cut into blocks of unique keys."""

import pyarrow as pa
import pytest

from seedbed.core.errors import DataError
from seedbed.core.spec import Column, Entity
from seedbed.master_data import table_rows
from seedbed.master_data.table_rows import blocks_of

ENTITY = Entity(
    "visit",
    "care",
    (Column("code", required=True), Column("beds", "integer"), Column("tags", "list")),
    dataset="sample",
)


def table(codes, beds=None, tags=None):
    beds = [1] * len(codes) if beds is None else beds
    tags = [["a", "b"]] * len(codes) if tags is None else tags
    return pa.Table.from_pydict({"code": codes, "beds": beds, "tags": tags}, schema=ENTITY.schema)


def test_tables_are_cut_into_blocks_whose_rows_are_counted_over_all_of_them(monkeypatch):
    monkeypatch.setattr(table_rows, "BLOCK_ROWS", 2)
    blocks = [block for block, _ in blocks_of(ENTITY, [table(["1", "2", "3"]), table(["4"])])]
    assert [block.rows.tolist() for block in blocks] == [[2, 3], [4], [5]]
    assert [key for block in blocks for key in block.keys] == ["1", "2", "3", "4"]


def test_a_key_that_stands_twice_is_skipped_wherever_it_stood_before():
    (first, none), (second, skips) = blocks_of(ENTITY, [table(["1", "2"]), table(["3", "1"], [7, None], [["x"], []])])
    assert (none, second.keys.tolist(), second.rows.tolist()) == ((), ["3"], [4])
    (skipped,) = skips
    assert (skipped.skip.entity, skipped.skip.row, skipped.skip.key) == ("sample/visit", 5, "1")
    assert skipped.skip.reason == "duplicate_in_file"
    assert len(first) == 2


def test_the_rows_of_a_block_are_read_as_the_text_of_a_file():
    ((block, _),) = blocks_of(ENTITY, [table(["1"], [None], [["x", "y"]])])
    assert block.headers == {"code", "beds", "tags"}
    assert block.source.text.to_dict("records") == [{"code": "1", "beds": "", "tags": "x,y"}]


def test_a_table_that_does_not_fit_names_every_column():
    wrong = pa.table({"code": pa.array([1]), "ward": pa.array(["x"])})
    with pytest.raises(DataError, match="sample/visit") as refused:
        list(blocks_of(ENTITY, [wrong]))
    assert refused.value.code == "generated-table-invalid"
    for fault in ("column 'ward' is unknown", "column 'code' is int64, not string"):
        assert fault in refused.value.message
