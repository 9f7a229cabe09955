"""Migrations, and what the entities ask of the database."""

import threading
from dataclasses import replace

import pytest
from alembic import command

from seedbed.core.errors import DataError, Transient
from seedbed.core.spec import Column, Entity, TableNames, with_table_names
from seedbed.database.engines import open_database
from seedbed.database.schema import apply_schema
from seedbed.database.schema.apply_schema import migrate_schema, migration_sql, newest_revision, revision
from seedbed.database.schema.compatibility import find_incompatibilities
from seedbed.database.schema.ddl import create_table
from seedbed.datasets.registry import ENTITIES

HELD = [entity for entity in ENTITIES.values() if entity.target == "postgres"]
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default, generation_expression
FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2
"""
CONSTRAINTS = """
SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = %s::regnamespace AND c.contype <> 'n' ORDER BY 1, 2
"""


def execute(database, statement):
    with database.transaction() as cursor:
        cursor.execute(statement)


def query(database, statement):
    with database.transaction() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def found(database, query, schema):
    with database.transaction() as cursor:
        cursor.execute(f"SET LOCAL search_path TO {schema}")
        cursor.execute(query, (schema,))
        return cursor.fetchall()


def test_an_empty_database_is_brought_to_the_newest_revision_and_again_nothing_happens(database):
    assert revision(database.engine) == ""
    assert migrate_schema(database.engine, ENTITIES) == ""
    newest = revision(database.engine)
    assert (newest > "", migrate_schema(database.engine, ENTITIES)) == (True, newest)


def test_the_migrated_tables_are_those_that_the_entities_declare(database):
    migrate_schema(database.engine, ENTITIES)
    assert list(find_incompatibilities(database, HELD, ENTITIES)) == []
    with database.transaction() as cursor:
        cursor.execute("CREATE SCHEMA declared; SET LOCAL search_path TO declared")
        for entity in HELD:
            cursor.execute(create_table(entity, dict(ENTITIES)))
    for query in (COLUMNS, CONSTRAINTS):
        assert found(database, query, "public") == found(database, query, "declared")


def test_two_processes_that_migrate_at_once_both_find_it_done(address):
    failed = []
    opened = [open_database(address) for _ in range(3)]

    def run(database):
        try:
            migrate_schema(database.engine, ENTITIES)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=run, args=(database,)) for database in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert list(find_incompatibilities(opened[0], HELD, ENTITIES)) == []
    for database in opened:
        database.close()


def test_a_failed_migration_leaves_nothing_and_holds_no_lock(database):
    execute(database, "CREATE TABLE province_key (name text)")  # the name that our constraint will have
    with pytest.raises(DataError, match="province_key"):
        migrate_schema(database.engine, ENTITIES)
    assert revision(database.engine) == ""
    assert query(database, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    execute(database, "DROP TABLE province_key")
    assert migrate_schema(database.engine, ENTITIES) == ""
    assert list(find_incompatibilities(database, HELD, ENTITIES)) == []


def test_the_script_makes_the_same_tables(database):
    with database.transaction() as cursor:
        cursor.execute(migration_sql(ENTITIES))
    assert list(find_incompatibilities(database, HELD, ENTITIES)) == []
    assert migrate_schema(database.engine, ENTITIES) == revision(database.engine)


WARD = Entity("ward", "m", (Column("code", required=True), Column("name")), audit="none")
WIDER = replace(WARD, columns=(*WARD.columns, Column("floor", "integer", required=True, default=0), Column("note")))
STRICTER = replace(WARD, columns=(*WARD.columns, Column("floor", "integer", required=True)))


def test_a_table_that_we_made_gets_the_columns_that_it_lacks(database):
    migrate_schema(database.engine, {"ward": WARD})
    execute(database, "INSERT INTO ward (code) VALUES ('A')")
    migrate_schema(database.engine, {"ward": WIDER})
    assert query(database, "SELECT code, floor, note FROM ward") == [("A", 0, None)]
    migrate_schema(database.engine, {"ward": WARD})  # nothing is ever taken away
    assert query(database, "SELECT code, floor, note FROM ward") == [("A", 0, None)]


def test_a_new_column_that_must_be_filled_is_refused_where_rows_are(database):
    migrate_schema(database.engine, {"ward": WARD})
    execute(database, "INSERT INTO ward (code) VALUES ('A')")
    with pytest.raises(DataError, match="ward has rows, and its new column floor must be filled in each"):
        migrate_schema(database.engine, {"ward": STRICTER})
    execute(database, "DELETE FROM ward")
    migrate_schema(database.engine, {"ward": STRICTER})
    assert list(find_incompatibilities(database, [STRICTER], {"ward": STRICTER})) == []


def test_a_table_that_others_made_is_never_altered(database):
    execute(database, "CREATE TABLE ward (code text UNIQUE)")
    migrate_schema(database.engine, {"ward": WARD, "other": replace(WARD, name="other")})
    assert list(find_incompatibilities(database, [WARD], {"ward": WARD})) == ["ward lacks the column name"]
    assert query(database, "SELECT relation FROM seedbed.made") == [("public.other",)]


def test_a_schema_that_a_table_needs_is_made(database):
    ward = with_table_names(WARD, TableNames("ref.wards", {"code": "no"}))
    migrate_schema(database.engine, {"ward": ward})
    assert list(find_incompatibilities(database, [ward], {"ward": ward})) == []
    assert query(database, "SELECT relation FROM seedbed.made") == [("ref.wards",)]


# What `0002` made before it was emptied, as far as these tests look.
MADE_BY_0002 = """
CREATE TABLE "nationality" (
  "id" uuid GENERATED ALWAYS AS (md5('nationality/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT "nationality_key" UNIQUE NULLS NOT DISTINCT ("code")
);
CREATE TABLE "race" ("id" text NOT NULL, "code" text NOT NULL, PRIMARY KEY (id));
"""


@pytest.mark.parametrize("at", ["0002", "0003"])
def test_a_database_of_an_earlier_version_is_upgraded_in_place_and_knows_its_tables(database, at):
    config = apply_schema._config()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA seedbed")
        config.attributes |= {"connection": connection, "before": ""}
        command.upgrade(config, at)
        connection.exec_driver_sql(MADE_BY_0002)
        connection.exec_driver_sql("INSERT INTO nationality (code) VALUES ('TH')")
    nationality = Entity("nationality", "m", (Column("code", required=True), Column("name")))
    entities = {"nationality": nationality, "ward": WARD}
    script = migration_sql(entities, database.engine)
    assert ("INSERT INTO seedbed.made" in script, 'CREATE TABLE "ward"' in script) == (True, True)
    assert migrate_schema(database.engine, entities) == at
    assert revision(database.engine) == newest_revision()
    made = {relation for (relation,) in query(database, "SELECT relation FROM seedbed.made")}
    assert made == {"public.nationality", "public.race", "public.ward"}
    migrate_schema(database.engine, entities)
    assert query(database, "SELECT code, name, created_by FROM nationality") == [("TH", None, "system")]


def test_the_script_for_a_database_says_only_what_it_lacks(database):
    execute(database, "CREATE SCHEMA ref; CREATE TABLE ref.wards (no text UNIQUE, name text)")
    ward = with_table_names(WARD, TableNames("ref.wards", {"code": "no"}))
    entities = {"ward": ward, "other": replace(WARD, name="other")}
    script = migration_sql(entities, database.engine)
    assert ("wards" in script, 'CREATE TABLE "other"' in script, "seedbed.lease" in script) == (False, True, True)
    execute(database, script)
    assert migration_sql(entities, database.engine) == ""
    assert revision(database.engine) == newest_revision()


def test_a_database_that_does_not_answer_is_transient(address):
    nowhere = open_database(replace(address, port=1))
    with pytest.raises(Transient):
        migrate_schema(nowhere.engine, {})
