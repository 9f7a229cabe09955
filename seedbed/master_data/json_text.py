"""JSON objects from several text columns, whole columns at a time."""

import json
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.spec import Column

NEEDS_ESCAPE = r'[\x00-\x1f"\\]'


def json_objects(column: Column, text: pd.DataFrame) -> pa.Array:
    """One JSON object a row from the column's headers, nested by their dots; null where every cell is empty.

    `Column.json_paths` says where each header stands: `info.th.name` at `{"th": {"name": ...}}`. An empty cell is null there.
    """
    tree: dict[str, Any] = {}
    for header, path in zip(column.parts, column.json_paths, strict=True):
        if header in text.columns:
            branch = tree
            for step in path[:-1]:
                branch = branch.setdefault(step, {})
            branch[path[-1]] = header
    headers = dict.fromkeys(header for header in column.parts if header in text.columns)
    cells = {header: json_strings(pa.array(text[header], type=pa.string(), from_pandas=True)) for header in headers}
    objects = pc.binary_join_element_wise(*_pieces(tree, cells), "")
    empty = pa.scalar(True)
    for header in headers:
        empty = pc.and_(empty, pc.equal(cells[header], "null"))
    result = pc.if_else(empty, pa.scalar(None, pa.string()), objects)
    return result.combine_chunks() if isinstance(result, pa.ChunkedArray) else result


def json_strings(cells: pa.Array) -> pa.Array:
    """Each cell as a JSON string; an empty one as JSON's null."""
    if isinstance(cells, pa.ChunkedArray):
        cells = cells.combine_chunks()
    odd = pc.match_substring_regex(cells, NEEDS_ESCAPE)
    texts = pc.binary_join_element_wise('"', cells, '"', "")
    if pc.any(odd, min_count=0).as_py():
        # Row by row, for the few cells that hold quotes, backslashes or control characters.
        escaped = [
            json.dumps(cell, ensure_ascii=False) if is_odd else None
            for cell, is_odd in zip(cells.to_pylist(), odd.to_pylist(), strict=True)
        ]
        texts = pc.coalesce(pa.array(escaped, type=pa.string()), texts)
    return pc.if_else(pc.equal(cells, ""), "null", texts)


def _pieces(tree: dict[str, Any], cells: dict[str, pa.Array]) -> list[Any]:
    pieces: list[Any] = []
    for place, (name, below) in enumerate(tree.items()):
        pieces.append(("{" if place == 0 else ",") + json.dumps(name) + ":")
        pieces += _pieces(below, cells) if isinstance(below, dict) else [cells[below]]
    return [*pieces, "}"]
