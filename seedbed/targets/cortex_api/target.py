"""The Cortex API: master data as CSV imports.

Delivering twice equals delivering once: an upload carries an Idempotency-Key made of run, unit, entity and its own bytes, so a
server that honours it answers again what it answered first. A server that ignores it still takes no harm: imports are upserts
by key, so an upload whose outcome is unknown (the connection dropped after the commit) may be sent again. What was answered is
noted at once and never sent again by a later attempt of the run.
"""

import logging
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pandas as pd

from seedbed.core.errors import DataError, SeedbedError, Transient, UserError
from seedbed.core.report import EntityReport, SkipReason
from seedbed.core.rows import PreparedBlock
from seedbed.core.spec import Entity
from seedbed.targets.accounting import (
    check_limits,
    delivery_report,
    finish_or_raise,
    open_block,
    record_missing_keys,
    skip,
)
from seedbed.targets.cortex_api.list_items import Item, cell, kinds, pages, same
from seedbed.targets.cortex_api.uploads import CsvChunk, outcome, split_into_chunks
from seedbed.targets.http.bearer_tokens import StoppableTokens
from seedbed.targets.http.client import ApiClient
from seedbed.targets.http.concurrency import Breaker, map_ordered
from seedbed.targets.http.responses import rejection_message
from seedbed.targets.http.retries import ABOUT_ROWS
from seedbed.targets.port import Delivery
from seedbed.targets.recorder import Recorder

LANES = 4

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class CortexApi:
    """The target of entities with `target="cortex_api"`."""

    client: ApiClient
    name: str = "cortex_api"

    def describe(self) -> str:
        """The API's address."""
        return self.client.base_url

    def ids(self, entity: Entity, *, by: str, take: str) -> Mapping[str, str]:
        """Each listed item's `by` -> its `take`, as text."""
        by_header, take_header = _header(entity, by), _header(entity, take)
        found = {cell(item, by_header): cell(item, take_header) for page in pages(self.client, entity) for item in page}
        if any(key and not value for key, value in found.items()):
            raise DataError(f"{self.client.name} lists {entity.id} without '{take}'", code="unexpected-answer")
        return {key: value for key, value in found.items() if key}

    def deliver(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: Recorder
    ) -> EntityReport:
        """Import the rows in CSV files of bounded size, four at once, and account for every row."""
        started = time.perf_counter()
        recorder.begin(entity.id)
        if delivery.dry_run:
            return self._foreseen(entity, parts, delivery, recorder)
        if delivery.limits:
            # What was sent cannot be taken back: the parts are taken once to judge them, and once more to send them.
            self._foreseen(entity, parts, delivery, recorder)
            recorder.begin(entity.id)
        client = replace(self.client, tokens=StoppableTokens(self.client.tokens, recorder.check_lease))
        importing = _importing(client, entity, parts, delivery, recorder)
        for upload, result in map_ordered(importing.take, importing.send, lanes=LANES):
            importing.record_outcome(upload, result)
        _logger.info("%s: %s", entity.id, dict(importing.counts))
        report = finish_or_raise(
            delivery_report(entity, self.name, importing.counts, started), importing.breaker, where=self.client.name
        )
        report = replace(report, retired=record_missing_keys(entity.id, delivery, recorder, at=self.describe()))
        recorder.finish(report, digest=delivery.digest)
        return report

    def _foreseen(
        self, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: Recorder
    ) -> EntityReport:
        """What a delivery would do; raises Braked where that is too much."""
        started = time.perf_counter()
        counts = _compared(entity, parts, recorder, self.client)
        counts["retired"] = record_missing_keys(entity.id, delivery, recorder, at=self.describe())
        report = delivery_report(entity, self.name, counts, started)
        check_limits(delivery, report, recorder)
        return report

    def read(self, entity: Entity) -> Iterator[pd.DataFrame]:
        """What the API lists, as text by CSV header, a page at a time."""
        for page in pages(self.client, entity):
            yield pd.DataFrame(
                {header: [cell(item, header) for item in page] for header in entity.headers}, dtype="str"
            )

    def ping(self) -> None:
        """Raise Transient where the API or its token service does not answer or is not well."""
        self.client.ping()

    def close(self) -> None:
        """Give back connections."""
        self.client.close()


