"""Cleanup: what one run created at the APIs and in Keycloak is taken away again, and nothing that was there before."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from seedbed.actions.cleanup.remove import find_created, remove_records, remover_of
from seedbed.actions.cleanup.resolve_unknown import NO_LOOK_UP, redraw_unknown_rows, summarize_with_unknown
from seedbed.actions.context import AppContext, Run
from seedbed.actions.permit import check_no_production
from seedbed.actions.runs.direct_executor import RUN_NOW, DirectOptions, direct_executor
from seedbed.actions.runs.executor import Executor, Step, WorkUnit
from seedbed.actions.runs.orchestrate import RunSpec, Stage, orchestrate
from seedbed.actions.runs.run_errors import combine_errors
from seedbed.actions.runs.start_run import start_run
from seedbed.actions.runs.write_report import Outcome, write_listing, write_report
from seedbed.core.environment import LOCAL
from seedbed.core.errors import DataError, SeedbedError, UserError
from seedbed.core.report import EntityReport, File, Report
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import (
    CreatedRecord,
    CreationSummary,
    iter_created,
    record_cleanup,
    uncleaned_runs,
)
from seedbed.database.ledger.run_records import RunRecord, find_runs

VERB = "cleanup"
REMAINING_COLUMNS = ("entity", "key", "number", "target_id", "at")
NAMED = 10  # of what remains, in a note; the file has all
NOT_TOUCHED = "rows that set-up loaded into PostgreSQL are not touched by a cleanup"


@dataclass(frozen=True, slots=True)
class CleanupRequest:
    """Which run is cleaned up, by its name or the beginning of it, and whether anything is touched."""

    wanted: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class CleanupScope:
    """A run, and what it created that may still be there."""

    run: RunRecord
    creations: tuple[CreationSummary, ...]

    @property
    def has_remaining(self) -> tuple[CreationSummary, ...]:
        """Where something is left to remove, or to be looked for."""
        return tuple(one for one in self.creations if one.remaining or one.pending or one.unknown)


def cleanup(context: AppContext, run: Run, request: CleanupRequest, options: DirectOptions = RUN_NOW) -> Report:
    """Removes what the run created, and writes the report; what could not be removed is in it, not raised."""
    executor = direct_executor(context, run, options)
    return orchestrate(context, executor, executor.attempt, cleanup_spec(run, request)).report


def cleanup_spec(run: Run, request: CleanupRequest) -> RunSpec[CleanupScope]:
    """What a cleanup does."""
    rehearsal = partial(dry_run_cleanup, run=run, request=request)
    return RunSpec(
        start=partial(begin_cleanup, run=run, request=request),
        stages=(partial(_removal_stage, run),),
        report=partial(_report, run=run),
        dry_run=Step("rehearse", "dry run", rehearsal) if request.dry_run else None,
    )


def _removal_stage(run: Run, _: Executor, cleaning: CleanupScope) -> Stage:
    """One unit; tried again, it goes on where it stopped."""
    step = Step("remove", f"remove what {cleaning.run.name} created", partial(remove_created, run=run, of=cleaning.run))
    return Stage((WorkUnit("remove", step),), lambda results: Outcome(error=results["remove"].error))


def begin_cleanup(context: AppContext, run: Run, request: CleanupRequest) -> CleanupScope:
    """The database is ready, and this run is noted; UserError where the run is unknown or made what lies elsewhere."""
    start_run(context, run, ())
    return find_cleanup_scope(context, request.wanted)


def find_cleanup_scope(context: AppContext, wanted: str) -> CleanupScope:
    """The run of that name and what it created; UserError where no run, or more than one, is called so, or its targets are others."""
    # A cleanup makes nothing; this one is noted by now, and its name may begin so too.
    found = _only(context, wanted, find_runs(context.database(), wanted, most=NAMED, but=VERB))
    if found.environment and found.environment != context.environment_name:
        is_stacks = found.environment == LOCAL
        raise UserError(
            f"run {found.name} belongs to the environment '{found.environment}', this is '{context.environment_name}'",
            next_step="unset SEEDBED_ENV and the targets' names"
            if is_stacks
            else f"set SEEDBED_ENV={found.environment}",
            code="cleanup-elsewhere",
        )
    cleaning = CleanupScope(found, summarize_with_unknown(context, found.run))
    for made in cleaning.has_remaining:
        _check_address(context, found, made)
    return cleaning


def _only(context: AppContext, wanted: str, found: Sequence[RunRecord]) -> RunRecord:
    if not wanted:
        raise UserError("which run? --run is not given", next_step=_choice(context), code="run-unknown")
    exact = [one for one in found if wanted in (one.run, one.name)] or found
    if not exact:
        raise UserError(f"no run '{wanted}'", next_step=_choice(context), code="run-unknown")
    if len(exact) > 1:
        names = ", ".join(one.name for one in exact)
        raise UserError(
            f"'{wanted}' begins the names of several runs",
            next_step=f"give the whole name: {names}",
            code="run-unknown",
        )
    return exact[0]


def _choice(context: AppContext) -> str:
    names = ", ".join(uncleaned_runs(context.database(), context.environment_name, most=NAMED))
    return f"a cleanup would remove something of {names}" if names else "no run has created what a cleanup removes"


def _check_address(context: AppContext, found: RunRecord, made: CreationSummary) -> None:
    now = remover_of(context, context.entity(made.entity)).describe()
    if made.at != now:
        raise UserError(
            f"run {found.name} created {made.entity} at {made.at}, and the target is {now} now",
            next_step="set the target back to that place, then clean up",
            code="cleanup-elsewhere",
        )


def remove_created(context: AppContext, run: Run, of: RunRecord) -> None:
    """Removes what the run created, entity by entity; raises one error for what is left. From now on that run is over."""
    left = CleanupScope(of, summarize_with_unknown(context, of.run)).has_remaining
    if left:
        with context.database().transaction() as cursor:
            leases.check_lease(cursor, run.attempt_ref)
            record_cleanup(cursor, of.run, run.name)
    failed: dict[str, SeedbedError] = {}
    for made in left:
        try:
            remove_records(context, run, made)
        except SeedbedError as error:
            failed[made.entity] = error
    if whole := combine_errors(failed):
        raise whole


def write_cleanup(context: AppContext, run: Run, before: CleanupScope, outcome: Outcome) -> Report:
    """The cleanup's report, and `output/<run>/remaining.csv` with what is left, where anything is. `before`: what it began with."""
    now = CleanupScope(before.run, summarize_with_unknown(context, before.run.run))
    files = write_listing(
        context,
        context.output / run.name / "remaining.csv",
        REMAINING_COLUMNS,
        chain(_still_there(context, now), _unknown_rows(context, now)),
    )
    notes = (_summary(context, before), *_on_remaining(context, now, files), NOT_TOUCHED)
    ended = Outcome(outcome.seconds, notes=notes, error=outcome.error, files=files)
    return write_report(context, run, ended, units=[made.entity for made in before.has_remaining])


