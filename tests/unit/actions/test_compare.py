"""Which file is compared with which, where there are several data directories."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seedbed.actions.validate.compare import compare_files, had_file, open_revisions
from seedbed.core.differences import FileComparison
from seedbed.core.spec import Column, Entity

NAME = ["-c", "user.name=Steward", "-c", "user.email=steward@example.org"]
WARD = Entity("test_ward", "site", (Column("code"), Column("name")))
ONE, TWO, THREE = (
    "code,name\n" + "".join(f"{code},{name}\n" for code in "AB"[:rows]) for rows, name in ((1, "x"), (1, "y"), (2, "y"))
)
CORRECTION = "code,name,_row\nA,z,2\n"


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *NAME, "-C", str(folder), *arguments], check=True, capture_output=True)


def put(root: Path, files: dict[str, str | None]) -> None:
    for place, content in files.items():
        path = root / place / "site" / "test_ward.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(content)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def compared(root: Path, then: dict[str, str | None], now: dict[str, str | None]) -> FileComparison | None:
    """The ward's files beside the commit, in the directories a and b."""
    put(root, {"a": None, "b": None} | then)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "one")
    put(root, now)
    house: Any = SimpleNamespace(root=root)
    revisions = open_revisions([root / "a", root / "b"], "HEAD")
    return next(iter(compare_files(house, revisions, [WARD]).files), None)


def said(found: FileComparison | None) -> tuple[Any, ...]:
    assert found is not None
    return found.state, found.file, found.came_from, (found.added, found.removed, found.changed)


A, B = "a/site/test_ward.csv", "b/site/test_ward.csv"
CASES: dict[str, tuple[dict[str, str | None], dict[str, str | None], tuple[Any, ...]]] = {
    "the later one counts then and now": ({"a": ONE, "b": TWO}, {"a": THREE}, ("unchanged", B, "", (0, 0, 0))),
    "the later one has changed": ({"a": ONE, "b": ONE}, {"b": THREE}, ("changed", B, "", (1, 0, 1))),
    "an overlay comes": ({"a": ONE}, {"b": THREE}, ("changed", B, A, (1, 0, 1))),
    "an overlay of the same bytes comes": ({"a": ONE}, {"b": ONE}, ("moved", B, A, (0, 0, 0))),
    "an overlay goes": ({"a": ONE, "b": TWO}, {"b": None}, ("changed", A, B, (0, 0, 1))),
    "the whole goes with its overlay": ({"a": ONE, "b": THREE}, {"a": None, "b": None}, ("gone", B, "", (0, 2, 0))),
    "what was a correction was not the whole": ({"a": ONE, "b": CORRECTION}, {"a": TWO}, ("changed", A, "", (0, 0, 1))),
    "none was there": ({}, {"a": ONE}, ("new", A, "", (1, 0, 0))),
}


@pytest.mark.parametrize(("then", "now", "wanted"), CASES.values(), ids=CASES)
def test_what_stands_for_the_entity_now_is_compared_with_what_stood_for_it(
    root: Path, then: dict[str, str | None], now: dict[str, str | None], wanted: tuple[Any, ...]
) -> None:
    assert said(compared(root, then, now)) == wanted


def test_a_correction_alone_was_no_file(root: Path) -> None:
    assert compared(root, {"b": CORRECTION}, {"b": None}) is None


def test_an_entity_without_a_file_was_there_in_any_directory(root: Path) -> None:
    compared(root, {"b": ONE}, {})
    assert had_file(open_revisions([root / "b", root / "a"], "HEAD"), WARD)
    assert not had_file(open_revisions([root / "a"], "HEAD"), WARD)