@dataclass(frozen=True, slots=True)
class _Importing:
    """One delivery under way. Only `send` runs beside others; everything else stays in the thread that delivers."""

    client: ApiClient
    entity: Entity
    delivery: Delivery
    recorder: Recorder
    uploads: Iterator[CsvChunk]
    counts: Counter[str]
    breaker: Breaker = field(default_factory=Breaker)
    halves: deque[CsvChunk] = field(default_factory=deque)

    def take(self) -> CsvChunk | None:
        """The next upload to send; what an earlier attempt had answered is settled on the way."""
        while (upload := self._next()) is not None:
            known = self.recorder.answer(self._key(upload))
            if known is not None:
                self._account(upload, known)
            elif self.breaker.is_open:
                self.counts["failed"] += len(upload)
            else:
                # Before it is sent: the server may take it and this process may end before it has heard so.
                self.recorder.claim_keys(self.entity.id, upload.keys, at=self.client.base_url)
                return upload
        return None

    def send(self, upload: CsvChunk) -> httpx.Response:
        """Post one upload; the same upload is the same request, byte for byte."""
        return self.client.request(
            "POST",
            f"/{self.entity.resource.strip('/')}/import",
            files={"file": (f"{self.entity.name}.csv", upload.body, "text/csv")},
            headers={
                "Content-Type": f"multipart/form-data; boundary={upload.digest}",
                "Idempotency-Key": self._key(upload),
            },
        )

    def record_outcome(self, upload: CsvChunk, result: httpx.Response | SeedbedError) -> None:
        """Account for an upload's rows, or put its halves in the queue."""
        if isinstance(result, SeedbedError):
            self._fail(upload, result)
            return
        self.breaker.answered()
        if result.is_success:
            answer = outcome(result, upload)
            self.recorder.record_answer(self._key(upload), answer)
            self._account(upload, answer)
        elif result.status_code in ABOUT_ROWS and len(upload) > 1:
            self.halves.extend(upload.halves())
        elif result.status_code in ABOUT_ROWS:
            self._skip(upload, {0: rejection_message(result)}, "rejected_by_api")
        else:
            self._fail(upload, self._misconfigured(result))

    def _key(self, upload: CsvChunk) -> str:
        again = f"/{self.delivery.failed_tests}" if self.delivery.failed_tests else ""
        return f"{self.delivery.run}/{self.delivery.unit}/{self.entity.id}/{upload.digest}{again}"

    def _next(self) -> CsvChunk | None:
        return self.halves.popleft() if self.halves else next(self.uploads, None)

    def _account(self, upload: CsvChunk, answer: Mapping[str, Any]) -> None:
        rejected = {int(place): str(reason) for place, reason in answer["rejected"]}
        self.counts.update({name: int(count) for name, count in answer.items() if name != "rejected"})
        self._skip(upload, rejected, "rejected_by_api")

    def _fail(self, upload: CsvChunk, error: SeedbedError) -> None:
        self.breaker.failed(error)
        if isinstance(error, Transient):
            self._skip(upload, dict.fromkeys(range(len(upload)), error.message), "api_unavailable")
        else:
            self.counts["failed"] += len(upload)

    def _skip(self, upload: CsvChunk, messages: Mapping[int, str], reason: SkipReason) -> None:
        at_block = {upload.start + place: message for place, message in messages.items()}
        self.counts["skipped"] += skip(self.entity, upload.block, at_block, reason, self.recorder)

    def _misconfigured(self, answer: httpx.Response) -> UserError:
        asked = f"{self.client.name}: POST /{self.entity.resource.strip('/')}/import"
        return UserError(
            f"{asked} answered {rejection_message(answer)}",
            next_step=f"check that {self.client.base_url} is the API's root and serves this import",
            code="unexpected-answer",
        )


def _importing(
    client: ApiClient, entity: Entity, parts: Iterable[PreparedBlock], delivery: Delivery, recorder: Recorder
) -> _Importing:
    counts: Counter[str] = Counter()
    blocks = (open_block(part, counts, recorder) for part in parts)
    uploads = (upload for block in blocks if block is not None for upload in split_into_chunks(entity, block))
    return _Importing(client, entity, delivery, recorder, uploads, counts)


def _compared(entity: Entity, parts: Iterable[PreparedBlock], recorder: Recorder, client: ApiClient) -> Counter[str]:
    """What a delivery would do, by comparing with what the API lists."""
    keys = entity.key_headers
    held = {tuple(cell(item, header) for header in keys): item for page in pages(client, entity) for item in page}
    counts: Counter[str] = Counter()
    for part in parts:
        block = open_block(part, counts, recorder)
        if block is None:
            continue
        rows = block.source.text.to_dict("records")
        # Row by row: an API lists objects, and what it lists is small.
        counts.update(_would(entity, row, held.get(tuple(row.get(header, "") for header in keys))) for row in rows)
    return counts


def _would(entity: Entity, row: Mapping[Any, str], item: Item | None) -> str:
    if item is None:
        return "inserted"
    known = kinds(entity)
    equal = all(same(known[header], text, cell(item, header)) for header, text in row.items() if header in known)
    return "unchanged" if equal else "updated"


def _header(entity: Entity, name: str) -> str:
    headers = {column.name: column.headers[0] for column in entity.columns}
    return headers.get(name, name)
