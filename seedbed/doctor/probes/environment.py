"""Are all names set that the targets need?"""

from seedbed.core.environment import LOCAL_ENVIRONMENTS
from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, failed, passed

SET_THEM = "set them in the environment or in .env (see .env.sample)"


def examine(probe_context: ProbeContext) -> Check:
    """PASS where all are set, or none and the local stack is used; else the names that are missing."""
    found = probe_context.inputs.configuration
    if found.is_local:
        return passed("no target name is set: the local stack is used")
    missing = [name for name in found.required if name in found.unset]
    if not missing:
        return passed(f"all {len(found.required)} names are set")
    may_be_local = len(missing) == len(found.required) and found.environment in LOCAL_ENVIRONMENTS
    step = f"run `seedbed up` for the local stack, or {SET_THEM}" if may_be_local else SET_THEM
    return failed(f"not set: {', '.join(missing)}", step)
