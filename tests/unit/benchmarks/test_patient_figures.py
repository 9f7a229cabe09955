"""What patients are measured against makes the same columns."""

from benchmarks.patients import faker_table
from seedbed.datasets.hospital.patients.schema import SCHEMA
from tests.support.patients import vocabulary


def test_the_loop_over_faker_makes_all_columns_but_those_that_may_be_absent():
    made = faker_table(vocabulary(), 20)
    assert made.schema.equals(SCHEMA)
    assert [name for name in made.column_names if made[name].null_count and not SCHEMA.field(name).nullable] == []
