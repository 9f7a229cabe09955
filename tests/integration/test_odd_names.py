"""Tables and columns whose names hold what drivers and templates read as their own: per cent signs, quotes, braces, colons."""

from pathlib import Path

import pytest

from seedbed.core.spec import Column, Entity, Reference, TableNames, with_table_names
from seedbed.database.engines import Database
from seedbed.database.schema.apply_schema import migrate_schema
from seedbed.database.schema.compatibility import find_incompatibilities
from seedbed.database.schema.inspection import missing_rights
from seedbed.validation.table_test_results import TableAudit
from seedbed.validation.table_tests import audit_tables
from tests.support.builders.houses import ACTIVE, NAMES, counts, house_on

WARD = Entity("test_ward", "site", (Column("code", required=True), Column("name"), ACTIVE, NAMES))
PLAN = Entity(
    "test_plan",
    "money",
    (
        Column("ward_id", header="ward_code", required=True, references=Reference("test_ward")),
        Column("label", required=True),
        Column("rank", "integer"),
        ACTIVE,
    ),
    key=("ward_id", "label"),
)


def odd(entity: Entity, mark: str) -> Entity:
    """The entity in a table all of whose names end with the mark."""
    columns = {name: f"{name}{mark}" for name in ("id", *(column.name for column in entity.columns))}
    return with_table_names(entity, TableNames(f"odd{mark}.{entity.name}{mark}", columns))


@pytest.mark.parametrize("mark", ["%", "%s", "%(relation)s", ' "x" ', "{0}", "{relation}", " :b", "\\'"])
def test_a_name_may_hold_any_character(database: Database, tmp_path: Path, mark: str) -> None:
    wards, plans = odd(WARD, mark), odd(PLAN, mark)
    entities = {entity.name: entity for entity in (wards, plans)}
    migrate_schema(database.engine, entities)
    assert list(find_incompatibilities(database, entities.values(), entities)) == []
    assert missing_rights(database, entities.values()) == []
    house = house_on(database, tmp_path, entities)
    for entity in entities.values():
        house.suite(entity)
    first = "code,name,info.en.name\nA,one,One\nB,two,Two\n"
    assert counts(house.load(wards, first)) == {"read": 2, "inserted": 2}
    assert counts(house.load(plans, "ward_code,label,rank\nA,x,1\nB,y,2\n")) == {"read": 2, "inserted": 2}
    second = "code,name,info.th.name\nA,new,หนึ่ง\nC,three,สาม\n"
    report = house.load(wards, second, run="run-2", on_missing="deactivate")
    assert (report.inserted, report.updated, report.deactivated) == (1, 1, 1)
    assert set(house.changes("run-2")) >= {("A", "name", "one", "new"), ("B", "active", "true", "false")}
    report = house.load(plans, "ward_code,label,rank\nA,x,7\n", run="run-2", on_missing="deactivate")
    assert (report.updated, report.deactivated) == (1, 1)
    assert dict(database.pairs(wards, "code", "active")) == {"A": "true", "B": "false", "C": "true"}
    assert [sorted(frame["label"]) for frame in database.frames(plans)] == [["x", "y"]]


@pytest.mark.parametrize("mark", ["%", "%s", "{0}", " :b"])
def test_a_table_of_any_name_is_tested_after_loading(database: Database, tmp_path: Path, mark: str) -> None:
    wards, plans = odd(WARD, mark), odd(PLAN, mark)
    entities = {entity.name: entity for entity in (wards, plans)}
    migrate_schema(database.engine, entities)
    house = house_on(database, tmp_path, entities)
    for entity in entities.values():
        house.suite(entity)
    house.load(wards, "code,name\nA,one\n")
    house.load(plans, "ward_code,label,rank\nA,x,1\nA,y,2\n")
    rule = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "rank", "min_value": 2},
        "severity": "critical",
        "description": "a rank is at least 2",
        "meta": {"rule": "rank"},
    }
    audit = TableAudit(plans, {"name": "test_plan", "expectations": [rule]}, {"rows_accounted": 2})
    (verdict,) = audit_tables(database, [audit], entities)
    found = {check.rule: (check.status, check.examples) for check in verdict.checks}
    assert found["rank"] == ("FAIL", ("A/x",))
    assert {status for name, (status, _) in found.items() if name != "rank"} == {"PASS"}
