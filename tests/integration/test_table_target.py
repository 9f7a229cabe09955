"""Generated tables into PostgreSQL and memory: the same outcome as a CSV load, in one transaction, in blocks."""

import os
import signal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from multiprocessing import get_context

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from seedbed.core import shapes
from seedbed.core.draws import Ids, uniform
from seedbed.core.errors import DataError
from seedbed.core.generated import GeneratedEntity
from seedbed.core.report import EntityReport
from seedbed.core.spec import Column, Entity
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import LedgerRecorder
from seedbed.database.ledger.run_results import changes_of, receipts_of, skips_of
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.master_data import table_rows
from seedbed.targets.memory import MemoryRecorder, MemoryTarget
from seedbed.targets.port import Delivery
from seedbed.targets.postgres.target import PostgresTarget
from tests.support.builders.houses import counts

VISIT = Entity(
    "test_visit",
    "site",
    (
        Column("number", "integer", required=True),
        Column("ward", required=True),
        Column("price", "decimal"),
        Column("day", "date"),
        Column("urgent", "boolean"),
        Column("tags", "list"),
        Column("more", "json"),
    ),
    key=("number",),
)
COUNT = 20_000
DELIVERY = Delivery("run-1", "visits", digest="d1", on_duplicate="update")


def visit_columns(rows: Ids) -> Mapping[str, pa.Array]:
    u = uniform(7, "test/visit", rows)
    number = pa.array(rows.astype(np.int64))
    return {
        "number": number,
        "ward": pa.array(np.array(["A", 'B, "north"', "หอผู้ป่วย"])[shapes.pick(u, 3)]),
        "price": pc.if_else(pa.array(u < 0.1), None, pa.array(np.round(u * 1_000, 2))),
        "day": pa.array(np.datetime64("2026-01-01", "D") + (u * 300).astype(np.int64)),
        "urgent": pa.array(u < 0.5),
        "tags": pa.ListArray.from_arrays(pa.array(np.arange(len(rows) + 1), pa.int32()), pa.repeat('x"y', len(rows))),
        "more": pa.repeat('{"a": 1}', len(rows)),
    }


VISITS = GeneratedEntity(VISIT, visit_columns, lambda table: table)


@pytest.fixture
def ledger(database: Database) -> Database:
    migrate_schema(database.engine, {VISIT.name: VISIT})
    return database


def deliver(
    database: Database, tables: Iterable[pa.Table], run: str = "run-1", *, delivery: Delivery = DELIVERY
) -> EntityReport:
    target = PostgresTarget(database)
    recorder = LedgerRecorder(database, AttemptRef(run), "visits")
    return target.tables(replace(delivery, run=run), recorder).deliver(VISIT, tables)


def total(database: Database) -> tuple[int, int, int]:
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id), coalesce(sum(number), 0)::bigint FROM test_visit")
        rows, ids, numbers = cursor.fetchone()
        return rows, ids, numbers


