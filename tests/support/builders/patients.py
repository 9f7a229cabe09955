"""Drawn patients for tests."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from seedbed.content.patient_vocabulary import patient_vocabulary
from seedbed.datasets.hospital.patients.cohort import EVERYONE, Cohort
from seedbed.datasets.hospital.patients.source import patients
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary

DATA = Path(__file__).resolve().parents[3] / "data"
AS_OF = date(2026, 11, 21)


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    return patient_vocabulary([DATA])


def ids(start: int, stop: int):
    return np.arange(start, stop, dtype=np.uint64)


def table(count: int = 1_000, *, cohort: Cohort = EVERYONE, seed: int = 42, as_of: date = AS_OF):
    return patients(vocabulary(), cohort, seed, as_of).table(ids(0, count))


@lru_cache(maxsize=8)
def frame(count: int, cohort: Cohort = EVERYONE, as_of: date = AS_OF) -> pd.DataFrame:
    return table(count, cohort=cohort, as_of=as_of).to_pandas()
