"""The house rules: sizes and names, as docs/design.md has them."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("seedbed", "flows", "tasks", "deployments", "benchmarks", "data")
FILES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
CODE = [path for path in FILES if "versions" not in path.parts]
VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "handler", "handlers", "misc"}
DOORS = ("cli", "flows")
SUFFIXES = {".py", ".md", ".yaml", ".toml", ".lock", ".sample"}


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_a_module_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", CODE, ids=shown)
def test_a_function_has_at_most_40_lines(path: Path) -> None:
    exempt = any(door in path.relative_to(ROOT).parts for door in DOORS)
    functions = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    ]
    long = {node.name: node.end_lineno - node.lineno + 1 for node in functions if node.end_lineno - node.lineno >= 40}
    assert exempt or long == {}


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_a_room_has_a_name_that_says_what_it_holds(path: Path) -> None:
    assert VAGUE.isdisjoint({part.removesuffix(".py") for part in path.relative_to(ROOT).parts})


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("[!_]*.py")), ids=shown)
def test_a_flow_file_is_verb_object_and_hides_no_other_module(path: Path) -> None:
    assert "_" in path.stem
    assert path.stem not in sys.stdlib_module_names | set(ROOMS)


def test_no_file_speaks_of_the_machine_that_it_was_written_on() -> None:
    words = ("/work" + "/", "/root" + "/")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    own = [
        ROOT / name for name in listed.stdout.splitlines() if Path(name).suffix in SUFFIXES and (ROOT / name).is_file()
    ]
    assert [
        shown(p) for p in own if p.name != "test_house.py" and any(w in p.read_text(encoding="utf-8") for w in words)
    ] == []
