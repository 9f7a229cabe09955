"""gen-mock: the patients that were asked for, made at the Demographic API; its steps, and all of them in one process."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from seedbed.actions.attempts import this_attempt
from seedbed.actions.begin import begin
from seedbed.actions.house import House, Run
from seedbed.actions.leasing import kept, lease_of, take_lease
from seedbed.actions.patient_request import PatientRequest, Population, command_of, population_of
from seedbed.actions.patients import (
    Sending,
    Unit,
    freeze,
    report_patients,
    source_of,
    units_of,
    write_patients,
)
from seedbed.actions.permit import check_no_production
from seedbed.actions.report import Outcome, write_report
from seedbed.actions.setup import AT_ONCE, Direct, tried
from seedbed.actions.waiting import Watch, await_targets
from seedbed.core.errors import DataError, SeedbedError, UnitsFailed
from seedbed.core.report import EntityReport, File, Report
from seedbed.database.attempts_made import note_attempt
from seedbed.datasets.hospital.patients.schema import PATIENT
from seedbed.targets.lanes import Breaker

TARGETS = ("postgres", "demographic_api")


@dataclass(frozen=True, slots=True)
class Progress:
    """How the units of a run fare: nothing is begun any more after three failed in a row, or after what no retry mends."""

    units: Sequence[Unit]
    breaker: Breaker = field(default_factory=Breaker)
    failed: dict[str, SeedbedError] = field(default_factory=dict)
    done: list[Unit] = field(default_factory=list)

    def completed(self, unit: Unit) -> None:
        """Notes that all rows of a unit are settled."""
        self.breaker.answered()
        self.done.append(unit)

    def broken(self, unit: Unit, error: SeedbedError) -> None:
        """Notes that a unit has failed, after all its retries."""
        self.failed[unit.name] = error
        self.breaker.failed(error)

    @property
    def rows_done(self) -> int:
        """Rows of the units that are completed."""
        return sum(unit.stop - unit.first for unit in self.done)

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


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run has made, at its end."""

    files: tuple[File, ...] = ()
    error: SeedbedError | None = None
    notes: tuple[str, ...] = ()


NOBODY = Ended()


def gen_mock(house: House, run: Run, request: PatientRequest, day: date, direct: Direct = AT_ONCE) -> Report:
    """Makes the patients and writes the report; a unit's failure is in the report, not raised. `day`: the run's, in the hospital."""
    watch = Watch(time.time(), direct.patience.targets_s, direct.pause_s)
    fresh = population_of(request, run.root, day)
    if request.dry_run:
        return foreseen(house, run, fresh)
    await_targets(house, TARGETS, watch)
    begin(house, run, ())
    note_attempt(house.database(), run.root, this_attempt(1, direct.version, house.root))
    lease = lease_of(run)
    take_lease(house, lease, patience_s=direct.patience.lease_s)
    with kept(house.database(), lease):
        population = settle_population(house, run, request, fresh)
        progress = sent(house, run, request, population)
        ended = end(house, run, request, population, progress.error())
        outcome = Outcome(
            time.time() - watch.began,
            notes=ended.notes,
            error=ended.error,
            files=ended.files,
            data_dirs=request.data_dirs,
        )
        return write_report(house, run, outcome, units=[PATIENT.module])


def settle_population(house: House, run: Run, request: PatientRequest, fresh: Population) -> Population:
    """The run's patients, and the API lets us in: an AuthError is said here once, not by every unit."""
    population = freeze(house, run, request, fresh)
    house.registrar().greet()
    return population


def sent(house: House, run: Run, request: PatientRequest, population: Population) -> Progress:
    """The units, one after the other."""
    progress = Progress(units_of(population))
    source = source_of(request.data_dirs, population)
    for unit in progress.units:
        if progress.breaker.is_open:
            break
        try:
            Sending(house, run, unit, source, population.batch).send()
        except SeedbedError as error:
            progress.broken(unit, error)
        else:
            progress.completed(unit)
    return progress


def end(house: House, run: Run, request: PatientRequest, population: Population, failed: SeedbedError | None) -> Ended:
    """Counts what there is; where all of it is settled, the patients are written down."""
    report = report_patients(house, run, population)
    files: tuple[File, ...] = ()
    unwritten: SeedbedError | None = None
    if not failed:
        source, folder = source_of(request.data_dirs, population), folder_of(house, run, request)
        files, unwritten = tried(lambda: (write_patients(house, run, source, folder),), files)
    strict = skipped_error(report, strict=request.strict)
    return Ended(files, failed or unwritten or strict, notes_on(run, population))


def skipped_error(report: EntityReport, *, strict: bool) -> SeedbedError | None:
    """With --strict, the error that any patient left out is."""
    if not (strict and report.skipped):
        return None
    return DataError(
        f"{report.skipped} patients were skipped, and --strict allows none", next_step="`seedbed rejects` lists them"
    )


def notes_on(run: Run, population: Population) -> tuple[str, ...]:
    """How the same patients are made again, and how they are taken away."""
    return (
        f"seed {population.seed}, as of {population.as_of}: `seedbed gen-mock --repeat {run.name}` makes the same patients, "
        f"and so does `{command_of(population)}`, from the same data directory",
        f"`seedbed cleanup --run {run.name}` removes those that this run created",
    )


def folder_of(house: House, run: Run, request: PatientRequest) -> Path:
    """Where the run's patients are written: below the folder that was named, else with the run's report."""
    return (request.output_dir or house.output) / run.name


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
            f"dry run: nothing was touched; {population.count} patients would be sent in {len(units)} batches, "
            f"{population.batch} a request",
            f"`{command_of(population)}` makes these patients",
        ),
        environment=house.environment_name,
    )
