"""Does Prefect's API answer?"""

from seedbed.core.errors import Transient
from seedbed.core.report import Check
from seedbed.doctor.http import PREFECT_SETTING, ask_prefect
from seedbed.doctor.probe import ProbeContext, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS where the server says that it is well."""
    url = probe_context.inputs.prefect.api_url.rstrip("/")
    answer = ask_prefect(probe_context, "GET", "/health")
    if answer.status_code != 200:
        raise Transient(
            f"{url}/health answers {answer.status_code}",
            next_step=f"look into its log, or mend {PREFECT_SETTING}",
            code="target-unavailable",
        )
    return passed(f"{url} answers")
