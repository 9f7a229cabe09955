"""Alembic's entry: runs the migrations on the connection that `seedbed.database.schema.apply_schema` hands over, or prints them."""

from typing import Any

from alembic import context

VERSIONS: dict[str, Any] = {"version_table": "migration", "version_table_schema": "seedbed"}

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", literal_binds=True, **VERSIONS)
else:
    context.configure(connection=context.config.attributes["connection"], **VERSIONS)
with context.begin_transaction():
    context.run_migrations()
