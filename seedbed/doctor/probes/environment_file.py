"""Does the environment's file ask for what can be done? Otherwise the night finds it out."""

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS where there is none, or its folders, modules, targets and patients are there; else the key that is wrong."""
    return passed(probe_context.inputs.check_nightly_config())
