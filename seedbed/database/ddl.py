"""The tables that entities ask for, as PostgreSQL DDL."""

from seedbed.core.spec import Column, Entity, Kind

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
STAMPS = (
    "created_by text NOT NULL DEFAULT 'system'",
    "updated_by text NOT NULL DEFAULT 'system'",
    "created_at timestamptz NOT NULL DEFAULT now()",
    "updated_at timestamptz NOT NULL DEFAULT now()",
)
VERSIONED = ("deleted_at timestamptz", "deleted_by text")


def quoted(name: str) -> str:
    """An identifier as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A constant as SQL writes it."""
    if isinstance(value, bool):
        return str(value).upper()
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def create_table(entity: Entity, entities: dict[str, Entity]) -> str:
    """CREATE TABLE for an entity that PostgreSQL holds: derived id, natural key, foreign keys, bookkeeping columns."""
    lines = [] if entity.own_id else [f"{quoted('id')} uuid GENERATED ALWAYS AS ({derived_id(entity)}) STORED"]
    lines += [_column(column, entities) for column in entity.columns]
    if entity.audit != "none":
        lines += STAMPS
    if entity.audit == "stamps_and_version":
        names = {column.name for column in entity.columns}
        lines += [] if "version" in names else ["version bigint NOT NULL DEFAULT 1"]
        lines += VERSIONED
    lines.append("PRIMARY KEY (id)")
    if entity.key != ("id",):
        key = ", ".join(quoted(name) for name in entity.key)
        lines.append(f"CONSTRAINT {quoted(entity.relation + '_key')} UNIQUE NULLS NOT DISTINCT ({key})")
    body = ",\n  ".join([*lines, *_foreign_keys(entity, entities)])
    return f"CREATE TABLE {quoted(entity.relation)} (\n  {body}\n);"


def derived_id(entity: Entity) -> str:
    """The id as an expression of the natural key: the same row has the same id in every database."""
    parts = "||'/'||".join(_key_part(entity.column(name)) for name in entity.key)
    return f"md5({literal(entity.name + '/')}||{parts})::uuid"


def _key_part(column: Column) -> str:
    value = quoted(column.name) if column.kind == "text" and not _is_id(column) else f"{quoted(column.name)}::text"
    return value if column.required else f"coalesce({value}, '')"


def _is_id(column: Column) -> bool:
    return column.references is not None and column.references.take == "id"


def column_type(column: Column, entities: dict[str, Entity]) -> str:
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


def _column(column: Column, entities: dict[str, Entity]) -> str:
    parts = [quoted(column.name), column_type(column, entities)]
    if column.required:
        parts.append("NOT NULL")
    if column.default is not None:
        parts.append(f"DEFAULT {literal(column.default)}")
    return " ".join(parts)


def _foreign_keys(entity: Entity, entities: dict[str, Entity]) -> list[str]:
    lines = []
    for column in entity.references:
        reference = column.references
        referred = entities[reference.entity] if reference else None
        if reference and referred and referred.target == "postgres" and reference.take in ("id", *_unique(referred)):
            lines.append(
                f"FOREIGN KEY ({quoted(column.name)}) REFERENCES {quoted(referred.relation)} ({quoted(reference.take)})"
            )
    return lines


def _unique(entity: Entity) -> tuple[str, ...]:
    return entity.key if len(entity.key) == 1 else ()
