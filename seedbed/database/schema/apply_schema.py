"""The database's tables: schema `seedbed` is brought to its newest migration, and entities get the tables that are absent."""

import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from seedbed.core.errors import DataError
from seedbed.core.spec import Entity, sort_by_dependency
from seedbed.database.cursor import Cursor
from seedbed.database.driver_errors import translate_database_error
from seedbed.database.schema.catalog import StoredTable, read_tables, tables_with_rows
from seedbed.database.schema.ddl import add_columns, column_type, create_table, definitions
from seedbed.database.sql_names import quote_identifier, quote_relation, regclass_text, sql_literal

MIGRATIONS = Path(__file__).parent.parent / "migrations"
NO_TABLES: Mapping[str, StoredTable] = {}


def migrate_schema(engine: Engine, entities: Mapping[str, Entity]) -> str:
    """Brings schema `seedbed` to the newest revision and makes what the entities' tables lack, one process at a time.

    Returns the revision before ('' if none). Tables that others made are left as they are.
    """
    config = _config()
    try:
        with engine.begin() as connection:  # the lock ends with the transaction, however that ends
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('seedbed migrate'))"))
            before = _revision(connection)
            connection.execute(text("CREATE SCHEMA IF NOT EXISTS seedbed"))
            config.attributes |= {"connection": connection, "before": before}
            command.upgrade(config, "head")
            cursor: Cursor = connection.connection.cursor()
            for statement in _lacking(_found(cursor, entities), entities):
                cursor.execute(statement)
    except (DBAPIError, psycopg2.Error) as error:
        raise translate_database_error(error, engine.url.render_as_string(hide_password=True)) from error
    return before


def migration_sql(entities: Mapping[str, Entity], engine: Engine | None = None) -> str:
    """What `migrate` would do, as one SQL script for those who run DDL by hand; without an engine all of it."""
    found, before = _Found(NO_TABLES, frozenset(), frozenset()), ""
    if engine is not None:
        try:
            with engine.begin() as connection:
                before, found = _revision(connection), _found(connection.connection.cursor(), entities)
        except (DBAPIError, psycopg2.Error) as error:
            raise translate_database_error(error, engine.url.render_as_string(hide_password=True)) from error
    tables = "\n\n".join(_lacking(found, entities))
    return _ledger_sql(before) + (f"BEGIN;\n\n{tables}\n\nCOMMIT;\n" if tables else "")


def _ledger_sql(before: str) -> str:
    if before == newest_revision():
        return ""
    out = io.StringIO()
    config = _config(out)
    config.attributes["before"] = before
    command.upgrade(config, f"{before or 'base'}:head", sql=True)
    return "CREATE SCHEMA IF NOT EXISTS seedbed;\n" + out.getvalue()


def revision(engine: Engine) -> str:
    """The database's migration; '' where ours never ran."""
    try:
        with engine.connect() as connection:
            return _revision(connection)
    except DBAPIError as error:
        raise translate_database_error(error, engine.url.render_as_string(hide_password=True)) from error


def list_own_tables(engine: Engine) -> frozenset[str]:
    """The places (schema.table) of the tables that our migrations made."""
    try:
        with engine.connect() as connection:
            return frozenset(connection.execute(text("SELECT relation FROM seedbed.made")).scalars())
    except DBAPIError as error:
        raise translate_database_error(error, engine.url.render_as_string(hide_password=True)) from error


def newest_revision() -> str:
    """The migration that this code works with."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _revision(connection: Connection) -> str:
    if connection.execute(text("SELECT to_regclass('seedbed.migration')")).scalar() is None:
        return ""
    return str(connection.execute(text("SELECT version_num FROM seedbed.migration")).scalar() or "")


def _config(out: io.StringIO | None = None) -> Config:
    config = Config(output_buffer=out) if out else Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@dataclass(frozen=True, slots=True)
class _Found:
    """What is there: tables by the entities' relations, the places of those that we made, and of these the ones that hold rows."""

    tables: Mapping[str, StoredTable]
    made: Collection[str]
    filled: Collection[str]

    def is_ours(self, relation: str) -> bool:
        """Whether we made the table, or are about to."""
        return relation not in self.tables or self.tables[relation].qualified_name in self.made


def _found(cursor: Cursor, entities: Mapping[str, Entity]) -> _Found:
    tables = read_tables(cursor, [e.relation for e in entities.values() if e.target == "postgres"])
    cursor.execute("SELECT to_regclass('seedbed.made')")
    if cursor.fetchone()[0] is None:
        return _Found(tables, frozenset(), frozenset())
    cursor.execute("SELECT relation FROM seedbed.made")
    made = frozenset(place for (place,) in cursor.fetchall())
    ours = [name for name, table in tables.items() if table.qualified_name in made]
    with_rows = tables_with_rows(cursor, [quote_relation(name) for name in ours])
    return _Found(tables, made, frozenset(name for name in ours if quote_relation(name) in with_rows))


def _lacking(found: _Found, entities: Mapping[str, Entity]) -> Iterator[str]:
    """The statements that make what is absent, in the order in which tables refer to each other."""
    held = [entity for entity in entities.values() if entity.target == "postgres"]
    for schema in dict.fromkeys(e.relation.split(".", 1)[0] for e in held if "." in e.relation):
        if any(e.relation.startswith(f"{schema}.") and e.relation not in found.tables for e in held):
            yield f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)};"
    for entity in sort_by_dependency(held):
        theirs = _types_of_others(found, entity, entities)
        if entity.relation not in found.tables:
            yield create_table(entity, entities, theirs)
            yield _noted(entity.relation)
        elif found.is_ours(entity.relation):
            lacking = definitions(entity, entities, theirs).keys() - found.tables[entity.relation].columns.keys()
            if lacking:
                _check_addable(found, entity, lacking)
                yield add_columns(entity, lacking, entities, theirs)


def _types_of_others(found: _Found, entity: Entity, entities: Mapping[str, Entity]) -> dict[str, str]:
    """Our columns that refer to a table which others made -> the type of what they store."""
    types: dict[str, str] = {}
    for column in entity.references:
        reference = column.references
        referred = entities[reference.entity] if reference else None
        if reference and referred and referred.target == "postgres" and not found.is_ours(referred.relation):
            stored = found.tables[referred.relation].columns.get(referred.stored(reference.take))
            if column.kind != "list":
                types[column.name] = stored.sql_type if stored else column_type(column, entities)
    return types


def _check_addable(found: _Found, entity: Entity, lacking: Collection[str]) -> None:
    for column in entity.columns:
        must_be_filled = column.required and column.default is None and column.stored in lacking
        if must_be_filled and entity.relation in found.filled:
            raise DataError(
                f"{entity.relation} has rows, and its new column {column.stored} must be filled in each",
                next_step="add the column by hand, with values, then `seedbed migrate`",
                code="database-does-not-fit",
            )


def _noted(relation: str) -> str:
    return (
        "INSERT INTO seedbed.made (relation) SELECT n.nspname || '.' || c.relname FROM pg_class c "
        f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {sql_literal(regclass_text(relation))}::regclass "
        "ON CONFLICT DO NOTHING;"
    )
