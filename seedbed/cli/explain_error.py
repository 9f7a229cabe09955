"""`seedbed explain-error`: an entry of the runbook."""

import json
from typing import Annotated

import typer

from seedbed.cli.options import AsJson, as_command
from seedbed.content.runbook import find_entry
from seedbed.settings import ROOT


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("explain-error")(as_command(explain_error))


def explain_error(
    code: Annotated[str, typer.Argument(help="The code of an error, a check or a skipped row.")],
    as_json: AsJson = False,
) -> int:
    """Print what an error code means and what to do about it."""
    entry = find_entry(ROOT, code)
    if as_json:
        plain = {"verb": "explain-error", "state": "completed", "codes": list(entry.codes), "text": entry.text}
        print(json.dumps(plain, ensure_ascii=False))
    else:
        print(f"{', '.join(entry.codes)}\n{entry.text}")
    return 0
