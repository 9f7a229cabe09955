"""Taking away what a run created: several at once, noted as they go, so that a cleanup which was killed goes on."""

import logging
from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import Protocol, cast

from seedbed.actions.cleanup.resolve_unknown import NO_LOOK_UP, settle_doubts, told_of
from seedbed.actions.context import House, Run
from seedbed.core.create_intents import Creations
from seedbed.core.errors import DataError, Transient
from seedbed.core.report import EntityReport
from seedbed.core.spec import Entity
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import Made, asked_of, created_of, note_creations, note_removed
from seedbed.database.ledger.receipts import Notes, receipts_of
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

    def id_of_made(self, key: str, asked: float) -> str:
        """The record's id; "" where none came of the request, which was made at that time (seconds of the epoch)."""
        ...


def remover_of(house: House, entity: Entity) -> Remover:
    """The target that holds what runs created of the entity."""
    return cast("Remover", house.registrar() if entity.target == "demographic_api" else house.target(entity.target))


def resolved(house: House, made: Made) -> Creations:
    """Which of the records that the run asked for, and died before it knew more, were created; nothing is noted."""
    with house.database().transaction() as cursor:
        asked = asked_of(cursor, made.run, made.entity, made.at)
    if not asked:
        return Creations()
    resolver = cast("Resolver", remover_of(house, house.entity(made.entity)))
    created = {key: found for key, since in asked.items() if (found := resolver.id_of_made(key, since))}
    return Creations((), created, [key for key in asked if key not in created])


def settle_asked(house: House, run: Run, made: Made) -> Made:
    """Notes which of the records that were asked for are there; what there is to remove then."""
    found = resolved(house, made)
    with house.database().transaction() as cursor:
        leases.check(cursor, run.writer)
        note_creations(cursor, made, found)
    return replace(made, there=made.there + len(found.created))


def remove_made(house: House, run: Run, made: Made) -> None:
    """Removes the records that are still there, several at once, and notes which are gone with the cleanup's receipt as it goes.

    Raises Transient or AuthError where the target stops answering, DataError where it can neither remove nor deactivate some, or
    where it stays in doubt whether some are there.
    """
    breaker = Breaker()
    made, doubt = settle_doubts(house, run, settle_asked(house, run, made), breaker)
    entity = house.entity(made.entity)
    remover = remover_of(house, entity)
    report = _begun(house, run, entity, made)
    there = chain.from_iterable(created_of(house.database(), made))
    check_lease = Notes(house.database(), run.writer, "cleanup").check_lease
    for states in told_of(
        there,
        lambda row: remover.remove(row.target_id, row.number, row.key),
        breaker,
        check_lease,
        lanes=remover.at_once,
    ):
        before, report = report, _noted(house, run, made, report, states)
        _tell(before, report)
    _check(made, report, breaker, doubt)


def _begun(house: House, run: Run, entity: Entity, made: Made) -> EntityReport:
    """The receipt of an earlier attempt of this cleanup, with what it left to do."""
    known = {report.entity: report for report in receipts_of(house.database(), run.root)}
    report = known.get(entity.id, EntityReport(entity.module_id, entity.id, entity.target))
    return replace(report, read=report.read - report.failed + made.there, failed=made.there)


def _noted(house: House, run: Run, made: Made, report: EntityReport, states: dict[int, Removal]) -> EntityReport:
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
    with house.database().transaction() as cursor:
        leases.check(cursor, run.writer)
        note_removed(cursor, made.run, made.entity, gone)
        Notes(house.database(), run.writer, "cleanup", cursor).finish(report, digest="")
    return report


def _tell(before: EntityReport, report: EntityReport) -> None:
    done, earlier = (one.read - one.failed for one in (report, before))
    if done * TOLD // max(report.read, 1) != earlier * TOLD // max(report.read, 1):
        log.info("cleanup %s: %d of %d are gone", report.entity, done, report.read)


def _check(made: Made, report: EntityReport, breaker: Breaker, doubt: str) -> None:
    """Raises what kept rows from being removed, or from being looked for."""
    if breaker.fatal:
        raise breaker.fatal
    if breaker.last:
        beside = f"; {made.in_doubt} more are of unknown outcome" if made.in_doubt else ""
        raise Transient(
            f"{report.failed} of {report.read} rows of {made.entity} are not removed yet: {breaker.last.message}{beside}",
            next_step="look at the service with `seedbed doctor`, then retry or clean up again",
            code="target-unavailable",
        )
    if report.failed:
        raise DataError(
            f"{report.failed} of {report.read} rows of {made.entity} can neither be removed nor deactivated",
            next_step="remaining.csv lists them; let whoever owns the system at that place remove them",
            code="rows-not-removed",
        )
    # Without a look-up nobody can do more about a row than its run has said of it; a cleanup notes and lists it.
    if unsaid := made.in_doubt - (made.reported if doubt == NO_LOOK_UP else 0):
        raise DataError(
            f"{unsaid} rows of {made.entity} of unknown outcome may be at {made.at}: {doubt}",
            next_step="remaining.csv lists them by key, where they can be drawn: mend that and clean up again, or look for them there",
            code="rows-not-removed",
        )
