"""Patients: drawn, sent unit by unit, and written down at the end from what the ledger knows of them."""

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate import progress
from seedbed.actions.generate.patient_request import (
    PatientRequest,
    Population,
    population_from_json,
    population_of,
    repeat_population,
)
from seedbed.content.dataset_content import content_digest, read_content
from seedbed.core.errors import UserError
from seedbed.core.generated import GeneratedEntity, row_cells
from seedbed.core.registration import RegisterResult, RowToRegister
from seedbed.core.report import EntityReport
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.registered_rows import (
    UnitProgress,
    UnitRows,
    begin_unit,
    end_unit,
    keys_created_by_other_runs,
    mark_sending,
    outcome_counts,
    record_results,
)
from seedbed.database.ledger.run_records import find_run_request, find_runs, freeze_request
from seedbed.database.ledger.run_results import skipped_of
from seedbed.datasets.registry import MOCK_DATASET, PATIENT, PATIENTS
from seedbed.targets.port import RegisterContext

MOST_UNITS = 180  # a flow run has other tasks too, and at most about 200 (law 9)
USUAL_UNITS, USUAL_ROWS = 40, 1_000  # beyond so many, units grow to so many patients before they become more
DRAWN_AT_ONCE = 2_000
AHEAD = 4  # so many requests more are marked as maybe sent with the next one: fewer transactions, and few rows in doubt
MOST_NAMED = 20  # runs of one beginning that are told apart
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PatientUnit:
    """What is sent, and retried, as a whole: some consecutive requests."""

    number: int
    of: int
    first: int
    stop: int

    @property
    def name(self) -> str:
        """What its task is called."""
        return f"patients {self.number}/{self.of} [{self.first}-{self.stop})"


