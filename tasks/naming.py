"""What runs are called."""

from datetime import UTC, datetime

from prefect import runtime

from seedbed.actions.house import Run
from seedbed.actions.waiting import HOME

SHOWN = ("mode", "modules", "entities")


def scheduled() -> datetime:
    """When the run's first attempt was to start: a retry keeps it."""
    return runtime.flow_run.scheduled_start_time or datetime.now(UTC)


def run_name() -> str:
    """What the UI calls the run: what it does, on what, and when it was to start, in the hospital's time zone."""
    given = runtime.flow_run.parameters
    words = [str(given[name]) for name in SHOWN if given.get(name)]
    return " ".join([str(runtime.flow_run.flow_name), *words, f"{scheduled().astimezone(HOME):%Y-%m-%d %H:%M}"])


def this_run(verb: str) -> Run:
    """The run that this flow belongs to: its name is the first scheduled time in UTC and eight hex digits of the root run."""
    root = str(runtime.flow_run.root_flow_run_id or runtime.flow_run.id)
    return Run(root, f"{scheduled().astimezone(UTC):%Y%m%dT%H%M%S}-{root.replace('-', '')[:8]}", verb)
