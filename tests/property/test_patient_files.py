"""Files of drawn patients are the same bytes in any process, order, cut, zone, locale, hash seed and on any day; and for good."""

import hashlib
import io
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.actions.generate.draw_files import draw_to_file
from seedbed.core.generated import BLOCK_ROWS
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, Cohort
from seedbed.datasets.hospital.patients.patient_entity import SCHEMA
from seedbed.datasets.hospital.patients.source import patient_source
from seedbed.formats.csv_text import csv_bytes
from seedbed.formats.parquet import write_parquet
from tests.support.builders.patients import AS_OF, ids, vocabulary

ROOT = Path(__file__).resolve().parents[2]
COHORTS = {"everyone": ALL_PATIENTS, "pensioners": Cohort(counted_on=AS_OF, youngest=60, insurance_plan="1200")}
FEW, MANY = 1_000, BLOCK_ROWS + 700
# 1,000 patients of seed 42 as of 2026-11-21. Another number says that every population out there has become another: a CSV digest
# changes with intent only. Another pyarrow than that of requirements.lock may write other Parquet of the same table.
FROZEN = {
    ("everyone", "csv"): "5d96c7e74caddaefb6c3495bdba301257dc8676f7edd3ebd9717b2453451eea8",
    ("everyone", "parquet"): "eb96b17fdd41e430d8fcbe112275c7c44b4bdaa637f6446cb6aa10b5bec012c0",
    ("pensioners", "csv"): "57423c0d634e2fdfe6d1d227bf6d9a8503a80052305d5011ab4569fde52d40f4",
    ("pensioners", "parquet"): "083334398bd6f50ff42f7758c9ecbc2f9c89f2960af637d10f48f1810edd7e94",
}


def source(cohort):
    return patient_source(vocabulary(), COHORTS[cohort], 42, AS_OF)


def drawn(cohort, start, stop):
    return source(cohort).table(ids(start, stop))


def digests(tables):
    """Of the CSV and of the Parquet file that are written of these tables, cut into blocks anew."""
    text, parquet, whole = hashlib.sha256(), io.BytesIO(), pa.concat_tables(tables)
    for part in csv_bytes(tables):
        text.update(part)
    blocks = [whole.slice(start, BLOCK_ROWS).combine_chunks() for start in range(0, len(whole), BLOCK_ROWS)]
    write_parquet(blocks, parquet, SCHEMA)
    return text.hexdigest(), hashlib.sha256(parquet.getvalue()).hexdigest()


@cache
def expected(cohort, count):
    return digests([drawn(cohort, 0, count)])


@pytest.mark.parametrize("to", ["csv", "parquet"])
@pytest.mark.parametrize("cohort", COHORTS)
def test_a_thousand_patients_are_the_frozen_ones(cohort, to, tmp_path):
    assert draw_to_file(source(cohort), range(FEW), tmp_path / "file", to, lambda _: None) == FROZEN[cohort, to]


@pytest.mark.parametrize("cohort", COHORTS)
def test_a_file_of_several_blocks_is_what_its_tables_are(cohort, tmp_path):
    written = [
        draw_to_file(source(cohort), range(MANY), tmp_path / to, to, lambda _: None) for to in ("csv", "parquet")
    ]
    assert tuple(written) == expected(cohort, MANY)


@given(st.sampled_from(sorted(COHORTS)), st.sets(st.integers(1, FEW - 1), max_size=4))
def test_no_cut_changes_a_byte(cohort, cuts):
    pieces = [drawn(cohort, *ends) for ends in pairwise([0, *sorted(cuts), FEW])]
    assert digests(pieces) == expected(cohort, FEW)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_workers_and_the_order_of_their_work_change_no_byte(workers):
    cuts = list(pairwise([0, 1, 700, 701, 2_500, 4_096, BLOCK_ROWS - 1, BLOCK_ROWS + 1, MANY]))
    order = np.random.default_rng(workers).permutation(len(cuts)).tolist()
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        for cohort in COHORTS:
            futures = {place: pool.submit(partial(drawn, cohort, *cuts[place])) for place in order}
            pieces = [futures[place].result() for place in range(len(cuts))]
            assert digests(pieces) == expected(cohort, MANY)


PROGRAM = """
import datetime, os, sys, time
from tests.property.test_patient_files import *
later, clock = float(os.environ.get("LATER", "0")), time.time
class Date(datetime.date):
    @classmethod
    def today(cls): return cls.fromtimestamp(clock() + later)
class DateTime(datetime.datetime):
    @classmethod
    def now(cls, tz=None): return cls.fromtimestamp(clock() + later, tz)
# Another day: whoever of ours asks for it is told a later one.
for module in [one for name, one in sys.modules.items() if name.startswith("seedbed")]:
    vars(module).update({name: fake for name, fake in (("date", Date), ("datetime", DateTime)) if hasattr(module, name)})
time.time = lambda: clock() + later
for cohort in COHORTS:
    print(*digests([drawn(cohort, 0, FEW)]))
"""


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "TZ": "America/Adak", "LC_ALL": "th_TH.UTF-8"},
        {"PYTHONHASHSEED": "random", "TZ": "UTC", "LATER": "400000000"},
        {"PYTHONHASHSEED": "3", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4", "ARROW_USER_SIMD_LEVEL": "NONE"},
    ],
    ids=lambda surroundings: " ".join(surroundings.values()),
)
def test_hash_seed_zone_locale_day_and_processor_change_no_byte(surroundings):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [tuple(line.split()) for line in done.stdout.splitlines()] == [expected(cohort, FEW) for cohort in COHORTS]
