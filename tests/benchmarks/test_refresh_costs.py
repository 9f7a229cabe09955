"""The costs of safety: well-formed lines whose shares are shares, and an idle night that is counted. Never times."""

import json
from pathlib import Path

import pytest

from benchmarks import refresh_costs
from benchmarks.machine import allow_checkpoints
from benchmarks.refresh_costs import Stopwatch
from seedbed.database.engines import Database
from seedbed.stack.postgres_service import Cluster


def test_what_work_calls_of_another_kind_counts_there_alone() -> None:
    watch = Stopwatch()
    inner = watch.timing("inner", lambda: sum(range(200_000)))
    outer = watch.timing("outer", inner)

    assert outer() == inner()
    assert 0 < watch.seconds["outer"] < watch.seconds["inner"]
    assert watch.open == []


def test_a_refresh_says_what_lease_and_receipts_cost_and_a_night_what_it_sends(
    database: Database, cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    allow_checkpoints(cluster.address(), "tester")
    house = refresh_costs.bench_house(database, tmp_path)

    refresh_costs.say_shares("first", house, ["first"])
    refresh_costs.say_night(house, database)

    first, night = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["rows"] == night["rows"] > 10_000
    assert 0 < first["lease_ratio"] < first["receipts_ratio"] < 1
    assert night["statements"] > night["entities"] > 40
    assert night["statements"] > night["transactions"] > 0
    assert 0 < night["wal_bytes_per_entity"] < night["wal_bytes"]
