"""The tables that entities ask for, as PostgreSQL DDL."""

from collections.abc import Collection, Iterable, Mapping

from seedbed.core.spec import Column, Entity, Kind
from seedbed.database.sql_names import quote_identifier, quote_relation, sql_literal

SQL_TYPES: dict[Kind, str] = {
    "text": "text",
    "integer": "bigint",
    "decimal": "numeric(18,6)",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
    "json": "jsonb",
    "list": "text[]",
}
STAMPS = {
    "created_by": "text NOT NULL DEFAULT 'system'",
    "updated_by": "text NOT NULL DEFAULT 'system'",
    "created_at": "timestamptz NOT NULL DEFAULT now()",
    "updated_at": "timestamptz NOT NULL DEFAULT now()",
}
VERSIONED = {"version": "bigint NOT NULL DEFAULT 1", "deleted_at": "timestamptz", "deleted_by": "text"}
NO_TYPES: Mapping[str, str] = {}


def stored_name(entity: Entity, name: str) -> str:
    """What the table calls a column of the entity; bookkeeping columns have one name everywhere."""
    return entity.stored(name) if name == "id" or any(c.name == name for c in entity.columns) else name


def in_our_names(entity: Entity, names: Iterable[str]) -> str:
    """The table's columns for SELECT, each under the name that the entity gives it."""
    stored = ((stored_name(entity, name), name) for name in names)
    return ", ".join(
        quote_identifier(theirs) if theirs == ours else f"{quote_identifier(theirs)} AS {quote_identifier(ours)}"
        for theirs, ours in stored
    )


def create_table(entity: Entity, entities: Mapping[str, Entity], theirs: Mapping[str, str] = NO_TYPES) -> str:
    """CREATE TABLE for an entity that PostgreSQL holds: derived id, natural key, foreign keys, bookkeeping columns.

    `theirs`: our columns that refer to a table which others made, with the type that is stored there.
    """
    lines = [f"{quote_identifier(name)} {kind}" for name, kind in definitions(entity, entities, theirs).items()]
    lines.append(f"PRIMARY KEY ({quote_identifier(entity.stored('id'))})")
    if entity.key != ("id",):
        key = ", ".join(quote_identifier(entity.stored(name)) for name in entity.key)
        called = quote_identifier(f"{entity.relation.split('.', 1)[-1]}_key")
        lines.append(f"CONSTRAINT {called} UNIQUE NULLS NOT DISTINCT ({key})")
    body = ",\n  ".join([*lines, *_foreign_keys(entity, entities, theirs)])
    return f"CREATE TABLE {quote_relation(entity.relation)} (\n  {body}\n);"


def add_columns(
    entity: Entity, lacking: Collection[str], entities: Mapping[str, Entity], theirs: Mapping[str, str] = NO_TYPES
) -> str:
    """ALTER TABLE that adds the columns of these stored names, with their foreign keys."""
    kinds = definitions(entity, entities, theirs)
    parts = [f"ADD COLUMN {quote_identifier(name)} {kind}" for name, kind in kinds.items() if name in lacking]
    parts += [f"ADD {line}" for line in _foreign_keys(entity, entities, theirs, only=lacking)]
    body = ",\n  ".join(parts)
    return f"ALTER TABLE {quote_relation(entity.relation)}\n  {body};"


def definitions(entity: Entity, entities: Mapping[str, Entity], theirs: Mapping[str, str] = NO_TYPES) -> dict[str, str]:
    """The table's own names of all columns -> what SQL says of them."""
    found = (
        {} if entity.own_id else {entity.stored("id"): f"uuid GENERATED ALWAYS AS ({derived_id_sql(entity)}) STORED"}
    )
    found |= {column.stored: _definition(column, entities, theirs) for column in entity.columns}
    if entity.audit != "none":
        found |= STAMPS
    if entity.audit == "stamps_and_version":
        found |= {name: kind for name, kind in VERSIONED.items() if name not in found}
    return found


def derived_id_sql(entity: Entity) -> str:
    """The id as an expression of the natural key: the same row has the same id in every database."""
    parts = "||'/'||".join(_key_part(entity.column(name)) for name in entity.key)
    return f"md5({sql_literal(entity.id + '/')}||{parts})::uuid"


def _key_part(column: Column) -> str:
    value = (
        quote_identifier(column.stored)
        if column.kind == "text" and not _is_id(column)
        else f"{quote_identifier(column.stored)}::text"
    )
    return value if column.required else f"coalesce({value}, '')"


def _is_id(column: Column) -> bool:
    return column.references is not None and column.references.take == "id"


def column_type(column: Column, entities: Mapping[str, Entity]) -> str:
    """The column's SQL type: a reference has the type of what it stores."""
    reference = column.references
    if reference is None:
        return SQL_TYPES[column.kind]
    referred = entities[reference.entity]
    if reference.take == "id" and not referred.own_id and referred.target == "postgres":
        return "uuid"
    if reference.take == "id" and referred.target != "postgres":
        return "text"
    return SQL_TYPES[referred.column(reference.take).kind]


def _definition(column: Column, entities: Mapping[str, Entity], theirs: Mapping[str, str]) -> str:
    parts = [theirs.get(column.name) or column_type(column, entities)]
    if column.required:
        parts.append("NOT NULL")
    if column.default is not None:
        parts.append(f"DEFAULT {sql_literal(column.default)}")
    return " ".join(parts)


def _foreign_keys(
    entity: Entity, entities: Mapping[str, Entity], theirs: Mapping[str, str], only: Collection[str] | None = None
) -> list[str]:
    """None on tables of others: it would forbid them to delete their own rows."""
    lines = []
    for column in entity.references:
        reference = column.references
        referred = entities[reference.entity] if reference else None
        if column.name in theirs or (only is not None and column.stored not in only):
            continue
        if reference and referred and referred.target == "postgres" and reference.take in ("id", *_unique(referred)):
            place = f"{quote_relation(referred.relation)} ({quote_identifier(referred.stored(reference.take))})"
            lines.append(f"FOREIGN KEY ({quote_identifier(column.stored)}) REFERENCES {place}")
    return lines


def _unique(entity: Entity) -> tuple[str, ...]:
    return entity.key if len(entity.key) == 1 else ()
