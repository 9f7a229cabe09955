"""Cleanup: what a run created at the APIs and in Keycloak is taken away again."""

from typing import Any

from prefect import flow

from seedbed.actions.cleanup.run_cleanup import CleanupRequest
from tasks.run_flow import run_cleanup
from tasks.run_names import run_name


@flow(name="cleanup", flow_run_name=run_name, validate_parameters=True)
def cleanup_run(run: str = "", dry_run: bool = False) -> Any:
    """Removes the patients and Keycloak users that one run created, and nothing that was there before.

    Rows that set-up loaded into PostgreSQL are not touched.

    Args:
        run: the run's name as its report has it, its beginning or its last eight characters.
        dry_run: say what would be removed, and touch nothing.
    """
    return run_cleanup(CleanupRequest(run, dry_run))
