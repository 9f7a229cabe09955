"""The course of a life: nationality, career and highest education, drawn one after the other under the cohort's conditions."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from seedbed.core.draws import Ids, uniform
from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.cohort import Cohort
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights, grouped_weights
from seedbed.datasets.hospital.patients.life_stage import Choices, categories, plans, stage_at_age, status_index
from seedbed.datasets.hospital.patients.mix import Mix
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, active_weights

PATH = "hospital/patient"
OLDEST_COUNTED = 160


@dataclass(frozen=True, slots=True, eq=False)
class LifeCourseTables:
    """Tables by (sex, era, age) for the origin, further by origin for the career, by career for the education.

    `odds`: by sex, era and age, that the cohort's conditions hold. Without a condition that depends on age there is one age.
    """

    odds: npt.NDArray[np.float64]
    mix: Mix
    origins: GroupedWeights
    careers: GroupedWeights
    levels: GroupedWeights


def era(mix: Mix, births: Dates) -> Ints:
    """0 for those born before the first day of the mix's eras, 1 before the second, 2 for later ones."""
    second, third = mix.era_days
    return np.asarray((births >= second).astype(np.int64) + (births >= third))


@lru_cache(maxsize=16)
def life_course_tables(vocabulary: Vocabulary, cohort: Cohort) -> LifeCourseTables:
    """The tables of the cohort's courses of life."""
    mix = vocabulary.mix
    by_origin, by_career, by_level = _origins(vocabulary, cohort), _careers(mix), _levels(mix)
    holds = _applies(vocabulary, cohort)  # age, origin, career, level
    levels = by_level[None, :, None, None] * holds[None, None]
    levels = np.broadcast_to(levels, (2, *levels.shape[1:]))  # sex, era, age, origin, career, level
    careers = by_career[:, None, None] * levels.sum(axis=-1)
    origins = by_origin * careers.sum(axis=-1)
    return LifeCourseTables(
        origins.sum(axis=-1), mix, grouped_weights(origins), grouped_weights(careers), grouped_weights(levels)
    )


def draw_life_course(
    given: LifeCourseTables, seed: int, rows: Ids, sex: Ints, era_and_age: tuple[Ints, Ints]
) -> tuple[Ints, Ints, Ints]:
    """The places of each one's origin, career and level of education."""
    eras, years = era_and_age
    _, all_eras, ages = given.odds.shape
    group = (sex * all_eras + eras) * ages + np.minimum(years, ages - 1)
    origin = given.origins.pick(group, uniform(seed, f"{PATH}/origin", rows))
    group = group * len(given.mix.origins) + origin
    career = given.careers.pick(group, uniform(seed, f"{PATH}/career", rows))
    level = given.levels.pick(group * len(given.mix.careers) + career, uniform(seed, f"{PATH}/education", rows))
    return origin, career, level


def _origins(vocabulary: Vocabulary, cohort: Cohort) -> npt.NDArray[np.float64]:
    origins = vocabulary.mix.origins
    known = active_weights(vocabulary, "nationality", {origin.nationality: origin.weight for origin in origins})
    weights = np.array([known.get(origin.nationality, 0.0) for origin in origins])
    if cohort.nationality is not None:
        weights *= [origin.nationality == cohort.nationality for origin in origins]
    return np.asarray(weights / sum(known.values()))


def _careers(mix: Mix) -> npt.NDArray[np.float64]:
    """By sex, origin and career."""
    weights = np.array(
        [[[career.weights[group][sex] for career in mix.careers] for group in mix.origin_groups] for sex in range(2)]
    )
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _levels(mix: Mix) -> npt.NDArray[np.float64]:
    """By era, career and level: what is below the career's least is left out."""
    weights = np.array([level.weights for level in mix.levels], float).T[:, None, :]
    least = np.array([career.level for career in mix.careers])
    weights = weights * (np.arange(len(mix.levels)) >= least[:, None])
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _applies(vocabulary: Vocabulary, cohort: Cohort) -> npt.NDArray[np.float64]:
    """By age, origin, career and level: the odds that the plan and the category are those asked for."""
    ages = OLDEST_COUNTED if cohort.depends_on_age else 1
    mix = vocabulary.mix
    sizes = ages, len(mix.origins), len(mix.careers), len(mix.levels)
    axes = np.ogrid[tuple(slice(size) for size in sizes)]
    years, origin, career, level = (axis.ravel() for axis in np.broadcast_arrays(*axes))
    found = np.ones(len(years))
    if cohort.depends_on_age:
        statuses = status_index(mix, stage_at_age(mix, years, career, level), mix.origin_groups[origin], career)
        found *= _share(plans(vocabulary), cohort.insurance_plan)[statuses]
        found *= _share(categories(vocabulary), cohort.category)[statuses]
    return found.reshape(sizes)


def _share(choices: Choices, code: str | None) -> npt.NDArray[np.float64]:
    if code is None:
        return np.ones(len(choices.weights))
    if code not in choices.codes:
        return np.zeros(len(choices.weights))
    return choices.weights[:, choices.codes.index(code)]
