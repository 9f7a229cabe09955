"""A bar on the terminal: how many patients are done, how many a second, and how long it will take."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from seedbed.actions.progress import watched


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

        def advance(done: int) -> None:
            progress.advance(task, done)
            progress.update(task, rate=progress.tasks[0].speed or 0.0)

        with watched(advance):
            yield
