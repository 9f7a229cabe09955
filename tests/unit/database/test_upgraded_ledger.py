"""A ledger of the previous version keeps what it says: receipts, owned keys, skips, and rows that an API registered."""

import json
from dataclasses import asdict

import pytest
from alembic import command

from seedbed.core.registration import RegisterResult
from seedbed.core.report import EntityReport
from seedbed.core.spec import Column, Entity
from seedbed.database.engines import Database
from seedbed.database.ledger.leases import AttemptRef
from seedbed.database.ledger.receipts import RECEIPT_SCHEMA, LedgerRecorder
from seedbed.database.ledger.registered_rows import iter_results
from seedbed.database.ledger.run_results import skips_of
from seedbed.database.schema import apply_schema
from seedbed.database.schema.apply_schema import migrate_schema, migration_sql, newest_revision, revision

BEFORE = "0005"  # of commit 8a12451
PRODUCT = Entity("product", "finance", (Column("code", required=True),))
OTHER = Entity("product", "sales", (Column("code", required=True),), dataset="erp")
REPORT = EntityReport("finance", "product", "postgres", read=2, inserted=2)
FILLED = """
INSERT INTO seedbed.receipt (run, unit, entity, digest, report, schema)
VALUES ('r1', 'finance', 'product', 'digest', %(report)s, %(schema)s);
INSERT INTO seedbed.holding (entity, at, run, keys) VALUES ('product', '', 'r1', '{a,b}');
INSERT INTO seedbed.registered (run, entity, "row", at, key, outcome, number, target_id, age) VALUES
  ('r1', 'patient', 1, 'http://api', 'k1', 'created', '6900001', 'ehr-1', 40),
  ('r1', 'patient', 2, 'http://api', 'k2', 'exists', '6900002', 'ehr-2', NULL),
  ('r1', 'patient', 3, 'http://api', 'k3', 'skipped', '', '', NULL);
INSERT INTO seedbed.skip (run, unit, entity, file, "row", key, reason, message, header, cells)
VALUES ('r1', 'patients', 'patient', 'drawn', 3, 'k3', 'id_taken', 'taken', '{}', '{}');
"""


@pytest.fixture
def earlier(database: Database) -> Database:
    """A filled database of the previous version."""
    config = apply_schema._config()
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA seedbed")
        config.attributes |= {"connection": connection, "before": ""}
        command.upgrade(config, BEFORE)
    with database.transaction() as cursor:
        cursor.execute(FILLED, {"report": json.dumps(asdict(REPORT)), "schema": RECEIPT_SCHEMA})
    return database


def test_the_hospitals_receipts_and_owned_keys_are_found_and_are_no_other_datasets(earlier: Database) -> None:
    assert migrate_schema(earlier.engine, {}) == BEFORE
    notes = LedgerRecorder(earlier, AttemptRef("r1"), "finance")
    assert notes.receipt(PRODUCT.id, digest="digest") == REPORT
    assert notes.receipt(OTHER.id, digest="digest") is None
    assert [block.tolist() for block in notes.owned_keys(PRODUCT.id)] == [["a", "b"]]
    assert list(notes.owned_keys(OTHER.id)) == []
    assert (
        notes.is_first_load(PRODUCT.id),
        LedgerRecorder(earlier, AttemptRef("r2"), "").is_first_load(PRODUCT.id),
    ) == (
        True,
        False,
    )
    assert LedgerRecorder(earlier, AttemptRef("r2"), "").is_first_load(OTHER.id)


def test_what_the_api_answered_is_kept(earlier: Database) -> None:
    migrate_schema(earlier.engine, {})
    assert [*iter_results(earlier, "r1", "patient")] == [
        [
            RegisterResult(1, "k1", "created", "6900001", "ehr-1", {"age": 40}),
            RegisterResult(2, "k2", "exists", "6900002", "ehr-2"),
            RegisterResult(3, "k3", "skipped", reason="id_taken", message="taken"),
        ]
    ]
    assert [row.skip.key for row in skips_of(earlier, "r1")] == ["k3"]


def test_the_script_upgrades_it_as_well_and_the_way_back_keeps_the_ages(earlier: Database) -> None:
    script = migration_sql({}, earlier.engine)
    with earlier.transaction() as cursor:
        cursor.execute(script.replace("BEGIN;", "").replace("COMMIT;", ""))
    assert (revision(earlier.engine), len(next(iter_results(earlier, "r1", "patient")))) == (newest_revision(), 3)
    config = apply_schema._config()
    with earlier.engine.begin() as connection:
        config.attributes |= {"connection": connection, "before": ""}
        command.downgrade(config, BEFORE)
    with earlier.transaction() as cursor:
        cursor.execute('SELECT "row", age FROM seedbed.registered ORDER BY 1')
        assert cursor.fetchall() == [(1, 40), (2, None), (3, None)]
