"""Cohorts: which patients are asked for. They are drawn under the condition; none is drawn and thrown away."""

from dataclasses import asdict, dataclass
from datetime import date

from seedbed.core.draws import stream_keys
from seedbed.core.errors import UserError, unknown_name
from seedbed.datasets.hospital.patients.life_stage import categories, plans
from seedbed.datasets.hospital.patients.vocabulary import OLDEST, SEXES, Vocabulary

REFERENCE = date(2025, 7, 1)  # the day of the population table
OPENED = date(2020, 7, 1)  # the register begins: who died since then is in it, as deceased
LATEST = date(2075, 7, 1)  # mortality is known to 2030, and carried forward; far beyond it means nothing


@dataclass(frozen=True, slots=True)
class Cohort:
    """Patients with these properties on the day `counted_on`; an absent one says nothing.

    Ages are completed years, both ends included, at death for the deceased. `province` is where they live. Later as-of dates move the
    same patients on: they age beyond the range, retire and die.
    """

    counted_on: date = REFERENCE
    youngest: int | None = None
    oldest: int | None = None
    sex: str | None = None
    province: str | None = None
    insurance_plan: str | None = None
    category: str | None = None
    nationality: str | None = None
    deceased: bool | None = None

    @property
    def depends_on_age(self) -> bool:
        """Whether its conditions hold at some ages, or for the living, more than for others."""
        asked = (self.youngest, self.oldest, self.insurance_plan, self.category, self.deceased)
        return any(value is not None for value in asked)


ALL_PATIENTS = Cohort()


def seed_of(cohort: Cohort, seed: int) -> int:
    """The seed under which the cohort's patients are drawn: patient i of two cohorts are two people."""
    if cohort == ALL_PATIENTS:
        return seed
    # Conditions that are not asked for do not count, so that a new kind of condition changes nobody.
    named = "/".join(f"{name}={value}" for name, value in asdict(cohort).items() if value is not None)
    return int(stream_keys(seed, f"hospital/patient/cohort/{named}", 1)[0])


def check_cohort(vocabulary: Vocabulary, cohort: Cohort, as_of: date) -> None:
    """UserError where a value is unknown or a date out of range."""
    if not REFERENCE <= cohort.counted_on <= as_of <= LATEST:
        raise UserError(
            f"no patients are known as of {as_of}, with ages counted on {cohort.counted_on}",
            next_step=f"give dates from {REFERENCE} to {LATEST}; --counted-on is not after --as-of",
            code="cohort-empty",
        )
    low, high = cohort.youngest or 0, OLDEST if cohort.oldest is None else cohort.oldest
    if not 0 <= low <= high:
        raise UserError(
            f"no patient has an age from {low} to {high}",
            next_step=f"give ages from 0 to {OLDEST}, the lower first",
            code="cohort-empty",
        )
    for what, asked, known in _choices(vocabulary, cohort):
        if asked is not None and asked not in known:
            raise unknown_name(what, asked, known)


def empty_cohort_error(cohort: Cohort, vocabulary: Vocabulary) -> UserError:
    """The refusal of a cohort whose conditions no patient meets together."""
    known = "; ".join(
        f"{what}: {', '.join(sorted(values))}"
        for what, asked, values in _choices(vocabulary, cohort)
        if asked is not None
    )
    return UserError(
        "no patient is in this cohort",
        next_step=f"ask for less at once; known: {known or 'ages 0 to 100'}",
        code="cohort-empty",
    )


def _choices(vocabulary: Vocabulary, cohort: Cohort) -> list[tuple[str, str | None, frozenset[str]]]:
    return [
        ("sex", cohort.sex, frozenset(SEXES)),
        ("province", cohort.province, frozenset(vocabulary.places.provinces)),
        ("insurance plan", cohort.insurance_plan, frozenset(plans(vocabulary).codes)),
        ("patient category", cohort.category, frozenset(categories(vocabulary).codes)),
        (
            "nationality",
            cohort.nationality,
            vocabulary.active["nationality"] & {origin.nationality for origin in vocabulary.mix.origins},
        ),
    ]
