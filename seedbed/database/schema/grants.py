"""The rights that a role needs to load: to write rows and temporary tables, and to make nothing."""

from collections.abc import Iterable, Mapping

from seedbed.core.spec import Entity
from seedbed.database.schema.catalog import StoredTable, sequences_of
from seedbed.database.sql_names import quote_identifier, quote_relation

WRITES = ("SELECT", "INSERT", "UPDATE")
LEDGER_RIGHTS = (*WRITES, "DELETE")
LOADER = "loading_role"  # a placeholder: who loads is rarely who runs DDL


def grants(entities: Iterable[Entity], tables: Mapping[str, StoredTable], *, database: str, role: str = LOADER) -> str:
    """The GRANTs as SQL comments: only who runs the script knows the role that is to load."""
    held = [entity for entity in entities if entity.target == "postgres"]
    to = f"TO {quote_identifier(role)};"
    schemas = dict.fromkeys(e.relation.split(".", 1)[0] for e in held if "." in e.relation)
    lines = [f"GRANT CONNECT, TEMPORARY ON DATABASE {quote_identifier(database)} {to}"]
    lines += [f"GRANT USAGE ON SCHEMA {quote_identifier(schema)} {to}" for schema in ("seedbed", *schemas)]
    lines.append(f"GRANT {', '.join(LEDGER_RIGHTS)} ON ALL TABLES IN SCHEMA seedbed {to}")
    # A later version of the ledger brings tables; these are the same role's who runs the script.
    lines.append(f"ALTER DEFAULT PRIVILEGES IN SCHEMA seedbed GRANT {', '.join(LEDGER_RIGHTS)} ON TABLES {to}")
    lines += [f"GRANT {', '.join(WRITES)} ON {quote_relation(entity.relation)} {to}" for entity in held]
    lines += [f"GRANT USAGE ON SEQUENCE {name} {to}" for name in sequences_of(tables.values())]
    return "".join(f"-- {line}\n" for line in [f"What a role needs that only loads; put its name for {role}:", *lines])
