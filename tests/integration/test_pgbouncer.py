"""Seedbed by way of PgBouncer in transaction mode: every transaction may run in another session."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from seedbed.actions.context import Run
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import AuthError, DataError, Transient
from seedbed.core.report import Report
from seedbed.database.engines import Database, DatabaseAddress, connect_args, limit, open_database, open_engine
from seedbed.database.schema.apply_schema import migrate_schema, revision
from tests.support.builders.houses import BED, SMALL, WARD, SmallHouse, csv_text, small_house
from tests.support.stack.pgbouncer import through

FILES = (WARD, BED)


@pytest.fixture
def pooled(address: DatabaseAddress, pgbouncer: int) -> Iterator[Database]:
    """The empty database by way of PgBouncer."""
    opened = open_database(through(pgbouncer, address))
    yield opened
    opened.close()


@pytest.fixture
def small(pooled: Database, tmp_path: Path) -> SmallHouse:
    """The small house there, with wards that have a rule for their rows, and beds that refer to them."""
    built = small_house(pooled, tmp_path)
    built.suite(WARD, ("expect_column_values_to_match_regex", {"column": "code", "regex": "^W"}))
    built.file(WARD, csv_text(("code", "name"), [(f"W{n:02}", f"Ward {n}") for n in range(30)]))
    beds = [(f"B{n:04}", f"W{n % 30:02}", n) for n in range(1_000)]
    built.file(BED, csv_text(("code", "ward_code", "rank"), beds))
    return built


def run(small: SmallHouse, name: str) -> Report:
    names = tuple(entity.name for entity in FILES)
    request = SetupRequest(mode="entity", entities=names, data_dirs=(small.data,), on_duplicate="update")
    return setup(small.house, Run(name, name), request)


def figures(report: Report) -> list[tuple[str, int, int, int, int]]:
    return [(e.entity, e.read, e.inserted, e.updated, e.unchanged) for e in report.entities]


def test_a_set_up_loads_merges_audits_and_reports(small: SmallHouse) -> None:
    first = run(small, "r1")
    assert (first.state, first.error) == ("completed", None)
    assert figures(first) == [("test_ward", 30, 30, 0, 0), ("test_bed", 1_000, 1_000, 0, 0)]
    beds = [(f"B{n:04}", f"W{n % 30:02}", n + (n % 10 == 0)) for n in range(1_100)]
    small.file(BED, csv_text(("code", "ward_code", "rank"), beds))
    second = run(small, "r2")
    assert second.error is None
    assert figures(second) == [("test_ward", 30, 0, 0, 30), ("test_bed", 1_100, 100, 100, 900)]
    assert small.query("SELECT count(*), sum(rank) FROM test_bed") == [(1_100, sum(range(1_100)) + 110)]
    assert len(small.changes("r2")) == 100
    assert list((small.root / "output").glob("**/*.html"))


def test_an_audit_finds_what_is_wrong(small: SmallHouse) -> None:
    small.results(BED, ("expect_column_values_to_be_between", {"column": "rank", "max_value": 998}))
    failed = run(small, "r1")
    assert failed.error is not None
    assert failed.error.message == "the audit refuses test_bed: rule-0"


def test_what_only_reads_cannot_write_and_does_not_hinder_whoever_is_next_in_the_session(pooled: Database) -> None:
    reader = Database(pooled.address, open_engine(pooled.address))
    limit(reader.engine, statement_timeout_s=7, reads_only=True)
    for _ in range(3):
        with pytest.raises(Transient, match="read-only transaction"), reader.transaction() as cursor:
            cursor.execute("CREATE TABLE refused (code text)")
        with pooled.transaction() as cursor:
            cursor.execute(
                "CREATE TEMP TABLE allowed ON COMMIT DROP AS SELECT current_setting('statement_timeout') AS s"
            )
            cursor.execute("SELECT s FROM allowed")
            assert cursor.fetchone() == ("15min",)
    reader.close()


def test_what_only_reads_says_so_with_the_first_statement_of_each_transaction(pooled: Database) -> None:
    engine = create_engine(pooled.engine.url, connect_args=connect_args(pooled.address, application="test"))
    limit(engine, statement_timeout_s=7, reads_only=True, is_sent_along=True)
    asked = "SELECT current_setting('statement_timeout') || current_setting('transaction_read_only') || :more"
    for _ in range(3):
        with engine.connect() as connection:
            for more in ("1", "2"):
                assert connection.execute(text(asked), {"more": more}).scalar() == f"7son{more}"
                connection.rollback()
            with pytest.raises(DBAPIError, match="read-only transaction"):
                connection.execute(text("CREATE TABLE refused (code text)"))
    engine.dispose()


def test_time_outs_hold_in_every_transaction_and_nothing_stays_in_a_session(pooled: Database) -> None:
    def asked(_: int) -> list[str]:
        with pooled.transaction() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'), pg_sleep(0.01)"
            )
            return list(cursor.fetchone()[:2])

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(asked, range(40))) == [["15min", "5min"]] * 40
    connection = pooled.engine.raw_connection()
    connection.driver_connection.autocommit = True  # type: ignore[union-attr]
    cursor = connection.cursor()
    cursor.execute("SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')")
    assert cursor.fetchone() == ("0", "off")
    connection.driver_connection.autocommit = False  # type: ignore[union-attr]
    connection.close()


def test_a_database_is_migrated_by_several_at_once(pooled: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        before = list(threads.map(lambda _: migrate_schema(pooled.engine, SMALL), range(4)))
    assert sorted(before) == ["", *[revision(pooled.engine)] * 3]


def test_a_large_result_is_streamed_while_others_work(pooled: Database, small: SmallHouse) -> None:
    small.execute("INSERT INTO test_ward (code) SELECT 'W' || n FROM generate_series(1, 120000) n")
    frames = pooled.frames(WARD)
    first = next(frames)
    assert small.query("SELECT count(*) FROM test_ward") == [(120_000,)]
    assert [len(first), *map(len, frames)] == [50_000, 50_000, 20_000]


def test_what_the_database_refuses_comes_out_in_our_words(pooled: Database) -> None:
    with pytest.raises(DataError, match="nowhere"), pooled.transaction() as cursor:
        cursor.execute("SELECT * FROM nowhere")


def test_a_wrong_password_is_refused_and_not_waited_for(pooled: Database) -> None:
    wrong = open_database(replace(pooled.address, password="wrong"))
    with closing(wrong), pytest.raises(AuthError) as refused, wrong.transaction():
        pass
    assert refused.value.code == "database-refused"
