"""Blood groups at the frequencies of Thai donors."""

import numpy as np
import pyarrow as pa

from seedbed.core import shapes
from seedbed.core.draws import Ids, uniform
from seedbed.core.weights import weight_table
from seedbed.datasets.hospital.patients.text import take_strings
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, require_active

PATH = "hospital/patient"


def columns(vocabulary: Vocabulary, seed: int, rows: Ids) -> dict[str, pa.Array]:
    """ABO and Rh group of each."""
    mix = vocabulary.mix
    groups = require_active(vocabulary, "abo_blood_group", tuple(mix.abo))
    rhesus = require_active(vocabulary, "rh_blood_group", ("positive", "negative"))
    is_negative = shapes.boolean(uniform(seed, f"{PATH}/rh", rows), mix.rh_negative)
    return {
        "abo_blood_group": take_strings(
            groups, weight_table(list(mix.abo.values())).pick(uniform(seed, f"{PATH}/abo", rows))
        ),
        "rh_blood_group": take_strings(rhesus, is_negative.astype(np.int64)),
    }
