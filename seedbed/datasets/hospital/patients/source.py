"""Patients as a generated entity."""

from datetime import date
from functools import partial

from seedbed.core.generated import GeneratedEntity
from seedbed.datasets.hospital.patients import draw
from seedbed.datasets.hospital.patients.cohort import Cohort, seed_of
from seedbed.datasets.hospital.patients.patient_entity import PATIENT
from seedbed.datasets.hospital.patients.population import validate_cohort
from seedbed.datasets.hospital.patients.privacy_check import check_privacy
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary

GENERATOR_VERSION = 1  # another number: the same seed draws other people; known answers change with it


def patient_source(vocabulary: Vocabulary, cohort: Cohort, seed: int, as_of: date) -> GeneratedEntity:
    """The patients of the seed and the cohort as they are on the day; UserError where the cohort names something unknown or is empty."""
    own = validate_cohort(vocabulary, cohort, as_of)
    return GeneratedEntity(
        PATIENT, partial(draw.patient_columns, vocabulary, own, seed_of(own, seed), as_of), check_privacy
    )
