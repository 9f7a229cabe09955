"""Databases that our stack did not make, as tests find them: copies of others, and whether anything in them was touched."""

from dataclasses import replace
from typing import Any

import psycopg2

from seedbed.database.engines import DatabaseAddress, open_database
from seedbed.database.schema.ddl import create_table
from seedbed.datasets.registry import ENTITIES
from seedbed.stack.postgres_service import Cluster

EVERYTHING = """
SELECT n.nspname, c.relname, c.relkind, c.relacl::text, a.attname, a.atttypid::regtype::text, a.attnotnull
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 5
"""
Contents = tuple[Any, ...]


def as_owner(cluster: Cluster, *statements: str) -> None:
    """Runs statements as the cluster's owner, outside of transactions."""
    _run(cluster.address(), statements)


def end_sessions(cluster: Cluster, database: str) -> None:
    """Ends every session in the database, so that it can be copied, renamed or dropped."""
    as_owner(cluster, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


def copy_of(cluster: Cluster, source: DatabaseAddress, name: str) -> DatabaseAddress:
    """A copy of the database, as a restored one is: the same content under another number."""
    end_sessions(cluster, source.database)
    as_owner(cluster, f'CREATE DATABASE "{name}" TEMPLATE "{source.database}" OWNER "{source.user}"')
    return replace(source, database=name)


def contents(address: DatabaseAddress) -> Contents:
    """Everything in the database: schemas, tables, columns, rights, rows and sequences; equal where nothing was touched."""
    opened = psycopg2.connect(**_connecting(address))
    try:
        with opened.cursor() as cursor:
            cursor.execute(EVERYTHING)
            found: list[Any] = list(cursor.fetchall())
            cursor.execute("SELECT nspname FROM pg_namespace ORDER BY 1")
            found += [name for (name,) in cursor.fetchall() if not name.startswith("pg_")]
            for schema, name, kind in sorted({row[:3] for row in found if isinstance(row, tuple) and row[2] in "rS"}):
                row = "t::text" if kind == "r" else "(last_value, is_called)::text"
                cursor.execute(
                    f'SELECT md5(coalesce(string_agg({row}, chr(10) ORDER BY {row}), \'\')) FROM "{schema}"."{name}" t'
                )
                found.append((schema, name, cursor.fetchone()[0]))
    finally:
        opened.close()
    return tuple(found)


def fill(address: DatabaseAddress) -> None:
    """The tables that a run needs and one of theirs, made by somebody else's DDL."""
    opened = open_database(address)
    with opened.transaction() as cursor:
        for entity in ENTITIES.values():
            if entity.module == "demographic" and entity.target == "postgres":
                cursor.execute(create_table(entity, ENTITIES))
        cursor.execute("CREATE TABLE theirs (id int PRIMARY KEY); INSERT INTO theirs VALUES (1)")
    opened.close()


def _run(address: DatabaseAddress, statements: tuple[str, ...]) -> None:
    opened = psycopg2.connect(**_connecting(address))
    opened.autocommit = True
    try:
        with opened.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        opened.close()


def _connecting(address: DatabaseAddress) -> dict[str, Any]:
    return {
        "host": address.host,
        "port": address.port,
        "dbname": address.database,
        "user": address.user,
        "password": address.password,
    }
