"""Two refreshes of one database at the same moment: one writes, the other fails by name or waits; never both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from seedbed.actions.waiting import Patience
from seedbed.datasets.hospital.entities import ENTITIES
from seedbed.stack.postgres import Cluster
from tests.support import chaos
from tests.support.chaos import Bed
from tests.support.chaos_run import LOG, Order, start

RUNS = ("one", "other")


@pytest.fixture
def made(cluster: Cluster, tmp_path: Path) -> Iterator[Bed]:
    """Empty systems for both."""
    with chaos.bed(cluster, chaos.small_data(tmp_path), 900) as empty:
        yield empty


def both(made: Bed, lease_s: float) -> dict[str, int]:
    """Starts both at once; the exit code of each."""
    processes = {run: start(Order(made.values, made.folder, run, Patience(lease_s=lease_s))) for run in RUNS}
    for process in processes.values():
        process.join(120)
    return {run: process.exitcode if process.exitcode is not None else -1 for run, process in processes.items()}


def inserted(made: Bed, run: str) -> int:
    return sum(one.inserted for one in made.report(run).entities)


def read(made: Bed, run: str) -> int:
    assert all(one.adds_up for one in made.report(run).entities)
    return sum(one.read for one in made.report(run).entities)


def test_one_writes_and_the_other_fails_and_names_it(made: Bed) -> None:
    codes = both(made, lease_s=0)

    assert sorted(codes.values()) == [0, 2], (made.folder / LOG).read_text()
    writer, loser = sorted(RUNS, key=lambda run: codes[run])
    assert f"{writer} writes to this database since " in (made.folder / LOG).read_text()
    assert inserted(made, writer) == read(made, writer) > 0
    assert not (made.folder / "output" / loser / "report.json").exists()


def test_one_waits_until_the_other_has_ended_and_finds_everything_done(made: Bed) -> None:
    codes = both(made, lease_s=100)

    assert codes == dict.fromkeys(RUNS, 0), (made.folder / LOG).read_text()
    assert "waiting for " in (made.folder / LOG).read_text()
    assert sorted(inserted(made, run) for run in RUNS) == [0, read(made, "one")]
    assert read(made, "one") == read(made, "other")
    rows = made.content()
    tables = {name: rows[entity.relation].total() for name, entity in ENTITIES.items() if entity.target == "postgres"}
    assert tables == {one.entity: one.read for one in made.report("one").entities if one.target == "postgres"}
