"""The target database's tables: made where they are absent, or printed for whoever runs DDL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seedbed.actions.catalogue import usual_entities
from seedbed.actions.context import AppContext
from seedbed.actions.permit import check_permit
from seedbed.core.spec import Entity
from seedbed.database.schema.apply_schema import list_own_tables, migrate_schema, migration_sql, revision
from seedbed.database.schema.catalog import StoredTable
from seedbed.database.schema.compatibility import find_incompatibilities
from seedbed.database.schema.grants import grants
from seedbed.database.schema.inspection import existing_tables


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did. `made`: tables; `columns`: those added, as table.column; `differences`: what does not take our rows yet."""

    address: str
    before: str
    revision: str
    made: tuple[str, ...]
    columns: tuple[str, ...]
    of_others: tuple[str, ...]
    differences: tuple[str, ...]


def migrate_tables(context: AppContext) -> Migrated:
    """Brings our ledger to the newest revision and makes the tables that are absent; those that others made stay as they are."""
    context.target("postgres")
    check_permit(context)
    database, entities = context.database(), _to_be_made(context)
    there = existing_tables(database, entities.values())
    before = migrate_schema(database.engine, entities)
    now = existing_tables(database, entities.values())
    ours = list_own_tables(database.engine)
    theirs = tuple(name for name, table in now.items() if table.qualified_name not in ours)
    found = find_incompatibilities(database, entities.values(), context.entities)
    made, newest = tuple(name for name in now if name not in there), revision(database.engine)
    return Migrated(str(database.address), before, newest, made, tuple(_added(there, now)), theirs, tuple(found))


def _added(before: Mapping[str, StoredTable], now: Mapping[str, StoredTable]) -> Iterator[str]:
    """The new columns of tables that were there, as table.column."""
    for name, table in before.items():
        yield from (f"{name}.{column}" for column in now[name].columns if column not in table.columns)


def migration_script(context: AppContext) -> str:
    """What `migrate_tables` would do, as SQL, and as comments the rights that loading needs; where no database is set, all of it."""
    entities = _to_be_made(context)
    if "postgres" not in context.target_addresses:
        return migration_sql(entities) + grants(entities.values(), {}, database="DATABASE")
    database = context.database()
    tables = existing_tables(database, entities.values())
    rights = grants(entities.values(), tables, database=database.address.database)
    return migration_sql(entities, database.engine) + rights


def _to_be_made(context: AppContext) -> dict[str, Entity]:
    """The entities that are loaded unless a run is told otherwise, and what they refer to."""
    wanted = [entity.id for entity in usual_entities(context)]
    for name in wanted:  # grows as it goes
        references = [column.references for column in context.entities[name].references]
        wanted += [r.entity for r in references if r and r.entity not in wanted]
    return {name: entity for name, entity in context.entities.items() if name in wanted}
