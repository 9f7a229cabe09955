"""How far long work has come, for whoever watches in this process: a bar on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[int], None]
_watching: list[Tell] = []


def tell(done: int) -> None:
    """So many more are done."""
    for watcher in tuple(_watching):
        watcher(done)


@contextmanager
def watched(by: Tell) -> Iterator[None]:
    """Within it, `by` is told of all progress in this process, from whichever thread."""
    _watching.append(by)
    try:
        yield
    finally:
        _watching.remove(by)
