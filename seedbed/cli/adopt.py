"""`seedbed adopt`: these targets are ours to fill."""

import json
import sys
from typing import Annotated

import typer

from seedbed.actions.environments.register_environment import adopt as put_mark
from seedbed.actions.environments.register_environment import prepare_adoption
from seedbed.cli.options import AsJson, as_command
from seedbed.cli.show_reports import print_targets
from seedbed.settings import read_settings
from seedbed.wiring import open_app_context

Name = Annotated[str, typer.Argument(help="The environment, as its file in deployments/environments is called.")]


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("adopt")(as_command(adopt))


def adopt(name: Name, as_json: AsJson = False) -> int:
    """Adopt an environment's targets: asks for the database's name, and puts our mark there."""
    live = open_app_context(read_settings(environment=name))
    adoption = prepare_adoption(live)
    print_targets(adoption.environment, adoption.targets)
    print(f"adopt {adoption.what_it_does}.", file=sys.stderr)
    print("Type the database's name to go on: ", end="", file=sys.stderr, flush=True)
    typed = sys.stdin.readline()
    if not sys.stdin.isatty() or not typed.endswith("\n"):
        print(file=sys.stderr)  # only a terminal shows what was typed, and ends the line
    put_mark(live, adoption, typed)
    live.database().close()
    if as_json:
        said = {"environment": name, "database": adoption.identity.name, "targets": dict(adoption.targets)}
        print(json.dumps({"verb": "adopt", "state": "completed", **said}))
    else:
        print(f"database '{adoption.identity.name}' is adopted for '{name}'")
    return 0
