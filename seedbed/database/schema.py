"""The database's tables: made by migrations, and compared with what entities ask for."""

import io
from collections.abc import Iterable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from seedbed.core.spec import Entity
from seedbed.database.attempts import translated

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine) -> str:
    """Brings the database to the newest revision, one process at a time; returns the revision that it had before ('' if none)."""
    config = _config()
    try:
        with engine.begin() as connection:  # the lock ends with the transaction, however that ends
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('seedbed migrate'))"))
            before = revision(engine)
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS seedbed"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise translated(error, engine.url.render_as_string(hide_password=True)) from error
    return before


def migration_sql() -> str:
    """All migrations as one SQL script, for those who run DDL by hand."""
    out = io.StringIO()
    command.upgrade(_config(out), "head", sql=True)
    return "CREATE SCHEMA IF NOT EXISTS seedbed;\n" + out.getvalue()


def revision(engine: Engine) -> str:
    """The database's migration; '' where ours never ran."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('seedbed.migration')")).scalar() is None:
            return ""
        return str(connection.execute(text("SELECT version_num FROM seedbed.migration")).scalar() or "")


def _config(out: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=out) if out else Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def columns_of(engine: Engine) -> dict[str, set[str]]:
    """Each table of the search path and its columns."""
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = ANY(current_schemas(false))"
    found: dict[str, set[str]] = {}
    with engine.connect() as connection:
        for table, column in connection.execute(text(query)):
            found.setdefault(table, set()).add(column)
    return found


def unique_keys_of(engine: Engine) -> dict[str, set[tuple[str, ...]]]:
    """Each table's unique keys, as sorted column names."""
    query = """
        SELECT c.relname, array_agg(a.attname::text ORDER BY a.attname) FROM pg_index i
        JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
        WHERE i.indisunique AND i.indpred IS NULL AND c.relnamespace = ANY(SELECT oid FROM pg_namespace
        WHERE nspname = ANY(current_schemas(false))) GROUP BY c.relname, i.indexrelid
    """
    found: dict[str, set[tuple[str, ...]]] = {}
    with engine.connect() as connection:
        for table, names in connection.execute(text(query)):
            found.setdefault(table, set()).add(tuple(names))
    return found


def what_is_missing(engine: Engine, entities: Iterable[Entity]) -> list[str]:
    """Sentences on tables, columns and keys that the entities need and the database lacks."""
    columns, keys = columns_of(engine), unique_keys_of(engine)
    missing: list[str] = []
    for entity in entities:
        if entity.relation not in columns:
            missing.append(f"table {entity.relation} is missing")
            continue
        absent = [c.name for c in entity.columns if c.name not in columns[entity.relation]]
        missing += [f"{entity.relation} lacks the column {name}" for name in absent]
        if not absent and tuple(sorted(entity.key)) not in keys.get(entity.relation, set()):
            missing.append(f"{entity.relation} has no unique key on {', '.join(entity.key)}")
    return missing
