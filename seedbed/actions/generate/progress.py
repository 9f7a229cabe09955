"""How far long work has come, for whoever watches in this process: a bar on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

ProgressListener = Callable[[str, int], None]
_watching: list[ProgressListener] = []


def report_progress(part: str, done: int) -> None:
    """So many of that part are done by now: a part that is tried again says how many were done before, too."""
    for watcher in tuple(_watching):
        watcher(part, done)


@contextmanager
def progress_listener(by: ProgressListener) -> Iterator[None]:
    """Within it, `by` is told of all progress in this process, from whichever thread."""
    _watching.append(by)
    try:
        yield
    finally:
        _watching.remove(by)
