"""Do this machine's and the token service's clocks agree? Tokens are valid between two times."""

from seedbed.core.report import Check
from seedbed.doctor.probe import ProbeContext, failed, passed, skipped, warned

WARN_S = 5
FAIL_S = 30
STEP = "set this machine's clock by NTP, or the token service's"


def examine(probe_context: ProbeContext) -> Check:
    """PASS up to 5 s apart, FAIL beyond 30 s."""
    ahead = probe_context.token().ahead_s
    if ahead is None:
        return skipped("the token service sends no Date")
    apart = abs(ahead)
    said = f"the token service's clock is {apart:.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"
    if apart > FAIL_S:
        return failed(said, STEP)
    return warned(said, STEP) if apart > WARN_S else passed(f"{apart:.0f} s apart from the token service's")
