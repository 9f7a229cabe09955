"""What a run of gen-mock leaves for people: its patients as CSV, and a page that shows who they are."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pyarrow as pa

from seedbed.actions.house import House, Run
from seedbed.actions.patient_request import PatientRequest, Population, command_of
from seedbed.actions.patients import source_of
from seedbed.actions.sources import shown_path
from seedbed.actions.writing import removed_after, writing
from seedbed.content.patient_vocabulary import patient_titles, patient_vocabulary
from seedbed.core.generated import Generated
from seedbed.core.report import EntityReport, File
from seedbed.database.registered import settled_blocks
from seedbed.datasets.hospital.patients.payload import CSV_COLUMNS, csv_table
from seedbed.datasets.hospital.patients.portrait import Portrait, in_words, reference
from seedbed.datasets.hospital.patients.schema import PATIENT
from seedbed.formats.csv_text import csv_bytes
from seedbed.validation.portrait_page import PortraitFacts, render_portrait


def write_records(
    house: House, run: Run, request: PatientRequest, population: Population, counts: EntityReport
) -> tuple[File, ...]:
    """`patients-<run>.csv` with the first document's columns, in patient order, and `patients.html` in the run's folder.

    Both are made of the ledger's rows, joined with those drawn anew: the same bytes at every attempt that settles nothing more.
    """
    portrait = Portrait()
    listed = folder_of(house, run, request) / f"patients-{run.name}.csv"
    page = house.output / run.name / "patients.html"
    draft = listed.with_suffix(".csv.part")
    with writing(listed), removed_after(draft):
        listed.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as stream:
            stream.writelines(csv_bytes(_arrived(house, run, source_of(request.data_dirs, population), portrait)))
        draft.replace(listed)
    vocabulary = patient_vocabulary(request.data_dirs)
    facts = PortraitFacts(
        run=run.name,
        seed=population.seed,
        as_of=population.as_of,
        cohort=in_words(vocabulary, population.cohort),
        created=counts.inserted,
        existing=counts.unchanged,
        skipped=counts.skipped,
        csv=Path(os.path.relpath(listed, page.parent)).as_posix(),
        command=command_of(population),
        names=patient_titles(request.data_dirs),
    )
    wanted = reference(vocabulary, population.cohort, population.as_of)
    with writing(page):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(render_portrait(portrait, wanted, facts), encoding="utf-8")
    return File("patients", shown_path(listed, house.root)), File("portrait", shown_path(page, house.root))


def check_folder(house: House, run: Run, request: PatientRequest) -> None:
    """UserError where the patients could not be written: better before the first is made than after the last."""
    folder = folder_of(house, run, request)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass


def folder_of(house: House, run: Run, request: PatientRequest) -> Path:
    """Where the run's patients are written: below the folder that was named, else with the run's report."""
    return (request.output_dir or house.output) / run.name


def _arrived(house: House, run: Run, source: Generated, portrait: Portrait) -> Iterator[pa.Table]:
    """The lines of the CSV, block by block; all whom they list are added to the portrait."""
    yield pa.table({name: pa.array([], pa.string()) for name in CSV_COLUMNS})  # the header, where nobody arrived
    for block in settled_blocks(house.database(), run.root, PATIENT.name):
        there = [one for one in block if one.outcome != "skipped"]
        if there:
            drawn = source.table(np.array([one.row for one in there], dtype=np.uint64))
            portrait.add(drawn)
            yield csv_table(drawn, there)
