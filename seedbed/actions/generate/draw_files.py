"""Drawn rows written to a file: all columns, no server, no settings."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

import pyarrow as pa

from seedbed.actions.runs.safe_write import removing_draft, write_errors_as_user_errors
from seedbed.core.generated import GeneratedEntity
from seedbed.formats.csv_text import csv_bytes
from seedbed.formats.parquet import write_parquet

Format = Literal["csv", "parquet"]


def draw_to_file(source: GeneratedEntity, rows: range, path: Path, to: Format, tell: Callable[[int], None]) -> str:
    """The SHA-256 of the file, which has all columns of the rows; `tell` hears after each block how many are drawn by now.

    Its folder is made. Under the path stands the whole file or what stood there before. UserError where it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    with write_errors_as_user_errors(path), removing_draft(draft):
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w+b") as stream:
            _write(_reporting(source.blocks(rows.start, len(rows)), tell), stream, source.entity.schema, to)
            stream.seek(0)
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        draft.replace(path)
    return found


def _reporting(tables: Iterator[pa.Table], tell: Callable[[int], None]) -> Iterator[pa.Table]:
    drawn = 0
    for table in tables:
        yield table
        drawn += table.num_rows
        tell(drawn)


def _write(tables: Iterator[pa.Table], stream: BinaryIO, schema: pa.Schema, to: Format) -> None:
    if to == "csv":
        stream.writelines(csv_bytes(tables))
    else:
        write_parquet(tables, stream, schema)
