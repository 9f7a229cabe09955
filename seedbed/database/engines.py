"""How a PostgreSQL database is reached."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import psycopg2
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from seedbed.database.attempts import translated
from seedbed.database.ddl import quoted

CONNECT_TIMEOUT_S = 10
IDLE_RECYCLE_S = 1_800
# Nothing hangs for ever: a held lock, a statement, a connection that a firewall has dropped.
PATIENCE: dict[str, str | int] = {
    "options": "-c lock_timeout=300s -c statement_timeout=900s",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is and who we are there; the password never shows in a repr."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False, default="")
    ssl_mode: str = "disable"
    ca_file: str = ""

    def __str__(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    @property
    def url(self) -> URL:
        """SQLAlchemy's address, password included."""
        named = {"sslmode": self.ssl_mode, "sslrootcert": self.ca_file}
        query = {name: value for name, value in named.items() if value}
        return URL.create(
            "postgresql+psycopg2", self.user, self.password or None, self.host, self.port, self.database, query
        )


def open_engine(address: Address, *, pool_size: int = 10, connect_timeout_s: int = CONNECT_TIMEOUT_S) -> Engine:
    """A pooled engine; connects when first used, checks a pooled connection before it hands it out."""
    return create_engine(
        address.url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        pool_recycle=IDLE_RECYCLE_S,
        connect_args={"connect_timeout": connect_timeout_s, "application_name": "seedbed", **PATIENCE},
    )


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and what other rooms ask of it."""

    address: Address
    engine: Engine

    @contextmanager
    def transaction(self, *, streamed: str | None = None) -> Iterator[Any]:
        """A psycopg2 cursor in one transaction; a driver's error comes out as one of our tree.

        `streamed`: the name of a cursor that stays in the server, for results larger than memory.
        """
        try:
            with self.engine.begin() as connection:
                yield connection.connection.cursor(name=streamed)
        except (DBAPIError, psycopg2.Error) as error:
            raise translated(error, str(self.address)) from error

    def pairs(self, relation: str, key: str, value: str) -> Mapping[str, str]:
        """Two columns of a table as a mapping, as text; rows without the key are left out."""
        with self.transaction() as cursor:
            cursor.execute(
                f"SELECT {quoted(key)}::text, {quoted(value)}::text FROM {quoted(relation)} WHERE {quoted(key)} IS NOT NULL"
            )
            return dict(cursor.fetchall())

    def frames(self, relation: str, columns: Sequence[str], *, block_rows: int = 50_000) -> Iterator[pd.DataFrame]:
        """A table's columns as text, in blocks; memory is that of one block."""
        names = ", ".join(f"{quoted(name)}::text" for name in columns)
        with self.transaction(streamed="seedbed_read") as cursor:
            cursor.execute(f"SELECT {names} FROM {quoted(relation)}")
            while rows := cursor.fetchmany(block_rows):
                yield pd.DataFrame(rows, columns=list(columns), dtype="object")

    def close(self) -> None:
        """Gives the pooled connections back."""
        self.engine.dispose()


def open_database(address: Address, *, pool_size: int = 10) -> Database:
    """The database at an address; connects when first used."""
    return Database(address, open_engine(address, pool_size=pool_size))
