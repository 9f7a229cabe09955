"""gen-mock: the patients that were asked for, made at the Demographic API; its steps, and all of them in one process."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_files import check_folder, write_records
from seedbed.actions.generate.patient_request import PatientRequest, Population, command_of, population_of
from seedbed.actions.generate.patient_units import (
    PatientUnit,
    UnitSender,
    freeze_population,
    report_patients,
    resolve_population,
    source_of,
    units_of,
)
from seedbed.actions.permit import check_no_production
from seedbed.actions.runs.direct_executor import RUN_NOW, DirectOptions, direct_executor
from seedbed.actions.runs.executor import LEDGER, Executor, ProgressShown, Step, UnitResult, UnitTracker, WorkUnit
from seedbed.actions.runs.orchestrate import RunSpec, Stage, orchestrate
from seedbed.actions.runs.run_errors import capture_error
from seedbed.actions.runs.start_run import start_run
from seedbed.actions.runs.wait_for_targets import duration
from seedbed.actions.runs.write_report import Outcome, write_report
from seedbed.actions.setup.plan import read_failed_tests
from seedbed.core.errors import DataError, SeedbedError, Transient, UnitsFailed
from seedbed.core.html_page import plural
from seedbed.core.report import EntityReport, File, Report
from seedbed.database.ledger.leases import is_overtaken
from seedbed.database.ledger.run_records import record_failed_tests
from seedbed.datasets.registry import PATIENT
from seedbed.targets.http.concurrency import Breaker

TARGETS = ("postgres", "demographic_api")


@dataclass(frozen=True, slots=True)
class UnitProgressTracker:
    """How the units of a run fare: nothing is begun any more after three failed in a row, or after what no retry mends."""

    units: Sequence[PatientUnit]
    breaker: Breaker = field(default_factory=Breaker)
    failed: dict[str, SeedbedError] = field(default_factory=dict)
    done: list[PatientUnit] = field(default_factory=list)
    done_earlier: list[PatientUnit] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def mark_completed(self, unit: PatientUnit, *, is_kept: bool = False) -> None:
        """Notes that all rows of a unit are settled; `is_kept`: by an earlier attempt."""
        self.breaker.answered()
        self.done.append(unit)
        if is_kept:
            self.done_earlier.append(unit)

    def ended(self, name: str, result: UnitResult) -> None:
        """Notes how the unit of that name has ended."""
        unit = next(one for one in self.units if one.name == name)
        if result.error:
            self.mark_failed(unit, result.error)
        else:
            self.mark_completed(unit, is_kept=result.is_kept)

    def mark_failed(self, unit: PatientUnit, error: SeedbedError) -> None:
        """Notes that a unit has failed, after all its retries."""
        self.failed[unit.name] = error
        self.breaker.failed(error)

    @property
    def rows_done(self) -> int:
        """Rows of the units that are completed."""
        return count_unit_rows(self.done)

    @property
    def per_cent(self) -> float:
        """How much of all rows that is."""
        return 100 * self.rows_done / count_unit_rows(self.units)

    @property
    def is_finished(self) -> bool:
        """Whether every unit is settled, or nothing more is begun."""
        return self.breaker.is_open or len(self.done) + len(self.failed) == len(self.units)

    def summary(self, *, is_over: bool = False) -> str:
        """Done, time, rate and time left, as in `400 of 1,000 patients in 5 s, 80/s, 8 s left`; time and rate are this attempt's."""
        done, kept, count = self.rows_done, count_unit_rows(self.done_earlier), count_unit_rows(self.units)
        seconds = time.monotonic() - self.began
        rate = (done - kept) / seconds if seconds > 0 else 0.0
        earlier = f", {kept:,} of them by an earlier attempt" if kept else ""
        speed = f" in {duration(seconds)}, {rate:,.0f}/s" if rate else ""
        left = f", {duration((count - done) / rate)} left" if rate and done < count and not is_over else ""
        return f"{done:,} of {count:,} patients{speed}{left}{earlier}"

    def shown(self, *, is_last: bool = False) -> ProgressShown:
        """The same for those who watch the run."""
        return ProgressShown(self.per_cent, self.summary(is_over=is_last), is_last)

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


