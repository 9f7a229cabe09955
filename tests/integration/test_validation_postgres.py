"""Result suites on loaded tables: every failing row is found by key, and the run answers for its own rows only."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from seedbed.core.errors import AuthError, Transient
from seedbed.core.spec import Column, Entity, Reference
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.database.schema.ddl import create_table
from seedbed.validation.table_reports import RuleResult, TableAuditResult
from seedbed.validation.table_test_results import TableAudit
from seedbed.validation.table_tests import audit_tables
from tests.support.stack.postgres import PASSWORD
from tests.support.stack.project import seen

PLAN = Entity("plan", "coverage", (Column("code", required=True), Column("beds", "integer")), audit="none")
MAPPING = Entity(
    "mapping",
    "coverage",
    (
        Column("main", required=True),
        Column("sub"),
        Column("plan_id", header="plan_code", required=True, references=Reference("plan")),
    ),
    key=("main", "sub", "plan_id"),
    audit="none",
)
ENTITIES = {entity.name: entity for entity in (PLAN, MAPPING)}


def rule(kind: str, name: str = "the-rule", severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "description": f"sentence of {name}",
        "meta": {"rule": name},
    }


BEDS = rule("expect_column_values_to_be_between", "beds", column="beds", min_value=0)


@pytest.fixture
def plans(database: Database) -> Database:
    """1,000 plans of which three have negative beds, and 997 mappings; without foreign keys, so that they can be wrong."""
    mapping = create_table(MAPPING, ENTITIES)
    with database.transaction() as cursor:
        cursor.execute(create_table(PLAN, ENTITIES))
        cursor.execute(mapping[: mapping.index(",\n  FOREIGN KEY")] + ")")
        cursor.execute("INSERT INTO plan (code, beds) SELECT 'P' || n, n FROM generate_series(1, 1000) n")
        cursor.execute("UPDATE plan SET beds = -1 WHERE code IN ('P7', 'P8', 'P900')")
        cursor.execute(
            "INSERT INTO mapping (main, sub, plan_id) "
            "SELECT 'M' || beds, nullif('S' || beds % 2, 'S1'), id FROM plan WHERE beds > 0"
        )
    return database


def audit(
    database: Database, *rules: dict[str, Any], entity: Entity = PLAN, rows: int = 1_000, **how: Any
) -> TableAuditResult:
    wanted = TableAudit(entity, {"name": entity.name, "expectations": list(rules)}, {"rows_accounted": rows}, **how)
    (verdict,) = audit_tables(database, [wanted], ENTITIES)
    return verdict


def check(verdict: TableAuditResult, name: str = "the-rule") -> RuleResult:
    return next(one for one in verdict.checks if one.rule == name)


def test_a_sound_table_passes_every_rule_the_entity_and_the_file_give(plans: Database) -> None:
    verdict = audit(plans, rule("expect_column_values_to_match_regex", column="code", regex="^P[0-9]+$"))
    assert verdict.success
    assert [(one.rule, one.status) for one in verdict.checks] == [
        ("row-count", "PASS"),
        ("key-code", "PASS"),
        ("the-rule", "PASS"),
    ]


def test_failures_in_rows_that_the_run_names_fail_and_others_warn(plans: Database) -> None:
    ours = audit(plans, BEDS, named=lambda keys: keys & {("P8",)})
    assert not ours.success
    assert check(ours, "beds") == RuleResult("beds", "sentence of beds", "critical", "FAIL", 1, 2, ("P8", "P7", "P900"))
    others = audit(plans, BEDS, named=lambda _: ())
    assert others.success
    assert (check(others, "beds").status, check(others, "beds").other_failures) == ("WARN", 3)


def test_a_rule_that_is_not_critical_only_warns(plans: Database) -> None:
    verdict = audit(plans, BEDS | {"severity": "warning"})
    assert (verdict.success, check(verdict, "beds").status, check(verdict, "beds").named_failures) == (True, "WARN", 3)


def test_every_failing_row_is_found_and_twenty_are_shown(plans: Database) -> None:
    verdict = audit(plans, rule("expect_column_values_to_be_between", column="beds", max_value=0))
    assert (check(verdict).named_failures, len(check(verdict).examples)) == (997, 20)


def test_a_row_that_points_nowhere_is_found_under_its_key_as_the_csv_writes_it(plans: Database) -> None:
    with plans.transaction() as cursor:
        cursor.execute("DELETE FROM plan WHERE code = 'P13'")
        cursor.execute(
            "UPDATE mapping SET main = 'N/' || main WHERE plan_id = (SELECT id FROM plan WHERE code = 'P14')"
        )
    asked: list[set[tuple[str, ...]]] = []

    def named(keys: Any) -> Any:
        asked.append(set(keys))
        return keys

    verdict = audit(
        plans,
        rule("expect_column_values_to_match_regex", "main", column="main", regex="^M"),
        entity=MAPPING,
        rows=997,
        named=named,
    )
    assert check(verdict, "reference-plan_id").named_failures == 1
    assert check(verdict, "main").examples == ("N/M14/S0/P14",)
    assert {("N/M14", "S0", "P14")} in asked


def test_fewer_rows_than_the_run_accounts_for_fail(plans: Database) -> None:
    assert audit(plans, rows=1_000).success
    verdict = audit(plans, rows=1_001)
    assert (verdict.success, check(verdict, "row-count").status) == (False, "FAIL")


def test_a_rule_on_the_table_fails_without_rows(plans: Database) -> None:
    verdict = audit(plans, rule("expect_column_max_to_be_between", column="beds", max_value=10))
    assert check(verdict) == RuleResult("the-rule", "sentence of the-rule", "critical", "FAIL")


def test_rows_that_share_values_fail_though_nobody_says_which(plans: Database) -> None:
    verdict = audit(
        plans, rule("expect_compound_columns_to_be_unique", column_list=["main", "sub"]), entity=MAPPING, rows=0
    )
    assert check(verdict).status == "PASS"
    with plans.transaction() as cursor:
        cursor.execute("UPDATE mapping SET main = 'M', sub = 'S' WHERE main IN ('M1', 'M2')")
    verdict = audit(
        plans, rule("expect_compound_columns_to_be_unique", column_list=["main", "sub"]), entity=MAPPING, rows=0
    )
    assert (check(verdict).status, check(verdict).named_failures, check(verdict).examples) == ("FAIL", 2, ())


def test_rows_that_repeat_a_value_are_found_by_key(plans: Database) -> None:
    verdict = audit(plans, rule("expect_column_values_to_be_unique", column="beds"))
    assert check(verdict).examples == ("P7", "P8", "P900")


def test_a_query_of_the_files_own_finds_keys(plans: Database) -> None:
    query = "SELECT code FROM {batch} WHERE code !~ '^P[0-9]{{1,4}}$' OR beds % 2 = 1 AND beds > 990"
    verdict = audit(plans, rule("unexpected_rows_expectation", unexpected_rows_query=query))
    assert check(verdict).examples == ("P991", "P993", "P995", "P997", "P999")


@pytest.mark.parametrize(
    ("the_rule", "words"),
    [
        (rule("expect_column_values_to_be_nul", column="code"), "did you mean 'expect_column_values_to_be_null'"),
        (rule("expect_column_values_to_not_be_null", column="cod"), "unknown column 'cod'; did you mean 'code'"),
        (rule("expect_column_values_to_be_between", column="code", min_value=1), "could not be checked"),
        (
            rule("unexpected_rows_expectation", unexpected_rows_query="SELECT cod FROM {batch}"),
            'column "cod" does not exist',
        ),
        (
            rule("unexpected_rows_expectation", unexpected_rows_query="SELECT beds FROM {batch}"),
            "the query does not give 'code'; select the key: code",
        ),
        (
            rule("unexpected_rows_expectation", unexpected_rows_query="SELECT code FROM plan"),
            "does not read from {batch}",
        ),
        (rule("expect_column_values_to_not_be_null", "row-count", column="code"), "the rule 'row-count' stands twice"),
        (rule("expect_column_max_to_be_between", column="beds", max_value={"$PARAMETER": "most"}), "most"),
    ],
)
def test_a_rule_that_cannot_be_judged_fails_with_the_next_step(
    plans: Database, the_rule: dict[str, Any], words: str
) -> None:
    verdict = audit(plans, the_rule)
    assert not verdict.success
    assert words in verdict.checks[0].description


def test_one_table_that_cannot_be_judged_leaves_the_others_their_verdicts(plans: Database) -> None:
    gone = Entity("gone", "coverage", PLAN.columns)
    audits = [TableAudit(one, {"name": one.name, "expectations": []}, {"rows_accounted": 1}) for one in (gone, PLAN)]
    verdicts = audit_tables(plans, audits, ENTITIES)
    assert [verdict.success for verdict in verdicts] == [False, True]
    assert "there is no table 'gone'; run `seedbed migrate`" in verdicts[0].checks[0].description


def test_the_audit_leaves_no_connection_and_tells_no_secret(plans: Database) -> None:
    text = json.dumps(
        audit(plans, BEDS, rule("expect_column_values_to_be_between", "x", column="code", min_value=1)).to_json()
    )
    assert not any(secret in text for secret in (PASSWORD, "s3cr"))
    seen(lambda: connections_of_audits(plans) == 0, within_s=30)  # a server's process ends a little after its client


def connections_of_audits(plans: Database) -> int:
    """Those to this database: a pooler before the cluster keeps its connections, to other databases."""
    with plans.transaction() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'seedbed audit' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


def test_a_database_that_is_away_is_transient_and_a_wrong_password_is_not(address: DatabaseAddress) -> None:
    away = open_database(DatabaseAddress("127.0.0.1", 1, "x", "x", "x"))
    with pytest.raises(Transient):
        audit(away)
    wrong = open_database(DatabaseAddress(address.host, address.port, address.database, address.user, "wrong"))
    with pytest.raises(AuthError):
        audit(wrong)


def test_an_audit_that_takes_too_long_is_transient(plans: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seedbed.validation.table_tests.STATEMENT_TIMEOUT_S", 1)
    query = "SELECT code FROM {batch} WHERE code = 'P1' AND pg_sleep(3) IS NULL"
    with pytest.raises(Transient, match="the database was lost"):
        audit(plans, rule("unexpected_rows_expectation", unexpected_rows_query=query))


def test_threads_audit_side_by_side(plans: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        verdicts = list(pool.map(lambda _: audit(plans, BEDS), range(12)))
    assert {check(verdict, "beds").examples for verdict in verdicts} == {("P7", "P8", "P900")}


def test_sixty_tables_take_seconds(plans: Database) -> None:
    rules = [BEDS, *(rule("expect_column_values_to_match_regex", f"r{n}", column="code", regex="^P") for n in range(4))]
    same = [replace(PLAN, name=f"plan_{number}", table="plan") for number in range(60)]
    audits = [TableAudit(one, {"name": one.name, "expectations": rules}, {"rows_accounted": 1_000}) for one in same]
    audit_tables(plans, audits[:1], ENTITIES)
    began = time.perf_counter()
    audit_tables(plans, audits, ENTITIES)
    assert time.perf_counter() - began < 30
