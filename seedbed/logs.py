"""Where log lines go: to a file beside the console, and how many of them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seedbed.core.errors import UserError

LINE = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
LIBRARY = "seedbed"
RUNS = "prefect"


@contextmanager
def logging_to(path: Path | None, *, verbose: bool = False) -> Iterator[None]:
    """Within it, what Seedbed and the run log is appended to the file too; `verbose` lets the detailed lines through."""
    library = logging.getLogger(LIBRARY)
    level = library.level
    library.setLevel(logging.DEBUG if verbose else logging.INFO)
    handler = _handler(path) if path else None
    for name in (LIBRARY, RUNS):
        if handler:
            logging.getLogger(name).addHandler(handler)
    try:
        yield
    finally:
        library.setLevel(level)
        if handler:
            for name in (LIBRARY, RUNS):
                logging.getLogger(name).removeHandler(handler)
            handler.close()


def let_lines_through() -> None:
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
            f"the log file {path} cannot be written: {error.strerror}", next_step="give another --log-file"
        ) from error
    handler.setFormatter(logging.Formatter(LINE))
    return handler
