"""The hospital's ids, tables, digests and patients are those of commit 8a12451, where entities had bare names only.

A staging keeps receipts, owned keys and derived ids. Another digest would load everything again; another id would break references.
"""

import hashlib
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import Population, population_from_json
from seedbed.actions.setup.plan import plan_run
from seedbed.actions.setup.references import derived_id
from seedbed.actions.setup.select import SetupRequest
from seedbed.content.dataset_content import content_digest
from seedbed.core.spec import Entity
from seedbed.database.schema.ddl import create_table
from seedbed.datasets.registry import ENTITIES, MOCK_DATASET, MODULES
from seedbed.formats.csv_text import csv_bytes
from tests.support.builders.patients import DATA, table

SUITE = """\
expectations:
  - type: expect_column_values_to_not_be_null
    kwargs: {column: code}
    severity: critical
    description: a row has a code
    meta: {rule: code}
"""
KEY = ["A1", None, True]
# Computed at commit 8a12451 by the code of this file.
IDS = "d23551f2d574bc6096db3b9d001c546172f77649f7bacef8f21edd1e90e00d81"
TABLES = "4863c5f2e534963586acf759d32a7e2a8d5c15bfdf3f9924db79996c725dbf96"
MODULE_KEYS = "09acfc4f97a0ce5b18649e8334300aafa95ae5f5c1a86607306cc28061ca6a83"
PATIENTS = "154a8c3ae9d81082fefbf48d5b5aaee4df0a525d54327d151eef8ed4f7a36209"
CONTENT = "0fa6c85c5be4bc9d3ab9d443637869311be5950bcf8f84cafa26d6c3ae91577f"
POPULATION = "ecb187cf5d9331d2ba31f207066aecc7c0d8e2ae0cf1f8d88686bf92051f495d"
KNOWN_ID = ("nationality", "99", "2614cde4-fafa-ec27-1888-641c4fc99020")


def sha256(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def derived(entity: Entity) -> str:
    return derived_id(entity, [*KEY, *("x" for _ in entity.key)][: len(entity.key)])


def fixed_house(root: Path) -> AppContext:
    """A house of the hospital whose files and suites are the same bytes for ever."""
    for entity in ENTITIES.values():
        for path, text in (
            (root / "data" / entity.path, f"code\n{entity.name}\n"),
            (root / "expectations" / entity.module / f"{entity.name}.yaml", f"name: {entity.name}\n{SUITE}"),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return AppContext(
        entities=ENTITIES,
        modules=MODULES,
        aliases={},
        target=pytest.fail,
        database=lambda: pytest.fail("no database is needed"),
        diagnose=lambda: (),
        target_addresses={"postgres": "a test's database"},
        root=root,
        is_local=True,
        known_headers=lambda entity: entity.headers,
    )


def test_derived_ids_are_unchanged() -> None:
    name, code, known = KNOWN_ID
    assert derived_id(ENTITIES[name], [code]) == known
    assert sha256([derived(entity) for entity in ENTITIES.values()]) == IDS


def test_tables_are_unchanged() -> None:
    stored = [entity for entity in ENTITIES.values() if entity.target == "postgres"]
    assert sha256([create_table(entity, ENTITIES) for entity in stored]) == TABLES


def test_the_cache_keys_of_modules_and_with_them_the_digests_of_receipts_are_unchanged(tmp_path: Path) -> None:
    plan = plan_run(
        fixed_house(tmp_path), Run("root", "run"), SetupRequest(data_dirs=(tmp_path / "data",)), {"race": 1}
    )
    assert sha256([f"{name}={key}" for name, key in plan.keys.items()]) == MODULE_KEYS


def test_the_bytes_of_generated_patients_are_unchanged() -> None:
    drawn: pa.Table = table(2_000, seed=8, as_of=date(2026, 11, 21))
    assert hashlib.sha256(b"".join(csv_bytes([drawn]))).hexdigest() == PATIENTS
    assert np.array_equal(drawn["patient"].to_numpy(), np.arange(2_000))


def test_the_digest_of_the_files_behind_patients_which_their_receipts_keep_is_unchanged(tmp_path: Path) -> None:
    content = MOCK_DATASET.content
    assert content
    paths = {name: ENTITIES[name].path for name in content.entities} | {t: f"reference/{t}.csv" for t in content.tables}
    for name, path in paths.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"code\n{name}\n", encoding="utf-8")
    for document in content.documents:  # their first content does not count
        (tmp_path / document).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / document).write_bytes((DATA / document).read_bytes())
    assert content_digest(MOCK_DATASET, [tmp_path]) == CONTENT


def test_the_digest_of_a_population_which_is_the_cache_key_of_its_units_is_unchanged() -> None:
    population = Population(seed=8, as_of=date(2026, 11, 21), count=50, vocabulary="v")
    assert population.digest == POPULATION
    assert population_from_json(population.to_json()) == population
