"""Does Prefect's API answer?"""

from seedbed.core.errors import Transient
from seedbed.core.report import Check
from seedbed.doctor.asking import ask
from seedbed.doctor.probe import Visit, passed

SETTING = "PREFECT_API_URL"


def examine(visit: Visit) -> Check:
    """PASS where the server says that it is well."""
    url = visit.clinic.prefect.api_url.rstrip("/")
    answer = ask(visit, "GET", f"{url}/health", setting=SETTING)
    if answer.status_code != 200:
        raise Transient(
            f"{url}/health answers {answer.status_code}",
            next_step=f"look into its log, or mend {SETTING}",
            code="target-unavailable",
        )
    return passed(f"{url} answers")
