"""One attempt of gen-mock in a process of its own, which may be killed at any moment."""

import time
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import PatientRequest
from seedbed.actions.generate.run_gen_mock import gen_mock
from seedbed.actions.runs.direct_executor import DirectOptions
from seedbed.core.report import Report
from seedbed.datasets.hospital.patients.cohort import REFERENCE
from seedbed.targets.demographic_api.target import DemographicApi
from tests.support.chaos.setup_chaos_run import Order, exit_after, house_of, started


@dataclass(frozen=True, slots=True)
class PatientOrder:
    """An attempt, the patients that it is asked for, and the share of its usual pauses that a client makes before it tries again."""

    order: Order
    request: PatientRequest
    pace: float = 1.0


def start(patients: PatientOrder) -> BaseProcess:
    """The attempt's process; it ends with 0 where the run is completed."""
    return started(attempt, patients)


def attempt(patients: PatientOrder) -> None:
    """What `seedbed gen-mock --direct` does, for a run that has a name already; exits with its code."""
    exit_after(lambda: _made(patients), patients.order.folder)


def _made(patients: PatientOrder) -> Report:
    order = patients.order
    house, run = hurried(house_of(order), patients.pace), Run(order.run, order.run, "gen-mock", order.attempt)
    return gen_mock(house, run, patients.request, REFERENCE, DirectOptions(order.patience, pause_s=0.2))


def hurried(house: AppContext, pace: float) -> AppContext:
    """The house, whose API is tried again after this share of the usual pauses."""
    api = house.registrar()
    assert isinstance(api, DemographicApi)
    client = replace(api.client, sleep=lambda pause_s: time.sleep(pause_s * pace))
    hurrying = replace(api, client=client)
    return replace(house, registrar=lambda: hurrying)
