"""What a life's course makes of somebody at an age: at home, at school, at work, retired; the plan and category that follow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights, grouped_weights
from seedbed.datasets.hospital.patients.mix import THAI, Career, Mix, Weights
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, active_weights

HOME, SCHOOL, WORK, RETIRED = range(4)
STAGES, GROUPS = 4, 3
SCHOOL_BEGINS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Codes with their weights by status, which is (stage, group of origin, career) in one number."""

    codes: tuple[str, ...]
    weights: npt.NDArray[np.float64]
    groups: GroupedWeights


def stage_at_age(mix: Mix, age: Ints, career: Ints, level: Ints) -> Ints:
    """Where in life: school from six to the highest level's age, work from then, or the career's own age, to its end."""
    leaves = mix.reached[level]
    found = np.where(age < np.maximum(leaves, mix.begins[career]), HOME, WORK)
    found[(age >= SCHOOL_BEGINS) & (age < leaves)] = SCHOOL
    found[age >= mix.retires[career]] = RETIRED
    return found


def status_index(mix: Mix, stages: Ints, group: Ints, career: Ints) -> Ints:
    """The number of a status, by which choices are grouped."""
    return (stages * GROUPS + group) * len(mix.careers) + career


@lru_cache(maxsize=4)
def plans(vocabulary: Vocabulary) -> Choices:
    """Insurance plans by status."""
    return _choices(vocabulary, "insurance_plan", _plans)


@lru_cache(maxsize=4)
def categories(vocabulary: Vocabulary) -> Choices:
    """Patient categories by status."""
    return _choices(vocabulary, "patient_category", _categories)


@lru_cache(maxsize=4)
def occupations(vocabulary: Vocabulary) -> Choices:
    """Occupations by status."""
    return _choices(vocabulary, "occupation", _occupations)


def _choices(vocabulary: Vocabulary, entity: str, weights_of: Callable[[Mix, int, int, Career], Weights]) -> Choices:
    """Weights of active codes; a status none of whose codes is active has the entity's general ones."""
    mix, active = vocabulary.mix, vocabulary.active[entity]
    asked = []
    for stages, group, career in product(range(STAGES), range(GROUPS), mix.careers):
        weights = weights_of(mix, stages, group, career)
        asked.append(active_weights(vocabulary, entity, weights if active & weights.keys() else mix.fallback[entity]))
    codes = tuple(sorted({code for weights in asked for code in weights}))
    matrix = np.array([[weights.get(code, 0.0) for code in codes] for weights in asked])
    matrix /= matrix.sum(axis=1, keepdims=True)
    return Choices(codes, matrix, grouped_weights(matrix))


def _plans(mix: Mix, stages: int, group: int, career: Career) -> Weights:
    if group != THAI:
        foreign = mix.foreign_plans[group]
        return foreign.workers if stages == WORK and career.is_insured_abroad else foreign.others
    if stages == WORK:
        return career.plans
    return career.retired_plans if stages == RETIRED else mix.young_plans


def _categories(mix: Mix, stages: int, group: int, career: Career) -> Weights:
    if group != THAI:
        return {"foreigner": 1.0}
    return {career.category: 1.0} if career.category and stages == WORK else mix.categories


def _occupations(_mix: Mix, stages: int, group: int, career: Career) -> Weights:
    fixed: Mapping[int, str] = {HOME: "9002", SCHOOL: "9000", RETIRED: career.retired_as if group == THAI else "9002"}
    return {fixed[stages]: 1.0} if stages in fixed else career.occupations
