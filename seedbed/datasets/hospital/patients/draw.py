"""Patients: all their columns, from row ids."""

from datetime import date

import numpy as np
import pyarrow as pa

from seedbed.core.draws import Ids, uniform
from seedbed.datasets.hospital.patients import (
    blood,
    contact_person,
    employment,
    family,
    home_addresses,
    identity,
    language_religion,
    life_course,
    names,
    population,
)
from seedbed.datasets.hospital.patients.cohort import Cohort
from seedbed.datasets.hospital.patients.completed_years import completed_years_on, year_and_offset
from seedbed.datasets.hospital.patients.text import only_where, take_strings
from seedbed.datasets.hospital.patients.vocabulary import SEXES, Vocabulary

PATH = "hospital/patient"
MAIL_FROM, MAIL_ODDS = 15, 0.6


def patient_columns(vocabulary: Vocabulary, cohort: Cohort, seed: int, as_of: date, rows: Ids) -> dict[str, pa.Array]:
    """PATIENT's columns for the row ids on the day; `seed` is the cohort's own, and what was asked has been checked."""
    who = population.persons(vocabulary, cohort, seed, rows)
    died = population.deaths(vocabulary, who, as_of)
    has_died = ~np.isnat(died)
    years = completed_years_on(year_and_offset(who.birth), np.where(has_died, died, np.datetime64(as_of, "D")))
    when = life_course.era(vocabulary.mix, who.birth), who.counted_age
    course = life_course.draw_life_course(life_course.life_course_tables(vocabulary, cohort), seed, rows, who.sex, when)
    origin, career, _ = course
    kin = family.Kin(who.sex, years, career)
    marital = family.marital(vocabulary.mix, seed, rows, kin)
    given = names.draw_given_names(vocabulary, uniform(seed, f"{PATH}/first_name", rows), who.sex)
    home = home_addresses.draw_addresses(vocabulary, seed, rows, cohort.province)
    ids = identity.citizen_ids(seed, rows)
    found = {
        "patient": pa.array(rows),
        "mode": pa.repeat("cid", len(rows)),
        "id_card_no": ids,
        "gender": take_strings(SEXES, who.sex),
        "birth_date": pa.array(who.birth),
        "age": pa.array(years),
        "deceased": pa.array(has_died),
        "deceased_date": pa.array(died),
        **blood.columns(vocabulary, seed, rows),
        **names.columns(vocabulary, seed, rows, (kin, marital), given),
        **contact_person.columns(vocabulary, seed, rows, (kin, marital)),
        **language_religion.columns(vocabulary, seed, rows, (origin, vocabulary.places.province[home[0]])),
        **home_addresses.columns(vocabulary.places, seed, rows, home),
        **employment.columns(
            vocabulary, cohort, seed, rows, employment.LifeCourse(vocabulary.mix, *course, years, who.counted_age)
        ),
    }
    found["phone"] = only_where(years >= family.GROWN_UP, identity.phones(seed, "phone", rows))
    has_mail = (years >= MAIL_FROM) & (uniform(seed, f"{PATH}/mail", rows) < MAIL_ODDS)
    found["email"] = only_where(has_mail, identity.mail(given[0].mail, given[1], ids))
    return found
