"""Entities whose rows are drawn, not read: a function from row ids to columns; the schema is the entity's, never inferred."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from seedbed.core.cell_text import as_text
from seedbed.core.draws import Ids, block_slices
from seedbed.core.row_ids import blocks
from seedbed.core.spec import Entity

BLOCK_ROWS = 8_192  # rows of a table on its way to a file or an API: two of them are there at once


@dataclass(frozen=True, slots=True)
class GeneratedEntity:
    """An entity with its source.

    `columns`: row ids -> an array for each column, in which a row's value is the same whatever rows are drawn with it. `gate`: the
    table itself, or DataError where anything in it must not leave.
    """

    entity: Entity
    columns: Callable[[Ids], Mapping[str, pa.Array]]
    privacy_check: Callable[[pa.Table], pa.Table]

    def table(self, rows: Ids) -> pa.Table:
        """The rows of the ids in their order, through the gate, with the entity's schema; any cut of the ids gives the same rows."""
        return self.privacy_check(self.draw_unchecked(rows))

    def draw_unchecked(self, rows: Ids) -> pa.Table:
        """The same as drawn, before the gate has looked at it: nothing that leaves is made of it."""
        schema = self.entity.schema
        return pa.Table.from_batches([self._batch(rows[part], schema) for part in block_slices(len(rows))], schema)

    def blocks(self, first: int, count: int) -> Iterator[pa.Table]:
        """So many rows from the first on, in tables of one block, so that memory stays flat whatever the count."""
        return map(self.table, blocks(first, first + count, BLOCK_ROWS))

    def _batch(self, rows: Ids, schema: pa.Schema) -> pa.RecordBatch:
        found = self.columns(rows)
        return pa.RecordBatch.from_arrays([found[field.name].cast(field.type) for field in schema], schema=schema)


def row_cells(table: pa.Table, position: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names and cells of the row at the place, as a file of skipped rows has them; "" where a value is absent."""
    cells = (as_text(column.slice(position, 1))[0].as_py() for column in table.columns)
    return tuple(table.column_names), tuple("" if cell is None else cell for cell in cells)
