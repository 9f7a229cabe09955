"""A database that is there already: tables that somebody else made, named and filled, and a role that may only write rows."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from seedbed.core.errors import AuthError
from seedbed.core.spec import Entity, TableNames, with_table_names
from seedbed.database.engines import Database, DatabaseAddress, open_database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.database.schema.catalog import read_tables
from seedbed.database.schema.compatibility import find_incompatibilities
from seedbed.database.schema.grants import grants
from seedbed.database.schema.inspection import missing_rights
from seedbed.stack.postgres_service import Cluster
from seedbed.validation.table_test_results import TableAudit
from seedbed.validation.table_tests import audit_tables
from tests.support.builders.houses import BED, WARD, SmallHouse, counts, house_on
from tests.support.stack.pgbouncer import through
from tests.support.stack.postgres import PASSWORD

WARDS = with_table_names(
    WARD, TableNames("his.wards", {"id": "ward_no", "code": "ward code", "name": "title", "active": "is_open"})
)
BEDS = with_table_names(BED, TableNames("his.beds", {"code": "bed_label", "ward_id": "ward_no", "rank": "position"}))
THEIRS = {entity.name: entity for entity in (WARDS, BEDS)}
TABLES = """
CREATE SCHEMA his AUTHORIZATION his_owner;
SET ROLE his_owner;
CREATE TYPE his.colour AS ENUM ('white', 'green');
CREATE DOMAIN his.title AS varchar(40);
CREATE TABLE his.wards (
  ward_no serial PRIMARY KEY,
  "ward code" varchar(8) NOT NULL UNIQUE,
  title his.title NOT NULL,
  is_open boolean NOT NULL DEFAULT true,
  colour his.colour NOT NULL DEFAULT 'green',
  remark text,
  updated_at timestamp,
  CONSTRAINT one_title UNIQUE (title),
  CONSTRAINT short_title CHECK (length(title) < 20)
);
CREATE TABLE his.beds (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  bed_label text NOT NULL,
  ward_no integer NOT NULL REFERENCES his.wards,
  spare_ward text,
  active boolean NOT NULL DEFAULT true,
  position smallint,
  price numeric(10,2),
  bought_on date,
  seen_at timestamptz,
  tags varchar[],
  more jsonb,
  info jsonb,
  created_by varchar(20) NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX bed_labels ON his.beds (bed_label) INCLUDE (position);
CREATE FUNCTION his.refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN IF NEW.position = 13 THEN RAISE EXCEPTION 'no bed has this number'; END IF; RETURN NEW; END $$;
CREATE TRIGGER unlucky BEFORE INSERT OR UPDATE ON his.beds FOR EACH ROW EXECUTE FUNCTION his.refuse();
INSERT INTO his.wards ("ward code", title, colour, remark) VALUES ('HIS1', 'Their ward', 'white', 'ours is ours');
INSERT INTO his.beds (bed_label, ward_no, position, created_by, created_at) VALUES ('X1', 1, 7, 'them', '2020-01-01');
RESET ROLE;
"""
ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'his_owner') THEN CREATE ROLE his_owner; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'loader') THEN CREATE ROLE loader LOGIN; END IF;
END $$;
"""
WARD_FILE = "code,name\nA,Ward A\nB,Ward B\nC,\nD,Their ward\nE,a title that is too long\nF-TOO-LONG,Ward F\n"
BED_FILE = 'code,ward_code,rank,price,tags\n1,A,1,12.50,"a,b"\n2,B,13,,\n3,HIS1,3,,\n'


@pytest.fixture
def admin(cluster: Cluster, address: DatabaseAddress) -> Iterator[Any]:
    """SQL as a superuser in the test's database."""
    opened = psycopg2.connect(**replace(cluster.address(), database=address.database).login)
    opened.autocommit = True
    yield opened.cursor()
    opened.close()


@pytest.fixture
def their_tables(admin: Any, database: Database) -> Database:
    """Tables and rows of others, and our ledger beside them; opened as the database's owner."""
    admin.execute(ROLES)
    admin.execute("ALTER ROLE loader PASSWORD %s", (PASSWORD,))
    admin.execute(TABLES)
    migrate_schema(database.engine, {})
    return database


@pytest.fixture(params=["directly", "through PgBouncer"])
def loader(
    request: pytest.FixtureRequest, their_tables: Database, admin: Any, address: DatabaseAddress
) -> Iterator[Database]:
    """The same as a role that has the rights that `seedbed migrate --sql` prints, and no others."""
    tables = read_tables(admin, [entity.relation for entity in THEIRS.values()])
    printed = grants(THEIRS.values(), tables, database=address.database, role="loader")
    admin.execute("\n".join(line.removeprefix("-- ") for line in printed.splitlines()[1:]))
    ours = replace(address, user="loader")
    if request.param != "directly":
        ours = through(request.getfixturevalue("pgbouncer"), ours)
    opened = open_database(ours)
    yield opened
    opened.close()


@pytest.fixture
def house(loader: Database, tmp_path: Path) -> SmallHouse:
    """A house whose wards and beds stand in their tables."""
    built = house_on(loader, tmp_path, THEIRS)
    for entity in THEIRS.values():
        built.suite(entity)
    return built


def test_tables_of_a_later_ledger_need_no_other_grant(house: SmallHouse, admin: Any) -> None:
    admin.execute("CREATE TABLE seedbed.later (a int)")
    assert missing_rights(house.database, THEIRS.values()) == []


def test_rows_are_loaded_beside_theirs_and_the_wrong_ones_are_named(house: SmallHouse) -> None:
    assert list(find_incompatibilities(house.database, THEIRS.values(), THEIRS)) == []
    assert missing_rights(house.database, THEIRS.values()) == []
    assert counts(house.load(WARDS, WARD_FILE)) == {"read": 6, "inserted": 2, "skipped": 4}
    skips = {row: (reason, message) for row, reason, message in house.skips()}
    assert {reason for reason, _ in skips.values()} == {"constraint"}
    said = {row: message for row, (_, message) in skips.items()}
    assert ("title" in said[4], "one_title" in said[5], "short_title" in said[6], "8" in said[7]) == (True,) * 4
    assert house.query('SELECT "ward code", title, is_open, colour::text, remark FROM his.wards ORDER BY 1') == [
        ("A", "Ward A", True, "green", None),
        ("B", "Ward B", True, "green", None),
        ("HIS1", "Their ward", True, "white", "ours is ours"),
    ]
    assert counts(house.load(BEDS, BED_FILE, run="run-2")) == {"read": 3, "inserted": 2, "skipped": 1}
    ((row, reason, message),) = house.skips("run-2")
    assert (row, reason, "no bed has this number" in message) == (3, "constraint", True)
    assert house.query(
        'SELECT bed_label, "ward code", position, price::text, tags, b.created_by FROM his.beds b '
        "JOIN his.wards USING (ward_no) ORDER BY 1"
    ) == [
        ("1", "A", 1, "12.50", ["a", "b"], "system"),
        ("3", "HIS1", 3, None, None, "system"),
        ("X1", "HIS1", 7, None, None, "them"),
    ]


def test_changed_rows_are_updated_and_a_second_load_finds_nothing_to_do(house: SmallHouse) -> None:
    house.load(WARDS, "code,name\nA,Ward A\nB,Ward B\n")
    assert counts(house.load(WARDS, run="run-2")) == {"read": 2, "unchanged": 2}
    report = house.load(WARDS, "code,name,active\nA,Ward A,true\nB,Ward Z,false\nHIS1,Their ward,true\n", run="run-3")
    assert counts(report) == {"read": 3, "updated": 1, "unchanged": 2, "differing": 1}
    assert house.changes("run-3") == [("B", "name", "Ward B", "Ward Z"), ("B", "active", "true", "false")]
    assert house.query('SELECT "ward code", updated_at IS NOT NULL FROM his.wards ORDER BY 1') == [
        ("A", False),
        ("B", True),
        ("HIS1", False),
    ]


def test_their_empty_table_is_filled_as_well(house: SmallHouse, admin: Any) -> None:
    admin.execute("TRUNCATE his.beds")
    house.load(WARDS, "code,name\nA,Ward A\n")
    assert counts(house.load(BEDS, "code,ward_code,rank\n1,A,1\n2,A,13\n")) == {"read": 2, "inserted": 1, "skipped": 1}
    assert house.query("SELECT bed_label, created_by, created_at > '2021-01-01' FROM his.beds") == [
        ("1", "system", True)
    ]


def test_rows_come_back_and_are_audited_under_our_names(house: SmallHouse) -> None:
    house.load(WARDS, "code,name\nA,Ward A\nB,Ward B\n")
    house.load(BEDS, "code,ward_code,rank\n1,A,1\n2,B,2\n", run="run-2")
    (frame,) = house.house.target("postgres").read(WARDS)
    assert (list(frame.columns), sorted(frame["code"])) == (["code", "name", "active"], ["A", "B", "HIS1"])
    query = (
        "WITH b AS (SELECT * FROM {batch}) SELECT code FROM b WHERE NOT EXISTS "
        "(SELECT 1 FROM test_ward w WHERE w.id = b.ward_id AND w.name LIKE 'Ward%')"
    )
    rules = [
        rule("in-named-ward", "unexpected_rows_expectation", unexpected_rows_query=query),
        rule("rank", "expect_column_values_to_be_between", column="rank", min_value=2),
    ]
    audit = TableAudit(BEDS, {"name": "test_bed", "expectations": rules}, {"rows_accounted": 3})
    (verdict,) = audit_tables(house.database, [audit], THEIRS)
    found = {check.rule: (check.status, check.examples) for check in verdict.checks}
    assert found["in-named-ward"] == ("FAIL", ("X1",))
    assert found["rank"] == ("FAIL", ("1",))
    assert [name for name, (status, _) in found.items() if status == "PASS"] == [
        "row-count",
        "key-code",
        "reference-ward_id",
        "reference-spare_ward",
    ]


def rule(name: str, kind: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "description": name, "meta": {"rule": name}}


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ("REVOKE UPDATE ON his.beds FROM loader", "lacks UPDATE on his.beds"),
        ("REVOKE USAGE ON SEQUENCE his.wards_ward_no_seq FROM loader", "lacks USAGE on sequence his.wards_ward_no_seq"),
        ("REVOKE USAGE ON SCHEMA his FROM loader", "lacks USAGE on schema his"),
        ("REVOKE DELETE ON seedbed.skip FROM loader", "lacks DELETE on seedbed.skip"),
    ],
)
def test_a_right_that_is_lacking_is_named_in_advance(house: SmallHouse, admin: Any, taken: str, said: str) -> None:
    admin.execute(taken)
    assert missing_rights(house.database, THEIRS.values()) == [said]


