"""How a PostgreSQL database is reached."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import psycopg2
from psycopg2.extensions import connection
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from seedbed.core.addresses import default_ssl_mode
from seedbed.core.spec import Entity
from seedbed.database.driver_errors import translate_database_error
from seedbed.database.login_errors import connect
from seedbed.database.sql_names import quote_identifier, quote_relation

CONNECT_TIMEOUT_S = 10
IDLE_RECYCLE_S = 1_800
LOCK_TIMEOUT_S, STATEMENT_TIMEOUT_S = 300, 900
IDLE_TIMEOUT_S = 240  # less than a lock is waited for: who stands still in a transaction keeps nobody from taking over
BEGUN = "seedbed_begun"
# Nothing hangs for ever: a held lock, a statement, a connection that a firewall has dropped.
KEEPALIVES: Mapping[str, int] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is and who we are there; the password never shows in a repr.

    `ssl_mode`: libpq's; "" becomes `disable` on loopback and `verify-full` elsewhere.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False, default="")
    ssl_mode: str = ""
    ca_file: str = ""

    def __post_init__(self) -> None:
        if not self.ssl_mode:
            object.__setattr__(self, "ssl_mode", default_ssl_mode(self.host))

    def __str__(self) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    @property
    def login(self) -> dict[str, str | int]:
        """libpq's words for it, password included; what is not set is left to libpq."""
        words: dict[str, str | int] = {"host": self.host, "port": self.port, "dbname": self.database, "user": self.user}
        words |= {"password": self.password, "sslmode": self.ssl_mode, "sslrootcert": self.ca_file}
        return {name: word for name, word in words.items() if word}

    @property
    def url(self) -> URL:
        """SQLAlchemy's address, without what only a login needs."""
        return URL.create("postgresql+psycopg2", self.user, None, self.host, self.port, self.database)


def connect_args(
    address: DatabaseAddress, *, application: str, timeout_s: int = CONNECT_TIMEOUT_S
) -> dict[str, str | int]:
    """What a connection is made with; no start-up option, for a pooler such as PgBouncer refuses those."""
    return {**address.login, "connect_timeout": timeout_s, "application_name": application, **KEEPALIVES}


def open_engine(address: DatabaseAddress, *, pool_size: int = 10, connect_timeout_s: int = CONNECT_TIMEOUT_S) -> Engine:
    """A pooled engine; connects when first used, checks a pooled connection before it hands it out."""
    engine = create_engine(
        address.url,
        pool_size=pool_size,
        max_overflow=5,
        pool_pre_ping=True,
        pool_recycle=IDLE_RECYCLE_S,
        connect_args=connect_args(address, application="seedbed", timeout_s=connect_timeout_s),
    )
    event.listen(engine, "do_connect", _connect)
    limit(engine)
    return engine


def _connect(_dialect: Any, _record: Any, _positional: Any, words: dict[str, Any]) -> connection:
    """Connects for SQLAlchemy; a refused login comes with its SQLSTATE."""
    return connect(**words)


def limit(
    engine: Engine,
    *,
    statement_timeout_s: int = STATEMENT_TIMEOUT_S,
    reads_only: bool = False,
    is_sent_along: bool = False,
) -> None:
    """Every transaction of the engine gets its time-outs, and whether it may write: a session belongs to whoever is next in it.

    `is_sent_along`: together with the transaction's first statement, for engines whose every statement goes through SQLAlchemy.
    """
    settings = {"lock_timeout": f"{LOCK_TIMEOUT_S}s", "statement_timeout": f"{statement_timeout_s}s"}
    settings |= {"idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_S}s"}
    settings |= {"transaction_read_only": "on"} if reads_only else {}
    statement = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())

    def begin(connection: Connection) -> None:
        if is_sent_along:
            connection.info[BEGUN] = True
        else:
            connection.exec_driver_sql(statement)

    def send_along(connection: Connection, _cursor: Any, sql: str, parameters: Any, *_: Any) -> tuple[str, Any]:
        return (f"{statement}; {sql}" if connection.info.pop(BEGUN, False) else sql), parameters

    event.listen(engine, "begin", begin)
    if is_sent_along:
        event.listen(engine, "before_cursor_execute", send_along, retval=True)


@dataclass(frozen=True, slots=True)
class Database:
    """An engine and what other rooms ask of it."""

    address: DatabaseAddress
    engine: Engine

    @contextmanager
    def transaction(self, *, streamed: str | None = None) -> Iterator[Any]:
        """A psycopg2 cursor in one transaction; a driver's error comes out as one of our tree.

        `streamed`: the name of a cursor that stays in the server, for results larger than memory.
        """
        try:
            with self.engine.begin() as connection:
                yield connection.connection.cursor(name=streamed)
        except (DBAPIError, PoolTimeout, psycopg2.Error) as error:
            raise translate_database_error(error, str(self.address)) from error

    def pairs(self, entity: Entity, key: str, value: str) -> Mapping[str, str]:
        """Two columns of an entity's table as a mapping of texts, without rows whose key is empty."""
        by, take = quote_identifier(entity.stored(key)), quote_identifier(entity.stored(value))
        with self.transaction() as cursor:
            cursor.execute(
                f"SELECT {by}::text, {take}::text FROM {quote_relation(entity.relation)} WHERE {by} IS NOT NULL"
            )
            return dict(cursor.fetchall())

    def frames(self, entity: Entity, *, block_rows: int = 50_000) -> Iterator[pd.DataFrame]:
        """The columns of an entity's table as text, under our names, in blocks; memory is that of one block."""
        names = [column.name for column in entity.columns]
        stored = ", ".join(f"{quote_identifier(column.stored)}::text" for column in entity.columns)
        with self.transaction(streamed="seedbed_read") as cursor:
            cursor.execute(f"SELECT {stored} FROM {quote_relation(entity.relation)}")
            while rows := cursor.fetchmany(block_rows):
                yield pd.DataFrame(rows, columns=names, dtype="object")

    def close(self) -> None:
        """Gives the pooled connections back."""
        self.engine.dispose()


def open_database(address: DatabaseAddress, *, pool_size: int = 10) -> Database:
    """The database at an address; connects when first used."""
    return Database(address, open_engine(address, pool_size=pool_size))
