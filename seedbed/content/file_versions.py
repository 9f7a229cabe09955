"""A file's bytes as they were or are -> a version of it that can be compared."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from seedbed.content.csv_blocks import OUTER_SPACES, read_blocks
from seedbed.content.exact_csv import exact_records
from seedbed.content.layouts import layout_of
from seedbed.core.differences import FAULT
from seedbed.core.rows import TextBlock
from seedbed.core.spec import Entity
from seedbed.master_data.compare_versions import FileVersion


def read_file_version(entity: Entity, shown_as: str, content: bytes | None) -> FileVersion:
    """The rows of the file, none where there is no file; DataError where it is wrong as a whole."""
    blocks = _blocks(entity, shown_as, content) if content is not None else []
    if not blocks:
        return FileVersion(pd.DataFrame(dtype="str"), np.array([], dtype=np.int64))
    rows = np.concatenate([block.rows for block in blocks])
    faults = [message for block in blocks for message in _messages(block)]
    faulty = {at: message for at, message in enumerate(faults) if message}
    beyond = _beyond({int(rows[at]) for at in faulty}, len(blocks[0].text.columns), content or b"", shown_as)
    return FileVersion(
        pd.concat([block.text for block in blocks], ignore_index=True),
        rows,
        {at: {FAULT: message, **beyond[int(rows[at])]} for at, message in faulty.items()},
    )


def _blocks(entity: Entity, shown_as: str, content: bytes) -> Sequence[TextBlock]:
    with TemporaryDirectory(prefix="seedbed-") as folder:
        path = Path(folder) / "version.csv"
        path.write_bytes(content)
        return list(read_blocks(path, layout_of(entity), shown_as=shown_as))


def _messages(block: TextBlock) -> list[str]:
    return [block.faults.get(position, "") for position in range(len(block))]


def _beyond(wanted: set[int], width: int, content: bytes, shown_as: str) -> Mapping[int, Mapping[str, str]]:
    """For each wanted row the filled cells beyond the header's last column: reading in blocks leaves them out."""
    found: dict[int, dict[str, str]] = {}
    if not wanted:
        return found
    for row, cells in enumerate(exact_records(io.BytesIO(content), shown_as=shown_as, row=1, offset=0), start=1):
        if row in wanted:
            stripped = enumerate((cell.strip(OUTER_SPACES) for cell in cells[width:]), start=width + 1)
            found[row] = {f"(cell {number})": cell for number, cell in stripped if cell}
    return found
