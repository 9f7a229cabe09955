"""Rules on loaded tables that follow from the entity itself: nobody writes them twice."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from seedbed.core.errors import DataError, unknown_name
from seedbed.core.spec import Column, Entity
from seedbed.database.sql_names import quote_identifier, quote_relation
from seedbed.validation.row_rules import columns_of

ROWS_ACCOUNTED = "rows_accounted"
BOOKKEEPING = ("id", "created_by", "updated_by", "created_at", "updated_at", "version", "deleted_at", "deleted_by")


def table_rules(entity: Entity, entities: Mapping[str, Entity]) -> list[dict[str, Any]]:
    """Structure rules for a table in PostgreSQL: keys, references, and as many rows as the run accounts for."""
    keys = [name for name in entity.key if entity.column(name).required]
    references = [
        _reference_query(entity, column, entities) for column in entity.references if _is_stored(column, entities)
    ]
    return [_enough_rows(), *_filled(keys), *references]


def frame_rules(entity: Entity, known: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """Structure rules for rows that another target gave back, by CSV header; `known`: header -> what it may refer to."""
    keys = list(entity.key_headers)
    filled = [header for name in entity.key if entity.column(name).required for header in entity.column(name).headers]
    kind = "expect_column_values_to_be_unique" if len(keys) == 1 else "expect_compound_columns_to_be_unique"
    columns = {"column": keys[0]} if len(keys) == 1 else {"column_list": keys}
    unique = _rule("key-unique", f"no two rows share a key ({', '.join(keys)})", kind, columns)
    references = [
        _reference_set(column, known[column.headers[0]])
        for column in entity.references
        if column.kind != "list" and column.headers[0] in known
    ]
    return [_enough_rows(), *_filled(filled), unique, *references]


def check_columns(entity: Entity, rule: Mapping[str, Any], known: Collection[str]) -> None:
    """DataError where a rule names a column that is not among those known."""
    for column in columns_of(rule["kwargs"]):
        if column not in known:
            refusal = unknown_name("column", column, known)
            where = f"suite '{entity.id}', rule '{rule['meta']['rule']}'"
            raise DataError(f"{where}: {refusal.message}", next_step=refusal.next_step, code="suite-invalid")


def table_columns(entity: Entity) -> tuple[str, ...]:
    """The columns of an entity's table, its bookkeeping included."""
    return (*(column.name for column in entity.columns), *BOOKKEEPING)


def _enough_rows() -> dict[str, Any]:
    sentence = "the target holds every row that this run accounts for"
    return _rule(
        "row-count", sentence, "expect_table_row_count_to_be_between", {"min_value": {"$PARAMETER": ROWS_ACCOUNTED}}
    )


def _filled(columns: Iterable[str]) -> list[dict[str, Any]]:
    kind = "expect_column_values_to_not_be_null"
    return [_rule(f"key-{column}", f"{column} is never empty", kind, {"column": column}) for column in columns]


def _is_stored(column: Column, entities: Mapping[str, Entity]) -> bool:
    """Whether what the column points at is a table beside it."""
    reference = column.references
    return bool(reference and column.kind != "list" and entities[reference.entity].target == "postgres")


def _reference_query(entity: Entity, column: Column, entities: Mapping[str, Entity]) -> dict[str, Any]:
    reference = column.references
    if reference is None:
        raise ValueError(f"{entity.id}.{column.name} refers to nothing")
    keys = ", ".join(quote_identifier(name) for name in entity.key)
    referred = entities[reference.entity]
    take = f"{quote_relation(referred.relation)} r WHERE r.{quote_identifier(referred.stored(reference.take))}"
    # In this form Great Expectations leaves the query alone, and PostgreSQL reads it as an anti-join.
    query = (
        f"WITH b AS (SELECT * FROM {{batch}}) SELECT {keys} FROM b WHERE {quote_identifier(column.name)} IS NOT NULL AND NOT EXISTS "
        f"(SELECT 1 FROM {take} = b.{quote_identifier(column.name)})"
    )
    kwargs = {"unexpected_rows_query": query}
    return _rule(_reference_name(column), _reference_sentence(column), "unexpected_rows_expectation", kwargs)


def _reference_set(column: Column, known: Collection[str]) -> dict[str, Any]:
    kwargs = {"column": column.headers[0], "value_set": sorted(known) or [""]}  # cells are never "": they are null then
    return _rule(_reference_name(column), _reference_sentence(column), "expect_column_values_to_be_in_set", kwargs)


def _reference_name(column: Column) -> str:
    return f"reference-{column.name}"


def _reference_sentence(column: Column) -> str:
    referred = column.references.entity if column.references else ""
    return f"{column.name} names a {referred.replace('_', ' ')} that exists"


def _rule(name: str, description: str, kind: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "description": description, "meta": {"rule": name}}
