"""What a delivery records, as four small ports; each target asks for the ports that it uses."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from seedbed.core.create_intents import Creations
from seedbed.core.report import Change, EntityReport, MissingKey
from seedbed.core.rows import SkippedRow


class RowLog(Protocol):
    """Records what happened to single rows, for one run and unit. A retry replaces what an earlier attempt recorded.

    rows.begin("ward")
    rows.skip(part.skips)
    """

    def begin(self, entity: str) -> None:
        """Deletes the skips, changes and retired keys that an earlier attempt of this run recorded for the entity."""
        ...

    def skip(self, rows: Sequence[SkippedRow]) -> None:
        """Records skipped rows."""
        ...

    def change(self, changes: Sequence[Change]) -> None:
        """Records cells that an update changed."""
        ...

    def record_missing(self, missing: Sequence[MissingKey]) -> None:
        """Records keys that the file no longer has."""
        ...


class OwnedKeys(Protocol):
    """Records which keys our runs have written, by entity and address (`at`; "" for the run's own database).

    keys.hold("user", pd.Series(["somchai"]), at="https://id.example/realms/staging")
    owned = [key for block in keys.held("user", at="https://id.example/realms/staging") for key in block]
    """

    def owned_keys(self, entity: str, *, at: str = "") -> Iterator[pd.Series]:
        """The owned keys, in blocks; within a transaction, only those recorded before it. A key may come twice."""
        ...

    def claim_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Records keys as owned: this run writes, or is about to write, their rows."""
        ...

    def release_keys(self, entity: str, keys: pd.Series, *, at: str = "") -> None:
        """Deletes keys that this run recorded and whose rows were not written after all."""
        ...


class RequestLog(Protocol):
    """Records requests to a server and their answers, so that a retry sends no request twice.

    if requests.answer(idempotency_key) is None:
        requests.note_answer(idempotency_key, send(batch))
    """

    def answer(self, request: str) -> Mapping[str, Any] | None:
        """The server's answer to the request with this Idempotency-Key in an earlier attempt; None where it is unknown."""
        ...

    def record_answer(self, request: str, answer: Mapping[str, Any]) -> None:
        """Records a server's answer, before anything else is sent."""
        ...

    def pending_creations(self, entity: str, *, at: str = "") -> Mapping[str, float]:
        """Keys that this run asked the server to create, with unknown outcome: the time of the request (epoch, seconds)."""
        ...

    def record_creations(self, entity: str, noted: Creations, *, at: str = "") -> None:
        """Records what this run asks the server to create, before the request, and what the server has created."""
        ...

    def check_lease(self) -> None:
        """Raises UserError if another run or a newer attempt holds the run lock. Call it before requests."""
        ...


class Receipts(Protocol):
    """Records which entities were delivered. A receipt with the same digest means that nothing is left to do.

    if receipts.receipt("ward", digest=digest) is None:
        receipts.finish(report, digest=digest)
    """

    def is_first_load(self, entity: str) -> bool:
        """True if no other run of ours has delivered the entity."""
        ...

    def receipt(self, entity: str, *, digest: str) -> EntityReport | None:
        """The report of an earlier attempt of this run for the same input; None if there is none."""
        ...

    def finish(self, report: EntityReport, *, digest: str) -> None:
        """Records the receipt. Every target's `deliver` ends with it, except in a dry run."""
        ...


class TableRecorder(RowLog, OwnedKeys, Receipts, Protocol):
    """What a target without requests records: rows, owned keys and receipts."""


class TransactionRecorder(TableRecorder, Protocol):
    """What a target records that writes rows and records in one database transaction.

    with database.transaction() as cursor:
        recorder.within(cursor).begin("ward")
    """

    def within(self, cursor: Any) -> TableRecorder:
        """The same recorder as part of the cursor's transaction, where the records are in that database."""
        ...


class Recorder(TransactionRecorder, RequestLog, Protocol):
    """All four ports: what the code that runs a delivery hands to a target, whichever it is."""
