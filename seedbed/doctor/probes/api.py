"""Does the health endpoint of an API answer?"""

from collections.abc import Callable

from seedbed.core.report import Check
from seedbed.doctor.probe import Visit, passed


def pinging(target: str) -> Callable[[Visit], Check]:
    """The probe of that target's ping: PASS where it can be reached."""

    def examine(visit: Visit) -> Check:
        return passed(visit.clinic.pings[target].ask(visit.timeout_s))

    return examine
