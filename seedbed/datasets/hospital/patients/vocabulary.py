"""What patients are drawn from: names, places, population, mortality, and the active codes of the master data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from seedbed.core.draws import Floats
from seedbed.core.errors import DataError
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.mix import Mix

SEXES = ("male", "female")
OLDEST = 100


@dataclass(frozen=True, slots=True, eq=False)
class PersonNames:
    """Names in Thai, in Roman letters, and as the first part of a mail address; place i of each is one name."""

    thai: pa.StringArray
    english: pa.StringArray
    mail: pa.StringArray


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Sub-districts: six-digit code, postal code, and the place of each one's province in `provinces`, which has `persons`."""

    code: pa.StringArray
    postal_code: pa.StringArray
    province: Ints
    provinces: tuple[str, ...]
    persons: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Mortality:
    """Deaths a person-year by sex, age group and five-year period; `ages` and `years` are the first of each group and period."""

    rates: npt.NDArray[np.float64]
    ages: Ints
    years: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """All that patients are drawn from.

    `population`: persons by sex and age 0 to 100. `prefixes`, `province_names`: code to Thai and English name. `active`: by entity, the
    codes in use. `mix`: how many patients are what.
    """

    given: Mapping[str, PersonNames]
    family: PersonNames
    places: Places
    population: npt.NDArray[np.float64]
    mortality: Mortality
    prefixes: Mapping[str, tuple[str, str]]
    active: Mapping[str, frozenset[str]]
    province_names: Mapping[str, tuple[str, str]]
    mix: Mix


def active_weights(vocabulary: Vocabulary, entity: str, weights: Mapping[str, float]) -> dict[str, float]:
    """The weights of those codes that are active; DataError where none is."""
    found = {code: weight for code, weight in weights.items() if code in vocabulary.active[entity]}
    if not any(found.values()):
        raise DataError(
            f"{entity}: none of {', '.join(weights)} is an active code",
            next_step="make one of them active in its CSV file",
            code="reference-data-invalid",
        )
    return found


@lru_cache(maxsize=64)
def require_active(vocabulary: Vocabulary, entity: str, codes: tuple[str, ...]) -> tuple[str, ...]:
    """The codes; DataError where one of them is not active."""
    for code in codes:
        active_weights(vocabulary, entity, {code: 1.0})
    return codes
