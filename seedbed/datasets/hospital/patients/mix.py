"""What the hospital's patients are: nationalities, careers, education, plans and blood groups with their weights, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from seedbed.core.shapes import Dates
from seedbed.core.weights import Ints

THAI, NEIGHBOUR, OTHER = range(3)
Weights = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Origin:
    """A nationality.

    `group`: THAI, NEIGHBOUR or OTHER. `weight`: relative to other nationalities. `races`, `religions`: weights by code.
    """

    nationality: str
    group: int
    weight: float
    language: str
    religions: Weights
    races: Weights


@dataclass(frozen=True, slots=True)
class Career:
    """What an adult does.

    `weights`: of men and women, for the groups THAI, NEIGHBOUR, OTHER. `level`: position of the least education. Work lasts from the
    age `begins` to the age `retires`. `retired_as`: occupation code after that. `category`: patient category of those at work;
    "" for none. `is_insured_abroad`: foreigners at this work have the plans of workers.
    """

    name: str
    occupations: Weights
    weights: tuple[tuple[float, float], ...]
    plans: Weights
    retired_plans: Weights
    level: int
    begins: int
    retires: int
    retired_as: str
    category: str
    is_insured_abroad: bool


@dataclass(frozen=True, slots=True)
class Level:
    """A highest level of education: weights of its codes, the age at which it is reached, its weight in each era of birth."""

    codes: Weights
    reached: int
    weights: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ForeignPlans:
    """Weights of the insurance plans of one group of foreigners: of those at insured work, and of the others."""

    workers: Weights
    others: Weights


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """All weights from which patients are drawn.

    `muslims`: percent of a province's Thais. `eras`: the first days of the second and third era of birth. `young_plans`: of Thais
    before work. `foreign_plans`: by group, NEIGHBOUR and OTHER. `categories`: of Thais whose career gives none. `fallback`: by
    entity, weights for a status none of whose codes is active. `rh_negative`: share from 0 to 1.

        mix = mix_of(parse_yaml(content), "data/scenarios/hospital/patients.yaml")
        mix.careers[mix.monk].begins  # 20
    """

    origins: tuple[Origin, ...]
    muslims: Weights
    careers: tuple[Career, ...]
    levels: tuple[Level, ...]
    eras: tuple[str, str]
    young_plans: Weights
    foreign_plans: Mapping[int, ForeignPlans]
    categories: Weights
    fallback: Mapping[str, Weights]
    abo: Weights
    rh_negative: float

    @property
    def monk(self) -> int:
        """Position of the monks among the careers."""
        return next(place for place, career in enumerate(self.careers) if career.name == "monk")

    @property
    def origin_groups(self) -> Ints:
        """The group of each origin."""
        return np.array([origin.group for origin in self.origins])

    @property
    def reached(self) -> Ints:
        """The age at which each level of education is reached."""
        return np.array([level.reached for level in self.levels])

    @property
    def begins(self) -> Ints:
        """The age at which each career begins."""
        return np.array([career.begins for career in self.careers])

    @property
    def retires(self) -> Ints:
        """The age at which each career ends."""
        return np.array([career.retires for career in self.careers])

    @property
    def era_days(self) -> Dates:
        """The first days of the second and third era of birth."""
        return np.array(self.eras, "datetime64[D]")
