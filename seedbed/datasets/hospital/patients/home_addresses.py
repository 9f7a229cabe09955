"""Addresses: real sub-districts, weighted by their province's population; house numbers drawn."""

from functools import lru_cache

import numpy as np
import pyarrow as pa

from seedbed.core import shapes
from seedbed.core.draws import Floats, Ids, bits, uniform
from seedbed.core.weights import Ints, WeightTable, weight_table
from seedbed.datasets.hospital.patients.text import Words, take_strings, words
from seedbed.datasets.hospital.patients.vocabulary import Places, Vocabulary

PATH = "hospital/patient"
BANGKOK = "10"
REGISTERED_ELSEWHERE = 0.22  # ours: many who work in the cities stay registered where they come from
HOUSES, PARTS, VILLAGES = 399, 151, 14
LINE_BITS = 15
Columns = dict[str, pa.StringArray]
Homes = tuple[Ints, Ints, shapes.Flags]


def draw_addresses(vocabulary: Vocabulary, seed: int, rows: Ids, province: str | None) -> Homes:
    """The sub-district where each lives, in the province if one is given, the one where each is registered, and who is so elsewhere."""
    current = _table(vocabulary.places, province).pick(uniform(seed, f"{PATH}/current", rows))
    other = _table(vocabulary.places, None).pick(uniform(seed, f"{PATH}/official", rows))
    is_elsewhere = shapes.boolean(uniform(seed, f"{PATH}/registered_elsewhere", rows), REGISTERED_ELSEWHERE)
    return current, np.where(is_elsewhere, other, current), is_elsewhere


def columns(places_of: Places, seed: int, rows: Ids, found: Homes) -> Columns:
    """The ten columns of the two addresses; who is registered at home has the same line twice."""
    current, official, is_elsewhere = found
    at_home = _lines(places_of, seed, rows, "current", current)
    registered = np.where(is_elsewhere, _lines(places_of, seed, rows, "official", official), at_home)
    return {
        **_address(places_of, "official", official, registered),
        **_address(places_of, "current", current, at_home),
    }


def _address(places_of: Places, kind: str, place: Ints, line: Ints) -> Columns:
    provinces, districts, cities, postal_codes = _codes(places_of)
    return {
        f"{kind}_line": take_strings(_line_pool(), line),
        f"{kind}_state_code": take_strings(provinces, place),
        f"{kind}_district_code": take_strings(districts, place),
        f"{kind}_city_code": take_strings(cities, place),
        f"{kind}_postal_code": take_strings(postal_codes, place),
    }


@lru_cache(maxsize=4)
def _codes(places_of: Places) -> tuple[Words, Words, Words, Words]:
    """Of each sub-district the codes of its province, its district and itself, and the postal code."""
    cities, postal_codes = places_of.code.to_pylist(), places_of.postal_code.to_pylist()
    provinces = [places_of.provinces[place] for place in places_of.province]
    return words(provinces), words([code[:4] for code in cities]), words(cities), words(postal_codes)


def _lines(places_of: Places, seed: int, rows: Ids, kind: str, place: Ints) -> Ints:
    """Places in the pool of lines."""
    drawn = (bits(seed, f"{PATH}/{kind}/line", rows) >> np.uint64(64 - LINE_BITS)).astype(np.int64)
    return np.asarray(drawn + (_in_city(places_of)[place] << LINE_BITS))


@lru_cache(maxsize=1)
def _line_pool() -> pa.StringArray:
    """House numbers with villages, and behind them as many without, as in the city."""
    numbers = range(1 << LINE_BITS)
    houses = [f"{number % HOUSES + 1}/{number * 31 % PARTS + 1}" for number in numbers]
    villages = [f"{house} หมู่ที่ {number % VILLAGES + 1}" for number, house in zip(numbers, houses, strict=True)]
    return pa.array([*villages, *houses])


@lru_cache(maxsize=4)
def _in_city(places_of: Places) -> Ints:
    is_city = np.array([province == BANGKOK for province in places_of.provinces], np.int64)
    return np.asarray(is_city[places_of.province])


@lru_cache(maxsize=100)
def _table(places_of: Places, province: str | None) -> WeightTable:
    """Sub-districts of a province are as likely as each other."""
    many = np.bincount(places_of.province, minlength=len(places_of.provinces))
    weights: Floats = (places_of.persons / np.maximum(many, 1))[places_of.province]
    if province is not None:
        weights = weights * (places_of.province == places_of.provinces.index(province))
    return weight_table(weights)
