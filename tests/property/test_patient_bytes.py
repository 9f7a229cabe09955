"""Patients are the ones that commit 8a12451 drew, whose mixes stood in Python: for seeds, ranges, cohorts, days and master data."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, LATEST, Cohort
from seedbed.datasets.hospital.patients.population_summary import expected_shares
from seedbed.datasets.hospital.patients.source import GENERATOR_VERSION, patient_source
from seedbed.formats.csv_text import csv_bytes
from tests.support.builders.patients import AS_OF, ids, vocabulary

KNOWN = json.loads((Path(__file__).parent / "patient_bytes.json").read_text("utf-8"))
COHORTS = {
    "everyone": ALL_PATIENTS,
    "children": Cohort(oldest=14),
    "pensioners": Cohort(counted_on=AS_OF, youngest=60, insurance_plan="1200"),
    "insured": Cohort(insurance_plan="4200", sex="female"),
    "migrants": Cohort(nationality="048", insurance_plan="8402"),
    "visitors": Cohort(nationality="126", category="foreigner"),
    "monks": Cohort(category="monk"),
    "staff": Cohort(category="staff", youngest=30, oldest=59, counted_on=AS_OF),
    "faculty": Cohort(category="faculty"),
    "prisoners": Cohort(category="prisoner", sex="male"),
    "south": Cohort(province="94"),
    "deceased": Cohort(deceased=True, province="50"),
}
# Codes that a hospital's own master data may have switched off: mixes are then drawn without them.
SWITCHED_OFF = {
    "nothing": {},
    "plans": {"insurance_plan": {"4200", "8402", "2203"}},
    "all_local_plans": {"insurance_plan": {"2201", "2203", "2301", "2401", "3101"}},
    "categories": {"patient_category": {"monk", "vip"}},
    "occupations": {"occupation": {"2310", "6111-3", "5211"}},
    "origins": {"nationality": {"048"}, "race": {"071"}, "religion": {"06"}},
    "education": {"education_level": {"42"}},
}
PLACES = ((42, 0, AS_OF), (0, 1_000_003, date(2025, 7, 1)), ((1 << 61) + 7, 9_999_000, LATEST))
CASES = [(cohort, "nothing", place) for cohort in COHORTS for place in range(len(PLACES))]
CASES += [(cohort, off, 0) for off in SWITCHED_OFF if off != "nothing" for cohort in ("everyone", "south", "staff")]


def without(off):
    own = vocabulary()
    return replace(own, active={**own.active, **{name: own.active[name] - codes for name, codes in off.items()}})


def digest(cohort, off, place):
    """Of the CSV of 1,000 patients, and of the shares that their population page expects."""
    seed, first, as_of = PLACES[place]
    asked = COHORTS[cohort]
    as_of = max(as_of, asked.counted_on)
    words = without(SWITCHED_OFF[off])
    found = hashlib.sha256()
    for part in csv_bytes([patient_source(words, asked, seed, as_of).table(ids(first, first + 1_000))]):
        found.update(part)
    expected = expected_shares(words, asked, as_of)
    found.update(expected.persons.tobytes())
    found.update(json.dumps(expected.codes, sort_keys=True).encode())
    return found.hexdigest()


@pytest.mark.parametrize(("cohort", "off", "place"), CASES, ids=str)
def test_patients_are_the_ones_that_were_always_drawn(cohort, off, place):
    assert KNOWN["drawing"] == GENERATOR_VERSION
    assert digest(cohort, off, place) == KNOWN["digests"][f"{cohort}/{off}/{place}"]


def test_every_known_digest_is_compared():
    assert {f"{cohort}/{off}/{place}" for cohort, off, place in CASES} == KNOWN["digests"].keys()
