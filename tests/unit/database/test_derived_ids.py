"""What Python says an id will be is what the database makes of the same key."""

import datetime as dt
from decimal import Decimal

import pytest

from seedbed.actions.setup.references import derived_id
from seedbed.core.spec import Column, Entity
from seedbed.database.engines import open_database
from seedbed.database.schema import ddl
from seedbed.database.sql_names import quote_identifier
from seedbed.datasets.registry import ENTITIES

DERIVED = [entity for entity in ENTITIES.values() if entity.target == "postgres" and not entity.own_id]
ODD = Entity(
    "odd",
    "m",
    (Column("n", "integer"), Column("b", "boolean"), Column("d", "decimal"), Column("on", "date"), Column("t")),
    key=("n", "b", "d", "on", "t"),
)
VALUES = {"uuid": "0b2a57a3-6a7a-3c1e-9b57-6a0c1b6f3e11", "text": "ก/'\"\\ x", "boolean": True, "bigint": -7}


def in_database(database, entity, values):
    types = [ddl.column_type(entity.column(name), {**ENTITIES, "odd": ODD}) for name in entity.key]
    cells = ", ".join(f"%s::{kind}" for kind in types)
    names = ", ".join(quote_identifier(name) for name in entity.key)
    with database.transaction() as cursor:
        cursor.execute(f"SELECT ({ddl.derived_id_sql(entity)})::text FROM (VALUES ({cells})) v({names})", values)
        return cursor.fetchone()[0]


@pytest.mark.parametrize("entity", DERIVED, ids=lambda entity: entity.name)
def test_every_entity_s_derived_id_is_the_same_in_python(database_of_module, entity):
    kinds = [ddl.column_type(entity.column(name), dict(ENTITIES)) for name in entity.key]
    full = [VALUES[kind] for kind in kinds]
    bare = [value if entity.column(name).required else None for name, value in zip(entity.key, full, strict=True)]
    for values in (full, bare):
        assert derived_id(entity, values) == in_database(database_of_module, entity, values)


@pytest.mark.parametrize(
    "values",
    [
        [0, False, Decimal("1.500000"), dt.date(2024, 2, 29), "x"],
        [-(10**17), True, Decimal("-0.000001"), dt.date(1900, 1, 1), ""],
        [None, None, None, None, None],
    ],
)
def test_a_key_of_any_kind_makes_the_same_id_in_python(database_of_module, values):
    assert derived_id(ODD, values) == in_database(database_of_module, ODD, values)


@pytest.fixture(scope="module")
def database_of_module(cluster):
    opened = open_database(cluster.address())
    yield opened
    opened.close()
