"""The figure of `seedbed validate`: its line, its files, and what it says of a process that fails. Never times."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import validation
from benchmarks.machine import BenchmarkError
from seedbed.core.spec import Column, Entity


def test_the_line_has_medians_and_the_parts_add_up(capsys: pytest.CaptureFixture[str]) -> None:
    floors = [{"seconds": seconds, "cpu": 2 * seconds} for seconds in (2.0, 4.0, 2.0)]
    ours = [
        {"seconds": seconds, "cpu": 3 * seconds, "import": 2.0, "judging": 3.0, "rows": 7}
        for seconds in (6.0, 8.0, 10.0)
    ]
    validation.say_figure(["a.csv"], list(zip(floors, ours, strict=True)))
    line = json.loads(capsys.readouterr().out)
    assert [line[name] for name in ("files", "rows", "seconds", "floor_seconds", "ratio")] == [1, 7, 8.0, 2.0, 3.0]
    assert line["start_seconds"] + line["import_seconds"] + line["judging_seconds"] == line["seconds"]
    assert [line[name] for name in ("cpu_seconds", "floor_cpu_seconds", "cpu_ratio")] == [24.0, 4.0, 4.5]
    assert (line["all_ratios"], line["against"]) == ([3.0, 2.0, 5.0], validation.AGAINST)


def test_a_file_that_two_entities_read_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "ward.csv").write_text("code\nA\n")
    wards = [Entity(name, "site", (Column("code"),), file="ward.csv") for name in ("ward", "room")]
    absent = Entity("bed", "site", (Column("code"),))
    house: Any = SimpleNamespace(data_dirs=(tmp_path,), entities={one.name: one for one in (*wards, absent)})
    assert validation.files_of(house) == [str(tmp_path / "ward.csv")]


def test_a_process_says_its_last_line_and_one_that_fails_is_no_figure() -> None:
    found = validation.alone("import sys; sys.stdin.read(); print('x'); print('{\"rows\": 3}')", [])
    assert (found["rows"], found["seconds"] > 0, found["cpu"] > 0) == (3, True, True)
    with pytest.raises(BenchmarkError, match="the process failed"):
        validation.alone("raise SystemExit('no')", [])
