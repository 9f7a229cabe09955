"""Race, religion and language, which fit the nationality, and the religion the province."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from seedbed.core.draws import Ids, uniform
from seedbed.core.weights import Ints
from seedbed.datasets.hospital.patients.grouped_weights import GroupedWeights, grouped_weights
from seedbed.datasets.hospital.patients.mix import THAI, Weights
from seedbed.datasets.hospital.patients.text import take_strings
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary, active_weights

PATH = "hospital/patient"
BUDDHISM, ISLAM = "01", "02"
Choice = tuple[list[str], GroupedWeights]


def columns(
    vocabulary: Vocabulary, seed: int, rows: Ids, origin_and_province: tuple[Ints, Ints]
) -> dict[str, pa.Array]:
    """Nationality, race, language and religion of each."""
    origin, province = origin_and_province
    origins = vocabulary.mix.origins
    races, race_groups = _races(vocabulary)
    religions, religion_groups = _religions(vocabulary)
    belief = origin * len(vocabulary.places.provinces) + province
    languages = [next(iter(active_weights(vocabulary, "language", {origin.language: 1.0}))) for origin in origins]
    return {
        "nationality_code": take_strings([one.nationality for one in origins], origin),
        "race_code": take_strings(races, race_groups.pick(origin, uniform(seed, f"{PATH}/race", rows))),
        "primary_language": take_strings(languages, origin),
        "religion_code": take_strings(religions, religion_groups.pick(belief, uniform(seed, f"{PATH}/religion", rows))),
    }


@lru_cache(maxsize=4)
def _races(vocabulary: Vocabulary) -> Choice:
    return _choice([active_weights(vocabulary, "race", origin.races) for origin in vocabulary.mix.origins])


@lru_cache(maxsize=4)
def _religions(vocabulary: Vocabulary) -> Choice:
    """By origin and province."""
    return _choice(
        [
            active_weights(
                vocabulary,
                "religion",
                _of_province(origin.religions, vocabulary.mix.muslims.get(province))
                if origin.group == THAI
                else origin.religions,
            )
            for origin in vocabulary.mix.origins
            for province in vocabulary.places.provinces
        ]
    )


def _of_province(weights: Weights, islam: float | None) -> Weights:
    """Where many are Muslims, so many of the others' share are not there."""
    if islam is None:
        return weights
    rest = sum(weights.values()) - weights[ISLAM]
    return {code: islam if code == ISLAM else weight * (100 - islam) / rest for code, weight in weights.items()}


def _choice(weights: Sequence[Weights]) -> Choice:
    codes = sorted({code for one in weights for code in one})
    return codes, grouped_weights(np.array([[one.get(code, 0.0) for code in codes] for one in weights]))
