"""What a health check asks of a database: its version, our rights, and whether its tables are ours."""

import math
from collections.abc import Iterable, Sequence

from seedbed.core.spec import Entity
from seedbed.database.cursor import Cursor
from seedbed.database.engines import Database, DatabaseAddress, open_engine
from seedbed.database.schema.catalog import StoredTable, read_tables, sequences_of
from seedbed.database.schema.grants import LEDGER_RIGHTS, WRITES

READ_ONLY = "is on a server that only reads"


def open_briefly(address: DatabaseAddress, timeout_s: float) -> Database:
    """The database with one connection; whole seconds are the driver's least time-out."""
    return Database(address, open_engine(address, pool_size=1, connect_timeout_s=max(math.ceil(timeout_s), 1)))


def server_version(database: Database) -> tuple[int, str]:
    """The server's major version, and the version as it says it."""
    with database.transaction() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')")
        major, text = cursor.fetchone()
    return int(major), str(text)


def missing_rights(database: Database, entities: Iterable[Entity]) -> list[str]:
    """Rights that our user lacks, as ends of sentences; missing tables are ignored."""
    with database.transaction() as cursor:
        cursor.execute(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean, "
            "has_database_privilege(current_database(), 'TEMPORARY')"
        )
        reads_only, may_stage = cursor.fetchone()
        missing = [READ_ONLY] if reads_only else []
        missing += [] if may_stage else ["cannot make temporary tables"]
        tables = read_tables(cursor, [entity.relation for entity in entities if entity.target == "postgres"])
        missing += _on_schemas(cursor, sorted({"seedbed", *(table.schema for table in tables.values())}))
        missing += _on_tables(cursor, [table.oid for table in tables.values()], WRITES)
        missing += _on_sequences(cursor, sequences_of(tables.values()))
        return missing + _on_tables(cursor, _ledger(cursor), LEDGER_RIGHTS)


def _on_schemas(cursor: Cursor, names: Sequence[str]) -> list[str]:
    cursor.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) AND NOT has_schema_privilege(oid, 'USAGE') ORDER BY 1",
        (list(names),),
    )
    return [f"lacks USAGE on schema {name}" for (name,) in cursor.fetchall()]


def _on_tables(cursor: Cursor, oids: Sequence[int], rights: Sequence[str]) -> list[str]:
    cursor.execute(
        "SELECT r.oid::regclass::text, string_agg(w.name, ', ' ORDER BY w.place) FROM unnest(%s::oid[]) WITH ORDINALITY r(oid, place) "
        "CROSS JOIN unnest(%s) WITH ORDINALITY w(name, place) WHERE NOT has_table_privilege(r.oid, w.name) "
        "GROUP BY r.oid, r.place ORDER BY r.place",
        (list(oids), list(rights)),
    )
    return [f"lacks {lacking} on {table}" for table, lacking in cursor.fetchall()]


def _on_sequences(cursor: Cursor, names: Sequence[str]) -> list[str]:
    """A serial's default counts with the rights of whoever inserts."""
    cursor.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE oid::regclass::text = ANY(%s) "
        "AND CASE relkind WHEN 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') ELSE false END ORDER BY 1",
        (list(names),),
    )
    return [f"lacks USAGE on sequence {name}" for (name,) in cursor.fetchall()]


def _ledger(cursor: Cursor) -> list[int]:
    cursor.execute(
        "SELECT oid FROM pg_class WHERE relnamespace = to_regnamespace('seedbed') AND relkind = 'r' ORDER BY relname"
    )
    return [oid for (oid,) in cursor.fetchall()]


def existing_tables(database: Database, entities: Iterable[Entity]) -> dict[str, StoredTable]:
    """Those of the entities' tables that are there."""
    with database.transaction() as cursor:
        return read_tables(cursor, [entity.relation for entity in entities if entity.target == "postgres"])
