"""The columns of marital status, contact person, and who gives information."""

import pyarrow as pa

from seedbed.core import shapes
from seedbed.core.draws import Ids, uniform
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients import family
from seedbed.datasets.hospital.patients.identity import phones
from seedbed.datasets.hospital.patients.names import draw_given_names
from seedbed.datasets.hospital.patients.text import take_strings
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, require_active

PATH = "hospital/patient"


def columns(vocabulary: Vocabulary, seed: int, rows: Ids, known: tuple[family.Kin, Ints]) -> dict[str, pa.Array]:
    """Marital status and contact person; most contacts share the patient's family name."""
    kin, marital = known
    relations = require_active(vocabulary, "information_giver_option", family.RELATIONS)
    contact = family.relation(seed, rows, kin, marital)
    is_female = family.contact_is_female(seed, rows, kin.sex, contact)
    first, place = draw_given_names(vocabulary, uniform(seed, f"{PATH}/contact/first_name", rows), is_female)
    own = uniform(seed, f"{PATH}/family_name", rows)
    other = uniform(seed, f"{PATH}/contact/family_name", rows)
    shared = (contact != family.RELATIVE) & (uniform(seed, f"{PATH}/contact/shares_name", rows) < 0.85)
    family_name = own * shared + other * ~shared
    return {
        "marital_status_code": take_strings(require_active(vocabulary, "marital_status", family.MARITAL), marital),
        "contact_relation_code": take_strings(relations, contact),
        "information_giver_code": take_strings(relations, family.information_giver(seed, rows, kin.age, contact)),
        "contact_first_name": take_strings(first.thai, place),
        "contact_family_name": take_strings(
            vocabulary.family.thai, shapes.pick(family_name, len(vocabulary.family.thai))
        ),
        "contact_phone": phones(seed, "contact/phone", rows),
    }
