"""Does the health endpoint of an API answer?"""

from collections.abc import Callable

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, passed


def pinging(target: str) -> Callable[[ProbeContext], Check]:
    """The probe of that target's ping: PASS where it can be reached."""

    def examine(probe_context: ProbeContext) -> Check:
        return passed(probe_context.inputs.pings[target].ask(probe_context.timeout_s))

    return examine
