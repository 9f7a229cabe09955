"""gen-mock: the patients that were asked for, made at the Demographic API; its steps, and all of them in one process."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from seedbed.actions.attempts import this_attempt
from seedbed.actions.begin import begin
from seedbed.actions.house import House, Run
from seedbed.actions.leasing import kept, lease_of, take_lease
from seedbed.actions.patient_records import check_folder, write_records
from seedbed.actions.patient_request import PatientRequest, Population, command_of
from seedbed.actions.patients import (
    Sending,
    Unit,
    freeze,
    population_asked,
    report_patients,
    source_of,
    units_of,
)
from seedbed.actions.permit import check_no_production
from seedbed.actions.report import Outcome, write_report
from seedbed.actions.setup import AT_ONCE, Direct, tried
from seedbed.actions.waiting import Watch, await_targets, duration
from seedbed.core.errors import DataError, SeedbedError, Transient, UnitsFailed
from seedbed.core.report import EntityReport, File, Report
from seedbed.database.attempts_made import note_attempt
from seedbed.database.runs import refuse
from seedbed.datasets.hospital.patients.schema import PATIENT
from seedbed.targets.lanes import Breaker
from seedbed.validation.pages import plural

TARGETS = ("postgres", "demographic_api")
UNITS_AT_ONCE = 4  # few, so that a dead API costs the retries of few; enough to draw and note while others are sent


class Submitted(Protocol):
    """A unit under way, as any executor or task runner gives it back."""

    def add_done_callback(self, fn: Callable[[Any], None], /) -> None:
        """Calls the function with the unit's future once it has ended."""
        ...


S = TypeVar("S", bound=Submitted)


@dataclass(frozen=True, slots=True)
class Progress:
    """How the units of a run fare: nothing is begun any more after three failed in a row, or after what no retry mends."""

    units: Sequence[Unit]
    breaker: Breaker = field(default_factory=Breaker)
    failed: dict[str, SeedbedError] = field(default_factory=dict)
    done: list[Unit] = field(default_factory=list)
    kept: list[Unit] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def completed(self, unit: Unit, *, is_kept: bool = False) -> None:
        """Notes that all rows of a unit are settled; `is_kept`: by an earlier attempt."""
        self.breaker.answered()
        self.done.append(unit)
        if is_kept:
            self.kept.append(unit)

    def broken(self, unit: Unit, error: SeedbedError) -> None:
        """Notes that a unit has failed, after all its retries."""
        self.failed[unit.name] = error
        self.breaker.failed(error)

    @property
    def rows_done(self) -> int:
        """Rows of the units that are completed."""
        return rows_of(self.done)

    @property
    def per_cent(self) -> float:
        """How much of all rows that is."""
        return 100 * self.rows_done / rows_of(self.units)

    @property
    def may_end(self) -> bool:
        """Whether every unit is settled, or nothing more is begun."""
        return self.breaker.is_open or len(self.done) + len(self.failed) == len(self.units)

    def said(self, *, is_over: bool = False) -> str:
        """Done, time, rate and time left, as in `400 of 1,000 patients in 5 s, 80/s, 8 s left`; time and rate are this attempt's."""
        done, kept, count = self.rows_done, rows_of(self.kept), rows_of(self.units)
        seconds = time.monotonic() - self.began
        rate = (done - kept) / seconds if seconds > 0 else 0.0
        earlier = f", {kept:,} of them by an earlier attempt" if kept else ""
        speed = f" in {duration(seconds)}, {rate:,.0f}/s" if rate else ""
        left = f", {duration((count - done) / rate)} left" if rate and done < count and not is_over else ""
        return f"{done:,} of {count:,} patients{speed}{left}{earlier}"

    def error(self) -> SeedbedError | None:
        """One error for all that failed or was not begun; None where everything is completed."""
        if not self.failed:
            return None
        causes = list(self.failed.values())
        first = self.breaker.fatal or causes[0]
        not_run = len(self.units) - len(self.done) - len(self.failed)
        rest = f", {not_run} not run" if not_run else ""
        message = f"{len(self.failed)} of {len(self.units)} batches failed{rest}: {first.message}"
        return UnitsFailed(message, causes, next_step=first.next_step or "read the report, then retry")


