"""Patients as a generated entity."""

from datetime import date
from functools import partial

from seedbed.core.generated import Generated
from seedbed.datasets.hospital.patients import draw
from seedbed.datasets.hospital.patients.cohort import Cohort, seed_of
from seedbed.datasets.hospital.patients.patient_entity import PATIENT
from seedbed.datasets.hospital.patients.population import checked
from seedbed.datasets.hospital.patients.privacy_check import gate
from seedbed.datasets.hospital.patients.vocabulary import Vocabulary

DRAWING = 1  # another number: the same seed draws other people; known answers change with it


def patients(vocabulary: Vocabulary, cohort: Cohort, seed: int, as_of: date) -> Generated:
    """The patients of the seed and the cohort as they are on the day; UserError where the cohort names something unknown or is empty."""
    own = checked(vocabulary, cohort, as_of)
    return Generated(PATIENT, partial(draw.columns, vocabulary, own, seed_of(own, seed), as_of), gate)
