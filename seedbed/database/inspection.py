"""What a health check asks of a database: its version, our rights, and whether its tables are ours."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from seedbed.core.spec import Entity
from seedbed.database.attempts import translated
from seedbed.database.copying import Cursor
from seedbed.database.ddl import quoted
from seedbed.database.engines import Address, Database, open_engine
from seedbed.database.schema import MIGRATIONS, revision, what_is_missing

READ_ONLY = "is on a server that only reads"
WRITES = ("SELECT", "INSERT", "UPDATE")


def open_briefly(address: Address, timeout_s: float) -> Database:
    """The database with one connection; whole seconds are the driver's least time-out."""
    return Database(address, open_engine(address, pool_size=1, connect_timeout_s=max(math.ceil(timeout_s), 1)))


def server_version(database: Database) -> tuple[int, str]:
    """The server's major version, and the version as it says it."""
    with database.transaction() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
        major, text = cursor.fetchone()
    return int(major), str(text)


def missing_rights(database: Database, relations: Sequence[str]) -> list[str]:
    """What our user cannot do, as ends of sentences; tables that do not exist are left out."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean, "
            "has_database_privilege(current_database(), 'TEMPORARY')"
        )
        reads_only, may_stage = cursor.fetchone()
        missing = [READ_ONLY] if reads_only else []
        missing += [] if may_stage else ["cannot make temporary tables"]
        return missing + _on_entities(cursor, relations) + _on_ledger(cursor)


def _on_entities(cursor: Cursor, relations: Sequence[str]) -> list[str]:
    cursor.execute(
        "SELECT to_regclass(r.name)::text, string_agg(w.name, ', ' ORDER BY w.place) FROM unnest(%s) WITH ORDINALITY r(name, place) "
        "CROSS JOIN unnest(%s) WITH ORDINALITY w(name, place) WHERE NOT has_table_privilege(to_regclass(r.name), w.name) "
        "GROUP BY r.name, r.place ORDER BY r.place",
        ([quoted(name) for name in relations], list(WRITES)),
    )
    return [f"lacks {rights} on {table}" for table, rights in cursor.fetchall()]


def _on_ledger(cursor: Cursor) -> list[str]:
    cursor.execute(
        "SELECT c.oid::regclass::text, string_agg(w.name, ', ' ORDER BY w.place) FROM pg_class c "
        "CROSS JOIN unnest(%s) WITH ORDINALITY w(name, place) WHERE c.relnamespace = to_regnamespace('seedbed') "
        "AND c.relkind = 'r' AND NOT has_table_privilege(c.oid, w.name) GROUP BY c.oid ORDER BY 1",
        ([*WRITES, "DELETE"],),
    )
    return [f"lacks {rights} on {table}" for table, rights in cursor.fetchall()]


def missing_tables(database: Database, entities: Iterable[Entity]) -> tuple[list[str], bool]:
    """What the entities need and the database lacks, and whether it is at the newest migration."""
    with _translating(database):
        missing = what_is_missing(database.engine, entities)
        return missing, revision(database.engine) == ScriptDirectory(str(MIGRATIONS)).get_current_head()


@contextmanager
def _translating(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise translated(error, str(database.address)) from error
