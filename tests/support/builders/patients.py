"""Drawn patients for tests."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from seedbed.content.dataset_content import read_content
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, Cohort
from seedbed.datasets.hospital.patients.source import patient_source
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary
from seedbed.datasets.registry import MOCK_DATASET

DATA = Path(__file__).resolve().parents[3] / "data"
AS_OF = date(2026, 11, 21)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    own: Vocabulary = read_content(MOCK_DATASET, [DATA])
    return own


def ids(start: int, stop: int):
    return np.arange(start, stop, dtype=np.uint64)


def table(count: int = 1_000, *, cohort: Cohort = ALL_PATIENTS, seed: int = 42, as_of: date = AS_OF):
    return patient_source(vocabulary(), cohort, seed, as_of).table(ids(0, count))


@lru_cache(maxsize=8)
def frame(count: int, cohort: Cohort = ALL_PATIENTS, as_of: date = AS_OF) -> pd.DataFrame:
    return table(count, cohort=cohort, as_of=as_of).to_pandas()
