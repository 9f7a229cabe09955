"""gen-mock under faults and kill -9: what remains is compared with what a run makes that nothing disturbs."""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import time

from seedbed.actions.patient_request import PatientRequest
from seedbed.actions.waiting import Patience
from seedbed.core.environment import Profile
from seedbed.database.engines import Database
from seedbed.datasets.hospital.patients.cohort import REFERENCE
from seedbed.stack.postgres import Cluster
from tests.support.chaos import LAST_ATTEMPT, LOG, NO_FAULTS, Bed, Faults, Kill, Rows, Survived, bed, opened
from tests.support.chaos_run import Order, import_all
from tests.support.patient_chaos_run import PatientOrder, start
from tests.support.patient_schedules import API_TIMEOUT_S, Schedule
from tests.support.project import ROOT

SEED = 42
OFTEN_FOUND = ("hn", "ehrId")  # the server gives them out in the order of arrival
NOTHING_MAY_BE_SENT: Faults = (0, ({"path": "/demographic/patients", "method": "POST", "status": 403},))
UNDISTURBED_BED = 9_000


@dataclass(frozen=True, slots=True)
class Made:
    """What a run has made.

    `held`: the API's patients, as citizen id and what was sent; `listed`: the CSV's lines without the numbers that the server gives
    out in the order of arrival; `numbers`: citizen id -> hn and ehrId, at the API and in the CSV; `ledger`: rows by outcome.
    """

    held: Rows
    listed: Sequence[tuple[str, ...]]
    numbers: tuple[Mapping[str, tuple[str, str]], Mapping[str, tuple[str, str]]]
    ledger: Mapping[str, int]
    seconds: float = 0.0

    @property
    def checksums(self) -> tuple[str, str]:
        """SHA-256 of what the API holds, and of what the CSV lists."""
        return digest(sorted(self.held.elements())), digest(self.listed)