WHOLE = (COUNT, COUNT, COUNT * (COUNT - 1) // 2)


def test_blocks_are_inserted_with_their_receipt_and_a_second_delivery_changes_nothing(ledger: Database) -> None:
    first = deliver(ledger, VISITS.blocks(0, COUNT))
    assert counts(first) == {"read": COUNT, "inserted": COUNT}
    assert counts(deliver(ledger, VISITS.blocks(0, COUNT), "run-2")) == {"read": COUNT, "unchanged": COUNT}
    assert total(ledger) == WHOLE
    assert [counts(receipt) for receipt in receipts_of(ledger, "run-1")] == [counts(first)]


def test_values_arrive_as_they_were_generated(ledger: Database) -> None:
    deliver(ledger, VISITS.blocks(0, 500))
    columns = ", ".join(column.name for column in VISIT.columns)
    with ledger.transaction() as cursor:
        cursor.execute(f"SELECT {columns} FROM test_visit ORDER BY number")
        stored = cursor.fetchall()
    expected = [
        tuple({"a": 1} if name == "more" else value for name, value in row.items())
        for row in VISITS.table(np.arange(500, dtype=np.uint64)).to_pylist()
    ]
    assert stored == expected


def test_the_written_keys_are_owned_by_our_runs(ledger: Database) -> None:
    deliver(ledger, VISITS.blocks(0, 300))
    held = [
        key for keys in LedgerRecorder(ledger, AttemptRef("run-2"), "visits").owned_keys(VISIT.name) for key in keys
    ]
    assert sorted(held, key=int) == [str(number) for number in range(300)]


def test_rows_that_differ_are_updated_or_skipped_as_in_a_csv_load(ledger: Database) -> None:
    deliver(ledger, VISITS.blocks(0, 100))
    table = VISITS.table(np.arange(100, dtype=np.uint64))
    changed = table.set_column(1, "ward", pa.concat_arrays([pa.array(["Z"]), table["ward"].slice(1).combine_chunks()]))
    kept = deliver(ledger, [changed], "run-2", delivery=replace(DELIVERY, on_duplicate="skip"))
    assert counts(kept) == {"read": 100, "unchanged": 99, "skipped": 1, "differing": 1}
    (skip,) = skips_of(ledger, "run-2")
    assert (skip.skip.row, skip.skip.key, skip.skip.reason) == (2, "0", "duplicate_in_table")
    assert dict(zip(skip.header, skip.cells, strict=True))["ward"] == "Z"
    assert counts(deliver(ledger, [changed], "run-3")) == {"read": 100, "unchanged": 99, "updated": 1, "differing": 1}
    assert [(one.key, one.column, one.after) for one in changes_of(ledger, "run-3")] == [("0", "ward", "Z")]


@pytest.mark.parametrize("holds_rows", [False, True])
def test_a_row_that_breaks_a_constraint_is_skipped_with_its_name(ledger: Database, holds_rows: bool) -> None:
    with ledger.transaction() as cursor:
        cursor.execute("ALTER TABLE test_visit ADD CONSTRAINT visit_day CHECK (number <> 250)")
    if holds_rows:
        deliver(ledger, VISITS.blocks(10_000, 10), "run-0")
    assert counts(deliver(ledger, VISITS.blocks(0, 500))) == {"read": 500, "inserted": 499, "skipped": 1}
    (skip,) = skips_of(ledger, "run-1")
    assert (skip.skip.row, skip.skip.key, skip.skip.reason) == (252, "250", "constraint")
    assert skip.skip.message.startswith("visit_day: ")
    assert skip.header == tuple(column.name for column in VISIT.columns)


def test_a_repeated_key_is_skipped_and_the_first_row_stays(ledger: Database) -> None:
    table = VISITS.table(np.array([1, 2, 1], np.uint64))
    assert counts(deliver(ledger, [table, table.slice(0, 1)])) == {"read": 4, "inserted": 2, "skipped": 2}
    assert [(one.skip.row, one.skip.reason) for one in skips_of(ledger, "run-1")] == [
        (4, "duplicate_in_file"),
        (5, "duplicate_in_file"),
    ]


def interrupted(address: DatabaseAddress) -> None:
    """Delivers two blocks and is killed before the third."""

    def blocks() -> Iterator[pa.Table]:
        for number, table in enumerate(VISITS.blocks(0, COUNT)):
            if number == 2:
                os.kill(os.getpid(), signal.SIGKILL)
            yield table

    deliver(open_database(address), blocks())


def test_a_process_that_is_killed_between_blocks_loses_nothing(ledger: Database) -> None:
    process = get_context("spawn").Process(target=interrupted, args=(ledger.address,))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    assert total(ledger) == (0, 0, 0)
    assert receipts_of(ledger, "run-1") == ()
    assert counts(deliver(ledger, VISITS.blocks(0, COUNT))) == {"read": COUNT, "inserted": COUNT}
    assert total(ledger) == WHOLE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop_columns(["ward"]), "column 'ward' is missing"),
        (lambda table: table.append_column("colour", pa.nulls(len(table), pa.string())), "column 'colour' is unknown"),
        (lambda table: table.set_column(0, "number", table["number"].cast(pa.int32())), "'number' is int32, not int64"),
        (lambda table: table.append_column("ward", table["ward"]), "column 'ward' stands twice"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_and_nothing_stays(ledger: Database, change, message: str) -> None:  # type: ignore[no-untyped-def]
    table = VISITS.table(np.arange(10, dtype=np.uint64))
    with pytest.raises(DataError, match=f"does not fit the entity test_visit: .*{message}"):
        deliver(ledger, [table, change(VISITS.table(np.arange(10, 20, dtype=np.uint64)))])
    assert total(ledger) == (0, 0, 0)


def test_a_column_that_may_be_absent_keeps_what_is_stored(ledger: Database) -> None:
    deliver(ledger, VISITS.blocks(0, 10))
    without = [table.drop_columns(["price"]) for table in VISITS.blocks(0, 10)]
    assert counts(deliver(ledger, without, "run-2")) == {"read": 10, "unchanged": 10}


def test_a_dry_run_says_what_would_happen(ledger: Database) -> None:
    report = deliver(ledger, VISITS.blocks(0, 50), delivery=replace(DELIVERY, dry_run=True))
    assert counts(report) == {"read": 50, "inserted": 50}
    assert total(ledger) == (0, 0, 0)


def test_a_large_table_is_loaded_in_blocks(ledger: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_rows, "BLOCK_ROWS", 64)
    sizes = [len(block) for block, _ in table_rows.blocks_of(VISIT, VISITS.blocks(0, 200))]
    assert sizes == [64, 64, 64, 8]
    assert counts(deliver(ledger, VISITS.blocks(0, 200))) == {"read": 200, "inserted": 200}


def test_memory_stays_that_of_a_few_tables(ledger: Database) -> None:
    allocated = []

    def tables() -> Iterator[pa.Table]:
        for start in range(0, COUNT, 500):
            allocated.append(pa.total_allocated_bytes())
            yield VISITS.table(np.arange(start, start + 500, dtype=np.uint64))

    one = VISITS.table(np.arange(500, dtype=np.uint64)).nbytes
    deliver(ledger, tables())
    assert len(allocated) == 40
    assert max(allocated) - allocated[0] < 10 * one


def test_the_target_in_memory_does_the_same() -> None:
    target, recorder = MemoryTarget(), MemoryRecorder()
    table = VISITS.table(np.array([1, 2, 1], np.uint64))
    assert counts(target.tables(DELIVERY, recorder).deliver(VISIT, [table])) == {"read": 3, "inserted": 2, "skipped": 1}
    assert counts(target.tables(DELIVERY, MemoryRecorder()).deliver(VISIT, VISITS.blocks(1, 2))) == {
        "read": 2,
        "unchanged": 2,
    }
    (row,) = recorder.skips
    assert (row.skip.row, row.skip.reason) == (4, "duplicate_in_file")
    assert target.rows[VISIT.name]["1"]["day"] == str(date.fromisoformat(str(table["day"][0])))
    assert recorder.receipt(VISIT.name, digest="d1") is not None
    with pytest.raises(DataError, match="does not fit the entity test_visit"):
        target.tables(DELIVERY, recorder).deliver(VISIT, [table.drop_columns(["ward"])])
