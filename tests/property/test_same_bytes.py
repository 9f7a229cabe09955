"""A small table is the same bytes as Parquet and CSV in any process, order, cut, zone, locale and hash seed."""

import hashlib
import io
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from seedbed.core import ages, draws, shapes
from seedbed.core.permutation import permutation
from seedbed.core.row_ids import children
from seedbed.core.weights import weight_table

ROWS, SEED = 6_000, 42
ROOT = Path(__file__).resolve().parents[2]
AS_OF = date(2026, 2, 28)


def persons(start: int, stop: int) -> pa.Table:
    rows = np.arange(start, stop, dtype=np.uint64)

    def u(column):
        return draws.uniform(SEED, f"demonstration/person/{column}", rows)

    births = ages.birth_date(u("birth_date"), weight_table(np.arange(90, 0, -1)), AS_OF)
    visits = children("demonstration/visit", rows, shapes.poisson(u("visits"), 1.5))
    costs = shapes.log_normal(draws.uniform(SEED, "demonstration/visit/cost", visits.ids), 800, 1.1)
    return pa.table(
        {
            "number": permutation(SEED, "demonstration/person/number", rows, 10**9),
            "born": births,
            "group": pa.array(["O", "B", "A", "AB"]).take(shapes.weighted(u("group"), weight_table([37, 33, 22, 8]))),
            "is_married": shapes.boolean(u("is_married"), 0.4),
            "height": shapes.normal(u("height"), 160.0, 9.0),
            "waits": shapes.exponential(u("waits"), 30.0),
            "ward": shapes.zipf(u("ward"), 40, 8, 0.7),
            "room": shapes.pick(u("room"), 12),
            "seen": shapes.date_between(u("seen"), births, AS_OF),
            "cost": np.bincount(visits.parent, weights=costs, minlength=len(rows)),
        }
    )


def digest(pieces: list[pa.Table]) -> str:
    whole = pa.concat_tables(pieces).combine_chunks()
    parquet, text = io.BytesIO(), io.BytesIO()
    pyarrow.parquet.write_table(whole, parquet)
    pyarrow.csv.write_csv(whole, text)
    return hashlib.sha256(parquet.getvalue() + text.getvalue()).hexdigest()


@pytest.fixture(scope="module")
def whole() -> str:
    return digest([persons(0, ROWS)])


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_processes_and_the_order_of_work_change_no_byte(whole, processes):
    cuts = [0, 1, 700, 701, 2500, 4096, 5999, ROWS]
    pieces = list(pairwise(cuts))
    order = np.random.default_rng(processes).permutation(len(pieces)).tolist()
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        futures = {place: pool.submit(partial(persons, *pieces[place])) for place in order}
        assert digest([futures[place].result() for place in range(len(pieces))]) == whole


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Bangkok", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "77", "TZ": "America/Anchorage", "LC_ALL": "th_TH.UTF-8"},
        {"PYTHONHASHSEED": "random", "TZ": "UTC", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"},
    ],
    ids=lambda surroundings: " ".join(surroundings.values()),
)
def test_hash_seed_zone_locale_and_processor_change_no_byte(whole, surroundings):
    code = "from tests.property.test_same_bytes import *; print(digest([persons(0, ROWS)]))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == whole
