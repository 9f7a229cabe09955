"""The doctor as a flow: every health check, now or every hour."""

from typing import Any

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.states import Completed

from seedbed.core.errors import UserError
from tasks.run_names import run_name
from tasks.steps import run_doctor


@flow(name="doctor", flow_run_name=run_name)
def check_targets() -> Any:
    """Runs every health check; fails where one fails, with its cause and next step."""
    checks = run_doctor()
    create_table_artifact(key="checks", table=checks, description="Health checks")
    bad = [check for check in checks if check["status"] == "FAIL"]
    if bad:
        raise UserError(
            f"{len(bad)} checks failed, first {bad[0]['name']}: {bad[0]['message']}",
            next_step=bad[0]["next"],
            code="checks-failed",
        )
    return Completed(message=f"{len(checks)} checks, none failed", data=checks)
