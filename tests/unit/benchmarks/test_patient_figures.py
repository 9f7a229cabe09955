"""What patients are measured against makes the same columns."""

import json

from faker import Faker

from benchmarks import patient_memory
from benchmarks.patients import faker_loop
from seedbed.datasets.hospital.patients.patient_entity import SCHEMA
from tests.support.builders.patients import vocabulary


def test_the_loop_over_faker_makes_all_columns_but_those_that_may_be_absent():
    made = faker_loop(vocabulary(), Faker("th_TH").factories[0])(20)
    assert made.schema.equals(SCHEMA)
    assert [name for name in made.column_names if made[name].null_count and not SCHEMA.field(name).nullable] == []


def test_the_peak_of_memory_is_told_at_both_sizes(capsys):
    patient_memory.measure(20_000)
    figure = json.loads(capsys.readouterr().out)
    small, large = figure["peak_mib"]
    assert (figure["figure"], figure["rows"]) == ("patient_memory", [10_000, 20_000])
    assert 50 < small < 500
    assert abs(figure["ratio"] - large / small) < 0.02