def _report(context: AppContext, before: CleanupScope, outcome: Outcome, *, run: Run) -> Report:
    return write_cleanup(context, run, before, outcome)


def dry_run_cleanup(context: AppContext, run: Run, request: CleanupRequest) -> Report:
    """What a cleanup would remove; nothing is touched, no file is written."""
    check_no_production(context)
    cleaning = find_cleanup_scope(context, request.wanted)
    entities = tuple(_expected(context, made) for made in cleaning.has_remaining)
    return Report(
        verb=run.verb,
        run=run.name,
        targets={
            name: place for name, place in context.target_addresses.items() if name in {e.target for e in entities}
        },
        entities=entities,
        notes=(
            "dry run: nothing was touched",
            _summary(context, cleaning),
            *_on_the_run(context, cleaning.run),
            NOT_TOUCHED,
        ),
        environment=context.environment_name,
    )


def _on_the_run(context: AppContext, of: RunRecord) -> Iterator[str]:
    if leases.has_lease(context.database(), of.run):
        yield f"run {of.name} still goes on and may create more: a cleanup refuses to begin before it has ended"


def _expected(context: AppContext, made: CreationSummary) -> EntityReport:
    entity, count = context.entity(made.entity), made.remaining + len(find_created(context, made).created)
    return EntityReport(entity.module_id, entity.id, entity.target, read=count, removed=count)


def _summary(context: AppContext, before: CleanupScope) -> str:
    name = before.run.name
    if not before.creations:
        return f"run {name} ({before.run.verb}) created nothing that a cleanup removes"
    if not before.has_remaining:
        return f"what run {name} created was removed before: nothing is left"
    known = [(one.remaining + one.pending, one) for one in before.has_remaining if one.remaining or one.pending]
    addresses = ", ".join(f"{_rows(count, made)} at {made.at}" for count, made in known)
    doubt = ", ".join(f"{_rows(made.unknown, made)} at {made.at}" for made in before.has_remaining if made.unknown)
    said = f"created by run {name}, and not removed before: {addresses or 'nothing that is noted'}"
    if not doubt:
        return said
    fate = "they are looked up first" if context.registrar().look_up else f"they stay, for {NO_LOOK_UP}"
    return f"{said}; of unknown outcome: {doubt}; {fate}"


def _rows(count: int, made: CreationSummary) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'} of {made.entity}"


def _still_there(context: AppContext, now: CleanupScope) -> Iterator[CreatedRecord]:
    return chain.from_iterable(
        chain.from_iterable(iter_created(context.database(), made) for made in now.has_remaining)
    )


def _unknown_rows(context: AppContext, now: CleanupScope) -> Iterator[CreatedRecord]:
    """What may be there, without the numbers that nobody heard; nothing of what cannot be drawn again."""
    for made in now.has_remaining:
        with suppress(UserError, DataError):  # the run's error says why
            for some in redraw_unknown_rows(context, made) if made.unknown else ():
                yield from (CreatedRecord(one.row, made.entity, made.at, one.key, "", "") for one in some)


def _on_remaining(context: AppContext, now: CleanupScope, files: Sequence[File]) -> Iterator[str]:
    there, unheard = sum(made.remaining for made in now.has_remaining), sum(made.unknown for made in now.has_remaining)
    listed = f", listed in {files[0].path}" if files else ""
    if there:
        keys = ", ".join(one.key for one in islice(_still_there(context, now), NAMED))
        yield f"{there:,} rows remain there{listed}: {keys}{', ...' if there > NAMED else ''}"
    if unheard:
        keys = ", ".join(one.key for one in islice(_unknown_rows(context, now), NAMED))
        some = f"{listed} without a number: {keys}{', ...' if unheard > NAMED else ''}" if keys else ""
        why = "" if context.registrar().look_up else ", no look-up"
        yield f"{unheard:,} rows of unknown outcome may be there{why}{some}"
