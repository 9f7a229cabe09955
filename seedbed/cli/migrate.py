"""`seedbed migrate`: the database's tables."""

import json
from typing import Annotated

import typer

from seedbed.cli.options import AsJson, exiting
from seedbed.database.schema import migrate as run_migrations
from seedbed.database.schema import migration_sql, revision
from seedbed.wiring import house


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("migrate")(exiting(migrate))


def migrate(
    sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and change nothing.")] = False,
    as_json: AsJson = False,
) -> int:
    """Bring the database's tables to the newest revision."""
    if sql:
        script = migration_sql()
        print(json.dumps({"verb": "migrate", "state": "completed", "sql": script}) if as_json else script)
        return 0
    house().target("postgres")
    database = house().database()
    before = run_migrations(database.engine)
    now = revision(database.engine)
    if as_json:
        print(json.dumps({"verb": "migrate", "state": "completed", "revision": now, "before": before}))
    else:
        print(f"{database.address}: revision {now} (was {before or 'empty'})")
    return 0
