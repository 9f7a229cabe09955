"""Audits what the targets hold after a load: structure rules from the entities, quality rules from `expectations/results/`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from seedbed.core.errors import DataError
from seedbed.core.spec import Entity, Reference
from seedbed.database.ddl import quoted
from seedbed.database.engines import CONNECT_TIMEOUT_S, Database
from seedbed.validation.audits import BY_QUERY, Failure, Rule, TableAudit, judged, not_judged, rule_name
from seedbed.validation.contexts import open_context
from seedbed.validation.structure import check_columns, table_columns, table_rules
from seedbed.validation.suites import BOOLEAN_ONLY, COMPLETE, build_suite, run
from seedbed.validation.verdicts import Key, TableVerdict, key_text, verdict_on

STATEMENT_TIMEOUT_S = 300
MOST_KEYS = 1_000_000


def audit_tables(
    database: Database, audits: Sequence[TableAudit], entities: Mapping[str, Entity]
) -> list[TableVerdict]:
    """A verdict on each table, in order; a rule that cannot be judged fails. Raises Transient and AuthError."""
    with database.transaction() as cursor:
        cursor.execute("SELECT 1")  # a database that is away is told apart here, in our own words
    with _datasource(database) as source:
        return [_audit_table(database, source, audit, entities) for audit in audits]


@contextmanager
def _datasource(database: Database) -> Iterator[Any]:
    """The database as Great Expectations sees it: read only, and with no connection left behind."""
    address = database.address
    # Great Expectations shows its connection string in errors, and refuses passwords with blanks there: it gets none.
    login = {"host": address.host, "port": address.port, "dbname": address.database}
    login |= {"user": address.user, "password": address.password, "sslmode": address.ssl_mode or "prefer"}
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT_S}s"
    behaviour = {"options": options, "connect_timeout": CONNECT_TIMEOUT_S, "application_name": "seedbed audit"}
    source = open_context().data_sources.add_postgres(
        "tables",
        connection_string="postgresql+psycopg2://seedbed@localhost/seedbed",
        create_temp_table=False,
        kwargs={"connect_args": {**login, **behaviour}},
    )
    try:
        yield source
    finally:
        source.get_engine().dispose()
        source.get_execution_engine().close()


def _audit_table(database: Database, source: Any, audit: TableAudit, entities: Mapping[str, Entity]) -> TableVerdict:
    try:
        rules = [*table_rules(audit.entity, entities), *audit.suite["expectations"]]
        for rule in rules:
            check_columns(audit.entity, rule, table_columns(audit.entity))
        batch = _table_batch(source, audit.entity)
        passed = run(
            batch, build_suite(audit.entity.name, rules), result_format=BOOLEAN_ONLY, parameters=audit.parameters
        )
        # Who broke a rule is asked only where one is broken: on sound tables this saves two thirds of the time.
        broken = [rule for rule in rules if not passed[rule_name(rule)].success]
        found = _as_in_the_file(database, audit, entities, _failures(database, batch, audit, broken)) if broken else {}
        return verdict_on(audit.entity, [judged(rule, found.get(rule_name(rule)), audit.named) for rule in rules])
    except DataError as error:
        return verdict_on(audit.entity, [not_judged(error)])


def _table_batch(source: Any, entity: Entity) -> Any:
    try:
        asset = source.add_table_asset(entity.name, table_name=entity.relation)
    except ConnectionError as error:
        raise DataError(f"there is no table '{entity.relation}'", next_step="run `seedbed migrate`") from error
    return asset.add_batch_definition_whole_table("whole").get_batch()


def _failures(database: Database, batch: Any, audit: TableAudit, broken: Sequence[Rule]) -> dict[str, Failure]:
    """Rule -> how many rows break it, and their keys as the table stores them."""
    queries = [rule for rule in broken if rule["type"] == BY_QUERY]
    found = {rule_name(rule): _queried(database, audit.entity, rule) for rule in queries}
    others = [rule for rule in broken if rule["type"] != BY_QUERY]
    if others:
        asked = {
            **COMPLETE,
            "unexpected_index_column_names": list(audit.entity.key),
            "partial_unexpected_count": MOST_KEYS,
        }
        suite = build_suite(audit.entity.name, others)
        results = run(batch, suite, result_format=asked, parameters=audit.parameters)
        found |= {name: _failure(result.result, audit.entity.key) for name, result in results.items()}
    return found


def _failure(result: Mapping[str, Any], key: Sequence[str]) -> Failure:
    rows = int(result.get("unexpected_count") or 0)
    listed = result.get("unexpected_index_list") or []
    if len(listed) != rows:
        return Failure(rows, ())
    return Failure(rows, tuple(tuple(key_text(row[name]) for name in key) for row in listed))


def _queried(database: Database, entity: Entity, rule: Rule) -> Failure:
    """Great Expectations gives 200 rows of a query; all are asked for here, and their keys only are kept."""
    query = rule["kwargs"]["unexpected_rows_query"].format(batch=quoted(entity.relation))
    with database.transaction() as cursor:
        cursor.execute(query)
        names = [column.name for column in cursor.description]
        for name in entity.key:
            if name not in names:
                where = f"suite '{entity.name}', rule '{rule_name(rule)}'"
                step = f"select the key: {', '.join(entity.key)}"
                raise DataError(f"{where}: the query does not give '{name}'", next_step=step)
        places = [names.index(name) for name in entity.key]
        rows = cursor.fetchmany(MOST_KEYS)
    return Failure(len(rows), tuple(tuple(key_text(row[place]) for place in places) for row in rows))


def _as_in_the_file(
    database: Database, audit: TableAudit, entities: Mapping[str, Entity], found: dict[str, Failure]
) -> dict[str, Failure]:
    """Keys with what a CSV holds (another entity's code) in place of what the table stores (its id)."""
    for place, name in enumerate(audit.entity.key):
        reference = audit.entity.column(name).references
        if reference is None or reference.take == reference.by or entities[reference.entity].target != "postgres":
            continue
        stored = {key[place] for failure in found.values() for key in failure.keys}
        codes = _codes(database, reference, entities[reference.entity].relation, stored)
        found = {rule: Failure(failure.rows, _recoded(failure.keys, place, codes)) for rule, failure in found.items()}
    return found


def _codes(database: Database, reference: Reference, relation: str, stored: Iterable[str]) -> dict[str, str]:
    take, by = quoted(reference.take), quoted(reference.by)
    query = f"SELECT {take}::text, {by}::text FROM {quoted(relation)} WHERE {take}::text = ANY(%s)"
    with database.transaction() as cursor:
        cursor.execute(query, (sorted(stored),))
        return dict(cursor.fetchall())


def _recoded(keys: Iterable[Key], place: int, codes: Mapping[str, str]) -> tuple[Key, ...]:
    return tuple((*key[:place], codes.get(key[place], key[place]), *key[place + 1 :]) for key in keys)
