"""Blocks of rows as CSV files small enough to send, and what a server answers about their rows."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pandas as pd

from seedbed.core.rows import Block
from seedbed.core.spec import Entity
from seedbed.targets.http.responses import reason_of, results_of

ROWS = 500
BYTES = 512 * 1024
FIRST_ROW = 2  # of an uploaded file, as a spreadsheet counts: the header is row 1
COUNTED = {"created": "inserted", "updated": "updated", "unchanged": "unchanged"}


@dataclass(frozen=True, slots=True)
class CsvChunk:
    """Rows `start` to `stop` of a block as a CSV file with a header."""

    block: Block
    frame: pd.DataFrame = field(repr=False)
    start: int
    stop: int
    body: bytes = field(repr=False)

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def positions(self) -> range:
        """Where its rows stand in the block."""
        return range(self.start, self.stop)

    @property
    def keys(self) -> pd.Series:
        """Its rows' keys."""
        return self.block.keys.iloc[self.start : self.stop]

    @property
    def digest(self) -> str:
        """What tells this file from any other: 32 hex digits of its bytes' SHA-256."""
        return hashlib.sha256(self.body).hexdigest()[:32]

    def halves(self) -> "tuple[CsvChunk, CsvChunk]":
        """The same rows as two files."""
        middle = (self.start + self.stop) // 2
        return (
            _upload(self.block, self.frame, self.start, middle),
            _upload(self.block, self.frame, middle, self.stop),
        )


def split_into_chunks(entity: Entity, block: Block) -> Iterator[CsvChunk]:
    """The block as files of at most 500 rows and 512 KiB (a single larger row goes alone), with the entity's columns only."""
    text = block.source.text
    frame = text[[header for header in entity.headers if header in text.columns]]
    for start in range(0, len(block), ROWS):
        yield from _small_enough(_upload(block, frame, start, min(start + ROWS, len(block))))


def _small_enough(upload: CsvChunk) -> Iterator[CsvChunk]:
    if len(upload) == 1 or len(upload.body) <= BYTES:
        yield upload
        return
    for half in upload.halves():
        yield from _small_enough(half)


def _upload(block: Block, frame: pd.DataFrame, start: int, stop: int) -> CsvChunk:
    body = frame.iloc[start:stop].to_csv(index=False, lineterminator="\n").encode()
    return CsvChunk(block, frame, start, stop, body)


def outcome(answer: httpx.Response, upload: CsvChunk) -> dict[str, Any]:
    """What an answer says of the upload's rows: counts, and the rejected ones as [place in the upload, reason].

    A row of which it says nothing, or nothing that is understood, counts as `sent`.
    """
    results = results_of(answer, by="row")
    counts = {"inserted": 0, "updated": 0, "unchanged": 0, "sent": 0}
    rejected: list[list[Any]] = []
    for place in range(len(upload)):
        result = results.get(place + FIRST_ROW, {})
        if result.get("outcome") == "rejected":
            rejected.append([place, reason_of(result)])
        else:
            counts[COUNTED.get(str(result.get("outcome")), "sent")] += 1
    return {**counts, "rejected": rejected}
