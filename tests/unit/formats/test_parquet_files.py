"""Tables as Parquet."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from seedbed.formats.parquet import write_parquet

SCHEMA = pa.schema([pa.field("row", pa.int64(), False, {"doc": "its number"}), pa.field("name", pa.string())])


def things(start, stop):
    return pa.table({"row": range(start, stop), "name": [f"thing {row}" for row in range(start, stop)]}, SCHEMA)


def written(*tables):
    stream = io.BytesIO()
    write_parquet(tables, stream, SCHEMA)
    return stream.getvalue()


def test_a_table_is_a_row_group_with_schema_and_meaning_of_the_columns():
    file = pq.ParquetFile(io.BytesIO(written(things(0, 5), things(5, 8))))
    groups = [file.metadata.row_group(group) for group in range(file.num_row_groups)]
    assert [group.num_rows for group in groups] == [5, 3]
    assert {group.column(place).compression for group in groups for place in range(2)} == {"ZSTD"}
    assert file.read().equals(things(0, 8))
    assert file.schema_arrow.field("row").metadata[b"doc"] == b"its number"


def test_the_same_tables_are_the_same_bytes():
    assert written(things(0, 5)) == written(things(0, 5))
    assert written(things(0, 5)) != written(things(0, 6))


def test_no_table_is_a_file_without_rows():
    file = pq.ParquetFile(io.BytesIO(written()))
    assert (file.metadata.num_rows, file.schema_arrow) == (0, SCHEMA)
