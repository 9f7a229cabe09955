"""A bar on the terminal: how many patients are done, how many a second, and how long it will take."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seedbed.actions.generate.progress import progress_listener


@contextmanager
def bar(count: int | None) -> Iterator[None]:
    """Within it, progress is shown on stderr, if that is a terminal; `count`: None where nobody knows yet how many there will be."""
    console = Console(stderr=True)
    columns = (
        TextColumn("patients"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("patients", total=count, rate=0.0)
        parts: dict[str, int] = {}
        one_at_a_time = threading.Lock()

        def show(part: str, done: int) -> None:
            with one_at_a_time:
                parts[part] = done
                progress.update(task, completed=sum(parts.values()), rate=progress.tasks[0].speed or 0.0)

        with progress_listener(show):
            yield
