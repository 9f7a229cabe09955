"""Does the environment's file ask for what can be done? Otherwise the night finds it out."""

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, passed


def examine(visit: ProbeContext) -> Check:
    """PASS where there is none, or its folders, modules, targets and patients are there; else the key that is wrong."""
    return passed(visit.inputs.check_nightly_config())
