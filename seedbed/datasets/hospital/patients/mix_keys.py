"""The keys of `data/scenarios/hospital/patients.yaml`: an unknown key, a missing source or a wrong sum is an error."""

import math
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from seedbed.datasets.hospital.patients.mix import Weights

ROUNDING = 1e-9
OLDEST_WORKER = 200


def _numbered(numbers: Weights) -> Weights:
    if not all(math.isfinite(number) and number >= 0 for number in numbers.values()):
        raise ValueError("each number is finite and not negative")
    if not sum(numbers.values()) > 0:
        raise ValueError("one number at least is above 0")
    return numbers


def check_percent(numbers: Iterable[float]) -> None:
    """ValueError where the numbers do not add up to 100."""
    total = sum(numbers)
    if abs(total - 100) > ROUNDING:
        raise ValueError(f"the numbers add up to {total:g}, not to 100")


def _percent(numbers: Weights) -> Weights:
    check_percent(numbers.values())
    return numbers


def _percent_of_each(numbers: Weights) -> Weights:
    if any(number > 100 for number in numbers.values()):
        raise ValueError("no percentage is above 100")
    return numbers


Numbers = Annotated[dict[str, float], AfterValidator(_numbered)]
Percent = Annotated[Numbers, AfterValidator(_percent)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Age = Annotated[int, Field(ge=0, le=OLDEST_WORKER)]
Pair = Annotated[list[NotNegative], Field(min_length=2, max_length=2)]
Triple = Annotated[list[NotNegative], Field(min_length=3, max_length=3)]
Code = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Sourced(_Strict):
    source: Code


class _Shares(_Sourced):
    percent: Percent


class _PlanMix(_Sourced):
    percent: Percent | None = None
    weights: Numbers | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "_PlanMix":
        if (self.percent is None) == (self.weights is None):
            raise ValueError("give either 'percent' or 'weights'")
        return self

    @property
    def numbers(self) -> Weights:
        return self.percent or self.weights or {}


class _ShareOfEach(_Sourced):
    percent_of_each: Annotated[Numbers, AfterValidator(_percent_of_each)]


class _Share(_Sourced):
    share: Annotated[float, Field(ge=0, le=1)]


class NationalityKeys(_Sourced):
    """One of `nationalities`."""

    code: Code
    weight: Positive
    group: Literal["thai", "neighbour", "other"]
    language: Code
    religions: _Shares
    races: _Shares


class _ByGroup(_Strict):
    thai: Pair
    neighbour: Pair
    other: Pair


class CareerKeys(_Sourced):
    """One of `careers`."""

    name: Code
    weights: _ByGroup
    occupations: _Shares
    plans: Code
    retired_plans: Code
    foreigners_have_social_security: bool
    level: Annotated[int, Field(ge=0)]
    begins: Age
    retires: Age
    retired_as: Code
    category: str


class LevelKeys(_Sourced):
    """One of `education.levels`."""

    reached: Age
    percent_by_era: Triple
    codes: _Shares


class _Education(_Sourced):
    eras: Annotated[list[date], Field(min_length=2, max_length=2)]
    levels: Annotated[list[LevelKeys], Field(min_length=1)]


class _Fallback(_Strict):
    insurance_plan: _Shares
    patient_category: _Shares
    occupation: _Shares


class _Blood(_Strict):
    abo: _Shares
    rh_negative: _Share


class MixFile(_Strict):
    """The whole file."""

    sources: dict[Code, Code]
    nationalities: Annotated[list[NationalityKeys], Field(min_length=1)]
    muslims_by_province: _ShareOfEach
    insurance_plans: dict[str, _PlanMix]
    patient_categories: _Shares
    fallback: _Fallback
    careers: Annotated[list[CareerKeys], Field(min_length=1)]
    education: _Education
    blood_groups: _Blood
