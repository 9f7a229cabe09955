"""Every command of the README, and the example of docs/extend.md, in a fresh copy of the project."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack.project import Project, clean_environment, copy_project

pytestmark = pytest.mark.stack
ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXTEND = (ROOT / "docs/extend.md").read_text(encoding="utf-8")
TOO_LONG = ("make test",)


def blocks(text: str, kind: str) -> list[str]:
    """The code blocks of a document, of one kind."""
    found = re.findall(rf"^ *```{kind}\n(.*?)^ *```", text, flags=re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in found]


COMMANDS = [
    line for block in blocks(README, "bash") for line in block.splitlines() if line and not line.startswith(TOO_LONG)
]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy in which nothing was started yet: its first command is the README's first."""
    project = copy_project(tmp_path_factory.mktemp("readme"))
    (project.root / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    yield project
    project.run("clean")


def shell(project: Project, command: str) -> subprocess.CompletedProcess[str]:
    """The command as a user types it. `PYTHON=true`: the environment is there, `make setup` has nothing to do."""
    env = clean_environment(project.root) | {"PYTHON": "true"}
    line = ["bash", "-euo", "pipefail", "-c", command]
    return subprocess.run(line, cwd=project.root, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_works(fresh: Project, command: str) -> None:
    done = shell(fresh, command)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"


def test_the_readmes_first_command_loads_every_row_and_its_correction_the_last_one(fresh: Project) -> None:
    assert COMMANDS[0] == "make refresh"
    assert fresh.rows("SELECT count(*) FROM sub_district") == [(7438,)]
    assert fresh.rows("SELECT info FROM nationality WHERE code = '998'") == [
        ({"en": {"name": "Atlantis"}, "th": {"name": "แอตแลนติส"}},)
    ]


def test_the_example_of_an_entity_is_loaded_and_judged(fresh: Project) -> None:
    code, *_ = blocks(EXTEND, "python")
    rules, result_rules = blocks(EXTEND, "yaml")
    (rows,) = blocks(EXTEND, "text")
    registry = fresh.root / "seedbed/datasets/hospital/demographic.py"
    registry.write_text(registry.read_text(encoding="utf-8").replace("PERSON = (\n", f"PERSON = (\n    {code}", 1))
    write(fresh.root / "data/demographic/blood_product.csv", rows)
    write(fresh.root / "expectations/demographic/blood_product.yaml", rules)
    write(fresh.root / "expectations/results/blood_product.yaml", result_rules)
    assert 'CREATE TABLE "blood_product" (' in shell(fresh, ".venv/bin/seedbed migrate --sql").stdout
    done = shell(fresh, ".venv/bin/seedbed setup -m entity --entities blood_product --strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert fresh.rows("SELECT code, abo_blood_group_code FROM blood_product") == [("PRC-A", "A")]


def write(path: Path, text: str) -> None:
    assert not path.exists()
    path.write_text(text, encoding="utf-8")
