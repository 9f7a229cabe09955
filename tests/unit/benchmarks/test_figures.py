"""The figures of tiny sizes: well-formed lines, exact counts. Never times: those are what a benchmark finds out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import bed_files, memory, setup_rows
from benchmarks.__main__ import FIGURES
from benchmarks.bed_files import KINDS
from benchmarks.machine import BenchmarkError, allow_checkpoints, check_equal, say
from benchmarks.refresh_runs import figures_of
from seedbed.database.engines import Database
from seedbed.stack.postgres_service import Cluster

ROWS = 2_000
Figures = dict[str, dict[str, Any]]


@pytest.fixture
def bench(database: Database, cluster: Cluster) -> Database:
    allow_checkpoints(cluster.address(), "tester")
    return database


def figures(said: str) -> Figures:
    lines = [json.loads(line) for line in said.splitlines()]
    assert all(isinstance(line.pop("seconds", 1.0), float | int) for line in lines)
    return {line.pop("figure"): line for line in lines}


def picked(figure: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(figure[name] for name in names)


def test_one_bed_in_a_hundred_is_wrong_in_each_of_five_ways_in_turn():
    wrong = bed_files.expected_skips(ROWS)
    assert [row for row, *_ in wrong] == list(range(51, ROWS, 100))
    assert [bed_files.kind_of(row - 1) for row, *_ in wrong] == [0, 1, 2, 3, 4] * 4
    assert len({reason for _, _, reason, _ in wrong}) == 3
    assert len({message for *_, message in wrong}) == len(KINDS)


def test_set_up_says_what_it_loaded_and_names_every_wrong_row(
    bench: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    setup_rows.measure_in(bench, tmp_path, ROWS)
    found = figures(capsys.readouterr().out)
    counts = ("read", "inserted", "updated", "unchanged", "skipped")
    loads = ("setup_first_load", "setup_unchanged", "setup_5_percent_changed")
    assert list(found) == ["raw_copy", *loads, "setup_skips_named"]
    assert found["raw_copy"]["rows"] == 1_980
    assert found["setup_skips_named"] == {"expected": 20, **dict.fromkeys(KINDS, 4)}
    assert [picked(found[name], *counts) for name in loads] == [
        (2_000, 1_980, 0, 0, 20),
        (2_000, 0, 0, 1_980, 20),
        (2_000, 0, 100, 1_880, 20),
    ]
    assert all(found[name]["against"] == setup_rows.AGAINST for name in loads)
    assert [len(found[name]["all_ratios"]) for name in loads] == [setup_rows.ROUNDS] * 3


def test_a_wrong_row_that_is_not_reported_as_expected_ends_the_benchmark(
    bench: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    expected = bed_files.expected_skips(100)
    monkeypatch.setattr(bed_files, "expected_skips", lambda _: [(999, *expected[0][1:])])
    with pytest.raises(BenchmarkError, match="rows reported and expected"):
        setup_rows.measure_in(bench, tmp_path, 100)


def test_a_run_is_set_against_its_tasks():
    def span(start: int, end: int, **more: Any) -> dict[str, Any]:
        times = {"start_time": f"2026-11-21T01:30:{start:02d}Z", "end_time": f"2026-11-21T01:30:{end:02d}Z"}
        return {**times, "total_run_time": float(end - start), **more}

    run = span(6, 18, created="2026-11-21T01:30:01Z", state={"message": "74 entities"})
    found = figures_of(run, [span(7, 11), span(8, 10), span(9, 13), span(14, 17)])
    names = ("seconds", "pick_up_seconds", "tasks", "tasks_seconds", "busy_seconds")
    assert picked(found, *names) == (12.0, 5.0, 4, 13.0, 9.0)
    assert (found["ratio"], found["ratio_to_busy"]) == (12 / 13, 12 / 9)


def test_a_figure_is_one_json_line_with_short_numbers(capsys: pytest.CaptureFixture[str]):
    say("name", ratio=2 / 3, all_seconds=[1 / 3, 2], against="another")
    expected = '{"figure": "name", "ratio": 0.667, "all_seconds": [0.333, 2], "against": "another"}\n'
    assert capsys.readouterr().out == expected


def test_a_count_that_differs_is_named():
    check_equal("rows", 2, 2)
    with pytest.raises(BenchmarkError, match=r"^rows: 1, not 2$"):
        check_equal("rows", 1, 2)


def test_an_unknown_figure_is_refused_before_anything_is_measured():
    command = [sys.executable, "-m", "benchmarks", "speed"]
    done = subprocess.run(command, cwd=Path(memory.__file__).parent.parent, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"unknown figure 'speed'; known: {', '.join(FIGURES)}" in done.stderr