def units_of(population: Population) -> tuple[PatientUnit, ...]:
    """The population cut into units: a request each while there are few, more requests in each where there are many."""
    requests = -(-population.count // population.batch)
    fewest = -(-requests // MOST_UNITS)
    group = max(1, fewest, min(-(-requests // USUAL_UNITS), USUAL_ROWS // population.batch))
    step, end = group * population.batch, population.first + population.count
    starts = range(population.first, end, step)
    return tuple(PatientUnit(n, len(starts), at, min(at + step, end)) for n, at in enumerate(starts, 1))


def resolve_population(context: AppContext, run: Run, request: PatientRequest, day: date) -> Population:
    """The patients that a request means, on the run's day; UserError where it repeats a run that cannot be repeated."""
    return _earlier(context, run, request) if request.repeat else population_of(request, run.root, day)


def freeze_population(context: AppContext, run: Run, request: PatientRequest, day: date) -> Population:
    """The patients of the run: as the first attempt has decided; UserError where files or code draw others since."""
    database = context.database()
    first = find_run_request(database, run.root)
    plain = (
        first[1]
        if first
        else freeze_request(database, run.root, resolve_population(context, run, request, day).to_json())
    )
    kept = population_from_json(plain)
    source_of(request.data_dirs, kept)
    return kept


def _earlier(context: AppContext, run: Run, request: PatientRequest) -> Population:
    """The population of the one run of that name; this one is none."""
    database = context.database()
    runs = [one.run for one in find_runs(database, request.repeat, most=MOST_NAMED) if one.run != run.root]
    found = [one for one in (find_run_request(database, root) for root in runs) if one]
    if not found:
        raise UserError(
            f"no run '{request.repeat}' made patients here",
            next_step="`seedbed report` shows the latest run",
            code="run-unknown",
        )
    if len(found) > 1:
        names = ", ".join(record.name for record, _ in found)
        raise UserError(
            f"several runs are called '{request.repeat}': {names}",
            next_step="give more of its name",
            code="run-unknown",
        )
    return repeat_population(request, found[0][1])


@lru_cache(maxsize=4)
def source_of(data_dirs: tuple[Path, ...], population: Population) -> GeneratedEntity:
    """Where the population's rows come from; UserError where this process has other files or code than the run began with."""
    if (content_digest(MOCK_DATASET, data_dirs), MOCK_DATASET.version) != (population.vocabulary, population.drawing):
        raise UserError(
            "the files that patients are drawn from have changed since this run began",
            next_step="put them back, with the version that it began with; or start a new run",
            code="population-changed",
        )
    content = read_content(MOCK_DATASET, data_dirs)
    return PATIENTS.source(content, population.cohort, population.seed, population.as_of)


_drawing = threading.Lock()


def draw_block(source: GeneratedEntity, first: int) -> pa.Table:
    """So many rows as are drawn at once, from the first on, through the gate: few rows cost nearly as much, so that units share them."""
    with _drawing:  # units begin together: all but one wait for it instead of drawing it too
        return _draw_cached_block(source, first)


@lru_cache(maxsize=8)
def _draw_cached_block(source: GeneratedEntity, first: int) -> pa.Table:
    return source.table(np.arange(first, first + DRAWN_AT_ONCE, dtype=np.uint64))


@dataclass(frozen=True, slots=True)
class UnitSender:
    """One unit on its way: what it is drawn from, and the drawn rows of which nobody knows yet what became of them.

    `in_doubt`: rows that may be at the API, as far as every request has come back. `settled`: rows of which it is known, by any attempt.
    """

    context: AppContext
    run: Run
    unit: PatientUnit
    source: GeneratedEntity
    batch: int
    drawn: dict[int, tuple[pa.Table, int]] = field(default_factory=dict)
    unknown: set[int] = field(default_factory=set)
    final_rows: set[int] = field(default_factory=set)

    @property
    def rows(self) -> range:
        """The unit's rows."""
        return range(self.unit.first, self.unit.stop)

    def send(self) -> dict[str, int]:
        """Sends what no attempt has settled yet; the counts of this time. Raises what stopped it, after all is noted."""
        target = self.context.registrar()
        begun = begin_unit(self.context.database(), self.run.attempt_ref, self.unit.name, PATIENT.id, self.rows)
        self.final_rows.update(begun.final_rows)
        progress.report_progress(self.unit.name, len(self.final_rows))
        requests = self.requests(begun.final_rows, full=target.accepts_extra_fields)
        counts = target.register(requests, self.register_context(begun))
        log.info("%s: %s", self.unit.name, dict(counts))
        return dict(counts)

    def register_context(self, begun: UnitProgress) -> RegisterContext:
        """What the target is told, and tells."""
        database, run, doubted = self.context.database(), self.run.root, begun.unknown_rows()
        self.unknown.update(doubted)
        partial_requests = {self.number_of(row) for row in begun.final_rows}
        return RegisterContext(
            run=run,
            unit=self.unit.name,
            entity=PATIENT.id,
            rows=len(self.rows) - len(begun.final_rows),
            maybe_sent=doubted.__contains__,
            is_partial=lambda row: self.number_of(row) in partial_requests,
            created_by_other_runs=partial(
                keys_created_by_other_runs, database, run, PATIENT.id, self.context.registrar().describe()
            ),
            record_results=self.record_results,
            mark_finished=lambda: end_unit(database, self.run.attempt_ref, PATIENT.id, self.rows, sorted(self.unknown)),
            check_lease=LedgerRecorder(database, self.run.attempt_ref, self.unit.name).check_lease,
        )

    def number_of(self, row: int) -> int:
        """The number of the request that a row belongs to, whatever is settled of it."""
        return (row - self.unit.first) // self.batch

    def requests(self, recorded: frozenset[int], *, full: bool) -> Iterator[list[RowToRegister]]:
        """The requests of the unit, each marked before it is handed out: from then on its rows may be at the API.

        Where they begin does not depend on what is settled, so that a repetition is the same request.
        """
        marked = self.unit.first
        for first in range(self.unit.first, self.unit.stop, self.batch):
            stop = min(first + self.batch, self.unit.stop)
            if recorded.issuperset(range(first, stop)):
                continue
            table = self.table(first, stop)
            asked = [one for one in PATIENTS.to_register(table, full) if one.row not in recorded]
            self.drawn.update((one.row, (table, one.row - first)) for one in asked)
            if stop > marked:
                marked = min(stop + AHEAD * self.batch, self.unit.stop)
                mark_sending(self.context.database(), self.run.attempt_ref, PATIENT.id, first, marked - 1)
            yield asked

    def table(self, first: int, stop: int) -> pa.Table:
        """The rows from the first up to `stop`."""
        starts = range(first - first % DRAWN_AT_ONCE, stop, DRAWN_AT_ONCE)
        blocks = [draw_block(self.source, start) for start in starts]
        return pa.concat_tables(blocks).slice(first - starts[0], stop - first)

    def record_results(self, recorded: Sequence[RegisterResult]) -> None:
        """Notes what became of rows."""
        whose = UnitRows(self.run.attempt_ref, self.unit.name, PATIENT.id, self.context.registrar().describe())
        record_results(self.context.database(), whose, recorded, lambda row: row_cells(*self.drawn[row]))
        self.final_rows.update(one.row for one in recorded if one.is_final)
        progress.report_progress(self.unit.name, len(self.final_rows))
        for one in recorded:
            self.drawn.pop(one.row, None)
            (self.unknown.add if one.outcome_unknown else self.unknown.discard)(one.row)


def report_patients(context: AppContext, run: Run, population: Population) -> EntityReport:
    """The run's patients, counted: what neither arrived nor was refused has failed. Notes the receipt."""
    database = context.database()
    counts = outcome_counts(database, run.root, PATIENT.id)
    skipped = skipped_of(database, run.root, PATIENT.id)
    report = EntityReport(
        PATIENT.module_id,
        PATIENT.id,
        PATIENT.target,
        read=population.count,
        inserted=counts.get("created", 0),
        unchanged=counts.get("exists", 0),
        skipped=skipped,
        failed=population.count - counts.get("created", 0) - counts.get("exists", 0) - skipped,
    )
    LedgerRecorder(database, run.attempt_ref, PATIENT.id).finish(
        report, digest="" if report.failed else population.vocabulary
    )
    return report
