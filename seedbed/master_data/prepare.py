"""A block of text -> what may go to a target and what is left out, with one reason a row: the first that applies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from seedbed.core.messages.message import Message
from seedbed.core.report import Skip, SkipReason
from seedbed.core.rows import Block, Finding, PreparedBlock, SkippedRow, TextBlock
from seedbed.core.spec import Column, Entity
from seedbed.master_data.keys import SeenKeys, display_key, key_texts
from seedbed.master_data.shape import present_columns

REJECT_COLUMNS = ("_row", "_reason", "_message")
OF_AN_EARLIER_SKIP = (
    "_reason",
    "_message",
)  # `_row` stays: it says which row of the first file a correction stands for
Lookup = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A block of text with its typed columns and everything that is wrong with single rows."""

    text: TextBlock
    table: pa.Table
    findings: Sequence[Finding]


def prepare_block(entity: Entity, shaped: Shaped, seen: SeenKeys, lookup: Lookup) -> PreparedBlock:
    """What may go on and what is left out of one block.

    `lookup`: for each reference column, the referenced cells that exist -> the value to store. Row rules come first, then
    keys over the whole file (`seen` is told of this block's), then references; keys and references among valid rows only.
    """
    text = shaped.text.text
    keys = key_texts(entity, text)
    reasons = _Reasons(entity, shaped.text, keys)
    reasons.add("invalid", _first_messages(shaped))
    seen.add_skipped(keys[~reasons.free])
    open_rows = np.flatnonzero(reasons.free)
    repeated = open_rows[seen.find_repeats(keys.iloc[open_rows])]
    reasons.add("duplicate_in_file", dict.fromkeys(repeated.tolist(), Message("key-repeated")))
    stored, missing = _resolve(entity, text, lookup, reasons.free)
    reasons.add("missing_reference", missing)
    kept = np.flatnonzero(reasons.free)
    table = _with_references(shaped.table, stored).take(pa.array(kept)) if len(kept) else None
    block = Block(_rows_of(shaped.text, kept), _whole(table), keys.iloc[kept].reset_index(drop=True)) if table else None
    return PreparedBlock(len(shaped.text), block, tuple(reasons.skipped()))


def skipped_row(entity: Entity, source: TextBlock, position: int, reason: SkipReason, message: str) -> SkippedRow:
    """The skip of one row of a block, with its cells as the file has them."""
    cells = source.text.iloc[position]
    key = "/".join(str(cells[header]) for header in entity.key_headers if header in cells.index)
    skip = Skip(entity.id, source.file, int(source.rows[position]), key, reason, message)
    header = tuple(name for name in source.text.columns if name not in OF_AN_EARLIER_SKIP)
    return SkippedRow(skip, header, tuple(str(cells[name]) for name in header))


class _Reasons:
    """Which rows of a block have a reason to be left out; the first reason stays."""

    def __init__(self, entity: Entity, source: TextBlock, keys: pd.Series) -> None:
        self._entity, self._source, self._keys = entity, source, keys
        self._found: dict[int, tuple[SkipReason, str]] = {}
        self.free = np.ones(len(source), dtype=bool)

    def add(self, reason: SkipReason, messages: Mapping[int, str]) -> None:
        for position, message in messages.items():
            if self.free[position]:
                self._found[position] = (reason, message)
                self.free[position] = False

    def skipped(self) -> Iterable[SkippedRow]:
        if not self._found:
            return
        positions = sorted(self._found)
        text = self._source.text
        header = tuple(name for name in text.columns if name not in OF_AN_EARLIER_SKIP)
        rows = text.iloc[positions][list(header)].to_numpy(dtype=object).tolist()
        keys = self._keys.iloc[positions].tolist()
        for position, cells, key in zip(positions, rows, keys, strict=True):
            reason, message = self._found[position]
            row = int(self._source.rows[position])
            yield SkippedRow(
                Skip(self._entity.id, self._source.file, row, display_key(key), reason, message), header, tuple(cells)
            )


def _first_messages(shaped: Shaped) -> dict[int, str]:
    messages = dict(shaped.text.faults)
    for finding in shaped.findings:
        messages.setdefault(finding.position, finding.message)
    return messages


def _resolve(
    entity: Entity, text: pd.DataFrame, lookup: Lookup, free: np.ndarray
) -> tuple[dict[str, pd.Series], dict[int, str]]:
    stored: dict[str, pd.Series] = {}
    missing: dict[int, str] = {}
    for column in present_columns(entity, text):
        if column.references is None:
            continue
        cells = text[column.headers[0]].astype("object")
        filled = cells != ""
        found = cells.map(lookup[column.name]).where(filled)  # an empty cell is NULL, whatever the other table holds
        lost = np.flatnonzero((found.isna() & filled).to_numpy() & free)
        stored[column.name] = found
        missing |= {
            int(position): _not_found(column, str(cells.iloc[position])) for position in lost if position not in missing
        }
    return stored, missing


def _not_found(column: Column, cell: str) -> Message:
    reference = column.references
    named = f"{reference.entity}.{reference.by}" if reference else ""
    return Message("reference-unknown", column=column.headers[0], value=cell, reference=named)


def _with_references(table: pa.Table, stored: Mapping[str, pd.Series]) -> pa.Table:
    for name, values in stored.items():
        array = pa.array(values, type=pa.string(), from_pandas=True)
        table = table.set_column(table.column_names.index(name), name, array)
    return table


def _rows_of(source: TextBlock, positions: np.ndarray) -> TextBlock:
    if len(positions) == len(source):
        return source
    return TextBlock(source.file, source.rows[positions], source.text.iloc[positions].reset_index(drop=True))


def _whole(table: pa.Table | None) -> pa.Table:
    return table.combine_chunks() if table is not None else pa.table({})
