"""What deliveries to APIs have in common: counting rows, noting skips, and the report at the end."""

import time
from collections import Counter
from collections.abc import Mapping

from seedbed.core.report import EntityReport, MissingKey, SkipReason
from seedbed.core.rows import Block, PreparedBlock
from seedbed.core.spec import Entity
from seedbed.master_data.keys import missing_keys
from seedbed.master_data.prepare import skipped_row
from seedbed.targets.http.concurrency import Breaker, DeliveryInterrupted
from seedbed.targets.port import Delivery, limits_exceeded_error
from seedbed.targets.recorder import Receipts, RowLog, TableRecorder


def open_block(part: PreparedBlock, counts: Counter[str], recorder: RowLog) -> Block | None:
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


def delivery_report(entity: Entity, target: str, counts: Counter[str], started: float) -> EntityReport:
    """The counts as a report; `started` by the performance counter."""
    return EntityReport(entity.module_id, entity.id, target, **counts, seconds=round(time.perf_counter() - started, 3))


def finish_or_raise(report: EntityReport, breaker: Breaker, *, where: str) -> EntityReport:
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
    raise DeliveryInterrupted(message, next_step=breaker.last.next_step, report=report)


def check_limits(delivery: Delivery, report: EntityReport, recorder: Receipts) -> None:
    """Raises Braked where the report exceeds what the delivery's brakes allow."""
    if delivery.limits is None:
        return
    reason = delivery.limits.violation(report, is_first_load=False)
    if reason and recorder.is_first_load(report.entity):
        reason = delivery.limits.violation(report, is_first_load=True)
    if reason:
        raise limits_exceeded_error(report, reason)


def record_missing_keys(entity: str, delivery: Delivery, recorder: TableRecorder, *, at: str = "") -> int:
    """Notes the keys that are ours and that the file no longer has, for a target that only lists them; how many they are."""
    if delivery.missing_key_rule is None:
        return 0
    number = 0
    for keys in missing_keys(recorder.owned_keys(entity, at=at), delivery.missing_key_rule.is_present):
        recorder.record_missing([MissingKey(entity, key) for key in keys])
        number += len(keys)
    return number
