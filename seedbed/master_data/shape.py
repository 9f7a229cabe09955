"""Text columns -> the entity's types, whole columns at a time; what does not fit is a finding."""

import json
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.messages.message import Message
from seedbed.core.rows import Finding
from seedbed.core.spec import ARROW_TYPES, Column, Entity, Kind
from seedbed.master_data.json_text import json_objects

TRUE, FALSE = "true", "false"
SCIENTIFIC = r"^[+-]?\d+(\.\d+)?[eE][+-]?\d+$"


def shape(entity: Entity, text: pd.DataFrame) -> tuple[pa.Table, list[Finding]]:
    """The columns that the file has, typed (references still as the text of the cell), and the cells that do not fit.

    A cell that does not fit is null in the table; its row has a finding.
    """
    arrays: dict[str, pa.Array] = {}
    findings: list[Finding] = []
    for column in present_columns(entity, text):
        if column.parts:
            arrays[column.name] = json_objects(column, text)
            findings += _blanks(column, arrays[column.name])
        else:
            cells = arrow_text(text[column.headers[0]])
            arrays[column.name], bad = convert(column, cells)
            findings += _unfit_values(column, bad)
            findings += _blanks(column, cells)
        if column.kind == "text" and (column.name in entity.key or column.references):
            findings += _numbers_made_of_codes(column, text)
    return pa.table(arrays), findings


def present_columns(entity: Entity, text: pd.DataFrame) -> list[Column]:
    """The entity's columns of which the file has at least one header; what is absent leaves the target's values alone."""
    return [column for column in entity.columns if any(header in text.columns for header in column.headers)]


def arrow_text(cells: pd.Series) -> pa.Array:
    """A text column with null where the cell is empty."""
    array = pa.array(cells, type=pa.string(), from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)


def convert(column: Column, cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The cells in the column's type, and a mask of those that are filled but do not fit."""
    if column.references or column.kind == "text":
        return cells, pa.array(np.zeros(len(cells), dtype=bool))
    return CONVERTERS[column.kind](cells)


def _integers(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _matching(cells, r"^[+-]?\d{1,18}$", ARROW_TYPES["integer"], strip_plus=True)


def _decimals(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    return _matching(cells, r"^[+-]?\d{1,12}(\.\d{1,6})?$", ARROW_TYPES["decimal"], strip_plus=True)


def _matching(
    cells: pa.Array, pattern: str, kind: pa.DataType, *, strip_plus: bool = False
) -> tuple[pa.Array, pa.Array]:
    fits = pc.fill_null(pc.match_substring_regex(cells, pattern), fill_value=True)
    kept = pc.if_else(fits, cells, pa.scalar(None, pa.string()))
    if strip_plus:
        kept = pc.utf8_ltrim(kept, characters="+")
    return pc.cast(kept, kind), pc.invert(fits)


def _booleans(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    lowered = pc.utf8_lower(cells)
    is_true = pc.equal(lowered, TRUE)
    fits = pc.fill_null(pc.or_(is_true, pc.equal(lowered, FALSE)), fill_value=True)
    return pc.if_else(fits, is_true, pa.scalar(None, pa.bool_())), pc.invert(fits)


def _parsed(kind: Kind, format_: str | None) -> Callable[[pa.Array], tuple[pa.Array, pa.Array]]:
    def parse(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
        values = pd.Series(cells.to_pylist(), dtype="object")
        times = pd.to_datetime(values, format=format_ or "ISO8601", errors="coerce", utc=True)
        filled = values.notna().to_numpy()
        # Years after 2400 are Buddhist years that a spreadsheet wrote down.
        bad = filled & (times.isna().to_numpy() | (times.dt.year.fillna(0).to_numpy() > 2400))
        good = times.mask(pd.Series(bad, index=times.index))
        array = pa.array(good.dt.floor("us"), type=pa.timestamp("us", tz="UTC"), from_pandas=True)
        return (pc.cast(array, pa.date32()) if kind == "date" else array), pa.array(bad)

    return parse


def _json_texts(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    # Row by row: JSON has no whole-column parser here, and few columns hold it.
    bad = [cell is not None and not _is_json(cell) for cell in cells.to_pylist()]
    mask = pa.array(bad, type=pa.bool_())
    return pc.if_else(mask, pa.scalar(None, pa.string()), cells), mask


def _is_json(cell: str) -> bool:
    try:
        json.loads(cell, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


def _lists(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    spaced = pc.replace_substring_regex(cells, pattern=r"\s*,\s*", replacement=",")
    return pc.split_pattern(spaced, ","), pa.array(np.zeros(len(cells), dtype=bool))


CONVERTERS: Mapping[Kind, Callable[[pa.Array], tuple[pa.Array, pa.Array]]] = {
    "integer": _integers,
    "decimal": _decimals,
    "boolean": _booleans,
    "date": _parsed("date", "%Y-%m-%d"),
    "timestamp": _parsed("timestamp", None),
    "json": _json_texts,
    "list": _lists,
}


def _positions(mask: pa.Array) -> list[int]:
    return [int(position) for position in np.flatnonzero(mask.to_numpy(zero_copy_only=False))]


def _unfit_values(column: Column, bad: pa.Array) -> list[Finding]:
    if not pc.any(bad, min_count=0).as_py():
        return []
    message = Message(f"cell-not-{column.kind}", column=column.headers[0])
    return [Finding(position, "type", column.headers[0], message) for position in _positions(bad)]


def _blanks(column: Column, cells: pa.Array) -> list[Finding]:
    if not column.required or cells.null_count == 0:
        return []
    header = column.headers[0]
    message = Message("cell-empty", column=header)
    return [Finding(position, "required", header, message) for position in _positions(pc.is_null(cells))]


def _numbers_made_of_codes(column: Column, text: pd.DataFrame) -> list[Finding]:
    header = column.headers[0]
    bad = text[header].str.match(SCIENTIFIC).to_numpy(dtype=bool)
    message = Message("cell-scientific", column=header)
    return [Finding(int(position), "code", header, message) for position in np.flatnonzero(bad)]
