"""Tables that others named, as SELECTs under our names: what rules and result suites are written for."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from seedbed.core.errors import DataError
from seedbed.core.spec import Entity
from seedbed.database.engines import Database
from seedbed.database.schema.catalog import StoredTable, read_tables
from seedbed.database.schema.ddl import in_our_names, stored_name
from seedbed.database.sql_names import quote_identifier, quote_relation
from seedbed.validation.structure import table_columns
from seedbed.validation.table_test_results import BY_QUERY, Rule

Views = Mapping[str, str]
FIRST_WITH = re.compile(r"\s*WITH(?:\s+RECURSIVE)?\s", re.IGNORECASE)


def stored_tables(database: Database, entities: Iterable[Entity]) -> dict[str, StoredTable]:
    """Entity -> its table; without those that are absent."""
    held = {entity.id: entity.relation for entity in entities if entity.target == "postgres"}
    with database.transaction() as cursor:
        found = read_tables(cursor, held.values())
    return {name: found[relation] for name, relation in held.items() if relation in found}


def views_of(entities: Iterable[Entity], tables: Mapping[str, StoredTable]) -> dict[str, str]:
    """Entity -> its table under our names, for those whose table or columns are called otherwise."""
    return {
        entity.id: f"SELECT {in_our_names(entity, stored_columns(entity, tables))} FROM {quote_relation(entity.relation)}"
        for entity in entities
        if entity.id in tables and _is_renamed(entity)
    }


def stored_columns(entity: Entity, tables: Mapping[str, StoredTable]) -> list[str]:
    """Our names of the columns that the entity's table has; DataError where there is no table."""
    if entity.id not in tables:
        raise DataError(
            f"there is no table '{entity.relation}'", next_step="run `seedbed migrate`", code="database-not-migrated"
        )
    stored = tables[entity.id].columns
    return [name for name in table_columns(entity) if stored_name(entity, name) in stored]


def _is_renamed(entity: Entity) -> bool:
    own = any(column.stored != column.name for column in entity.columns) or entity.stored("id") != "id"
    return own or entity.relation != entity.id


def under_our_names(rule: Rule, views: Views) -> dict[str, Any]:
    """The rule; a query that names entities finds their tables under our names, in its WITH."""
    if rule["type"] != BY_QUERY:
        return dict(rule)
    query = str(rule["kwargs"]["unexpected_rows_query"])
    named = {name: view for name, view in views.items() if re.search(rf"\b{re.escape(name)}\b", query)}
    if not named:
        return dict(rule)
    tables = ", ".join(f"{quote_identifier(name)} AS ({view})" for name, view in named.items())
    found = FIRST_WITH.match(query)
    query = f"{found.group()}{tables}, {query[found.end() :]}" if found else f"WITH {tables} {query}"
    return {**rule, "kwargs": {**rule["kwargs"], "unexpected_rows_query": query}}
