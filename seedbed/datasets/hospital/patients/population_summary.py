"""What many patients are like: counts that are added up block by block, and the shares that are expected of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from seedbed.core.ages import age_on
from seedbed.core.draws import Floats
from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, Cohort
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights
from seedbed.datasets.hospital.patients.population import Pyramid, pyramid, years_before
from seedbed.datasets.hospital.patients.survival import first_age, odds
from seedbed.datasets.hospital.patients.vocabulary import OLDEST, SEXES, Vocabulary

PROVINCE, ABO_GROUP, RH_GROUP = "current_state_code", "abo_blood_group", "rh_blood_group"
COUNTED = (PROVINCE, ABO_GROUP, RH_GROUP, "insurance_plan_code", "marital_status_code")
LIVING, DEAD = range(2)
WHO = {"male": "men", "female": "women"}
SHAPE = (len(SEXES), 2, OLDEST + 1)


@dataclass(frozen=True, slots=True, eq=False)
class PopulationSummary:
    """The counts of the patients added so far, whatever the order.

    `persons`: by sex as in SEXES, living or dead, and completed years at as-of or at death; the last age is OLDEST and above.
    `codes`: by column of COUNTED, patients by code.
    """

    persons: Ints = field(default_factory=lambda: np.zeros(SHAPE, np.int64))
    codes: Mapping[str, Counter[str]] = field(default_factory=lambda: {column: Counter() for column in COUNTED})

    def add(self, table: pa.Table) -> None:
        """Counts the drawn patients of a table with PATIENT's columns."""
        sex = pc.index_in(table["gender"], pa.array(SEXES)).to_numpy()
        fate = table["deceased"].to_numpy().astype(np.int64)
        years = np.minimum(table["age"].to_numpy(), OLDEST)
        np.add.at(self.persons, (sex, fate, years), 1)
        for column, counts in self.codes.items():
            for found in pc.value_counts(table[column]).to_pylist():
                counts[found["values"]] += found["counts"]

    @property
    def count(self) -> int:
        """How many patients were added."""
        return int(self.persons.sum())


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedShares:
    """The shares that are expected: `persons` as a Portrait's, of 1 in all; `codes` by column, as far as there is a source."""

    persons: Floats
    codes: Mapping[str, Mapping[str, float]]


def expected_shares(vocabulary: Vocabulary, cohort: Cohort, as_of: date) -> ExpectedShares:
    """What the cohort's patients are to be like on the day: the population moved on to it, provinces, and donors' blood groups.

    Raises UserError where nobody is in the cohort.
    """
    places, mix = vocabulary.places, vocabulary.mix
    whole = sum(mix.abo.values())
    lived_in = {code: float(persons) for code, persons in zip(places.provinces, places.persons, strict=True)}
    if cohort.province is not None:
        lived_in = {cohort.province: 1.0}
    everywhere = sum(lived_in.values())
    return ExpectedShares(
        _persons(vocabulary, cohort, as_of),
        {
            PROVINCE: {code: persons / everywhere for code, persons in lived_in.items()},
            ABO_GROUP: {group: share / whole for group, share in mix.abo.items()},
            RH_GROUP: {"positive": 1 - mix.rh_negative, "negative": mix.rh_negative},
        },
    )


def describe_cohort(vocabulary: Vocabulary, cohort: Cohort) -> str:
    """The cohort as a phrase: "deceased women, aged 60 and over, in Chiang Mai (50), counted on 2026-11-21", or "all patients"."""
    if cohort == ALL_PATIENTS:
        return "all patients"
    alive = {None: "", True: "deceased ", False: "living "}[cohort.deceased]
    parts = [
        f"{alive}{WHO.get(cohort.sex or '', 'patients')}",
        _ages(cohort),
        _home(vocabulary, cohort.province) if cohort.province else "",
        f"insurance plan {cohort.insurance_plan}" if cohort.insurance_plan else "",
        f"category {cohort.category}" if cohort.category else "",
        f"nationality {cohort.nationality}" if cohort.nationality else "",
        f"counted on {cohort.counted_on}",
    ]
    return ", ".join(part for part in parts if part)


def _home(vocabulary: Vocabulary, code: str) -> str:
    names = vocabulary.province_names
    return f"in {names[code][1]} ({code})" if code in names else f"in province {code}"


def _ages(cohort: Cohort) -> str:
    youngest, oldest = cohort.youngest, cohort.oldest
    if youngest is not None and youngest == oldest:
        return f"aged {youngest}"
    if youngest is not None and oldest is not None:
        return f"aged {youngest} to {oldest}"
    if youngest is not None:
        return f"aged {youngest} and over"
    return "" if oldest is None else f"aged {oldest} and under"


def _persons(vocabulary: Vocabulary, cohort: Cohort, as_of: date) -> Floats:
    """The pyramid of the day on which the cohort was counted, and the deaths from then to as-of."""
    drawn = pyramid(vocabulary, cohort)
    stretch, births, weight = _pieces(drawn, as_of)
    sex, lives = drawn.sex[stretch], vocabulary.mortality
    then, now = odds(lives, births, sex, cohort.counted_on), odds(lives, births, sex, as_of)
    own = then if drawn.ends is None else _weights(drawn.ends)[stretch]
    went_on = own[:, -1:] / then[:, -1:]  # the share of those living then, over the share that all have
    ends = np.maximum(now - _widened(then, now.shape[1]), 0.0) * went_on + _widened(own, now.shape[1])
    ends[:, -1] = now[:, -1] * went_on[:, 0]
    found = np.zeros(SHAPE)
    at_death = np.minimum(first_age(births)[:, None] + np.arange(ends.shape[1] - 1), OLDEST)
    np.add.at(found[:, DEAD], (sex[:, None], at_death), ends[:, :-1] * weight[:, None])
    np.add.at(found[:, LIVING], (sex, np.minimum(age_on(births, as_of), OLDEST)), ends[:, -1] * weight)
    return found


def _pieces(drawn: Pyramid, as_of: date) -> tuple[Ints, Dates, Floats]:
    """The stretches of birth dates, cut at as-of's birthdays: the stretch of each piece, its middle, and its weight of 1 in all."""
    eldest = age_on(drawn.first, as_of)
    last = np.array([years_before(as_of, years) for years in range(int(eldest.max()) + 1)])[eldest]
    older = np.clip((last + 1 - drawn.first).astype(np.int64), 0, drawn.days)
    days = np.concatenate([older, drawn.days - older])
    first = np.concatenate([drawn.first, drawn.first + older])
    stretch = np.tile(np.arange(len(older)), 2)
    weight = np.diff(drawn.births.upper, prepend=0.0)[stretch] * days / drawn.days[stretch]
    there = weight > 0
    return stretch[there], (first + days // 2)[there], weight[there]


def _weights(ends: GroupedWeights) -> Floats:
    """The weights of each group, of 1 in all."""
    upper = ends.upper.reshape(-1, ends.width) - np.arange(len(ends.upper) // ends.width)[:, None]
    return np.diff(upper, axis=1, prepend=0.0)


def _widened(ends: Floats, width: int) -> Floats:
    """The odds of dying in each year of life, as a table of the width has them; the last column, of the living, is empty."""
    return np.pad(ends[:, :-1], ((0, 0), (0, width - ends.shape[1] + 1)))
