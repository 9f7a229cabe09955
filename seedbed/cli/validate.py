"""`seedbed validate`: judges master data without loading it."""

import json
from typing import Annotated

import typer

from seedbed.actions.setup.setup_request import folders_of, names
from seedbed.actions.validate.run_validation import ValidateRequest, Validation
from seedbed.actions.validate.run_validation import validate as judge
from seedbed.cli.options import AsJson, DataDirs, LogFile, Verbose, as_command, logging_for_command
from seedbed.cli.run_deployment import exit_code_of
from seedbed.cli.setup import new_run
from seedbed.cli.show_validation import print_validation
from seedbed.content.suites import Language
from seedbed.core.errors import unknown_name
from seedbed.wiring import app_context

LANGUAGES: tuple[Language, ...] = ("en", "th")


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("validate")(as_command(validate))


def validate(
    data_dir: DataDirs = [],  # noqa: B006 - typer copies it
    entities: Annotated[
        str, typer.Option("--entities", help="Comma-separated entities (default: all with a file).")
    ] = "",
    modules: Annotated[str, typer.Option("--modules", help="Comma-separated modules.")] = "",
    against: Annotated[
        str | None, typer.Option("--against", help="A git revision: list the rows that differ from it.")
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Language of messages and page: en or th.")] = "en",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as well (exit 3).")] = False,
    as_json: AsJson = False,
    log_file: LogFile = None,
    verbose: Verbose = False,
) -> int:
    """Judge CSV files without loading them; needs no server."""
    live = app_context()
    request = ValidateRequest(
        entities=names(entities),
        modules=names(modules),
        data_dirs=folders_of(data_dir, root=live.root, data_dirs=live.data_dirs),
        against=against,
        language=_language(language),
        strict=strict,
        is_all=not data_dir,
    )
    with logging_for_command(log_file, verbose=verbose):
        done = judge(live, new_run("validate"), request)
    return show_validation_result(done, as_json=as_json)


def show_validation_result(done: Validation, *, as_json: bool) -> int:
    """Prints what was found; returns the exit code that it means."""
    if as_json:
        print(json.dumps(done.to_json(), ensure_ascii=False))
    else:
        print_validation(done)
    return exit_code_of(done.report)


def _language(given: str) -> Language:
    for language in LANGUAGES:
        if given.strip().lower() == language:
            return language
    raise unknown_name("value of --language", given, LANGUAGES)
