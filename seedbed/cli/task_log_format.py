"""What the terminal shows of a run that Prefect executes in this process: a line for each task that ends or waits."""

import copy
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager

from seedbed.cli.options import TERMINAL
from seedbed.core.errors import SeedbedError
from seedbed.logs import LIBRARY, has_seedbed_error, is_verbose

TASKS, FLOWS = "prefect.task_runs", "prefect.flow_runs"


class TaskLogFormatter(logging.Formatter):
    """A task's line with its name, in Prefect's words; of one that waits for its next try: our error. Any other line as it is logged."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = copy.copy(record)
        line.msg, line.args = _words(record), ()
        return super().format(line)


def _words(record: logging.LogRecord) -> str:
    said = record.getMessage()
    if record.name != TASKS:
        return said if record.name == FLOWS else f"{record.levelname} {record.name} {said}"
    name = getattr(record, "task_run_name", "")
    match record.args:  # what Prefect fills into its line on a task that is tried again
        case (_, SeedbedError() as error, tried, most, starts):
            return f"  {name}: waits, retry {tried} of {most} starts {starts}: {error.message}"
    return f"  {name}: {said}"


def is_shown_on_console(record: logging.LogRecord) -> bool:
    """Whether Prefect's console shows the line: our own have another, and an error of ours is told by its task, and at the end."""
    if is_ours(record) or has_seedbed_error(record):
        return False
    return record.levelno >= (logging.INFO if record.name == TASKS else logging.WARNING)


def is_ours(record: logging.LogRecord) -> bool:
    """Whether one of our own loggers has the line."""
    return record.name == LIBRARY or record.name.startswith(f"{LIBRARY}.")


@contextmanager
def console_filters(consoles: Iterable[logging.Handler]) -> Iterator[None]:
    """Within it the terminal shows what is news; with detailed lines, all that is logged, once. `consoles`: Prefect's."""
    own = [one for one in logging.getLogger(LIBRARY).handlers if one.name == TERMINAL]
    with ExitStack() as until:
        for console in consoles:
            _filter(until, console, _is_not_ours if is_verbose() else is_shown_on_console)
            if not is_verbose():
                until.callback(console.setFormatter, console.formatter)
                console.setFormatter(TaskLogFormatter())
        if not is_verbose():
            for console in own:
                _filter(until, console, _is_untold)
        yield


def _filter(until: ExitStack, console: logging.Handler, wanted: Callable[[logging.LogRecord], bool]) -> None:
    console.addFilter(wanted)
    until.callback(console.removeFilter, wanted)


def _is_not_ours(record: logging.LogRecord) -> bool:
    return not is_ours(record)


def _is_untold(record: logging.LogRecord) -> bool:
    return not has_seedbed_error(record)