def count_unit_rows(units: Sequence[PatientUnit]) -> int:
    """How many rows the units have together."""
    return sum(unit.stop - unit.first for unit in units)


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """What a run has made, at its end."""

    files: tuple[File, ...] = ()
    error: SeedbedError | None = None
    notes: tuple[str, ...] = ()


EMPTY_RESULT = GenerateResult()


def gen_mock(
    context: AppContext, run: Run, request: PatientRequest, day: date, options: DirectOptions = RUN_NOW
) -> Report:
    """Makes the patients and writes the report; what failed after the first was sent is in the report, not raised.

    `day`: the run's, in the hospital.
    """
    executor = direct_executor(context, run, options)
    return orchestrate(context, executor, executor.attempt, patient_spec(context, run, request, day)).report


def patient_spec(context: AppContext, run: Run, request: PatientRequest, day: date) -> RunSpec[None]:
    """What gen-mock does."""
    foresee = Step("foresee", "dry run", partial(_foresee, run=run, request=request, day=day))
    return RunSpec(
        start=partial(_start, run=run, request=request),
        stages=(partial(patient_stage, context, run, request, day),),
        report=partial(_report, run=run, request=request),
        # An empty cohort is refused before any target is asked.
        check=None if request.repeat else partial(population_of, request, run.root, day),
        dry_run=foresee if request.dry_run else None,
    )


def patient_stage(
    context: AppContext, run: Run, request: PatientRequest, day: date, executor: Executor, _: None
) -> Stage:
    """One unit a range of patients; once all are sent, the patients are counted and written down."""
    fix = partial(_fix_population, run=run, request=request, day=day)
    population, refused = executor.step(Step("population", "population", fix, TARGETS))
    progress = UnitProgressTracker(units_of(population))
    executor.show(progress.shown())

    def on_end(unit: WorkUnit, result: UnitResult) -> None:
        progress.ended(unit.name, result)
        executor.show(progress.shown(is_last=progress.is_finished))

    key = f"{population.digest}/{context.fingerprint}/{refused}"
    units = tuple(_work_unit(run, request, population, unit, key) for unit in progress.units)
    tracker = UnitTracker(on_end, lambda: not progress.breaker.is_open)
    tests = partial(_written_down, executor, progress, run=run, request=request, population=population)
    return Stage(units, lambda _: tests(), tracker, executor.at_once)


def _work_unit(run: Run, request: PatientRequest, population: Population, unit: PatientUnit, digest: str) -> WorkUnit:
    """The unit, under the key by which it is found again: run, rows, and all that decides what is sent and where to."""
    send = partial(_send, run=run, unit=unit, population=population, data_dirs=request.data_dirs)
    key = f"{run.root}/patients/{unit.first}-{unit.stop}/{digest}"
    return WorkUnit(unit.name, Step("patients", unit.name, send, TARGETS), key)


def _send(
    context: AppContext, *, run: Run, unit: PatientUnit, population: Population, data_dirs: tuple[Path, ...]
) -> dict[str, Any]:
    counts = UnitSender(context, run, unit, source_of(data_dirs, population), population.batch).send()
    return {**asdict(unit), **counts}


def _start(context: AppContext, *, run: Run, request: PatientRequest) -> None:
    check_folder(context, run, request)
    start_run(context, run, ())


def _fix_population(context: AppContext, *, run: Run, request: PatientRequest, day: date) -> tuple[Population, int]:
    """Which patients, as the first attempt has decided, and how often the run has been found incomplete."""
    population = prepare_population(context, run, request, day)
    return population, read_failed_tests(context, run).get(PATIENT.id, 0)


