"""The datasets that Seedbed knows, one line each. This module alone imports them; everything else looks them up here.

dataset = DATASETS["hospital"]
entity = ENTITIES["nationality"]
"""

from collections.abc import Mapping

from seedbed.core.dataset import Dataset, put_together
from seedbed.datasets.hospital.hospital import HOSPITAL

DATASETS: Mapping[str, Dataset] = {HOSPITAL.name: HOSPITAL}

REGISTERED = put_together(DATASETS)
ENTITIES, GENERATED = REGISTERED.entities, REGISTERED.generated
MODULES, ALIASES = REGISTERED.modules, REGISTERED.aliases

# What the verb `gen-mock` and the key `patients` of environment files generate.
MOCK_DATASET = DATASETS["hospital"]
PATIENTS = MOCK_DATASET.generators["patient"]
PATIENT = PATIENTS.entity
