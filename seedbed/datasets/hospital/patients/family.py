"""Marital status over a life, and who speaks for the patient."""

from dataclasses import dataclass

import numpy as np

from seedbed.core import shapes
from seedbed.core.draws import Floats, Ids, uniform
from seedbed.core.shapes import Flags
from seedbed.core.tables import Whole, table
from seedbed.datasets.hospital.patients.shares import CAREERS

PATH = "hospital/patient"
MARITAL = ("1", "2", "3", "4", "5", "6")  # single, married, widowed, divorced, separated, ordained
SINGLE, MARRIED, WIDOWED, DIVORCED, SEPARATED, ORDAINED = range(6)
RELATIONS = ("1", "2", "3", "4", "5", "6", "7")  # the patient, father, mother, spouse, child, sibling, relative
SELF, FATHER, MOTHER, SPOUSE, CHILD, SIBLING, RELATIVE = range(7)
YOUNGEST_MARRIED, GROWN_UP = 17, 15
MONK = next(place for place, career in enumerate(CAREERS) if career.name == "monk")
ORDAINED_FROM = CAREERS[MONK].begins
# By sex. Ages at first marriage after the censuses; how many never marry, part, and when a spouse dies are ours.
FIRST_MARRIAGE, NEVER = np.array([27.0, 24.0]), np.array([0.17, 0.18])
PARTED, WIDOWED_AT, SPREAD = 0.16, np.array([84.0, 71.0]), 12.0
RELATION_WEIGHTS = table([30, 45, 25])  # of a grown-up's parents, siblings, relatives


@dataclass(frozen=True, slots=True, eq=False)
class Kin:
    """Whose the patient is: the career, sex and age that decide over marriage."""

    sex: Whole
    age: Whole
    career: Whole


def marital(seed: int, rows: Ids, kin: Kin) -> Whole:
    """The place of each one's status in MARITAL: single until the first marriage, then married until parted or widowed."""
    marries, leaves, dies = _ages(seed, rows, kin.sex)
    parted = np.where(uniform(seed, f"{PATH}/marital/kind", rows) < 0.6, DIVORCED, SEPARATED)
    found = np.where(kin.age >= marries, MARRIED, SINGLE)
    ended = (found == MARRIED) & (kin.age >= np.minimum(leaves, dies))
    found = np.where(ended, np.where(leaves <= dies, parted, WIDOWED), found)
    is_monk = kin.career == MONK
    return np.where(is_monk, np.where(kin.age >= ORDAINED_FROM, ORDAINED, SINGLE), found)


def relation(seed: int, rows: Ids, kin: Kin, status: Whole) -> Whole:
    """The place in RELATIONS of the contact person: a child's parent, else spouse or child where there can be one."""
    u = uniform(seed, f"{PATH}/contact/relation", rows)
    parent = np.where(uniform(seed, f"{PATH}/contact/parent", rows) < 0.3, FATHER, MOTHER)
    others = np.array([MOTHER, SIBLING, RELATIVE])[RELATION_WEIGHTS.places(u)]
    others = np.where((others == MOTHER) & (kin.age < 60), parent, np.where(others == MOTHER, RELATIVE, others))
    has_child = (status != SINGLE) & (status != ORDAINED) & (kin.age >= 45)
    found = np.where(has_child & (u < 0.7), CHILD, others)
    found = np.where((status == MARRIED) & (u > np.where(kin.age < 45, 0.15, 0.5)), SPOUSE, found)
    return np.where(kin.age < GROWN_UP, parent, found)


def giver(seed: int, rows: Ids, age: Whole, contact: Whole) -> Whole:
    """The place in RELATIONS of who gives information: for a child the contact, most grown-ups themselves."""
    odds = np.where(age < GROWN_UP, 0.0, np.where(age < 75, 0.92, 0.6))
    return np.where(shapes.boolean(uniform(seed, f"{PATH}/giver", rows), odds), SELF, contact)


def contact_is_female(seed: int, rows: Ids, sex: Whole, contact: Whole) -> Flags:
    """Whether the contact person is a woman."""
    drawn = uniform(seed, f"{PATH}/contact/sex", rows) < 0.5
    found = np.where(contact == SPOUSE, sex == 0, drawn)
    return np.asarray(np.where(contact == MOTHER, True, found & (contact != FATHER)))


def _ages(seed: int, rows: Ids, sex: Whole) -> tuple[Floats, Floats, Floats]:
    """At first marriage, at parting, at the spouse's death; beyond any life where it does not come to that."""
    first = shapes.normal(uniform(seed, f"{PATH}/marital/first", rows), FIRST_MARRIAGE[sex], 5.0)
    marries = np.maximum(np.floor(first), YOUNGEST_MARRIED)
    marries[uniform(seed, f"{PATH}/marital/never", rows) < NEVER[sex]] = np.inf
    odds = uniform(seed, f"{PATH}/marital/parts", rows)
    after = np.floor(shapes.exponential(odds / PARTED * (odds < PARTED), 11.0)) + 1
    leaves = np.where(odds < PARTED, marries + after, np.inf)
    widowed = shapes.normal(uniform(seed, f"{PATH}/marital/widowed", rows), WIDOWED_AT[sex], SPREAD)
    return marries, leaves, np.maximum(np.floor(widowed), marries + 1)
