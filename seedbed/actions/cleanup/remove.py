"""Taking away what a run created: several at once, noted as they go, so that a cleanup which was killed goes on."""

import logging
from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import Protocol, cast

from seedbed.actions.cleanup.resolve_unknown import NO_LOOK_UP, query_in_parallel, resolve_unknown_rows
from seedbed.actions.context import AppContext, Run
from seedbed.core.create_intents import Creations
from seedbed.core.errors import DataError, Transient
from seedbed.core.report import EntityReport
from seedbed.core.spec import Entity
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import (
    CreationSummary,
    iter_created,
    list_pending_creations,
    record_removed,
    store_creations,
)
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import receipts_of
from seedbed.targets.http.concurrency import Breaker
from seedbed.targets.port import Removal

TOLD = 20  # progress lines of a long cleanup
log = logging.getLogger(__name__)


class Remover(Protocol):
    """A target whose records can be removed one by one."""

    @property
    def at_once(self) -> int:
        """How many records it may be asked for at once."""
        ...

    def describe(self) -> str:
        """Where it is, as the ledger has it."""
        ...

    def remove(self, target_id: str, number: str, key: str) -> Removal:
        """What became of a record: removed, absent, deactivated, or kept where the target can do neither."""
        ...


class Resolver(Protocol):
    """A target that can say whether it created what it was asked to create."""

    def find_created_id(self, key: str, asked: float) -> str:
        """The record's id; "" where none came of the request, which was made at that time (seconds of the epoch)."""
        ...


def remover_of(context: AppContext, entity: Entity) -> Remover:
    """The target that holds what runs created of the entity."""
    return cast("Remover", context.registrar() if entity.target == "demographic_api" else context.target(entity.target))


def find_created(context: AppContext, made: CreationSummary) -> Creations:
    """Which of the records that the run asked for, and died before it knew more, were created; nothing is noted."""
    with context.database().transaction() as cursor:
        asked = list_pending_creations(cursor, made.run, made.entity, made.at)
    if not asked:
        return Creations()
    resolver = cast("Resolver", remover_of(context, context.entity(made.entity)))
    created = {key: found for key, since in asked.items() if (found := resolver.find_created_id(key, since))}
    return Creations((), created, [key for key in asked if key not in created])


def resolve_pending(context: AppContext, run: Run, made: CreationSummary) -> CreationSummary:
    """Notes which of the records that were asked for are there; what there is to remove then."""
    found = find_created(context, made)
    with context.database().transaction() as cursor:
        leases.check_lease(cursor, run.attempt_ref)
        store_creations(cursor, made, found)
    return replace(made, remaining=made.remaining + len(found.created))


def remove_records(context: AppContext, run: Run, made: CreationSummary) -> None:
    """Removes the records that are still there, several at once, and notes which are gone with the cleanup's receipt as it goes.

    Raises Transient or AuthError where the target stops answering, DataError where it can neither remove nor deactivate some, or
    where it stays in doubt whether some are there.
    """
    breaker = Breaker()
    made, unknown_reason = resolve_unknown_rows(context, run, resolve_pending(context, run, made), breaker)
    entity = context.entity(made.entity)
    remover = remover_of(context, entity)
    report = _begun(context, run, entity, made)
    there = chain.from_iterable(iter_created(context.database(), made))
    check_lease = LedgerRecorder(context.database(), run.attempt_ref, "cleanup").check_lease
    for states in query_in_parallel(
        there,
        lambda row: remover.remove(row.target_id, row.number, row.key),
        breaker,
        check_lease,
        lanes=remover.at_once,
    ):
        before, report = report, _noted(context, run, made, report, states)
        _tell(before, report)
    _check(made, report, breaker, unknown_reason)


def _begun(context: AppContext, run: Run, entity: Entity, made: CreationSummary) -> EntityReport:
    """The receipt of an earlier attempt of this cleanup, with what it left to do."""
    known = {report.entity: report for report in receipts_of(context.database(), run.root)}
    report = known.get(entity.id, EntityReport(entity.module_id, entity.id, entity.target))
    return replace(report, read=report.read - report.failed + made.remaining, failed=made.remaining)


def _noted(
    context: AppContext, run: Run, made: CreationSummary, report: EntityReport, states: dict[int, Removal]
) -> EntityReport:
    gone: dict[int, str] = {row: state for row, state in states.items() if state != "kept"}
    counts = Counter(gone.values())
    removed = counts["removed"] + counts["deactivated"]
    report = replace(
        report,
        removed=report.removed + removed,
        deactivated=report.deactivated + counts["deactivated"],
        unchanged=report.unchanged + counts["absent"],
        failed=report.failed - removed - counts["absent"],
    )
    with context.database().transaction() as cursor:
        leases.check_lease(cursor, run.attempt_ref)
        record_removed(cursor, made.run, made.entity, gone)
        LedgerRecorder(context.database(), run.attempt_ref, "cleanup", cursor).finish(report, digest="")
    return report


def _tell(before: EntityReport, report: EntityReport) -> None:
    done, earlier = (one.read - one.failed for one in (report, before))
    if done * TOLD // max(report.read, 1) != earlier * TOLD // max(report.read, 1):
        log.info("cleanup %s: %d of %d are gone", report.entity, done, report.read)


def _check(made: CreationSummary, report: EntityReport, breaker: Breaker, unknown_reason: str) -> None:
    """Raises what kept rows from being removed, or from being looked for."""
    if breaker.fatal:
        raise breaker.fatal
    if breaker.last:
        and_unknown = f"; {made.unknown} more are of unknown outcome" if made.unknown else ""
        raise Transient(
            f"{report.failed} of {report.read} rows of {made.entity} are not removed yet: {breaker.last.message}{and_unknown}",
            next_step="look at the service with `seedbed doctor`, then retry or clean up again",
            code="target-unavailable",
        )
    if report.failed:
        raise DataError(
            f"{report.failed} of {report.read} rows of {made.entity} can neither be removed nor deactivated",
            next_step="remaining.csv lists them; ask the owner of that system to remove them",
            code="rows-not-removed",
        )
    # Without a look-up nobody can do more about a row than its run has said of it; a cleanup notes and lists it.
    if unsaid := made.unknown - (made.reported if unknown_reason == NO_LOOK_UP else 0):
        raise DataError(
            f"{unsaid} rows of {made.entity} of unknown outcome may be at {made.at}: {unknown_reason}",
            next_step="remaining.csv lists them by key, where they can be drawn: mend that and clean up again, or look for them there",
            code="rows-not-removed",
        )
