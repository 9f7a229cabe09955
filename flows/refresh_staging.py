"""The main job: health checks, all master data into its targets, audit, report."""

from typing import Any, Literal

from prefect import flow

from seedbed.logs import logging_to
from seedbed.settings import ROOT
from tasks.naming import run_name
from tasks.pipeline import run_setup
from tasks.request import path_or_none, request_of


@flow(name="refresh-staging", flow_run_name=run_name, validate_parameters=True)
def refresh_staging(
    on_duplicate: Literal["skip", "update"] = "update",
    data_dir: list[str] | str = "data",
    strict: bool = False,
    log_file: str | None = None,
    verbose: bool = False,
) -> Any:
    """Brings staging's hospital master data to the state of the CSV files, and proves it.

    Args:
        on_duplicate: what happens to a row that exists and differs: left as it is (skip) or changed (update).
        data_dir: the folder of CSV files; further ones hold corrections.
        strict: whether any skipped row fails the run.
        log_file: a file that the log is appended to.
        verbose: whether detailed lines are logged.
    """
    request = request_of(mode="all", data_dir=data_dir, on_duplicate=on_duplicate, strict=strict)
    with logging_to(path_or_none(log_file, ROOT), verbose=verbose):
        return run_setup("refresh", request, with_doctor=True)
