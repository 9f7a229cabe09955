"""Tables as Parquet: a row group a table, Zstandard, nothing in it that says when or where it was written."""

from collections.abc import Iterable
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq


def write_parquet(tables: Iterable[pa.Table], stream: BinaryIO, schema: pa.Schema) -> None:
    """Writes the tables, which have the schema; the same tables give the same bytes with the same version of pyarrow."""
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table, row_group_size=max(table.num_rows, 1))
