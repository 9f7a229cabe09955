"""Cleanup: what one run created at the APIs and in Keycloak is taken away again, and nothing that was there before."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from seedbed.actions.cleanup.remove import remove_made, remover_of, resolved
from seedbed.actions.cleanup.resolve_unknown import NO_LOOK_UP, drawn_again, made_in_all
from seedbed.actions.context import House, Run
from seedbed.actions.permit import check_no_production
from seedbed.actions.runs.direct_executor import RUN_NOW, DirectOptions, direct_executor
from seedbed.actions.runs.executor import Executor, Step, WorkUnit
from seedbed.actions.runs.orchestrate import RunSpec, Stage, orchestrate
from seedbed.actions.runs.run_errors import combine_errors
from seedbed.actions.runs.start_run import begin
from seedbed.actions.runs.write_report import Outcome, write_listing, write_report
from seedbed.core.environment import LOCAL
from seedbed.core.errors import DataError, SeedbedError, UserError
from seedbed.core.report import EntityReport, File, Report
from seedbed.database.ledger import leases
from seedbed.database.ledger.created_records import Created, Made, created_of, note_cleanup, uncleaned_runs
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
class Cleaning:
    """A run, and what it created that may still be there."""

    of: RunRecord
    made: tuple[Made, ...]

    @property
    def left(self) -> tuple[Made, ...]:
        """Where something is left to remove, or to be looked for."""
        return tuple(one for one in self.made if one.there or one.asked or one.in_doubt)


def cleanup(house: House, run: Run, request: CleanupRequest, options: DirectOptions = RUN_NOW) -> Report:
    """Removes what the run created, and writes the report; what could not be removed is in it, not raised."""
    executor = direct_executor(house, run, options)
    return orchestrate(house, executor, executor.attempt, cleanup_spec(run, request)).report


def cleanup_spec(run: Run, request: CleanupRequest) -> RunSpec[Cleaning]:
    """What a cleanup does."""
    rehearsal = partial(rehearse_cleanup, run=run, request=request)
    return RunSpec(
        start=partial(begin_cleanup, run=run, request=request),
        stages=(partial(_removal_stage, run),),
        report=partial(_report, run=run),
        dry_run=Step("rehearse", "dry run", rehearsal) if request.dry_run else None,
    )


def _removal_stage(run: Run, _: Executor, cleaning: Cleaning) -> Stage:
    """One unit; tried again, it goes on where it stopped."""
    step = Step("remove", f"remove what {cleaning.of.name} created", partial(remove_created, run=run, of=cleaning.of))
    return Stage((WorkUnit("remove", step),), lambda results: Outcome(error=results["remove"].error))


def begin_cleanup(house: House, run: Run, request: CleanupRequest) -> Cleaning:
    """The database is ready, and this run is noted; UserError where the run is unknown or made what lies elsewhere."""
    begin(house, run, ())
    return cleaning_of(house, request.wanted)


def cleaning_of(house: House, wanted: str) -> Cleaning:
    """The run of that name and what it created; UserError where no run, or more than one, is called so, or its targets are others."""
    # A cleanup makes nothing; this one is noted by now, and its name may begin so too.
    found = _only(house, wanted, find_runs(house.database(), wanted, most=NAMED, but=VERB))
    if found.environment and found.environment != house.environment_name:
        is_stacks = found.environment == LOCAL
        raise UserError(
            f"run {found.name} belongs to the environment '{found.environment}', this is '{house.environment_name}'",
            next_step="unset SEEDBED_ENV and the targets' names"
            if is_stacks
            else f"set SEEDBED_ENV={found.environment}",
            code="cleanup-elsewhere",
        )
    cleaning = Cleaning(found, made_in_all(house, found.run))
    for made in cleaning.left:
        _check_place(house, found, made)
    return cleaning


def _only(house: House, wanted: str, found: Sequence[RunRecord]) -> RunRecord:
    if not wanted:
        raise UserError("which run? --run is not given", next_step=_choice(house), code="run-unknown")
    exact = [one for one in found if wanted in (one.run, one.name)] or found
    if not exact:
        raise UserError(f"no run '{wanted}'", next_step=_choice(house), code="run-unknown")
    if len(exact) > 1:
        names = ", ".join(one.name for one in exact)
        raise UserError(
            f"'{wanted}' begins the names of several runs",
            next_step=f"give the whole name: {names}",
            code="run-unknown",
        )
    return exact[0]


def _choice(house: House) -> str:
    names = ", ".join(uncleaned_runs(house.database(), house.environment_name, most=NAMED))
    return f"a cleanup would remove something of {names}" if names else "no run has created what a cleanup removes"


def _check_place(house: House, found: RunRecord, made: Made) -> None:
    now = remover_of(house, house.entity(made.entity)).describe()
    if made.at != now:
        raise UserError(
            f"run {found.name} created {made.entity} at {made.at}, and the target is {now} now",
            next_step="set the target back to that place, then clean up",
            code="cleanup-elsewhere",
        )


def remove_created(house: House, run: Run, of: RunRecord) -> None:
    """Removes what the run created, entity by entity; raises one error for what is left. From now on that run is over."""
    left = Cleaning(of, made_in_all(house, of.run)).left
    if left:
        with house.database().transaction() as cursor:
            leases.check(cursor, run.writer)
            note_cleanup(cursor, of.run, run.name)
    failed: dict[str, SeedbedError] = {}
    for made in left:
        try:
            remove_made(house, run, made)
        except SeedbedError as error:
            failed[made.entity] = error
    if whole := combine_errors(failed):
        raise whole


def write_cleanup(house: House, run: Run, before: Cleaning, outcome: Outcome) -> Report:
    """The cleanup's report, and `output/<run>/remaining.csv` with what is left, where anything is. `before`: what it began with."""
    now = Cleaning(before.of, made_in_all(house, before.of.run))
    files = write_listing(
        house,
        house.output / run.name / "remaining.csv",
        REMAINING_COLUMNS,
        chain(_still_there(house, now), _in_doubt(house, now)),
    )
    notes = (_summary(house, before), *_on_remaining(house, now, files), NOT_TOUCHED)
    ended = Outcome(outcome.seconds, notes=notes, error=outcome.error, files=files)
    return write_report(house, run, ended, units=[made.entity for made in before.left])


