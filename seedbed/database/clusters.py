"""Databases inside a PostgreSQL cluster that is ours: made when absent, with an owner who is no superuser."""

from dataclasses import replace

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from seedbed.core.errors import Transient
from seedbed.database.engines import DatabaseAddress
from seedbed.database.sql_names import quote_identifier


def _connect(address: DatabaseAddress, timeout_s: int) -> connection:
    opened = psycopg2.connect(
        host=address.host,
        port=address.port,
        dbname=address.database,
        user=address.user,
        password=address.password,
        sslmode=address.ssl_mode,
        connect_timeout=timeout_s,
        application_name="seedbed stack",
    )
    opened.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)  # CREATE DATABASE runs in no transaction
    return opened


def accepts_connections(address: DatabaseAddress, *, timeout_s: int = 2) -> bool:
    """Whether the database lets us in with our password and computes."""
    try:
        opened = _connect(address, timeout_s)
    except psycopg2.OperationalError:
        return False
    try:
        with opened.cursor() as cursor:
            cursor.execute("SELECT 1")
            return cursor.fetchone() == (1,)
    except psycopg2.OperationalError:
        return False
    finally:
        opened.close()


def create_database(address: DatabaseAddress, name: str, *, owner: str = "", password: str = "") -> DatabaseAddress:
    """Makes a database unless it exists, with its owner as wanted, and gives its address; `address` is a superuser's."""
    owner = owner or address.user
    try:
        opened = _connect(address, 10)
    except psycopg2.OperationalError as error:
        raise Transient(
            f"no connection to {address}: {error}",
            next_step="`seedbed up` starts the stack",
            code="database-unavailable",
        ) from error
    try:
        with opened.cursor() as cursor:
            if owner != address.user:
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,))
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(f"{verb} ROLE {quote_identifier(owner)} LOGIN PASSWORD %s", (password,))
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(
                    f"CREATE DATABASE {quote_identifier(name)} OWNER {quote_identifier(owner)} TEMPLATE template0"
                )
            cursor.execute(f"REVOKE ALL ON DATABASE {quote_identifier(name)} FROM PUBLIC")
    finally:
        opened.close()
    return replace(address, database=name, user=owner, password=password or address.password)