def _written_down(
    executor: Executor, progress: UnitProgressTracker, *, run: Run, request: PatientRequest, population: Population
) -> Outcome:
    """What the report says of the patients."""
    said, failed = progress.summary(is_over=True), progress.error()
    work = partial(finish_population, run=run, request=request, population=population, failed=failed)
    ended, error = capture_error(lambda: executor.step(Step("write", "write patients", work, LEDGER)), EMPTY_RESULT)
    if error is None or (failed and not is_overtaken(error)):
        error = ended.error or failed
    return Outcome(notes=(said, *ended.notes), files=ended.files, error=error)


def _foresee(context: AppContext, *, run: Run, request: PatientRequest, day: date) -> Report:
    return preview_population(context, run, resolve_population(context, run, request, day))


def _report(context: AppContext, _: None, outcome: Outcome, *, run: Run, request: PatientRequest) -> Report:
    return write_report(context, run, replace(outcome, data_dirs=request.data_dirs), units=[PATIENT.module_id])


def prepare_population(context: AppContext, run: Run, request: PatientRequest, day: date) -> Population:
    """The run's patients. Raises AuthError once, before any unit, if the API refuses us."""
    population = freeze_population(context, run, request, day)
    context.registrar().check_access()
    return population


def finish_population(
    context: AppContext, run: Run, request: PatientRequest, population: Population, failed: SeedbedError | None
) -> GenerateResult:
    """Counts the patients; if every row has an outcome, writes them to files. Raises Transient if the ledger becomes unavailable."""
    report = report_patients(context, run, population)
    files: tuple[File, ...] = ()
    unwritten: SeedbedError | None = None
    if not failed and not report.failed:
        files, unwritten = capture_error(lambda: write_records(context, run, request, population, report), files)
    if isinstance(unwritten, Transient):
        raise unwritten
    if report.failed and not failed:
        # Units that count as done, and rows that the ledger does not know: it was restored, for example.
        record_failed_tests(context.database(), run.attempt_ref, [PATIENT.id])
        failed = DataError(
            f"{report.failed} of {report.read} patients were neither made nor refused",
            next_step="retry: every batch is looked at again",
            code="patients-unfinished",
        )
    strict = skipped_patients_error(report, strict=request.strict)
    return GenerateResult(files, failed or unwritten or strict, repeat_and_cleanup_notes(run, population))


def skipped_patients_error(report: EntityReport, *, strict: bool) -> SeedbedError | None:
    """With --strict, the error that any patient left out is."""
    if not (strict and report.skipped):
        return None
    return DataError(
        f"{report.skipped} patients were skipped, and --strict allows none",
        next_step="`seedbed rejects` lists them",
        code="rows-skipped",
    )


def repeat_and_cleanup_notes(run: Run, population: Population) -> tuple[str, ...]:
    """How the same patients are made again, and how they are taken away."""
    return (
        f"seed {population.seed}, as of {population.as_of}: `seedbed gen-mock --repeat {run.name}` makes the same patients, "
        f"and so does `{command_of(population)}`, from the same data directory",
        f"`seedbed cleanup --run {run.name}` removes those that this run created",
    )


def preview_population(context: AppContext, run: Run, population: Population) -> Report:
    """What a run would make: nothing is sent, noted or written, and the API is not asked."""
    check_no_production(context)
    units = units_of(population)
    return Report(
        verb=run.verb,
        run=run.name,
        targets={name: context.target_addresses[name] for name in TARGETS if name in context.target_addresses},
        entities=(
            EntityReport(PATIENT.module_id, PATIENT.id, PATIENT.target, read=population.count, sent=population.count),
        ),
        notes=(
            f"dry run: nothing was touched; {plural(population.count, 'patient', 'patients')} would be sent in "
            f"{plural(len(units), 'batch', 'batches')}, "
            f"{population.batch} a request",
            f"`{command_of(population)}` makes these patients",
        ),
        environment=context.environment_name,
    )
