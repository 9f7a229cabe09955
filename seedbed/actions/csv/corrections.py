"""Corrected reject files: which rows of the first file they stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from seedbed.actions.csv.sources import Source
from seedbed.content.csv_blocks import read_blocks
from seedbed.content.layouts import layout_of
from seedbed.core.rows import TextBlock
from seedbed.core.spec import Entity
from seedbed.master_data.prepare import REJECT_COLUMNS

ROW = "_row"
NUMBER = "[0-9]{1,18}"


@dataclass(frozen=True, slots=True)
class Corrections:
    """Corrected rows by the row number that they have in the first file."""

    entity: Entity
    rows: Mapping[int, pd.Series] = field(default_factory=dict)

    def without_corrected(self, block: TextBlock) -> TextBlock:
        """The block without the rows that a correction stands for."""
        if not self.rows:
            return block
        kept = np.ones(len(block), dtype=bool)
        rows = _rows_stood_for(block)
        for at in np.flatnonzero(np.isin(rows, list(self.rows))):
            kept[at] = not self._stands_for(int(rows[at]), block.text.iloc[at])
        if kept.all():
            return block
        places = np.flatnonzero(kept)
        faults = {int(np.searchsorted(places, at)): words for at, words in block.faults.items() if kept[at]}
        return TextBlock(block.file, block.rows[places], block.text.iloc[places].reset_index(drop=True), faults)

    def _stands_for(self, row: int, cells: pd.Series) -> bool:
        """The same row number is not enough: the first file may have grown since. The key, or half of the cells, must agree."""
        corrected = self.rows.get(row)
        if corrected is None:
            return False
        names = [name for name in cells.index if name in corrected.index and name not in REJECT_COLUMNS]
        same = [name for name in names if cells[name] == corrected[name]]
        keys = [name for name in self.entity.key_headers if name in names]
        return (bool(keys) and set(keys) <= set(same)) or 2 * len(same) >= len(names)


def _rows_stood_for(block: TextBlock) -> np.ndarray:
    """The row numbers that a block's rows go by: in a correction those of the first file, where it says them."""
    if ROW not in block.text.columns:
        return block.rows
    said = block.text[ROW]
    return np.where(said.str.fullmatch(NUMBER), pd.to_numeric(said, errors="coerce").fillna(0), block.rows).astype(
        "int64"
    )


def read_corrections(entity: Entity, sources: Sequence[Source]) -> Corrections:
    """The rows of correction files that say which row they stand for; of two for the same row, the later file's."""
    rows: dict[int, pd.Series] = {}
    for source in sources:
        if not source.is_correction:
            continue
        for block in read_blocks(source.path, layout_of(entity), shown_as=source.shown_as):
            if ROW in block.text.columns:
                numbered = block.text[block.text[ROW].str.fullmatch(NUMBER)]
                rows |= {int(cells[ROW]): cells for _, cells in numbered.iterrows()}
    return Corrections(entity, rows)
