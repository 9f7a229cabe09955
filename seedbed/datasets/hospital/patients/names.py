"""Names in Thai and in Roman letters, with the prefix that age, sex and marital status ask for.

Given names do not follow the birth decade: the vocabulary says nothing of when a name was in use. Foreigners have Thai names too, for
there is no vocabulary of Burmese, Khmer and Lao names in both scripts.
"""

from functools import lru_cache

import numpy as np
import pyarrow as pa

from seedbed.core import shapes
from seedbed.core.draws import Floats, Ids, uniform
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.family import MARITAL, ORDAINED, SINGLE, Kin
from seedbed.datasets.hospital.patients.lookup_by_flags import tabulate_rule
from seedbed.datasets.hospital.patients.text import take_strings
from seedbed.datasets.hospital.patients.vocabulary import SEXES, PersonNames, Vocabulary, require_active

PATH = "hospital/patient"
PREFIXES = ("001", "002", "003", "004", "005", "831")  # boy, girl, Mr., Miss, Mrs., monk
BOY, GIRL, MISTER, MISS, MRS, PHRA = range(6)
GROWN_UP = 15  # by the act on person names
KEEPS_MISS = 0.25  # since 2008 a married woman may choose


def columns(
    vocabulary: Vocabulary, seed: int, rows: Ids, known: tuple[Kin, Ints], own: tuple[PersonNames, Ints]
) -> dict[str, pa.Array]:
    """Prefix, given and family name of each; `own`: what `given` found."""
    kin, marital = known
    first, place = own
    codes = require_active(vocabulary, "name_prefix", PREFIXES)
    prefix = _prefixes(seed, rows, kin, marital)
    family = shapes.pick(uniform(seed, f"{PATH}/family_name", rows), len(vocabulary.family.thai))
    return {
        "name_prefix_code": take_strings(codes, prefix),
        "name_prefix": take_strings([vocabulary.prefixes[code][0] for code in codes], prefix),
        "name_prefix_en": take_strings([vocabulary.prefixes[code][1] for code in codes], prefix),
        "first_name": take_strings(first.thai, place),
        "first_name_en": take_strings(first.english, place),
        "family_name": take_strings(vocabulary.family.thai, family),
        "family_name_en": take_strings(vocabulary.family.english, family),
    }


def draw_given_names(vocabulary: Vocabulary, u: Floats, sex: Ints) -> tuple[PersonNames, Ints]:
    """All given names, and the place of each one's own, which is of the sex."""
    men, women = (vocabulary.given[name] for name in SEXES)
    first = np.array([0, len(men.thai)])[sex]
    last = np.array([len(men.thai), len(men.thai) + len(women.thai)])[sex] - 1
    return _joined(men, women), shapes.integer(u, first, last)


@lru_cache(maxsize=4)
def _joined(men: PersonNames, women: PersonNames) -> PersonNames:
    return PersonNames(
        *(pa.concat_arrays([getattr(men, name), getattr(women, name)]) for name in ("thai", "english", "mail"))
    )


def _prefixes(seed: int, rows: Ids, kin: Kin, marital: Ints) -> Ints:
    keeps = shapes.boolean(uniform(seed, f"{PATH}/keeps_miss", rows), KEEPS_MISS)
    return PREFIX_OF.look_up(kin.age >= GROWN_UP, kin.sex, marital, keeps)


def _prefix(is_grown_up: int, sex: int, marital: int, keeps: int) -> int:
    if SEXES[sex] == "female":
        woman = MISS if marital == SINGLE or keeps else MRS
        return woman if is_grown_up else GIRL
    man = PHRA if marital == ORDAINED else MISTER
    return man if is_grown_up else BOY


PREFIX_OF = tabulate_rule(_prefix, 2, len(SEXES), len(MARITAL), 2)
