"""What a run of gen-mock leaves for people: its patients as CSV, and a page that shows who they are."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pyarrow as pa

from seedbed.actions.context import AppContext, Run
from seedbed.actions.csv.sources import shown_path
from seedbed.actions.generate.patient_request import PatientRequest, Population, command_of
from seedbed.actions.generate.patient_units import source_of
from seedbed.actions.runs.safe_write import removing_draft, write_errors_as_user_errors
from seedbed.content.dataset_content import content_titles, read_content
from seedbed.core.dataset import Counts, Summary, SummaryFacts
from seedbed.core.generated import GeneratedEntity
from seedbed.core.report import EntityReport, File
from seedbed.database.ledger.registered_rows import iter_results
from seedbed.datasets.registry import MOCK_DATASET, PATIENT, PATIENTS
from seedbed.formats.csv_text import csv_bytes
from seedbed.formats.spreadsheet_cells import table_without_formulas
from seedbed.pages.run_pages import html


def write_records(
    context: AppContext, run: Run, request: PatientRequest, population: Population, counts: EntityReport
) -> tuple[File, ...]:
    """`patients-<run>.csv` with the first document's columns, in patient order, and `patients.html` in the run's folder.

    Both are made of the ledger's rows, joined with those drawn anew: the same bytes at every attempt that settles nothing more.
    """
    summary = MOCK_DATASET.summary
    shown = summary.counts() if summary else None
    listed = folder_of(context, run, request) / f"patients-{run.name}.csv"
    draft = listed.with_suffix(".csv.part")
    with write_errors_as_user_errors(listed), removing_draft(draft):
        listed.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            stream.writelines(csv_bytes(_arrived(context, run, source_of(request.data_dirs, population), shown)))
        draft.replace(listed)
    files = (File("patients", shown_path(listed, context.root)),)
    if summary is None:
        return files
    page = context.output / run.name / "patients.html"
    csv = Path(os.path.relpath(listed, page.parent)).as_posix()
    _write_page(page, request, population, summary, (shown, _facts(run, request, population, counts, csv)))
    return (*files, File("portrait", shown_path(page, context.root)))


def _facts(run: Run, request: PatientRequest, population: Population, counts: EntityReport, csv: str) -> SummaryFacts:
    content = read_content(MOCK_DATASET, request.data_dirs)
    return SummaryFacts(
        run=run.name,
        seed=population.seed,
        as_of=population.as_of,
        cohort=PATIENTS.cohorts.in_words(content, population.cohort),
        created=counts.inserted,
        existing=counts.unchanged,
        skipped=counts.skipped,
        csv=csv,
        command=command_of(population),
        names=content_titles(MOCK_DATASET, request.data_dirs),
    )


def _write_page(
    path: Path,
    request: PatientRequest,
    population: Population,
    summary: Summary,
    shown: tuple[Counts | None, SummaryFacts],
) -> None:
    content = read_content(MOCK_DATASET, request.data_dirs)
    counts, facts = shown
    with write_errors_as_user_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html(summary.page(counts, content, population.cohort, facts)), encoding="utf-8")


def check_folder(context: AppContext, run: Run, request: PatientRequest) -> None:
    """UserError where the patients could not be written: better before the first is made than after the last."""
    folder = folder_of(context, run, request)
    with write_errors_as_user_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass


def folder_of(context: AppContext, run: Run, request: PatientRequest) -> Path:
    """Where the run's patients are written: below the folder that was named, else with the run's report."""
    return (request.output_dir or context.output) / run.name


def _arrived(context: AppContext, run: Run, source: GeneratedEntity, shown: Counts | None) -> Iterator[pa.Table]:
    """The lines of the CSV, block by block; all rows that they list are added to the counts."""
    export = MOCK_DATASET.exports["patients"]
    yield pa.table({name: pa.array([], pa.string()) for name in export.columns})  # the header, where nobody arrived
    for block in iter_results(context.database(), run.root, PATIENT.id):
        there = [one for one in block if one.outcome != "skipped"]
        if there:
            drawn = source.table(np.array([one.row for one in there], dtype=np.uint64))
            if shown is not None:
                shown.add(drawn)
            yield table_without_formulas(export.table(drawn, there))
