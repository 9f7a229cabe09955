"""Migrations, and what the entities ask of the database."""

import threading
from dataclasses import replace

import pytest

from seedbed.core.errors import Transient
from seedbed.core.spec import Column, Entity
from seedbed.database.ddl import create_table
from seedbed.database.engines import open_database
from seedbed.database.schema import migrate, migration_sql, revision, what_is_missing
from seedbed.datasets.hospital.entities import ENTITIES

HELD = [entity for entity in ENTITIES.values() if entity.target == "postgres"]
COLUMNS = """
SELECT table_name, column_name, data_type, is_nullable, column_default, generation_expression
FROM information_schema.columns WHERE table_schema = %s ORDER BY 1, 2
"""
CONSTRAINTS = """
SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
WHERE c.connamespace = %s::regnamespace AND c.contype <> 'n' ORDER BY 1, 2
"""


def found(database, query, schema):
    with database.transaction() as cursor:
        cursor.execute(f"SET LOCAL search_path TO {schema}")
        cursor.execute(query, (schema,))
        return cursor.fetchall()


def test_an_empty_database_is_brought_to_the_newest_revision_and_again_nothing_happens(database):
    assert revision(database.engine) == ""
    assert migrate(database.engine) == ""
    newest = revision(database.engine)
    assert (newest > "", migrate(database.engine)) == (True, newest)


def test_the_migrated_tables_are_those_that_the_entities_declare(database):
    migrate(database.engine)
    assert what_is_missing(database.engine, HELD) == []
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
            migrate(database.engine)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=run, args=(database,)) for database in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert what_is_missing(opened[0].engine, HELD) == []
    for database in opened:
        database.close()


def test_a_failed_migration_leaves_nothing_and_holds_no_lock(database):
    with database.transaction() as cursor:
        cursor.execute("CREATE TABLE province (code text)")
    with pytest.raises(Exception, match="province"):
        migrate(database.engine)
    assert revision(database.engine) == ""
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE province")
    assert migrate(database.engine) == ""
    assert what_is_missing(database.engine, HELD) == []


def test_the_script_makes_the_same_tables(database):
    with database.transaction() as cursor:
        cursor.execute(migration_sql())
    assert what_is_missing(database.engine, HELD) == []
    assert migrate(database.engine) == revision(database.engine)


def test_what_is_missing_is_said_in_sentences(database):
    one = Entity("ward", "m", (Column("code", required=True), Column("name")))
    with database.transaction() as cursor:
        cursor.execute(
            "CREATE TABLE ward (code text, name text); CREATE UNIQUE INDEX ON ward (code) WHERE name IS NULL"
        )
    assert what_is_missing(database.engine, [one]) == ["ward has no unique key on code"]
    with database.transaction() as cursor:
        cursor.execute("ALTER TABLE ward DROP name")
    assert what_is_missing(database.engine, [one]) == ["ward lacks the column name"]
    with database.transaction() as cursor:
        cursor.execute("DROP TABLE ward")
    assert what_is_missing(database.engine, [one]) == ["table ward is missing"]


def test_a_database_that_does_not_answer_is_transient(address):
    nowhere = open_database(replace(address, port=1))
    with pytest.raises(Transient):
        migrate(nowhere.engine)
