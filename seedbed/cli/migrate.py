"""`seedbed migrate`: the database's tables."""

from typing import Annotated

import typer

from seedbed.cli.options import exiting
from seedbed.database.schema import migrate as run_migrations
from seedbed.database.schema import migration_sql, revision
from seedbed.wiring import house


def register(app: typer.Typer) -> None:
    """Adds the verb."""
    app.command("migrate")(exiting(migrate))


def migrate(sql: Annotated[bool, typer.Option("--sql", help="Print the SQL and change nothing.")] = False) -> int:
    """Bring the database's tables to the newest revision."""
    if sql:
        print(migration_sql())
        return 0
    house().target("postgres")
    database = house().database()
    before = run_migrations(database.engine)
    print(
        f"{database.address}: revision {revision(database.engine)}" + (f" (was {before})" if before else " (was empty)")
    )
    return 0
