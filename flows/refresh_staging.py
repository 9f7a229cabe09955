"""The main job: health checks, all master data into its targets, audit, report."""

from typing import Any, Literal

from prefect import flow

from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.logs import logging_to
from seedbed.settings import ROOT
from tasks.flow_parameters import Seconds, path_or_none, setup_request_from_parameters
from tasks.run_flow import run_refresh
from tasks.run_names import run_name


@flow(name="refresh-staging", flow_run_name=run_name, validate_parameters=True)
def refresh_staging(
    on_duplicate: Literal["skip", "update"] = "update",
    data_dir: list[str] | str = "",
    strict: bool = False,
    log_file: str | None = None,
    verbose: bool = False,
    on_missing: Literal["list", "deactivate"] = "list",
    brakes: bool = False,
    let_pass: list[str] | str = "",
    wait_for_targets: Seconds = 300,
    wait_for_lease: Seconds = 0,
) -> Any:
    """Brings staging's hospital master data to the state of the CSV files, and proves it.

    Args:
        on_duplicate: what happens to a row that exists and differs: left as it is (skip) or changed (update).
        data_dir: the folder of CSV files, further ones hold corrections; empty: the environment's own list, else data.
        strict: whether any skipped row fails the run.
        log_file: a file that the log is appended to.
        verbose: whether detailed lines are logged.
        on_missing: what happens to rows that we wrote and the file no longer has: listed, or set inactive (deactivate).
        brakes: whether an entity that would skip or change too many rows is left untouched.
        let_pass: entities that no brake stops in this run, as a list or comma text.
        wait_for_targets: seconds that a target which is away is waited for, from the attempt's start.
        wait_for_lease: seconds that another run which writes to the same database is waited for.
    """
    request = setup_request_from_parameters(
        mode="all",
        data_dir=data_dir,
        on_duplicate=on_duplicate,
        strict=strict,
        on_missing=on_missing,
        brakes=brakes,
        let_pass=let_pass,
    )
    with logging_to(path_or_none(log_file, ROOT), verbose=verbose):
        return run_refresh(request, WaitLimits(wait_for_targets, wait_for_lease))
