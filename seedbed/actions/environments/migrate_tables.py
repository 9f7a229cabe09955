"""The target database's tables: made where they are absent, or printed for whoever runs DDL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seedbed.actions.catalogue import usual_entities
from seedbed.actions.context import House
from seedbed.actions.permit import check_permit
from seedbed.core.spec import Entity
from seedbed.database.schema.apply_schema import made_by_us, migrate, migration_sql, revision
from seedbed.database.schema.catalog import StoredTable
from seedbed.database.schema.compatibility import misfits_of
from seedbed.database.schema.grants import grants
from seedbed.database.schema.inspection import existing_tables


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did. `made`: tables; `columns`: those added, as table.column; `differences`: what does not take our rows yet."""

    place: str
    before: str
    revision: str
    made: tuple[str, ...]
    columns: tuple[str, ...]
    of_others: tuple[str, ...]
    differences: tuple[str, ...]


def migrate_tables(house: House) -> Migrated:
    """Brings our ledger to the newest revision and makes the tables that are absent; those that others made stay as they are."""
    house.target("postgres")
    check_permit(house)
    database, entities = house.database(), _to_be_made(house)
    there = existing_tables(database, entities.values())
    before = migrate(database.engine, entities)
    now = existing_tables(database, entities.values())
    ours = made_by_us(database.engine)
    theirs = tuple(name for name, table in now.items() if table.place not in ours)
    found = misfits_of(database, entities.values(), house.entities)
    made, newest = tuple(name for name in now if name not in there), revision(database.engine)
    return Migrated(str(database.address), before, newest, made, tuple(_added(there, now)), theirs, tuple(found))


def _added(before: Mapping[str, StoredTable], now: Mapping[str, StoredTable]) -> Iterator[str]:
    """The new columns of tables that were there, as table.column."""
    for name, table in before.items():
        yield from (f"{name}.{column}" for column in now[name].columns if column not in table.columns)


def migration_script(house: House) -> str:
    """What `migrate_tables` would do, as SQL, and as comments the rights that loading needs; where no database is set, all of it."""
    entities = _to_be_made(house)
    if "postgres" not in house.places:
        return migration_sql(entities) + grants(entities.values(), {}, database="DATABASE")
    database = house.database()
    tables = existing_tables(database, entities.values())
    rights = grants(entities.values(), tables, database=database.address.database)
    return migration_sql(entities, database.engine) + rights


def _to_be_made(house: House) -> dict[str, Entity]:
    """The entities that are loaded unless a run is told otherwise, and what they refer to."""
    wanted = [entity.id for entity in usual_entities(house)]
    for name in wanted:  # grows as it goes
        references = [column.references for column in house.entities[name].references]
        wanted += [r.entity for r in references if r and r.entity not in wanted]
    return {name: entity for name, entity in house.entities.items() if name in wanted}
