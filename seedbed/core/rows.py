"""Blocks of rows on their way from a file to a target."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa

from seedbed.core.report import Skip


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Some rows of one CSV file, as text.

    `file`: the path as messages name it. `rows`: int64 row numbers as a spreadsheet counts (the header is row 1, blank lines
    count, a cell with line breaks is still one row). `text`: one str column for each header of the file under its canonical
    name, outer spaces off, "" where the cell is empty; index 0..n-1. Blank lines are not in it.
    `faults`: position -> message, for records with too many or too few cells.
    """

    file: str
    rows: np.ndarray
    text: pd.DataFrame
    faults: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a row breaks: the row's position in its block, the rule's name, the column, and a sentence."""

    position: int
    rule: str
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Block:
    """Rows that may go to a target: `table` typed by the entity, `source` the same rows as text, in the same order."""

    source: TextBlock
    table: pa.Table
    keys: pd.Series

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @property
    def headers(self) -> frozenset[str]:
        """The CSV headers that the file has."""
        return frozenset(self.source.text.columns)


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A skip with the row's cells as they stand in the file, so that it can be corrected and fed back."""

    skip: Skip
    header: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreparedBlock:
    """One block of a file after judgement: how many rows were read, what may go on, and what was left out."""

    read: int
    block: Block | None
    skips: tuple[SkippedRow, ...] = ()
