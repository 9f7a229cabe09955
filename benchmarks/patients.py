"""Patients a second, drawn with all their columns on one core, against a loop over Faker's th_TH provider making the same columns.

The loop asks Faker's generator of the locale, `Faker("th_TH").factories[0]`, and has its lists made ready. The usual loop
asks the `Faker` object, which looks up the generator at each call: it is slower, and measured beside it.
"""

from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
from faker import Faker

from benchmarks.draws import seconds
from benchmarks.machine import check_equal, say
from benchmarks.patient_file import AS_OF, DATA
from seedbed.content.dataset_content import read_content
from seedbed.datasets.registry import MOCK_DATASET, PATIENT, PATIENTS

ROUNDS = 5
MOST_ROWS, FAKER_ROWS = 200_000, 2_000
AGAINST = (
    "a loop over Faker's generator of th_TH, the same columns drawn uniformly, one core; median of the rounds' ratios"
)
CODES = {
    "name_prefix_code": "name_prefix",
    "nationality_code": "nationality",
    "race_code": "race",
    "religion_code": "religion",
    "primary_language": "language",
    "education_level_code": "education_level",
    "occupation_code": "occupation",
    "marital_status_code": "marital_status",
    "category_code": "patient_category",
    "insurance_plan_code": "insurance_plan",
    "information_giver_code": "information_giver_option",
    "contact_relation_code": "information_giver_option",
}


def measure(count: int) -> None:
    """One line, of so many patients, and at most 200,000; and one of the gate."""
    pa.set_cpu_count(1)
    vocabulary = read_content(MOCK_DATASET, [DATA])
    rows = np.arange(min(count, MOST_ROWS), dtype=np.uint64)

    source = PATIENTS.source(vocabulary, PATIENTS.cohorts.everyone, 42, AS_OF)

    def ours() -> pa.Table:
        return source.draw_unchecked(rows)

    drawn = ours()
    check_equal("patients", drawn.num_rows, len(rows))
    fakers = [faker_loop(vocabulary, faker) for faker in (Faker("th_TH").factories[0], Faker("th_TH"))]
    rounds = [
        (len(rows) / seconds(ours), *(FAKER_ROWS / seconds(partial(make, FAKER_ROWS)) for make in fakers))
        for _ in range(ROUNDS)
    ]
    own, floor, usual_floor = (median(one) for one in zip(*rounds, strict=True))
    say(
        "patients_drawn",
        rows=len(rows),
        patients_s=own,
        faker_patients_s=floor,
        ratio=median(mine / theirs for mine, theirs, _ in rounds),
        usual_faker_patients_s=usual_floor,
        usual_ratio=median(mine / theirs for mine, _, theirs in rounds),
        against=AGAINST,
    )
    say("patients_gate", rows=len(rows), patients_s=len(rows) / seconds(lambda: source.privacy_check(drawn)))


def faker_loop(vocabulary: Any, faker: Any) -> Callable[[int], pa.Table]:
    """Makes so many patients with PATIENT's columns, which fit neither each other nor any population; `faker`: made for th_TH."""
    faker.seed_instance(42)
    lists = {column: sorted(vocabulary.active[entity]) for column, entity in CODES.items()}
    places = list(zip(vocabulary.places.code.to_pylist(), vocabulary.places.postal_code.to_pylist(), strict=True))
    english = {sex: names.english.to_pylist() for sex, names in vocabulary.given.items()}
    families = vocabulary.family.english.to_pylist()

    def patient(number: int) -> dict[str, Any]:
        return {
            "patient": number,
            **faker_person(faker, english, families),
            **{column: faker.random_element(codes) for column, codes in lists.items()},
            **faker_address(faker, "official", places),
            **faker_address(faker, "current", places),
            "contact_first_name": faker.first_name(),
            "contact_family_name": faker.last_name(),
            "contact_phone": faker.phone_number(),
            "deceased": False,
            "deceased_date": None,
        }

    return lambda count: pa.Table.from_pylist([patient(number) for number in range(count)], PATIENT.schema)


def faker_person(faker: Any, english: dict[str, list[str]], families: list[str]) -> dict[str, Any]:
    """The columns of the person alone."""
    sex = faker.random_element(("male", "female"))
    birth = faker.date_of_birth(minimum_age=0, maximum_age=100)
    return {
        "mode": "cid",
        "id_card_no": faker.ssn().replace("-", ""),
        "gender": sex,
        "name_prefix": faker.prefix_male() if sex == "male" else faker.prefix_female(),
        "first_name": faker.first_name_male() if sex == "male" else faker.first_name_female(),
        "family_name": faker.last_name(),
        "name_prefix_en": "Mr." if sex == "male" else "Miss",
        "first_name_en": faker.random_element(english[sex]),
        "family_name_en": faker.random_element(families),
        "birth_date": birth,
        "age": (AS_OF - birth).days // 365,
        "abo_blood_group": faker.random_element(("A", "B", "O", "AB")),
        "rh_blood_group": faker.random_element(("positive", "negative")),
        "phone": faker.phone_number(),
        "email": faker.safe_email(),
    }


def faker_address(faker: Any, kind: str, places: list[tuple[str, str]]) -> dict[str, str]:
    """The five columns of an address."""
    code, postal_code = faker.random_element(places)
    return {
        f"{kind}_line": f"{faker.random_int(1, 200)}/{faker.random_int(1, 200)}",
        f"{kind}_state_code": code[:2],
        f"{kind}_district_code": code[:4],
        f"{kind}_city_code": code,
        f"{kind}_postal_code": postal_code,
    }
