"""Audits what the targets hold after a load: structure rules from the entities, quality rules from `expectations/results/`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from seedbed.core.errors import DataError, SeedbedError, Transient
from seedbed.core.spec import Entity, Reference
from seedbed.database.engines import Database, connect_args, limit
from seedbed.database.schema.catalog import StoredTable
from seedbed.database.sql_names import quote_identifier, quote_relation
from seedbed.validation.gx_contexts import open_context
from seedbed.validation.gx_suites import BOOLEAN_ONLY, COMPLETE, build_suite, is_lost, run
from seedbed.validation.structure import check_columns, table_rules
from seedbed.validation.table_reports import Key, TableAuditResult, key_text, table_audit_result
from seedbed.validation.table_test_results import (
    BY_QUERY,
    FailingRows,
    Rule,
    TableAudit,
    audit_error_result,
    audit_rule_result,
    rule_name,
)
from seedbed.validation.views import stored_columns, stored_tables, under_our_names, views_of

STATEMENT_TIMEOUT_S = 300
MOST_KEYS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where tables are audited: the database, the same as Great Expectations sees it, and what is called otherwise there."""

    database: Database
    source: Any
    entities: Mapping[str, Entity]
    tables: Mapping[str, StoredTable]
    views: Mapping[str, str]

    def batch_of(self, entity: Entity) -> str:
        """What stands for {batch} in a query on the entity's table."""
        view = self.views.get(entity.id)
        return f"({view}) AS subselect" if view else quote_relation(entity.relation)


def audit_tables(
    database: Database, audits: Sequence[TableAudit], entities: Mapping[str, Entity]
) -> list[TableAuditResult]:
    """A verdict on each table, in order; a rule that cannot be judged fails. Raises Transient and AuthError."""
    tables = stored_tables(database, entities.values())  # a database that is away is told apart here, in our own words
    with _lost_is_transient(database), _datasource(database) as source:
        scope = _Scope(database, source, entities, tables, views_of(entities.values(), tables))
        return [_audit_table(scope, audit) for audit in audits]


@contextmanager
def _lost_is_transient(database: Database) -> Iterator[None]:
    """Great Expectations has errors of its own for a database that goes away between two rules: here they are ours."""
    try:
        yield
    except SeedbedError:
        raise
    except Exception as error:
        if not is_lost(error):
            raise
        raise Transient(
            f"{database.address} was lost during the audit: {error}", next_step="retry", code="database-unavailable"
        ) from error


@contextmanager
def _datasource(database: Database) -> Iterator[Any]:
    """The database as Great Expectations sees it: read only, and with no connection left behind."""
    # Great Expectations shows its connection string in errors, and refuses passwords with blanks there: it gets none.
    source = open_context().data_sources.add_postgres(
        "tables",
        connection_string="postgresql+psycopg2://seedbed@localhost/seedbed",
        create_temp_table=False,
        kwargs={"connect_args": connect_args(database.address, application="seedbed audit")},
    )
    try:
        for engine in (source.get_engine(), source.get_execution_engine().engine):
            limit(engine, statement_timeout_s=STATEMENT_TIMEOUT_S, reads_only=True, is_sent_along=True)
        yield source
    finally:
        source.get_engine().dispose()
        source.get_execution_engine().close()


def _audit_table(scope: _Scope, audit: TableAudit) -> TableAuditResult:
    try:
        columns = stored_columns(audit.entity, scope.tables)
        rules: list[Rule] = [*table_rules(audit.entity, scope.entities), *audit.suite["expectations"]]
        for rule in rules:
            check_columns(audit.entity, rule, columns)
        rules = [under_our_names(rule, scope.views) for rule in rules]
        batch = _table_batch(scope, audit.entity)
        passed = run(
            batch, build_suite(audit.entity.id, rules), result_format=BOOLEAN_ONLY, parameters=audit.parameters
        )
        # Who broke a rule is asked only where one is broken: on sound tables this saves two thirds of the time.
        broken = [rule for rule in rules if not passed[rule_name(rule)].success]
        found = _as_in_the_file(scope, audit, _failures(scope, batch, audit, broken)) if broken else {}
        return table_audit_result(
            audit.entity, [audit_rule_result(rule, found.get(rule_name(rule)), audit.named) for rule in rules]
        )
    except DataError as error:
        return table_audit_result(audit.entity, [audit_error_result(error)])


