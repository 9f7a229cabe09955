"""Options that several verbs share, under the first document's names."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from seedbed.logs import LIBRARY, LINE, BriefFormatter, logging_to
from seedbed.settings import ROOT

TERMINAL = "terminal"  # the name of what writes log lines there
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; the log goes to stderr.")]
Direct = Annotated[
    bool, typer.Option("--direct", help="Run in this process, without Prefect: nothing to see or retry in the UI.")
]
LogFile = Annotated[Path | None, typer.Option("--log-file", "-l", help="Path to a log file, appended to.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log detailed lines.")]


def from_here(folders: list[str]) -> list[str]:
    """The folders as absolute paths: on a command line a relative one is meant from where it is typed."""
    return [str(Path(folder).expanduser().absolute()) for folder in folders]


DataDirs = Annotated[
    list[str],
    typer.Option(
        "--data-dir",
        "-d",
        callback=from_here,
        help="Path to the data directory (default: the environment's own list, else data/); repeated: a later file stands "
        "for the same file before it, or corrects it, as a run's rejects do.",
    ),
]
OnDuplicate = Annotated[
    str, typer.Option("--on-duplicate", help="What happens to a row that exists and differs: skip or update.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Any skipped row fails the run (exit 3).")]
OnMissing = Annotated[
    str,
    typer.Option("--on-missing", help="What happens to rows of ours that the file no longer has: list or deactivate."),
]
UseBrakes = Annotated[
    bool,
    typer.Option("--brakes/--no-brakes", help="Leave an entity untouched that would skip or change too many rows."),
]
LetPass = Annotated[
    str, typer.Option("--let-pass", help="Comma-separated entities that the change limits do not stop in this run.")
]
WaitForTargets = Annotated[
    int, typer.Option("--wait-for-targets", min=0, help="Seconds to wait for unavailable targets.")
]
WaitForLease = Annotated[
    int,
    typer.Option("--wait-for-lease", min=0, help="Seconds to wait for another run that writes to the same database."),
]


@contextmanager
def logging_for_command(log_file: Path | None, *, verbose: bool) -> Iterator[None]:
    """Within it, log lines go to stderr, and to the file where one is given."""
    console = logging.StreamHandler(sys.stderr)
    console.set_name(TERMINAL)
    console.setFormatter(BriefFormatter(logging.Formatter(LINE)))
    library = logging.getLogger(LIBRARY)
    console.setLevel(logging.DEBUG if verbose else logging.WARNING)
    library.addHandler(console)
    try:
        with logging_to(ROOT / log_file if log_file else None, verbose=verbose):
            yield
    finally:
        library.removeHandler(console)


Parameters = ParamSpec("Parameters")


def as_command(verb: Callable[Parameters, int]) -> Callable[Parameters, None]:
    """The verb as a command: the code that it returns ends the process."""

    @wraps(verb)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        raise typer.Exit(verb(*args, **kwargs))

    return run
