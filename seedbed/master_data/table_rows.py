"""Generated tables on their way to a target: checked against the entity, cut into blocks, keys unique."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.cell_text import as_text
from seedbed.core.errors import DataError
from seedbed.core.rows import SkippedRow, TextBlock
from seedbed.core.spec import ARROW_TYPES, Entity
from seedbed.master_data.keys import SEPARATOR, SeenKeys
from seedbed.master_data.prepare import skipped_row

BLOCK_ROWS = 65_536  # rows in memory as text for COPY, whatever the size of the tables
FIRST_ROW = 2  # as in a CSV file: the header is row 1
LIST_SEPARATOR = ","
REPEATED = "the key stands in an earlier row of these tables"


@dataclass(frozen=True)
class TableBlock:
    """Some rows of a generated table.

    `table`: one chunk a column, with the entity's types. `keys`: each row's key as text. `rows`: int64 row numbers over all tables,
    counted as in a CSV file.
    """

    entity: Entity
    table: pa.Table
    keys: pd.Series
    rows: np.ndarray

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def headers(self) -> frozenset[str]:
        """The CSV headers that the table's columns stand for."""
        return frozenset(name for column in self.table.column_names for name in self.entity.column(column).headers)

    @cached_property
    def source(self) -> TextBlock:
        """The rows as text, for skipped rows; made when it is first asked for."""
        text = {self._header(name): _cells(self.table.column(name)) for name in self.table.column_names}
        frame = pd.DataFrame({name: cells.to_pandas().astype("str") for name, cells in text.items()})
        return TextBlock(f"{self.entity.id} (generated)", self.rows, frame)

    def _header(self, name: str) -> str:
        column = self.entity.column(name)
        return name if column.parts else column.headers[0]


def check_schema(entity: Entity, schema: pa.Schema) -> None:
    """DataError names every column that the entity lacks, that the table lacks, or that has another type."""
    known = {column.name: ARROW_TYPES[column.kind] for column in entity.columns}
    faults = [f"column '{name}' is unknown" for name in schema.names if name not in known]
    faults += [
        f"column '{name}' stands twice" for name in sorted({n for n in schema.names if schema.names.count(n) > 1})
    ]
    faults += [
        f"column '{column.name}' is missing"
        for column in entity.columns
        if column.name not in schema.names and (not column.may_be_absent or column.name in entity.key)
    ]
    faults += [
        f"column '{field.name}' is {field.type}, not {known[field.name]}"
        for field in schema
        if field.name in known and field.type != known[field.name]
    ]
    if faults:
        raise DataError(
            f"a generated table does not fit the entity {entity.id}: {'; '.join(faults)}",
            next_step="give the tables the entity's schema (Entity.schema)",
            code="generated-table-invalid",
        )


def blocks_of(entity: Entity, tables: Iterable[pa.Table]) -> Iterator[tuple[TableBlock, Sequence[SkippedRow]]]:
    """The rows of the tables in blocks of at most BLOCK_ROWS, each with the rows that repeat an earlier key."""
    seen, first = SeenKeys(), FIRST_ROW
    for table in tables:
        check_schema(entity, table.schema)
        for start in range(0, table.num_rows, BLOCK_ROWS):
            block = _block(entity, table.slice(start, BLOCK_ROWS).combine_chunks(), first)
            first += len(block)
            yield _without(block, seen.find_repeats(block.keys))


def _cells(column: pa.ChunkedArray) -> pa.Array:
    """A column's values as the text of CSV cells; "" where there is none."""
    values = column.combine_chunks()
    text = pc.binary_join(values, LIST_SEPARATOR) if pa.types.is_list(values.type) else as_text(values)
    return pc.fill_null(text, "")


def _block(entity: Entity, table: pa.Table, first: int) -> TableBlock:
    texts = [_cells(table.column(name)) for name in entity.key]
    keys = reduce(lambda left, right: pc.binary_join_element_wise(left, right, SEPARATOR), texts)
    series = pd.Series(keys.to_numpy(zero_copy_only=False), dtype="object")
    return TableBlock(entity, table, series, np.arange(first, first + table.num_rows))


def _without(block: TableBlock, repeated: np.ndarray) -> tuple[TableBlock, Sequence[SkippedRow]]:
    if not repeated.any():
        return block, ()
    source = block.source
    skips = [
        skipped_row(block.entity, source, at, "duplicate_in_file", REPEATED) for at in np.flatnonzero(repeated).tolist()
    ]
    kept = np.flatnonzero(~repeated)
    table = block.table.take(pa.array(kept)).combine_chunks()
    return TableBlock(block.entity, table, block.keys.iloc[kept].reset_index(drop=True), block.rows[kept]), skips
