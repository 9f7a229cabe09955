"""COPY between Arrow tables and PostgreSQL."""

import io

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from seedbed.database.cursor import Cursor
from seedbed.database.sql_names import quote_identifier

WRITE = arrow_csv.WriteOptions(include_header=False, quoting_style="needed")


def copy_in(cursor: Cursor, relation: str, table: pa.Table) -> None:
    """All rows of the table into the relation's columns of the same names, by COPY; null is NULL."""
    names = ", ".join(quote_identifier(name) for name in table.column_names)
    buffer = io.BytesIO()
    arrow_csv.write_csv(_writable(table), buffer, WRITE)
    buffer.seek(0)
    cursor.copy_expert(f"COPY {relation} ({names}) FROM STDIN WITH (FORMAT csv)", buffer)


def _writable(table: pa.Table) -> pa.Table:
    """Lists as PostgreSQL's array literals: CSV has no lists."""
    for place, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            table = table.set_column(place, field.name, _array_literals(table.column(place)))
    return table


def _array_literals(column: pa.ChunkedArray) -> pa.Array:
    """`{"a","b"}` for each list, null for a null."""
    lists = column.combine_chunks()
    parts = pc.cast(lists.flatten(), pa.string())
    for special in ("\\", '"'):
        parts = pc.replace_substring(parts, special, f"\\{special}")
    quoted_parts = pc.binary_join_element_wise('"', parts, '"', "")
    ends = pc.cumulative_sum(pc.fill_null(pc.list_value_length(lists), 0))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cast(ends, pa.int32())])
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, quoted_parts), ",")
    literals = pc.binary_join_element_wise("{", joined, "}", "")
    return pc.if_else(pc.is_null(lists), pa.scalar(None, pa.string()), literals)