def _report(house: House, before: Cleaning, outcome: Outcome, *, run: Run) -> Report:
    return write_cleanup(house, run, before, outcome)


def rehearse_cleanup(house: House, run: Run, request: CleanupRequest) -> Report:
    """What a cleanup would remove; nothing is touched, no file is written."""
    check_no_production(house)
    cleaning = cleaning_of(house, request.wanted)
    entities = tuple(_expected(house, made) for made in cleaning.left)
    return Report(
        verb=run.verb,
        run=run.name,
        targets={name: place for name, place in house.places.items() if name in {e.target for e in entities}},
        entities=entities,
        notes=(
            "dry run: nothing was touched",
            _summary(house, cleaning),
            *_on_the_run(house, cleaning.of),
            NOT_TOUCHED,
        ),
        environment=house.environment_name,
    )


def _on_the_run(house: House, of: RunRecord) -> Iterator[str]:
    if leases.is_writing(house.database(), of.run):
        yield f"run {of.name} still goes on and may create more: a cleanup refuses to begin before it has ended"


def _expected(house: House, made: Made) -> EntityReport:
    entity, count = house.entity(made.entity), made.there + len(resolved(house, made).created)
    return EntityReport(entity.module_id, entity.id, entity.target, read=count, removed=count)


def _summary(house: House, before: Cleaning) -> str:
    name = before.of.name
    if not before.made:
        return f"run {name} ({before.of.verb}) created nothing that a cleanup removes"
    if not before.left:
        return f"what run {name} created was removed before: nothing is left"
    known = [(one.there + one.asked, one) for one in before.left if one.there or one.asked]
    places = ", ".join(f"{_rows(count, made)} at {made.at}" for count, made in known)
    doubt = ", ".join(f"{_rows(made.in_doubt, made)} at {made.at}" for made in before.left if made.in_doubt)
    said = f"created by run {name}, and not removed before: {places or 'nothing that is noted'}"
    if not doubt:
        return said
    fate = "they are looked up first" if house.registrar().look_up else f"they stay, for {NO_LOOK_UP}"
    return f"{said}; of unknown outcome: {doubt}; {fate}"


def _rows(count: int, made: Made) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'} of {made.entity}"


def _still_there(house: House, now: Cleaning) -> Iterator[Created]:
    return chain.from_iterable(chain.from_iterable(created_of(house.database(), made) for made in now.left))


def _in_doubt(house: House, now: Cleaning) -> Iterator[Created]:
    """What may be there, without the numbers that nobody heard; nothing of what cannot be drawn again."""
    for made in now.left:
        with suppress(UserError, DataError):  # the run's error says why
            for some in drawn_again(house, made) if made.in_doubt else ():
                yield from (Created(one.row, made.entity, made.at, one.key, "", "") for one in some)


def _on_remaining(house: House, now: Cleaning, files: Sequence[File]) -> Iterator[str]:
    there, unheard = sum(made.there for made in now.left), sum(made.in_doubt for made in now.left)
    listed = f", listed in {files[0].path}" if files else ""
    if there:
        keys = ", ".join(one.key for one in islice(_still_there(house, now), NAMED))
        yield f"{there:,} rows remain there{listed}: {keys}{', ...' if there > NAMED else ''}"
    if unheard:
        keys = ", ".join(one.key for one in islice(_in_doubt(house, now), NAMED))
        some = f"{listed} without a number: {keys}{', ...' if unheard > NAMED else ''}" if keys else ""
        why = "" if house.registrar().look_up else ", no look-up"
        yield f"{unheard:,} rows of unknown outcome may be there{why}{some}"
