"""`seedbed gen-mock --to csv|parquet`: patients in a file, without a server."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import cast

from seedbed.actions.csv.sources import shown_path
from seedbed.actions.generate import progress
from seedbed.actions.generate.draw_files import Format, draw_to_file
from seedbed.actions.generate.patient_request import PatientRequest, command_of, population_of
from seedbed.cli.progress_bar import bar
from seedbed.cli.setup import new_run
from seedbed.cli.show_reports import print_report
from seedbed.content.dataset_content import read_content
from seedbed.core.errors import UserError
from seedbed.core.report import EntityReport, File, Report
from seedbed.datasets.registry import MOCK_DATASET, PATIENT, PATIENTS
from seedbed.settings import ROOT, read_settings


def draw_patients(request: PatientRequest, to: str, *, as_json: bool) -> int:
    """Writes the patients to a file with all their columns; the exit code."""
    if request.repeat:
        raise UserError(
            "--repeat asks the ledger, which --to csv and --to parquet do without",
            next_step="give the seed and as-of date that the run's report names",
            code="option-invalid",
        )
    run = new_run("gen-mock")
    day = request.as_of or read_settings().local_time.day(datetime.now(UTC))  # a given day needs no settings
    population = population_of(request, run.root, day)
    path = (request.output_dir or ROOT / "output") / run.name / f"patients-{run.name}.{to}"
    began = time.monotonic()
    notes = [f"`{command_of(population)} --to {to}` makes the same file"]
    if request.dry_run:
        notes.append(f"dry run: {path} would be written")
    else:
        content = read_content(MOCK_DATASET, request.data_dirs)
        source = PATIENTS.source(content, population.cohort, population.seed, population.as_of)
        with bar(population.count):
            digest = draw_to_file(
                source, population.rows, path, cast("Format", to), partial(progress.report_progress, path.name)
            )
        notes.append(f"SHA-256 {digest}")
    counts = EntityReport(PATIENT.module_id, PATIENT.id, to, read=population.count, sent=population.count)
    files = () if request.dry_run else (File("patients", shown_path(path, ROOT)),)
    seconds = round(time.monotonic() - began, 3)
    report = Report(run.verb, run.name, seconds=seconds, entities=(counts,), files=files, notes=tuple(notes))
    print_report(report, as_json=as_json)
    return 0
