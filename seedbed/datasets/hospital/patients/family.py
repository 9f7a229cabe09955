"""Marital status over a life, and who speaks for the patient."""

from dataclasses import dataclass

import numpy as np

from seedbed.core import shapes
from seedbed.core.draws import Floats, Ids, uniform
from seedbed.core.weights import Ints, weight_table
from seedbed.datasets.hospital.patients.lookup_by_flags import tabulate_rule
from seedbed.datasets.hospital.patients.mix import Mix
from seedbed.datasets.hospital.patients.survival import OLDEST_EVER

PATH = "hospital/patient"
MARITAL = ("1", "2", "3", "4", "5", "6")  # single, married, widowed, divorced, separated, ordained
SINGLE, MARRIED, WIDOWED, DIVORCED, SEPARATED, ORDAINED = range(6)
RELATIONS = ("1", "2", "3", "4", "5", "6", "7")  # the patient, father, mother, spouse, child, sibling, relative
SELF, FATHER, MOTHER, SPOUSE, CHILD, SIBLING, RELATIVE = range(7)
YOUNGEST_MARRIED, GROWN_UP = 17, 15
# By sex. Ages at first marriage after the censuses; how many never marry, part, and when a spouse dies are ours.
FIRST_MARRIAGE, NEVER = np.array([27.0, 24.0]), np.array([0.17, 0.18])
PARTED, WIDOWED_AT, SPREAD = 0.16, np.array([84.0, 71.0]), 12.0
RELATION_WEIGHTS = weight_table([30, 45, 25])  # of a grown-up's parents, siblings, relatives
BANDS = (0, GROWN_UP, 45, 60, 75)  # the ages from which contacts are others, or speak for the patient
BAND = np.searchsorted(BANDS, np.arange(OLDEST_EVER), side="right") - 1
TELLS = np.array([0.0, 0.92, 0.92, 0.92, 0.6])  # by band: the odds of giving information oneself


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """Whose the patient is: the career, sex and age that decide over marriage."""

    sex: Ints
    age: Ints
    career: Ints


def marital(mix: Mix, seed: int, rows: Ids, kin: Kin) -> Ints:
    """The place of each one's status in MARITAL: single until the first marriage, then married until parted or widowed."""
    marries, leaves, dies = _ages(seed, rows, kin.sex)
    parts = uniform(seed, f"{PATH}/marital/kind", rows)
    is_monk = kin.career == mix.monk
    has_begun = np.where(is_monk, kin.age >= mix.careers[mix.monk].begins, kin.age >= marries)
    end = (kin.age >= np.minimum(leaves, dies)) * (1 + (leaves <= dies))
    return STATUS_OF.look_up(is_monk, has_begun, end, parts < 0.6)


def relation(seed: int, rows: Ids, kin: Kin, status: Ints) -> Ints:
    """The place in RELATIONS of the contact person: a child's parent, else spouse or child where there can be one."""
    u = uniform(seed, f"{PATH}/contact/relation", rows)
    is_father = uniform(seed, f"{PATH}/contact/parent", rows) < 0.3
    chance = (u > 0.15).astype(np.int64) + (u > 0.5) + (u >= 0.7)
    return RELATION_OF.look_up(BAND.take(kin.age), status, RELATION_WEIGHTS.pick(u), is_father, chance)


def information_giver(seed: int, rows: Ids, age: Ints, contact: Ints) -> Ints:
    """The place in RELATIONS of who gives information: for a child the contact, most grown-ups themselves."""
    tells = shapes.boolean(uniform(seed, f"{PATH}/giver", rows), TELLS.take(BAND.take(age)))
    return np.where(tells, SELF, contact)


def contact_is_female(seed: int, rows: Ids, sex: Ints, contact: Ints) -> Ints:
    """1 where the contact person is a woman, else 0."""
    return FEMALE_CONTACT.look_up(contact, sex, uniform(seed, f"{PATH}/contact/sex", rows) < 0.5)


def _ages(seed: int, rows: Ids, sex: Ints) -> tuple[Floats, Floats, Floats]:
    """At first marriage, at parting, at the spouse's death; beyond any life where it does not come to that."""
    first = shapes.normal(uniform(seed, f"{PATH}/marital/first", rows), FIRST_MARRIAGE[sex], 5.0)
    marries = np.maximum(np.floor(first), YOUNGEST_MARRIED)
    marries[uniform(seed, f"{PATH}/marital/never", rows) < NEVER[sex]] = np.inf
    odds = uniform(seed, f"{PATH}/marital/parts", rows)
    part = np.flatnonzero(odds < PARTED)
    leaves = np.full(len(rows), np.inf)
    leaves[part] = marries[part] + np.floor(shapes.exponential(odds[part] / PARTED, 11.0)) + 1
    widowed = shapes.normal(uniform(seed, f"{PATH}/marital/widowed", rows), WIDOWED_AT[sex], SPREAD)
    return marries, leaves, np.maximum(np.floor(widowed), marries + 1)


def _status(is_monk: int, has_begun: int, end: int, divorces: int) -> int:
    """`end`: of the marriage; 0 not yet, 1 by death, 2 by parting."""
    if not has_begun:
        return SINGLE
    parted = DIVORCED if divorces else SEPARATED
    return ORDAINED if is_monk else (MARRIED, WIDOWED, parted)[end]


def _relation(band: int, status: int, other: int, is_father: int, chance: int) -> int:
    """`chance`: how many of 0.15, 0.5 and 0.7 the uniform has passed."""
    age, parent = BANDS[band], FATHER if is_father else MOTHER
    if age < GROWN_UP:
        return parent
    if status == MARRIED and chance >= (1 if age < 45 else 2):
        return SPOUSE
    if status not in {SINGLE, ORDAINED} and age >= 45 and chance < 3:
        return CHILD
    return (parent if age < 60 else RELATIVE, SIBLING, RELATIVE)[other]


def _is_female(contact: int, sex: int, is_drawn: int) -> int:
    known = {FATHER: 0, MOTHER: 1, SPOUSE: 1 - sex}
    return known.get(contact, is_drawn)


STATUS_OF = tabulate_rule(_status, 2, 2, 3, 2)
RELATION_OF = tabulate_rule(_relation, len(BANDS), len(MARITAL), 3, 2, 4)
FEMALE_CONTACT = tabulate_rule(_is_female, len(RELATIONS), 2, 2)
