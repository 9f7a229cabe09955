"""`seedbed migrate`: the database's tables."""

import json
from typing import Annotated

import typer

from seedbed.actions.environments.migrate_tables import Migrated, migrate_tables, migration_script
from seedbed.cli.options import AsJson, as_command
from seedbed.wiring import app_context


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("migrate")(as_command(migrate))


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and change nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Make the tables that the database lacks; those that others made stay as they are."""
    if sql:
        script = migration_script(app_context())
        print(json.dumps({"verb": "migrate", "state": "completed", "sql": script}) if as_json else script)
        return 0
    done = migrate_tables(app_context())
    if as_json:
        plain: dict[str, object] = {
            "revision": done.revision,
            "before": done.before,
            "made": list(done.made),
            "columns": list(done.columns),
        }
        plain |= {"of_others": list(done.of_others), "differences": list(done.differences)}
        print(json.dumps({"verb": "migrate", "state": "completed", **plain}))
        return 0
    print(f"{done.address}: revision {done.revision} (was {done.before or 'empty'})")
    print(_counted(done))
    for sentence in done.differences:
        print(f"does not fit: {sentence}")
    return 0


def _counted(done: Migrated) -> str:
    """How much was made, and how much was there."""
    return (
        f"{len(done.made)} tables made, {len(done.columns)} columns added; "
        f"{len(done.of_others)} tables are others' and stay as they are"
    )