def test_a_role_that_only_loads_makes_no_table(house: SmallHouse) -> None:
    with pytest.raises(AuthError, match="permission denied"):
        migrate_schema(house.database.engine, {"test_room": replace(WARD, name="test_room")})


# What does not fit is said before any row moves

MISFITS = {
    "DROP INDEX his.bed_labels": "his.beds has no unique key on bed_label",
    "DROP INDEX his.bed_labels; CREATE UNIQUE INDEX ON his.beds (bed_label) WHERE active": "his.beds has no unique key on bed_label",
    "DROP INDEX his.bed_labels; CREATE UNIQUE INDEX ON his.beds (bed_label, ward_no)": "his.beds has no unique key on bed_label",
    "ALTER TABLE his.beds DROP price": "his.beds lacks the column price",
    "ALTER TABLE his.beds ALTER active DROP DEFAULT, ALTER active TYPE text": "his.beds.active is text, and the file brings boolean",
    "ALTER TABLE his.beds ALTER more TYPE json": "his.beds.more is json, which cannot be compared: make it jsonb",
    "ALTER TABLE his.beds ADD hn_code text; UPDATE his.beds SET hn_code = ''; ALTER TABLE his.beds ALTER hn_code SET NOT NULL": (
        'his.beds has a column "hn_code" that must be filled and that we do not know: give it a default'
    ),
    "ALTER TABLE his.beds DROP CONSTRAINT beds_ward_no_fkey, ALTER ward_no TYPE text": (
        "his.beds.ward_no is text, and his.wards.ward_no, to which it refers, is integer"
    ),
    "ALTER TABLE his.beds DROP price, ADD price numeric GENERATED ALWAYS AS (position * 2) STORED": (
        "his.beds.price is computed by the database, and the file brings it"
    ),
    "ALTER TABLE his.wards RENAME ward_no TO other": "his.wards lacks the column ward_no, by which his.beds refers to it",
    "ALTER TABLE his.beds RENAME TO cots": "table his.beds is missing",
    "ALTER TABLE his.beds RENAME TO cots; CREATE VIEW his.beds AS SELECT * FROM his.cots": (
        "his.beds is a view: rows go into tables only"
    ),
}


