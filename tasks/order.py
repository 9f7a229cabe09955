"""What every step of an attempt is handed: values only, never tables or secrets."""

from dataclasses import dataclass

from seedbed.actions.house import Run
from seedbed.actions.select import SetupRequest
from seedbed.actions.waiting import Patience


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of a run: what was asked for, when the attempt began (seconds of the epoch), and how long it may wait."""

    run: Run
    request: SetupRequest
    began: float
    patience: Patience