def rows_of(units: Sequence[Unit]) -> int:
    """How many rows the units have together."""
    return sum(unit.stop - unit.first for unit in units)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run has made, at its end."""

    files: tuple[File, ...] = ()
    error: SeedbedError | None = None
    notes: tuple[str, ...] = ()


NOBODY = Ended()


def gen_mock(house: House, run: Run, request: PatientRequest, day: date, direct: Direct = AT_ONCE) -> Report:
    """Makes the patients and writes the report; what failed after the first was sent is in the report, not raised.

    `day`: the run's, in the hospital.
    """
    watch = Watch(time.time(), direct.patience.targets_s, direct.pause_s)
    if request.dry_run:
        return foreseen(house, run, population_asked(house, run, request, day))
    check_folder(house, run, request)
    await_targets(house, TARGETS, watch)
    begin(house, run, ())
    note_attempt(house.database(), run.root, this_attempt(run.attempt, direct.version, house.root))
    lease = lease_of(run)
    take_lease(house, lease, patience_s=direct.patience.lease_s)
    with kept(house.database(), lease):
        population = settle_population(house, run, request, day)
        progress = sent(house, run, request, population)
        said, failed = progress.said(is_over=True), progress.error()
        ended, unended = tried(lambda: end(house, run, request, population, failed), NOBODY)
        outcome = Outcome(
            time.time() - watch.began,
            notes=(said, *ended.notes),
            error=failed or unended or ended.error,
            files=ended.files,
            data_dirs=request.data_dirs,
        )
        return write_report(house, run, outcome, units=[PATIENT.module])


def settle_population(house: House, run: Run, request: PatientRequest, day: date) -> Population:
    """The run's patients, and the API lets us in: an AuthError is said here once, not by every unit."""
    population = freeze(house, run, request, day)
    house.registrar().greet()
    return population


def sent(
    house: House, run: Run, request: PatientRequest, population: Population, at_once: int = UNITS_AT_ONCE
) -> Progress:
    """The units, so many at once in threads of this process."""
    progress = Progress(units_of(population))
    source = source_of(request.data_dirs, population)

    def settle(unit: Unit, future: "Future[dict[str, int]]") -> None:
        error = future.exception()
        if error is None:
            progress.completed(unit)
        elif isinstance(error, SeedbedError):
            progress.broken(unit, error)
        else:
            raise error

    def start(unit: Unit) -> "Future[dict[str, int]]":
        return pool.submit(Sending(house, run, unit, source, population.batch).send)

    with ThreadPoolExecutor(at_once, thread_name_prefix="unit") as pool:
        side_by_side(progress, start, settle, at_once=at_once)
    return progress


def side_by_side(
    progress: Progress, start: Callable[[Unit], S], settle: Callable[[Unit, S], None], *, at_once: int = UNITS_AT_ONCE
) -> None:
    """Starts every unit, so many at once, and settles each when it has ended; once the breaker is open nothing more is begun."""
    waiting, flying, ended = deque(progress.units), 0, SimpleQueue[tuple[Unit, S]]()
    while True:
        while waiting and flying < at_once and not progress.breaker.is_open:
            _queue_when_done(start(waiting[0]), waiting.popleft(), ended)
            flying += 1
        if not flying:
            return
        settle(*ended.get())
        flying -= 1


def _queue_when_done(future: S, unit: Unit, ended: "SimpleQueue[tuple[Unit, S]]") -> None:
    future.add_done_callback(lambda done: ended.put((unit, done)))


def end(house: House, run: Run, request: PatientRequest, population: Population, failed: SeedbedError | None) -> Ended:
    """Counts what there is; where all of it is settled, the patients are written down. Transient where the ledger goes away meanwhile."""
    report = report_patients(house, run, population)
    files: tuple[File, ...] = ()
    unwritten: SeedbedError | None = None
    if not failed and not report.failed:
        files, unwritten = tried(lambda: write_records(house, run, request, population, report), files)
    if isinstance(unwritten, Transient):
        raise unwritten
    if report.failed and not failed:
        # Units that count as done, and rows that the ledger does not know: it was restored, for example.
        refuse(house.database(), run.writer, [PATIENT.name])
        failed = DataError(
            f"{report.failed} of {report.read} patients were neither made nor refused",
            next_step="retry: every batch is looked at again",
            code="patients-unfinished",
        )
    strict = skipped_error(report, strict=request.strict)
    return Ended(files, failed or unwritten or strict, notes_on(run, population))


def skipped_error(report: EntityReport, *, strict: bool) -> SeedbedError | None:
    """With --strict, the error that any patient left out is."""
    if not (strict and report.skipped):
        return None
    return DataError(
        f"{report.skipped} patients were skipped, and --strict allows none",
        next_step="`seedbed rejects` lists them",
        code="rows-skipped",
    )


def notes_on(run: Run, population: Population) -> tuple[str, ...]:
    """How the same patients are made again, and how they are taken away."""
    return (
        f"seed {population.seed}, as of {population.as_of}: `seedbed gen-mock --repeat {run.name}` makes the same patients, "
        f"and so does `{command_of(population)}`, from the same data directory",
        f"`seedbed cleanup --run {run.name}` removes those that this run created",
    )


def foreseen(house: House, run: Run, population: Population) -> Report:
    """What a run would make: nothing is sent, noted or written, and the API is not asked."""
    check_no_production(house)
    units = units_of(population)
    return Report(
        verb=run.verb,
        run=run.name,
        targets={name: house.places[name] for name in TARGETS if name in house.places},
        entities=(
            EntityReport(PATIENT.module, PATIENT.name, PATIENT.target, read=population.count, sent=population.count),
        ),
        notes=(
            f"dry run: nothing was touched; {plural(population.count, 'patient', 'patients')} would be sent in "
            f"{plural(len(units), 'batch', 'batches')}, "
            f"{population.batch} a request",
            f"`{command_of(population)}` makes these patients",
        ),
        environment=house.environment_name,
    )
