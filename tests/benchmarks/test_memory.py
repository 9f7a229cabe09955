"""The figure of memory, at tiny sizes: a process of its own for each."""

import json

import pytest

from benchmarks import memory
from seedbed.database.engines import Database
from seedbed.database.schema.apply_schema import migrate_schema


@pytest.mark.skipif(not memory.STATUS.exists(), reason="only Linux tells a process its own peak")
def test_memory_is_measured_in_a_process_that_only_loads(database: Database, capsys: pytest.CaptureFixture[str]):
    migrate_schema(database.engine, {})
    memory.measure_in(database, (200, 1_000))
    (found,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert found["figure"] == "setup_memory"
    assert found["rows"] == [200, 1_000]
    assert all(0 < before < peak for before, peak in zip(found["before_load_mib"], found["peak_mib"], strict=True))
