"""Loads a unit: reads each entity's files, judges, shapes and delivers the rows, and leaves a receipt for each entity."""

import hashlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from seedbed.actions.catalogue import catalogue_of
from seedbed.actions.context import AppContext, Run
from seedbed.actions.csv.entity_parts import EntityBlocks
from seedbed.actions.csv.sources import Source, notes_on_ends, sources_of
from seedbed.actions.setup.references import PlannedRows, lookup_for, note_planned
from seedbed.actions.setup.select import ModuleUnit, SetupRequest, entities_ignoring_limits
from seedbed.content.suites import suites_digest as suite_digest
from seedbed.core.change_limits import ChangeLimits
from seedbed.core.errors import DataError, NotRun, SeedbedError, UnitsFailed
from seedbed.core.messages.message import Message
from seedbed.core.report import EntityReport
from seedbed.core.spec import Entity
from seedbed.master_data.keys import stored_key
from seedbed.targets.port import Delivery, MissingKeyRule
from seedbed.targets.recorder import Recorder

log = logging.getLogger(__name__)

UNFINISHED = ""  # no input has this digest: the counts are reported, and a retry works on


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of one run: what was asked, where notes go, and the keys that a dry run has planned so far."""

    run: Run
    request: SetupRequest
    unit: ModuleUnit
    refusals: Mapping[str, int] = field(default_factory=dict)
    planned: PlannedRows = field(default_factory=dict)


def load_unit(context: AppContext, job: Job, recorder: Recorder) -> tuple[EntityReport, ...]:
    """Loads the unit's entities in order. An entity that fails stops what depends on it and nothing else; UnitsFailed at the end."""
    done: list[EntityReport] = []
    failed: dict[str, SeedbedError] = {}
    for entity in job.unit.entities:
        blocked = [c.references.entity for c in entity.references if c.references and c.references.entity in failed]
        if blocked:
            failed[entity.id] = NotRun(f"{entity.id} was not loaded: {blocked[0]} failed")
            continue
        try:
            done.append(load_entity(context, job, entity, recorder))
            if job.request.dry_run:  # no target leaves a receipt then, and the rest of the unit may fail
                recorder.finish(done[-1], digest=UNFINISHED)
        except SeedbedError as error:
            log.exception("entity failed entity=%s error=%s", entity.id, error)  # noqa: TRY401 - most are shown no traceback
            failed[entity.id] = error
            if error.report:
                recorder.finish(error.report, digest=UNFINISHED)
    if failed:
        _raise(job.unit, failed)
    return tuple(done)


def _raise(unit: ModuleUnit, failed: Mapping[str, SeedbedError]) -> None:
    first = next(iter(failed.values()))
    if len(failed) == 1:
        raise first
    causes = "; ".join(dict.fromkeys(error.message for error in failed.values() if not isinstance(error, NotRun)))
    waiting = ", ".join(name for name, error in failed.items() if isinstance(error, NotRun))
    said = f"{causes} (and {waiting})" if waiting else causes
    raise UnitsFailed(f"{unit.name}: {said}", tuple(failed.values()), next_step=first.next_step)


def load_entity(context: AppContext, job: Job, entity: Entity, recorder: Recorder) -> EntityReport:
    """Loads one entity, unless an earlier attempt of this run did so from the same input."""
    sources = sources_of(job.request.data_dirs, entity, root=context.root)
    digest = entity_digest(context, job, entity, sources)
    if not job.request.dry_run and (receipt := recorder.receipt(entity.id, digest=digest)):
        log.info("entity already loaded entity=%s", entity.id)
        return receipt
    started = time.monotonic()
    files = EntityBlocks(context, entity, sources, lookup_for(context, entity, job.planned))
    parts = note_planned(context, entity, files, job.planned) if job.request.dry_run else files
    delivery = _delivery(context, job, files, digest)
    report = context.target(entity.target).deliver(entity, parts, delivery, recorder)
    log.info(
        "entity loaded entity=%s read=%d inserted=%d updated=%d unchanged=%d skipped=%d sent=%d",
        *(entity.id, report.read, report.inserted, report.updated, report.unchanged, report.skipped, report.sent),
    )
    return replace(report, seconds=round(time.monotonic() - started, 3))


def _delivery(context: AppContext, job: Job, files: EntityBlocks, digest: str) -> Delivery:
    asked, entity, lookup = job.request, files.entity, files.lookup
    brakes = context.environment.brakes if context.environment else ChangeLimits()
    warnings = notes_on_ends(files.sources)
    for warning in warnings:
        log.warning("%s entity=%s", warning, entity.id)
    deactivate = asked.on_missing == "deactivate" and not warnings
    return Delivery(
        job.run.root,
        job.unit.name,
        digest,
        failed_tests=job.refusals.get(entity.id, 0),
        on_duplicate=asked.on_duplicate,
        dry_run=asked.dry_run,
        limits=brakes
        if asked.brakes and entity.id not in entities_ignoring_limits(asked, catalogue_of(context))
        else None,
        missing_key_rule=MissingKeyRule(files.seen.is_present, lambda key: stored_key(entity, lookup, key), deactivate),
    )


def entity_digest(context: AppContext, job: Job, entity: Entity, sources: Sequence[Source]) -> str:
    """SHA-256 of what decides the outcome: files, suites, options, targets, how often the audit has refused the entity, and
    the same of the entities that it refers to: where those have changed, rows that were left out may now be right.
    """
    hashed = hashlib.sha256()
    for source in sources:
        try:
            with source.path.open("rb") as stream:
                hashed.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise DataError(Message("file-unreadable", file=source.shown_as, cause=error.strerror)) from error
    facts = [suite_digest(context.expectations, entity), job.request.on_duplicate, context.fingerprint]
    facts += [job.request.on_missing] if job.request.on_missing != "list" else []  # so that older receipts stay right
    facts += [entity.naming] if entity.naming else []
    facts += ["adopts"] if entity.target == "keycloak" and _adopts(context) else []
    hashed.update("\n".join((*facts, str(job.refusals.get(entity.id, 0)))).encode())
    for name in sorted(_referred(entity)):
        hashed.update(_digest_of(context, job, context.entities[name]).encode())
    return hashed.hexdigest()


def _adopts(context: AppContext) -> bool:
    keycloak = context.environment.targets.keycloak if context.environment else None
    return bool(keycloak and keycloak.adopt_existing)


def _referred(entity: Entity) -> set[str]:
    return {column.references.entity for column in entity.references if column.references} - {entity.id}


def _digest_of(context: AppContext, job: Job, entity: Entity) -> str:
    try:
        return entity_digest(context, job, entity, sources_of(job.request.data_dirs, entity, root=context.root))
    except DataError as error:  # its own loading says so; whoever refers to it finds what the target holds
        return f"no file: {error.message}"


def unit_digest(context: AppContext, job: Job) -> str:
    """SHA-256 over the unit's entities; a unit whose digest is the same has nothing new to load."""
    hashed = hashlib.sha256()
    for entity in job.unit.entities:
        sources = sources_of(job.request.data_dirs, entity, root=context.root)
        hashed.update(entity_digest(context, job, entity, sources).encode())
    return hashed.hexdigest()
