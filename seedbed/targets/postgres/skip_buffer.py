"""Skips that are noted although the transaction in which they were found is rolled back: an operator must see what was wrong."""

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile

import pandas as pd

from seedbed.core.report import Change
from seedbed.core.rows import SkippedRow
from seedbed.targets.port import Braked
from seedbed.targets.recorder import RowLog, TableRecorder

IN_MEMORY = 1 << 22  # bytes; more of them lie in a file of this process


@dataclass(frozen=True, slots=True)
class SkipBuffer:
    """What a load notes, in a transaction; its skips are kept beside."""

    notes: TableRecorder
    spool: "SpooledTemporaryFile[bytes]"

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Notes and keeps rows that were left out."""
        if rows:
            self.notes.skip(rows)
            pickle.dump(list(rows), self.spool)

    def change(self, changes: Sequence[Change]) -> None:
        """Notes changed cells."""
        self.notes.change(changes)

    def claim_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Notes keys that are ours."""
        self.notes.claim_keys(entity, keys, at=at)


@contextmanager
def buffer_skips(entity: str, recorder: RowLog) -> "Iterator[SpooledTemporaryFile[bytes]]":
    """A place for skips; where a brake ends what is done with it, they are noted once more, outside its transaction."""
    with SpooledTemporaryFile(max_size=IN_MEMORY) as kept:
        try:
            yield kept
        except Braked:
            recorder.begin(entity)
            for rows in _read(kept):
                recorder.skip(rows)
            raise


def _read(kept: "SpooledTemporaryFile[bytes]") -> Iterator[list[SkippedRow]]:
    end = kept.tell()
    kept.seek(0)
    while kept.tell() < end:
        yield pickle.load(kept)  # noqa: S301 - this process wrote it
