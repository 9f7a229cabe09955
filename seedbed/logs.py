"""Where log lines go: to a file beside the console, how many of them, and who is shown the traceback of an error."""

import copy
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.core.errors import SeedbedError, UserError

LINE = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
LIBRARY = "seedbed"
RUNS = "prefect"


class BriefFormatter(logging.Formatter):
    """What another formatter makes of a line, without the traceback where it tells of one of our own errors: its words say what, where
    and the next step. An error that is not ours keeps its traceback, and so do all when detailed lines are logged.
    """

    def __init__(self, whole: logging.Formatter) -> None:
        super().__init__()
        self.whole = whole

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if not has_seedbed_error(record) or is_verbose():
            return self.whole.format(record)
        line = copy.copy(record)
        line.exc_info = line.exc_text = None
        return self.whole.format(line)


class RunNameFormatter(logging.Formatter):
    """A file's lines: each that Prefect logs of a task or a flow names its run."""

    def __init__(self) -> None:
        super().__init__(LINE)

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = copy.copy(record)
        line.name = getattr(record, "task_run_name", None) or getattr(record, "flow_run_name", None) or record.name
        return super().format(line)


def has_seedbed_error(record: logging.LogRecord) -> bool:
    """Whether the line comes with the traceback of an error of our own tree."""
    return record.exc_info is not None and isinstance(record.exc_info[1], SeedbedError)


def is_verbose() -> bool:
    """Whether detailed lines are logged now."""
    return logging.getLogger(LIBRARY).isEnabledFor(logging.DEBUG)


@contextmanager
def logging_to(path: Path | None, *, verbose: bool = False) -> Iterator[None]:
    """Within it, what Seedbed and the run log is appended to the file too, and so is the traceback of the error that ends it;
    `verbose` lets the detailed lines through.
    """
    library = logging.getLogger(LIBRARY)
    level = library.level
    library.setLevel(logging.DEBUG if verbose else logging.INFO)
    handler = _handler(path) if path else None
    for name in (LIBRARY, RUNS):
        if handler:
            logging.getLogger(name).addHandler(handler)
    try:
        yield
    except Exception:
        if handler:
            told = library.makeRecord(LIBRARY, logging.ERROR, __file__, 0, "ended with an error", (), sys.exc_info())
            handler.handle(told)
        raise
    finally:
        library.setLevel(level)
        if handler:
            for name in (LIBRARY, RUNS):
                logging.getLogger(name).removeHandler(handler)
            handler.close()


def enable_info_logging() -> None:
    """What Seedbed logs is heard in a process that has no flow and only executes steps."""
    library = logging.getLogger(LIBRARY)
    if library.level == logging.NOTSET:
        library.setLevel(logging.INFO)


def _handler(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"the log file {path} cannot be written: {error.strerror}",
            next_step="give another --log-file",
            code="output-not-writable",
        ) from error
    handler.setFormatter(RunNameFormatter())
    return handler
