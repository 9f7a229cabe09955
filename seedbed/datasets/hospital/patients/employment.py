"""Education, occupation, insurance plan and category, as far as a life's course has come."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from seedbed.core.draws import Floats, Ids, uniform
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients import life_stage
from seedbed.datasets.hospital.patients.cohort import Cohort
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights, grouped_weights
from seedbed.datasets.hospital.patients.life_stage import Choices
from seedbed.datasets.hospital.patients.mix import Mix
from seedbed.datasets.hospital.patients.survival import OLDEST_EVER
from seedbed.datasets.hospital.patients.text import only_where, take_strings
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, active_weights

PATH = "hospital/patient"
NURSERY, NURSERY_FROM = "11", 4  # pre-primary school


@dataclass(frozen=True, slots=True, eq=False)
class LifeCourse:
    """The mix, places of origin, career and highest level ever, age at as-of or death, and the age when the cohort was counted."""

    mix: Mix
    origin: Ints
    career: Ints
    level: Ints
    age: Ints
    counted_age: Ints

    def status(self, age: Ints) -> Ints:
        """The status at the age."""
        stages = life_stage.stage_at_age(self.mix, age, self.career, self.level)
        return life_stage.status_index(self.mix, stages, self.mix.origin_groups[self.origin], self.career)


def columns(vocabulary: Vocabulary, cohort: Cohort, seed: int, rows: Ids, course: LifeCourse) -> dict[str, pa.Array]:
    """The four columns; the cohort's plan and category hold for as long as the status in which it was counted."""
    now = course.status(course.age)

    def chosen(choices: Choices, field: str, asked: str | None) -> pa.Array:
        place = choices.groups.pick(now, uniform(seed, f"{PATH}/{field}", rows))
        if asked is not None:
            is_as_counted = now == course.status(course.counted_age)
            place = np.where(is_as_counted, choices.codes.index(asked), place)
        return take_strings(choices.codes, place)

    return {
        "education_level_code": _education(vocabulary, uniform(seed, f"{PATH}/education/kind", rows), course),
        "occupation_code": chosen(life_stage.occupations(vocabulary), "occupation", None),
        "insurance_plan_code": chosen(life_stage.plans(vocabulary), "insurance_plan", cohort.insurance_plan),
        "category_code": chosen(life_stage.categories(vocabulary), "category", cohort.category),
    }


def _education(vocabulary: Vocabulary, u: Floats, course: LifeCourse) -> pa.Array:
    """What has been completed so far: one level after the other, up to one's own."""
    codes, kinds = _levels(vocabulary)
    passed = np.searchsorted(course.mix.reached, np.arange(OLDEST_EVER), side="right")  # levels reached, by age
    completed = np.minimum(passed.take(course.age), course.level + 1)
    return only_where(course.age >= NURSERY_FROM, take_strings(codes, kinds.pick(completed, u)))


@lru_cache(maxsize=4)
def _levels(vocabulary: Vocabulary) -> tuple[list[str], GroupedWeights]:
    """Codes by what has been completed: pre-primary school, then the levels."""
    weights = [
        active_weights(vocabulary, "education_level", codes)
        for codes in ({NURSERY: 1.0}, *(level.codes for level in vocabulary.mix.levels))
    ]
    codes = sorted({code for one in weights for code in one})
    return codes, grouped_weights(np.array([[one.get(code, 0.0) for code in codes] for one in weights]))
