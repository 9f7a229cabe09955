"""The command `seedbed`: its verbs, and how an error becomes a message and an exit code."""

import io
import json
import logging
import os
import sys

import typer
from typer.exceptions import TyperException

from seedbed.cli import (
    adopt,
    cleanup,
    deploy,
    doctor,
    explain_error,
    gen_mock,
    migrate,
    notify,
    refresh,
    setup,
    show_runs,
    stack,
    validate,
)
from seedbed.cli.show_reports import print_error
from seedbed.core.errors import SeedbedError, UserError, exit_code, failure_of
from seedbed.core.report import RunFailure

app = typer.Typer(
    name="seedbed",
    help="Keeps a hospital group's staging systems supplied with data.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
for verb in (
    setup,
    refresh,
    gen_mock,
    cleanup,
    validate,
    doctor,
    migrate,
    adopt,
    deploy,
    notify,
    show_runs,
    explain_error,
    stack,
):
    verb.register(app)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; the exit code says which kind of error ended it (docs/cli.md has the table)."""
    logging.captureWarnings(True)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # Thai on a terminal that cannot show it is no reason to stop
    given = sys.argv[1:] if arguments is None else arguments
    verb = next((word for word in given if not word.startswith("-")), "")
    try:
        return _run(given)
    except OSError as error:
        if not _stdout_is_lost():
            raise
        return _say_lost(error)
    except SeedbedError as error:
        _say(error, as_json="--json" in given, verb=verb)
        return exit_code(error)
    except TyperException as error:
        return _say_usage(error, as_json="--json" in given, verb=verb)


def _run(given: list[str]) -> int:
    code = int(app(args=given, prog_name="seedbed", standalone_mode=False) or 0)
    if sys.stdout:
        sys.stdout.flush()  # what cannot be written is said here, not after the end
    return code


def _stdout_is_lost() -> bool:
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _say_lost(error: OSError) -> int:
    """What was printed has no place, on a full disk for example: it is dropped, so that nothing tries again at the end."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    print_error(
        RunFailure("UserError", f"standard output cannot be written: {error.strerror}", "give it another place")
    )
    return UserError.exit_code


def _say_usage(error: TyperException, *, as_json: bool, verb: str) -> int:
    """An unknown verb or option: the library's message has the nearest one that exists."""
    message = error.format_message()
    if message.startswith("Usage:"):  # no verb at all: what it has to say is the help
        print(message, file=sys.stderr)
        return UserError.exit_code
    known = {command.name for command in app.registered_commands}
    step = f"seedbed {verb} --help" if verb in known else "seedbed --help"
    _say(UserError(message, next_step=step), as_json=as_json, verb=verb)
    return UserError.exit_code


def _say(error: SeedbedError, *, as_json: bool, verb: str) -> None:
    failure = failure_of(error)
    if as_json:
        print(json.dumps({"verb": verb, "state": "failed", "error": failure.to_json()}, ensure_ascii=False))
    print_error(failure)
