"""A generated entity: its schema is the entity's, its rows go through the gate, and no cut and no further column changes them."""

import numpy as np
import pyarrow as pa
import pytest

from seedbed.core.draws import uniform
from seedbed.core.errors import DataError
from seedbed.core.generated import BLOCK_ROWS, GeneratedEntity
from seedbed.core.spec import Column, Entity

COLUMNS = (Column("row", "integer", required=True), Column("size", "integer"), Column("name"))


def columns(rows):
    size = (uniform(7, "test/thing/size", rows) * 100).astype(np.int16)
    return {"name": pa.array([f"thing {row}" for row in rows]), "size": pa.array(size), "row": pa.array(rows)}


def taller(rows):
    return {"height": pa.array(uniform(7, "test/thing/height", rows) < 0.5), **columns(rows)}


def no_thirteen(table):
    if 13 in table["row"].to_pylist():
        raise DataError("row 13", next_step="draw others")
    return table


def things(source=columns, more=(), gate=lambda table: table):
    return GeneratedEntity(Entity("thing", "test", (*COLUMNS, *more)), source, gate)


def ids(start, stop):
    return np.arange(start, stop, dtype=np.uint64)


def test_a_table_has_the_entity_s_schema_whatever_the_source_gives():
    made = things()
    assert made.table(ids(0, 5)).schema.equals(made.entity.schema)
    assert made.table(ids(0, 0)).schema.equals(made.entity.schema)
    assert made.table(ids(3, 5))["name"].to_pylist() == ["thing 3", "thing 4"]


def test_blocks_are_the_rows_in_order():
    made = things()
    blocks = list(made.blocks(5, BLOCK_ROWS + 7))
    assert [block.num_rows for block in blocks] == [BLOCK_ROWS, 7]
    assert pa.concat_tables(blocks).combine_chunks().equals(made.table(ids(5, BLOCK_ROWS + 12)).combine_chunks())
    assert list(made.blocks(5, 0)) == []


def test_nothing_passes_by_the_gate():
    made = things(gate=no_thirteen)
    assert made.table(ids(0, 13)).num_rows == 13
    with pytest.raises(DataError, match="row 13"):
        made.table(ids(0, 14))
    with pytest.raises(DataError, match="row 13"):
        list(made.blocks(10, 10))


def test_a_further_column_changes_no_other():
    wider = things(taller, (Column("height", "boolean"),)).table(ids(0, 1_000))
    assert wider.drop_columns(["height"]).equals(things().table(ids(0, 1_000)))
