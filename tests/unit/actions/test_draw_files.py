"""Drawn rows in a file: whole or not there, and without anything that a server or a database needs."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from seedbed.actions.generate.draw_files import draw_to_file
from seedbed.core.errors import DataError, UserError
from seedbed.core.generated import BLOCK_ROWS
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS
from seedbed.datasets.hospital.patients.source import patient_source
from tests.support.builders.patients import AS_OF, ids, vocabulary

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def source():
    return patient_source(vocabulary(), ALL_PATIENTS, 42, AS_OF)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_csv_file_has_all_columns_and_its_digest_is_told(source, tmp_path):
    path, told = tmp_path / "new/patients.csv", []
    digest = draw_to_file(source, range(10, BLOCK_ROWS + 30), path, "csv", told.append)
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].split(",") == source.entity.schema.names
    assert [line.partition(",")[0] for line in lines[1:]] == [str(row) for row in range(10, BLOCK_ROWS + 30)]
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told == [BLOCK_ROWS, BLOCK_ROWS + 20]
    assert names(path.parent) == [path.name]


def test_a_parquet_file_is_the_table(source, tmp_path):
    path = tmp_path / "patients.parquet"
    digest = draw_to_file(source, range(500), path, "parquet", lambda _: None)
    assert pq.read_table(path).equals(source.table(ids(0, 500)))
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("to", ["csv", "parquet"])
def test_what_stood_there_stays_until_the_new_file_is_whole(source, tmp_path, to):
    path = tmp_path / f"patients.{to}"
    path.write_text("yesterday's")

    def gate(table):
        if table["patient"][0].as_py():
            raise DataError("the second block is not safe")
        return table

    with pytest.raises(DataError, match="second block"):
        draw_to_file(replace(source, privacy_check=gate), range(BLOCK_ROWS + 1), path, to, lambda _: None)
    assert names(tmp_path) == [path.name]
    assert path.read_text() == "yesterday's"


def test_a_place_that_cannot_be_written_is_named(source, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(UserError, match=r"file/patients\.csv cannot be written: .*; make room there"):
        draw_to_file(source, range(1), tmp_path / "file/patients.csv", "csv", lambda _: None)
    (tmp_path / "patients.csv").mkdir()
    with pytest.raises(UserError, match="cannot be written: Is a directory"):
        draw_to_file(source, range(1), tmp_path / "patients.csv", "csv", lambda _: None)
    assert names(tmp_path) == ["file", "patients.csv"]


PROGRAM = """
import sys
import seedbed.actions.generate.draw_files, seedbed.content.dataset_content
import seedbed.datasets.hospital.patients.cohort_text, seedbed.datasets.hospital.patients.source
print(*sorted(sys.modules))
"""


def test_it_needs_no_server_no_settings_and_no_prefect():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = ("prefect", "sqlalchemy", "psycopg2", "great_expectations", "httpx", "pydantic", "fastapi", "typer")
    ours = ("seedbed.settings", "seedbed.wiring", "seedbed.database", "seedbed.targets", "seedbed.actions.context")
    assert [name for name in done.stdout.split() if name.startswith((*heavy, *ours))] == []
