"""Set-up: the chosen modules or entities from CSV into their targets."""

from typing import Any, Literal

from prefect import flow

from seedbed.logs import logging_to
from seedbed.settings import ROOT
from tasks.naming import run_name
from tasks.pipeline import run_setup
from tasks.request import path_or_none, request_of


@flow(name="setup", flow_run_name=run_name, validate_parameters=True)
def setup_hospital(
    mode: Literal["all", "modules", "entity"] = "all",
    modules: list[str] | str = "",
    entities: list[str] | str = "",
    data_dir: list[str] | str = "data",
    on_duplicate: Literal["skip", "update"] = "skip",
    strict: bool = False,
    dry_run: bool = False,
    log_file: str | None = None,
    verbose: bool = False,
) -> Any:
    """Loads hospital master data.

    Args:
        mode: everything, some modules, or some entities.
        modules: with mode 'modules': their names, as a list or comma text.
        entities: with mode 'entity': their names, as a list or comma text.
        data_dir: the folder of CSV files; further ones hold corrections.
        on_duplicate: what happens to a row that exists and differs: left as it is (skip) or changed (update).
        strict: whether any skipped row fails the run.
        dry_run: say what would happen, and touch nothing.
        log_file: a file that the log is appended to.
        verbose: whether detailed lines are logged.
    """
    request = request_of(
        mode=mode,
        modules=modules,
        entities=entities,
        data_dir=data_dir,
        on_duplicate=on_duplicate,
        strict=strict,
        dry_run=dry_run,
    )
    with logging_to(path_or_none(log_file, ROOT), verbose=verbose):
        return run_setup("setup", request)
