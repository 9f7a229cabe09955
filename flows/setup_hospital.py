"""Set-up: the chosen modules or entities from CSV into their targets."""

from typing import Any, Literal

from prefect import flow

from seedbed.actions.runs.wait_for_targets import WaitLimits
from seedbed.logs import logging_to
from seedbed.settings import ROOT
from tasks.flow_parameters import Seconds, path_or_none, setup_request_from_parameters
from tasks.run_flow import run_setup
from tasks.run_names import run_name


@flow(name="setup", flow_run_name=run_name, validate_parameters=True)
def setup_hospital(
    mode: Literal["all", "modules", "entity"] = "all",
    modules: list[str] | str = "",
    entities: list[str] | str = "",
    data_dir: list[str] | str = "",
    on_duplicate: Literal["skip", "update"] = "skip",
    strict: bool = False,
    dry_run: bool = False,
    log_file: str | None = None,
    verbose: bool = False,
    on_missing: Literal["list", "deactivate"] = "list",
    brakes: bool = False,
    let_pass: list[str] | str = "",
    wait_for_targets: Seconds = 300,
    wait_for_lease: Seconds = 0,
) -> Any:
    """Loads hospital master data.

    Args:
        mode: everything, some modules, or some entities.
        modules: with mode 'modules': their names, as a list or comma text.
        entities: with mode 'entity': their names, as a list or comma text.
        data_dir: the folder of CSV files, further ones hold corrections; empty: the environment's own list, else data.
        on_duplicate: what happens to a row that exists and differs: left as it is (skip) or changed (update).
        strict: whether any skipped row fails the run.
        dry_run: say what would happen, and touch nothing.
        log_file: a file that the log is appended to.
        verbose: whether detailed lines are logged.
        on_missing: what happens to rows that we wrote and the file no longer has: listed, or set inactive (deactivate).
        brakes: whether an entity that would skip or change too many rows is left untouched.
        let_pass: entities that no brake stops in this run, as a list or comma text.
        wait_for_targets: seconds that a target which is away is waited for, from the attempt's start.
        wait_for_lease: seconds that another run which writes to the same database is waited for.
    """
    request = setup_request_from_parameters(
        mode=mode,
        modules=modules,
        entities=entities,
        data_dir=data_dir,
        on_duplicate=on_duplicate,
        strict=strict,
        dry_run=dry_run,
        on_missing=on_missing,
        brakes=brakes,
        let_pass=let_pass,
    )
    with logging_to(path_or_none(log_file, ROOT), verbose=verbose):
        return run_setup(request, WaitLimits(wait_for_targets, wait_for_lease))
