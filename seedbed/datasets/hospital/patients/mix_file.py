"""The mixes of patients from `data/scenarios/hospital/patients.yaml`: read strictly, each table with its source."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from seedbed.core.errors import DataError
from seedbed.datasets.hospital.patients.mix import (
    NEIGHBOUR,
    OTHER,
    THAI,
    Career,
    ForeignPlans,
    Level,
    Mix,
    Origin,
    Weights,
)
from seedbed.datasets.hospital.patients.mix_keys import CareerKeys, LevelKeys, MixFile, NationalityKeys, check_percent

GROUP_OF = {"thai": THAI, "neighbour": NEIGHBOUR, "other": OTHER}
OWN_PLANS = ("young", "migrant", "migrant_worker", "visitor", "visitor_worker")
ISLAM = "02"


def mix_of(plain: Any, file: str) -> Mix:
    """The mixes that the content of a YAML file describes; DataError names the file, the key and what is wrong there.

    mix_of(parse_yaml(path.read_bytes()), str(path)).abo  # {"A": 21.4, ...}
    """
    if not isinstance(plain, Mapping):
        raise _wrong(file, "it is not a mapping")
    try:
        said = MixFile(**plain)
    except (ValidationError, TypeError) as error:
        raise _wrong(file, _worded(error)) from None
    faults = [*_unknown_sources(plain, said.sources.keys()), *_faults_between(said)]
    if faults:
        raise _wrong(file, "; ".join(faults))
    return _mix(said)


def _wrong(file: str, faults: str) -> DataError:
    return DataError(
        f"{file}: {faults}",
        next_step="correct that key; the comments in the file describe it",
        code="reference-data-invalid",
    )


def _worded(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):  # a key that is no text
        return str(error)
    said = ((".".join(map(str, one["loc"])), one) for one in error.errors())
    return "; ".join(f"{key}: {str(one['msg']).removeprefix('Value error, ')}" for key, one in said)


def _unknown_sources(plain: Any, known: Collection[str], key: str = "") -> Iterator[str]:
    """Each `source` that `sources` does not describe, by its key."""
    items = plain.items() if isinstance(plain, Mapping) else enumerate(plain) if isinstance(plain, list) else ()
    for name, value in items:
        below = f"{key}.{name}".strip(".")
        if name == "source" and value not in known:
            yield f"{below}: '{value}' is not a key of 'sources'"
        yield from _unknown_sources(value, known, below)


def _faults_between(said: MixFile) -> Iterator[str]:
    """What is wrong although each key by itself is right."""
    yield from _sums(said)
    yield from (f"insurance_plans: '{name}' is missing" for name in OWN_PLANS if name not in said.insurance_plans)
    yield from _of_nationalities(said)
    yield from _of_careers(said)
    ages = [level.reached for level in said.education.levels]
    if ages != sorted(set(ages)):
        yield "education.levels: the ages of 'reached' do not ascend"
    if said.education.eras[0] >= said.education.eras[1]:
        yield "education.eras: the second day is not after the first"


def _sums(said: MixFile) -> Iterator[str]:
    """Numbers of several entries that do not add up to a whole."""
    for era in range(3):
        try:
            check_percent(level.percent_by_era[era] for level in said.education.levels)
        except ValueError as error:
            yield f"education.levels.percent_by_era, era {era}: {error}"


def _of_nationalities(said: MixFile) -> Iterator[str]:
    codes = [one.code for one in said.nationalities]
    yield from (f"nationalities: '{code}' stands twice" for code in _repeated(codes))
    for place, one in enumerate(said.nationalities):
        if one.group == "thai" and not 0 < one.religions.percent.get(ISLAM, 0) < 100:
            yield f"nationalities.{place}.religions.percent: '{ISLAM}' (Islam) has no share between 0 and 100"


def _of_careers(said: MixFile) -> Iterator[str]:
    names = [one.name for one in said.careers]
    yield from (f"careers: '{name}' stands twice" for name in _repeated(names))
    if "monk" not in names:
        yield "careers: 'monk' is missing; the marital status of patients depends on it"
    for place, career in enumerate(said.careers):
        for key, plans in (("plans", career.plans), ("retired_plans", career.retired_plans)):
            if plans not in said.insurance_plans:
                yield f"careers.{place}.{key}: '{plans}' is not a key of 'insurance_plans'"
        open_levels = said.education.levels[career.level :]
        if not all(any(level.percent_by_era[era] for level in open_levels) for era in range(3)):
            yield f"careers.{place}.level: in one era no patient reaches a level of education from {career.level} on"
    yield from _groups_without_career(said)


def _groups_without_career(said: MixFile) -> Iterator[str]:
    for group in GROUP_OF:
        for sex, name in enumerate(("men", "women")):
            if not any(getattr(career.weights, group)[sex] for career in said.careers):
                yield f"careers: no career has a weight for {name} of the group '{group}'"


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _mix(said: MixFile) -> Mix:
    plans = {name: one.numbers for name, one in said.insurance_plans.items()}
    return Mix(
        origins=tuple(_origin(one) for one in said.nationalities),
        muslims=said.muslims_by_province.percent_of_each,
        careers=tuple(_career(one, plans) for one in said.careers),
        levels=tuple(_level(one) for one in said.education.levels),
        eras=(said.education.eras[0].isoformat(), said.education.eras[1].isoformat()),
        young_plans=plans["young"],
        foreign_plans={
            NEIGHBOUR: ForeignPlans(plans["migrant_worker"], plans["migrant"]),
            OTHER: ForeignPlans(plans["visitor_worker"], plans["visitor"]),
        },
        categories=said.patient_categories.percent,
        fallback={name: getattr(said.fallback, name).percent for name in type(said.fallback).model_fields},
        abo=said.blood_groups.abo.percent,
        rh_negative=said.blood_groups.rh_negative.share,
    )


def _origin(one: NationalityKeys) -> Origin:
    shares = (one.religions.percent, one.races.percent)
    return Origin(one.code, GROUP_OF[one.group], one.weight, one.language, *shares)


def _career(one: CareerKeys, plans: Mapping[str, Weights]) -> Career:
    return Career(
        one.name,
        one.occupations.percent,
        tuple((men, women) for men, women in (one.weights.thai, one.weights.neighbour, one.weights.other)),
        plans[one.plans],
        plans[one.retired_plans],
        level=one.level,
        begins=one.begins,
        retires=one.retires,
        retired_as=one.retired_as,
        category=one.category,
        is_insured_abroad=one.foreigners_have_social_security,
    )


def _level(one: LevelKeys) -> Level:
    first, second, third = one.percent_by_era
    return Level(one.codes.percent, one.reached, (first, second, third))