@pytest.mark.parametrize(("change", "said"), MISFITS.items(), ids=list(MISFITS.values()))
def test_what_does_not_fit_is_said(their_tables: Database, admin: Any, change: str, said: str) -> None:
    admin.execute(change)
    assert said in list(find_incompatibilities(their_tables, [BEDS], THEIRS))


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE his.beds ADD extra uuid NOT NULL DEFAULT gen_random_uuid(), ADD remark text",
        "ALTER TABLE his.beds ADD CONSTRAINT labels UNIQUE (bed_label) DEFERRABLE; DROP INDEX his.bed_labels",
        "CREATE DOMAIN his.label AS varchar(9) NOT NULL; ALTER TABLE his.beds ALTER bed_label TYPE his.label",
        "ALTER TABLE his.beds ALTER tags TYPE his.colour[] USING NULL",
        "ALTER TABLE his.beds ALTER position TYPE bigint, ALTER price TYPE double precision",
    ],
)
def test_what_others_have_beside_ours_may_differ(their_tables: Database, admin: Any, change: str) -> None:
    admin.execute(change)
    assert list(find_incompatibilities(their_tables, THEIRS.values(), THEIRS)) == []


def test_only_what_a_run_loads_and_refers_to_is_compared(their_tables: Database, admin: Any) -> None:
    admin.execute("ALTER TABLE his.beds DROP price; ALTER TABLE his.wards DROP CONSTRAINT one_title")
    assert list(find_incompatibilities(their_tables, [WARDS], THEIRS)) == []


def test_a_table_of_ours_beside_theirs_refers_to_it_without_holding_it(their_tables: Database, admin: Any) -> None:
    admin.execute("GRANT USAGE ON SCHEMA his TO tester; GRANT SELECT ON his.wards TO tester")
    ours: dict[str, Entity] = {WARDS.name: WARDS, BED.name: BED}
    migrate_schema(their_tables.engine, ours)
    assert list(find_incompatibilities(their_tables, ours.values(), ours)) == []
    admin.execute(
        "SELECT data_type FROM information_schema.columns WHERE (table_name, column_name) = ('test_bed', 'ward_id')"
    )
    assert admin.fetchall() == [("integer",)]
    admin.execute("SELECT relation FROM seedbed.made")
    assert admin.fetchall() == [("public.test_bed",)]