def _table_batch(scope: _Scope, entity: Entity) -> Any:
    if view := scope.views.get(entity.id):
        asset = scope.source.add_query_asset(entity.id, query=view)
    else:
        asset = scope.source.add_table_asset(entity.id, table_name=entity.relation)
    return asset.add_batch_definition_whole_table("whole").get_batch()


def _failures(scope: _Scope, batch: Any, audit: TableAudit, broken: Sequence[Rule]) -> dict[str, FailingRows]:
    """Rule -> how many rows break it, and their keys as the table stores them."""
    queries = [rule for rule in broken if rule["type"] == BY_QUERY]
    found = {rule_name(rule): _queried(scope, audit.entity, rule) for rule in queries}
    others = [rule for rule in broken if rule["type"] != BY_QUERY]
    if others:
        asked = {
            **COMPLETE,
            "unexpected_index_column_names": list(audit.entity.key),
            "partial_unexpected_count": MOST_KEYS,
        }
        suite = build_suite(audit.entity.id, others)
        results = run(batch, suite, result_format=asked, parameters=audit.parameters)
        found |= {name: _failure(result.result, audit.entity.key) for name, result in results.items()}
    return found


def _failure(result: Mapping[str, Any], key: Sequence[str]) -> FailingRows:
    rows = int(result.get("unexpected_count") or 0)
    listed = result.get("unexpected_index_list") or []
    if len(listed) != rows:
        return FailingRows(rows, ())
    return FailingRows(rows, tuple(tuple(key_text(row[name]) for name in key) for row in listed))


def _queried(scope: _Scope, entity: Entity, rule: Rule) -> FailingRows:
    """Great Expectations gives 200 rows of a query; all are asked for here, and their keys only are kept."""
    query = rule["kwargs"]["unexpected_rows_query"].format(batch=scope.batch_of(entity))
    with scope.database.transaction() as cursor:
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        for name in entity.key:
            if name not in names:
                where = f"suite '{entity.id}', rule '{rule_name(rule)}'"
                step = f"select the key: {', '.join(entity.key)}"
                raise DataError(f"{where}: the query does not give '{name}'", next_step=step, code="suite-invalid")
        cells = [names.index(name) for name in entity.key]
        rows = cursor.fetchmany(MOST_KEYS)
    return FailingRows(len(rows), tuple(tuple(key_text(row[cell]) for cell in cells) for row in rows))


def _as_in_the_file(scope: _Scope, audit: TableAudit, found: dict[str, FailingRows]) -> dict[str, FailingRows]:
    """Keys with what a CSV holds (another entity's code) in place of what the table stores (its id)."""
    for cell, name in enumerate(audit.entity.key):
        reference = audit.entity.column(name).references
        referred = scope.entities[reference.entity] if reference else audit.entity
        if reference is None or reference.take == reference.by or referred.target != "postgres":
            continue
        stored = {key[cell] for failure in found.values() for key in failure.keys}
        codes = _codes(scope.database, reference, referred, stored)
        found = {
            rule: FailingRows(failure.rows, _recoded(failure.keys, cell, codes)) for rule, failure in found.items()
        }
    return found


def _codes(database: Database, reference: Reference, referred: Entity, stored: Iterable[str]) -> dict[str, str]:
    take, by = quote_identifier(referred.stored(reference.take)), quote_identifier(referred.stored(reference.by))
    query = f"SELECT {take}::text, {by}::text FROM {quote_relation(referred.relation)} WHERE {take}::text = ANY(%s)"
    with database.transaction() as cursor:
        cursor.execute(query, (sorted(stored),))
        return dict(cursor.fetchall())


def _recoded(keys: Iterable[Key], position: int, codes: Mapping[str, str]) -> tuple[Key, ...]:
    return tuple((*key[:position], codes.get(key[position], key[position]), *key[position + 1 :]) for key in keys)
