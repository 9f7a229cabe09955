"""What deliveries to APIs have in common: counting rows, noting skips, and the report at the end."""

import time
from collections import Counter
from collections.abc import Mapping

from seedbed.core.report import EntityReport, Retired, SkipReason
from seedbed.core.rows import Block, Part
from seedbed.core.spec import Entity
from seedbed.master_data.keys import missing_keys
from seedbed.master_data.prepare import skipped_row
from seedbed.targets.http.concurrency import Breaker, Interrupted
from seedbed.targets.port import Delivery, braked
from seedbed.targets.recorder import Receipts, RowLog, TableRecorder


def opened(part: Part, counts: Counter[str], recorder: RowLog) -> Block | None:
    """The rows of a part that go on; all its rows are counted, those left out are noted."""
    counts["read"] += part.read
    counts["skipped"] += len(part.skips)
    if part.skips:
        recorder.skip(part.skips)
    return part.block


def skip(entity: Entity, block: Block, messages: Mapping[int, str], reason: SkipReason, recorder: RowLog) -> int:
    """Notes rows of a block that a target did not take, by their positions; how many they are."""
    rows = [skipped_row(entity, block.source, place, reason, said) for place, said in sorted(messages.items())]
    if rows:
        recorder.skip(rows)
    return len(rows)


def report_of(entity: Entity, target: str, counts: Counter[str], started: float) -> EntityReport:
    """The counts as a report; `started` by the performance counter."""
    return EntityReport(entity.module_id, entity.id, target, **counts, seconds=round(time.perf_counter() - started, 3))


def end(report: EntityReport, breaker: Breaker, *, where: str) -> EntityReport:
    """The report of a delivery that went through; otherwise raises what stopped it."""
    if breaker.fatal:
        breaker.fatal.report = report
        raise breaker.fatal
    if breaker.last is None:
        return report
    delivered = report.inserted + report.updated + report.unchanged + report.sent
    message = (
        f"{report.entity}: {where} took {delivered:,} of {report.read:,} rows, {report.skipped:,} were skipped, "
        f"{report.failed:,} not tried; {breaker.exhausted} requests failed, the last: {breaker.last.message}"
    )
    raise Interrupted(message, next_step=breaker.last.next_step, report=report)


def check_brakes(delivery: Delivery, report: EntityReport, recorder: Receipts) -> None:
    """Raises Braked where the report exceeds what the delivery's brakes allow."""
    if delivery.brakes is None:
        return
    reason = delivery.brakes.reason(report, is_first_load=False)
    if reason and recorder.is_first_load(report.entity):
        reason = delivery.brakes.reason(report, is_first_load=True)
    if reason:
        raise braked(report, reason)


def list_retired(entity: str, delivery: Delivery, recorder: TableRecorder, *, at: str = "") -> int:
    """Notes the keys that are ours and that the file no longer has, for a target that only lists them; how many they are."""
    if delivery.retiring is None:
        return 0
    number = 0
    for keys in missing_keys(recorder.held(entity, at=at), delivery.retiring.is_present):
        recorder.retire([Retired(entity, key) for key in keys])
        number += len(keys)
    return number
