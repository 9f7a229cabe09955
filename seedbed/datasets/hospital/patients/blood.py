"""Blood groups at the frequencies of Thai donors."""

import numpy as np
import pyarrow as pa

from seedbed.core import shapes
from seedbed.core.draws import Ids, uniform
from seedbed.core.weights import table
from seedbed.datasets.hospital.patients.text import take
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, required

PATH = "hospital/patient"


def columns(vocabulary: Vocabulary, seed: int, rows: Ids) -> dict[str, pa.Array]:
    """ABO and Rh group of each."""
    mix = vocabulary.mix
    groups = required(vocabulary, "abo_blood_group", tuple(mix.abo))
    rhesus = required(vocabulary, "rh_blood_group", ("positive", "negative"))
    is_negative = shapes.boolean(uniform(seed, f"{PATH}/rh", rows), mix.rh_negative)
    return {
        "abo_blood_group": take(groups, table(list(mix.abo.values())).places(uniform(seed, f"{PATH}/abo", rows))),
        "rh_blood_group": take(rhesus, is_negative.astype(np.int64)),
    }
