"""A flow run on the page that lists runs, before it has a report."""

from contextlib import AbstractContextManager

from prefect.states import Cancelled, State

from seedbed.actions import index
from seedbed.actions.house import Run
from seedbed.wiring import house
from tasks import this_flow_run


def on_the_index(run: Run) -> AbstractContextManager[None]:
    """Within it the run stands there as begun, and after an error without a report with that error."""
    return index.on_the_index(house(), run, this_flow_run.link())


def called_off(run: Run, why: str) -> State[None]:
    """The last state of a run that is not worth starting any more; the page says so."""
    index.called_off(house(), run, why, this_flow_run.link())
    return Cancelled(message=why)
