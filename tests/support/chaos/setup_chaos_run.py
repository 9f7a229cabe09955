"""One attempt of a set-up in a process of its own, which may be killed at any moment."""

import logging
import multiprocessing
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import great_expectations  # noqa: F401 - imported once, by the server from which the attempts are forked

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.direct_executor import DirectOptions
from seedbed.actions.runs.wait_for_targets import NO_WAIT, WaitLimits
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import SeedbedError
from seedbed.core.report import Report
from seedbed.logs import logging_to
from seedbed.settings import Settings
from seedbed.wiring import open_app_context

LOG = "run.log"
PRELOADED = [__name__, "tests.support.chaos.patient_chaos_run"]
log = logging.getLogger("seedbed.chaos")


@dataclass(frozen=True, slots=True)
class Order:
    """An attempt: the settings' values, the folder with data and rules, the root run, how long it waits (see `Patience`), its number."""

    values: Mapping[str, str]
    folder: Path
    run: str
    patience: WaitLimits = NO_WAIT
    attempt: int = 1


def start(order: Order) -> BaseProcess:
    """The attempt's process; it ends with 0 where the run is completed, and imports nothing on its way."""
    return started(attempt, order)


def import_all() -> None:
    """Pays for the imports before anything is timed."""
    started(len, ()).join()


def started(work: Callable[..., object], *arguments: object) -> BaseProcess:
    """A process that does the work; it is forked from one that has imported what attempts need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=work, args=arguments, daemon=True)
    process.start()
    return process


def attempt(order: Order) -> None:
    """What `seedbed setup --direct` does, for a run that has a name already; ends as `exit_with` says."""
    exit_after(lambda: _set_up(order), order.folder)


def exit_after(work: Callable[[], Report], folder: Path) -> None:
    """Does the work and exits with its code; 1 is a defect of ours. Its log is in the folder."""
    with logging_to(folder / LOG):
        try:
            report = work()
        except SeedbedError as error:
            log.error("attempt ended error=%s", error)  # noqa: TRY400 - the message says it all
            sys.exit(error.exit_code)
        except Exception:
            log.exception("attempt ended")
            sys.exit(1)
    sys.exit(report.error.exit_code if report.error else 0)


def house_of(order: Order) -> AppContext:
    """The house of the order's settings, in its folder."""
    settings = Settings(**order.values, is_local=True, SEEDBED_STATE_DIR=order.folder / ".seedbed")
    return replace(open_app_context(settings), root=order.folder)


def _set_up(order: Order) -> Report:
    house = house_of(order)
    request = SetupRequest(data_dirs=house.data_dirs)
    options = DirectOptions(order.patience, pause_s=0.2)
    return setup(house, Run(order.run, order.run, "setup", order.attempt), request, options)
