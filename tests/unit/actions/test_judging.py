"""Judging files that refer to each other: whose keys are read, and why some cannot be."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from seedbed.actions.validate.check_files import FileChecker
from seedbed.core.spec import Column, Entity, Reference

FLOOR = Entity("test_floor", "site", (Column("code", required=True), Column("name")))
WARD = Entity(
    "test_ward",
    "site",
    (Column("code", required=True), Column("floor", references=Reference("test_floor", take="code"))),
)
BED = Entity(
    "test_bed", "site", (Column("code", required=True), Column("ward", references=Reference("test_ward", take="code")))
)
FLOORS, WARDS, BEDS = "code,name\n1,One\n2,Two\n", "code,floor\nA,1\nB,9\n", "code,ward\nx,A\ny,B\n"
ANY = {
    "type": "expect_table_row_count_to_be_between",
    "kwargs": {"min_value": 0},
    "severity": "critical",
    "description": "any",
    "meta": {"rule": "any"},
}
UNIQUE = {
    "type": "expect_column_values_to_be_unique",
    "kwargs": {"column": "name"},
    "severity": "critical",
    "description": "a name stands once",
    "meta": {"rule": "unique-name"},
}


def write(root: Path, files: Mapping[str, str]) -> None:
    for place, content in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    suites = {
        f"expectations/site/{entity.name}.yaml": yaml.safe_dump({"name": entity.name, "expectations": [ANY]})
        for entity in (FLOOR, WARD, BED)
    }
    write(tmp_path, suites)
    return tmp_path


def judged(root: Path, chosen: Entity, *folders: str) -> tuple[FileChecker, Sequence[tuple[int, str]]]:
    house: Any = SimpleNamespace(
        root=root, expectations=(root / "expectations",), entities={e.name: e for e in (BED, WARD, FLOOR)}
    )
    bench = FileChecker(house, [root / folder for folder in folders or ("data",)], frozenset({chosen.name}))
    return bench, [(row.skip.row, row.skip.reason) for row in bench.check_files()]


def test_what_the_referred_files_refer_to_is_read_too(root: Path) -> None:
    names = {"floor": FLOORS, "ward": WARDS, "bed": BEDS}
    write(root, {f"data/site/test_{name}.csv": content for name, content in names.items()})
    bench, skips = judged(root, BED)
    assert skips == [(3, "missing_reference")]  # ward B names a floor that is not there, so it is no ward
    assert (bench.results.keys(), bench.unavailable) == ({"test_bed"}, {})


def test_a_file_that_is_not_there_and_one_that_is_refused_are_told_apart(root: Path) -> None:
    write(root, {"data/site/test_bed.csv": BEDS})
    bench, skips = judged(root, BED)
    assert (skips, bench.results["test_bed"].unlooked) == ([], {"ward": ("test_ward", "absent")})
    write(root, {"data/site/test_ward.csv": "code;floor\n"})
    bench, skips = judged(root, BED)
    assert (skips, bench.results["test_bed"].unlooked) == ([], {"ward": ("test_ward", "refused")})
    write(root, {"data/site/test_ward.csv": WARDS, "data/site/test-ward.csv": WARDS})
    assert judged(root, BED)[0].unavailable["test_ward"] == "refused"


def test_an_entity_that_was_asked_for_and_has_no_file_lacks_it(root: Path) -> None:
    (root / "data").mkdir()
    bench, _ = judged(root, WARD)
    assert bench.unavailable == {"test_floor": "absent", "test_ward": "absent"}
    assert str(bench.results["test_ward"].error).startswith("no file for test_ward")
    write(root, {"data/site/test_ward.csv": "code;floor\n"})
    assert judged(root, WARD)[0].unavailable["test_ward"] == "refused"


def test_a_rule_over_the_whole_file_sees_its_corrections_too(root: Path) -> None:
    rules = yaml.safe_dump({"name": "test_floor", "expectations": [UNIQUE]})
    correction = "code,name,_row,_reason,_message\n3,One,3,invalid,x\n"
    write(root, {"expectations/site/test_floor.yaml": rules, "data/site/test_floor.csv": "code,name\n1,One\n3,\n"})
    write(root, {"mended/site/test_floor.csv": correction})
    bench, skips = judged(root, FLOOR, "data", "mended")
    assert skips == [(2, "invalid")]
    assert bench.results["test_floor"].read == 2


@pytest.mark.parametrize(("first", "second"), [("\n", ""), ("", "\n"), ("", "")])
def test_any_of_an_entity_s_files_may_be_cut_off(root: Path, first: str, second: str) -> None:
    write(root, {"data/site/test_floor.csv": f"code,name\n1,One\n3,Three{first}"})
    write(root, {"mended/site/test_floor.csv": f"code,name,_row,_reason,_message\n3,Tree,3,invalid,x{second}"})
    assert judged(root, FLOOR, "data", "mended")[0].results["test_floor"].cut == tuple(
        f"{folder}/site/test_floor.csv" for folder, end in (("data", first), ("mended", second)) if not end
    )
