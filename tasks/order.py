"""What every step of an attempt is handed: values only, never tables or secrets."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from seedbed.actions.cleanup import CleanupRequest
from seedbed.actions.house import Run
from seedbed.actions.patient_request import PatientRequest
from seedbed.actions.select import SetupRequest
from seedbed.actions.waiting import Patience

Request = TypeVar("Request", SetupRequest, PatientRequest, CleanupRequest)


@dataclass(frozen=True)  # with slots a generic one cannot be made under its alias
class Order(Generic[Request]):
    """One attempt of a run: what was asked for, when the attempt began (seconds of the epoch), and how long it may wait."""

    run: Run
    request: Request
    began: float
    patience: Patience


SetupOrder = Order[SetupRequest]
PatientOrder = Order[PatientRequest]
CleanupOrder = Order[CleanupRequest]
