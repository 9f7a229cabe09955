"""`seedbed up`, `down`, `status`, `env`: the local stack."""

import json
import shlex
import sys
from dataclasses import replace
from typing import Annotated

import typer

from seedbed.actions.diagnose import realm_roles_of
from seedbed.actions.permit import write_local_permit
from seedbed.cli.options import AsJson, as_command
from seedbed.core.errors import SeedbedError
from seedbed.core.setting_names import ENVIRONMENT_NAMES, text_of
from seedbed.database.engines import open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.datasets.registry import ENTITIES
from seedbed.settings import ROOT, read_settings
from seedbed.stack import StackOptions, StackStatus
from seedbed.stack import clean as clean_stack
from seedbed.stack import down as stop
from seedbed.stack import status as look
from seedbed.stack import up as start
from seedbed.targets.keycloak.user_rows import attribute_names
from seedbed.wiring import address_of

EXIT_BY_STATE = {"up": 0, "degraded": 1, "down": 1}


def register(app: typer.Typer) -> None:
    """Adds the verbs."""
    for verb in (up, down, status, env, clean):
        app.command(verb.__name__)(as_command(verb))


def options() -> StackOptions:
    """The stack that the settings name."""
    settings = read_settings()
    return StackOptions(
        ROOT, settings.SEEDBED_STATE_DIR, settings.SEEDBED_KEYCLOAK, prefect_auth=settings.SEEDBED_PREFECT_AUTH
    )


def with_realm(stack: StackOptions) -> StackOptions:
    """The same, its realm with what the shipped users need; a broken user.csv is set-up's to complain about, not the stack's."""
    user = ENTITIES["user"]
    try:
        roles = realm_roles_of(user, [ROOT / "data"], root=ROOT)
    except SeedbedError as error:
        say(f"the local realm gets no roles: {error}")
        roles = frozenset()
    return replace(stack, realm_roles=tuple(sorted(roles)), user_attributes=attribute_names(user))


def say(line: str) -> None:
    """Progress goes to stderr."""
    print(line, file=sys.stderr, flush=True)


def up(as_json: AsJson = False) -> int:
    """Start the local stack: PostgreSQL, sandbox, Prefect server and worker, reports. Harmless when it runs."""
    found = start(with_realm(options()), say)
    if found.state == "up":
        _make_tables()
    _print(found, as_json=as_json)
    return EXIT_BY_STATE[found.state]


def _make_tables() -> None:
    """The local stack's own database gets its tables, so that the first health check finds them."""
    settings = read_settings()
    if settings.is_local:
        database = open_database(address_of(settings))
        migrate_schema(database.engine, ENTITIES)
        write_local_permit(database)
        database.close()


def down(as_json: AsJson = False) -> int:
    """Stop what `up` started; the data stay."""
    _print(stop(options(), say) or look(options()), as_json=as_json)
    return 0


def status(as_json: AsJson = False) -> int:
    """Say which parts of the local stack run, and where."""
    found = look(options())
    _print(found, as_json=as_json)
    return EXIT_BY_STATE[found.state]


def clean() -> int:
    """Stop the local stack and remove its data."""
    clean_stack(options(), say)
    return 0


def env(
    as_json: AsJson = False, export: Annotated[bool, typer.Option(help="Write `export` before each line.")] = True
) -> int:
    """Print what psql, dbt or a notebook need to reach the targets. Holds secrets."""
    settings = read_settings()
    values = {name: text_of(getattr(settings, name)) for name in ENVIRONMENT_NAMES}
    values = {name: value for name, value in values.items() if value}
    if settings.environment:
        values["SEEDBED_ENV"] = settings.SEEDBED_ENV
    if as_json:
        print(json.dumps(values))
        return 0
    for name, value in values.items():
        print(f"{'export ' if export else ''}{name}={shlex.quote(value)}")
    return 0


def _print(found: StackStatus, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found.to_json()))
        return
    for part in found.parts:
        print(f"{part.state:<13}{part.name:<17}{part.url}")
    print(f"stack: {found.state}")
