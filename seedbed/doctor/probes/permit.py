"""May we write to these targets?"""

from seedbed.core.errors import UserError
from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, failed, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS on the local stack, and where the database is adopted for our environment; else why not, and the step that mends it."""
    try:
        return passed(probe_context.inputs.permit(probe_context.timeout_s))
    except UserError as refusal:
        return failed(refusal.message, refusal.next_step)
