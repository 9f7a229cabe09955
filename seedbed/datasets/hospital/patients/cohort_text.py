"""Cohorts as people ask for them, in words; and as JSON, in which a request is kept."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any

from seedbed.core.errors import DataError, UserError, unknown_name
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, REFERENCE, Cohort
from seedbed.datasets.hospital.patients.population import validate_cohort
from seedbed.datasets.hospital.patients.vocabulary import SEXES, Vocabulary

ONE_AGE, AGES = re.compile(r"\d{1,3}"), re.compile(r"(\d{1,3})?\s*-\s*(\d{1,3})?")
SEX_WORDS = {**{sex: sex for sex in SEXES}, **{sex[0]: sex for sex in SEXES}}
DECEASED = {"yes": True, "no": False, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class CohortOptions:
    """What was asked for, as typed; "" and None are what was not.

    `age`: `60-`, `-15`, `18-65` or `7`. `province`: code, or Thai or English name. `insurance`, `category`, `nationality`: codes.
    """

    age: str = ""
    sex: str = ""
    province: str = ""
    insurance: str = ""
    category: str = ""
    nationality: str = ""
    deceased: str = ""
    counted_on: date | None = None


def fixed(asked: CohortOptions) -> CohortOptions:
    """The same words, with ages counted on a fixed day unless a day is given, so that the same patients come on every day."""
    return replace(asked, counted_on=asked.counted_on or REFERENCE)


def parse_cohort(vocabulary: Vocabulary, asked: CohortOptions, as_of: date) -> Cohort:
    """The cohort that the words mean; UserError where one is not understood or unknown, or nobody is in it.

    It is counted on the day given; else on as-of, where ages, plans, categories or deaths are asked for, so that they hold on that
    day; else on the reference day, so that the same patients come at any as-of.
    """
    conditions: dict[str, Any] = {
        **_ages(asked.age.strip()),
        "sex": _choice("sex", asked.sex, SEX_WORDS, SEXES),
        "province": _province(vocabulary, asked.province),
        "insurance_plan": asked.insurance.strip() or None,
        "category": asked.category.strip() or None,
        "nationality": asked.nationality.strip() or None,
        "deceased": _choice("value of deceased", asked.deceased, DECEASED, DECEASED),
    }
    usual = as_of if Cohort(**conditions).depends_on_age else REFERENCE
    return validate_cohort(vocabulary, Cohort(counted_on=asked.counted_on or usual, **conditions), as_of)


def cohort_to_json(cohort: Cohort) -> dict[str, Any]:
    """The cohort as plain JSON, without what it does not say."""
    plain = {name: value for name, value in asdict(cohort).items() if value is not None}
    return {**plain, "counted_on": cohort.counted_on.isoformat()}


def cohort_options(cohort: Cohort) -> str:
    """The options of `seedbed gen-mock` that ask for the cohort; "" for everyone."""
    if cohort == ALL_PATIENTS:
        return ""
    ages = (cohort.youngest, cohort.oldest)
    age = "-".join("" if one is None else str(one) for one in ages) if ages != (None, None) else None
    deceased = None if cohort.deceased is None else "yes" if cohort.deceased else "no"
    said = {
        "age": age,
        "sex": cohort.sex,
        "province": cohort.province,
        "insurance": cohort.insurance_plan,
        "category": cohort.category,
        "nationality": cohort.nationality,
        "deceased": deceased,
        "counted-on": cohort.counted_on,
    }
    return "".join(f" --{name} {value}" for name, value in said.items() if value is not None)


def cohort_from_json(plain: Mapping[str, Any]) -> Cohort:
    """The cohort that `cohort_to_json` wrote; DataError where it has a condition that this version does not know."""
    unknown = sorted(plain.keys() - {field.name for field in fields(Cohort)})
    if unknown:
        raise DataError(
            f"a cohort with unknown conditions: {', '.join(unknown)}",
            next_step="use the version of Seedbed that began the run: without them it would be other patients",
            code="population-changed",
        )
    return Cohort(**{**plain, "counted_on": date.fromisoformat(plain["counted_on"])})


def _ages(asked: str) -> dict[str, int]:
    if not asked:
        return {}
    if ONE_AGE.fullmatch(asked):
        return {"youngest": int(asked), "oldest": int(asked)}
    found = AGES.fullmatch(asked)
    if found is None or not any(found.groups()):
        raise UserError(
            f"'{asked}' is no range of ages",
            next_step="write 60-, -15, 18-65 or 7: years, both ends included",
            code="cohort-empty",
        )
    return {end: int(age) for end, age in zip(("youngest", "oldest"), found.groups(), strict=True) if age}


def _choice(what: str, asked: str, meanings: Mapping[str, Any], known: Iterable[str]) -> Any:
    word = asked.strip().lower()
    if word and word not in meanings:
        raise unknown_name(what, asked.strip(), known)
    return meanings[word] if word else None


def _province(vocabulary: Vocabulary, asked: str) -> str | None:
    """The code; where there is none, the known ones are said in the script in which it was asked for."""
    name, codes = asked.strip(), vocabulary.places.provinces
    if not name or name in codes:
        return name or None
    if name.isdecimal():
        raise unknown_name("province", name, codes)
    names = {code: vocabulary.province_names[code] for code in codes if code in vocabulary.province_names}
    for code, called in names.items():
        if _folded(name) in map(_folded, called):
            return code
    raise unknown_name("province", name, (english if name.isascii() else thai for thai, english in names.values()))


def _folded(name: str) -> str:
    return "".join(name.casefold().replace("-", " ").split())
