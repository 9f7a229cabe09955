"""A flow run on the page that lists runs, before it has a report."""

import logging
from contextlib import AbstractContextManager

from prefect.states import Cancelled, State

from seedbed.actions import index
from seedbed.actions.house import Run
from seedbed.core.errors import SeedbedError
from seedbed.wiring import house
from tasks import this_flow_run

log = logging.getLogger("seedbed.listing")  # Prefect's UI shows the lines of loggers below seedbed


def on_the_index(run: Run) -> AbstractContextManager[None]:
    """Within it the run stands there as begun, and after an error without a report with that error."""
    return index.on_the_index(house(), run, this_flow_run.link())


def called_off(run: Run, why: str) -> State[None]:
    """The last state of a run that is not worth starting any more; the page says so, where the house can be opened."""
    try:
        index.called_off(house(), run, why, this_flow_run.link())
    except SeedbedError as error:
        # What is wrong with the settings fails the runs that need them, not one that does nothing.
        log.warning("the page of runs does not have this one error=%s", error)
    return Cancelled(message=why)
