"""The state of an older Seedbed: copied, upgraded, refused where it is newer; and the way back."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seedbed import stack
from seedbed.core.errors import Transient, UserError
from seedbed.settings import Settings
from seedbed.stack import StackOptions, state, upgrade
from seedbed.wiring import open_app_context
from tests.support.stack.earlier_code import earlier_project, pull, stamp, version_in
from tests.support.stack.project import Project

BEFORE = state.VERSION - 1
NEWEST = "SELECT max(version_num) FROM seedbed.migration"
GENDERS = "SELECT code, id, created_at FROM gender ORDER BY code"


@pytest.fixture
def options(tmp_path: Path) -> StackOptions:
    """A stack that was never started, with a state folder of version 1."""
    made = StackOptions(tmp_path, tmp_path / ".seedbed")
    state.prepare_state_folder(made)
    (made.state / "VERSION").write_text("1\n")
    return made


@pytest.fixture
def earlier(tmp_path: Path) -> Iterator[Project]:
    """A project of the last commit with the version before, filled, its stack running; in a shallow clone this code's, stamped."""
    is_real = earlier_project(tmp_path, BEFORE)
    project = Project(tmp_path)
    project.run("up")
    project.run("setup", "--mode", "modules", "--modules", "demographic,finance")
    if not is_real:
        stamp(project, BEFORE)
    yield project
    project.run("clean")


def copies_of(project: Project) -> list[Path]:
    return sorted((project.root / ".seedbed").glob("backup-*"))


@pytest.mark.stack
def test_the_state_of_the_version_before_is_copied_and_upgraded_with_its_data(earlier: Project) -> None:
    assert version_in(earlier) == BEFORE
    pulled = pull(earlier.root)

    refused = pulled.run("setup", "--direct", check=False)
    assert refused.returncode == 2
    assert "run `seedbed up`" in refused.stderr

    said = pulled.run("up").stderr
    (copy,) = copies_of(pulled)
    assert f"sh {copy}/go-back.sh" in said
    assert (copy / "VERSION").read_text() == f"{BEFORE}\n"
    assert {"postgres", "prefect", "credentials.json", "local.json"} <= {path.name for path in copy.iterdir()}
    assert version_in(pulled) == state.VERSION
    loaded = pulled.rows(GENDERS)
    assert loaded

    pulled.run("setup", "--mode", "modules", "--modules", "demographic,finance")
    assert pulled.rows(GENDERS) == loaded
    assert pulled.rows("SELECT count(*) FROM seedbed.run") == [(2,)]
    (newest,) = pulled.rows(NEWEST)

    assert "copying" not in pulled.run("up").stderr
    assert copies_of(pulled) == [copy]

    pulled.run("down")
    subprocess.run(["sh", str(copy / "go-back.sh")], check=True)
    assert version_in(pulled) == BEFORE
    assert not (copy / "postgres").exists()
    pulled.run("up")  # what went back is whole: it can be upgraded again
    assert pulled.rows(GENDERS) == loaded
    assert pulled.rows(NEWEST) == [newest]
    assert pulled.rows("SELECT count(*) FROM seedbed.run") == [(1,)]


def test_a_failed_step_leaves_the_version_and_says_how_to_go_back(options: StackOptions) -> None:
    def fail(_: StackOptions) -> None:
        raise UserError("no such planet")

    said: list[str] = []
    with pytest.raises(UserError, match="no such planet"):
        upgrade.upgrade_state(options, said.append, {1: fail})

    (copy,) = options.state.glob("backup-1-*")
    assert state.state_version(options.state) == 1
    assert said[-1].startswith("the state was not upgraded: ")
    assert said[-1].endswith(f"sh {copy}/go-back.sh`")


def test_the_way_back_puts_back_what_was_changed_and_removed(options: StackOptions) -> None:
    state.write_private(options.state / "stack.json", "{}")
    (options.prefect_home / "prefect.db").write_text("before")
    (options.logs / "worker.log").write_text("long")
    copy = upgrade.back_up(options, print)
    assert not (copy / "logs").exists()
    (options.state / "stack.json").unlink()
    (options.prefect_home / "prefect.db").write_text("after")
    (options.state / "VERSION").write_text("2\n")

    for _ in range(2):  # an interrupted one can be run again
        subprocess.run(["sh", "go-back.sh"], cwd=copy, check=(copy / "go-back.sh").exists())

    assert (options.state / "stack.json").read_text() == "{}"
    assert (options.prefect_home / "prefect.db").read_text() == "before"
    assert state.state_version(options.state) == 1
    assert list(copy.iterdir()) == []


def test_too_little_room_for_the_copy_is_refused_before_anything_is_written(options: StackOptions) -> None:
    with (options.prefect_home / "prefect.db").open("wb") as file:
        file.truncate(8 << 40)  # a hole: as long as no disk here
    with pytest.raises(UserError, match=r"needs \d+ MiB, and \d+ MiB are free; make room"):
        upgrade.upgrade_state(options, print)
    assert list(options.state.glob("backup-*")) == []


def test_half_a_copy_is_removed(options: StackOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(_failing_cp(options.root)))
    with pytest.raises(Transient, match="cannot be copied: the disk is full"):
        upgrade.back_up(options, print)
    assert list(options.state.glob("backup-*")) == []


def _failing_cp(folder: Path) -> Path:
    program = folder / "bin" / "cp"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho the disk is full >&2\nexit 1\n")
    program.chmod(0o755)
    return program.parent


def test_every_older_version_has_its_step() -> None:
    assert list(upgrade.STEPS) == list(range(1, state.VERSION))


@pytest.mark.parametrize("command", [stack.up, stack.down, stack.clean])
def test_a_newer_state_is_refused_with_the_command_to_take(options: StackOptions, command: object) -> None:
    newer = state.VERSION + 1
    (options.state / "VERSION").write_text(f"{newer}\n")

    with pytest.raises(UserError, match=f"version '{newer}', this Seedbed knows version {state.VERSION}; .*git pull"):
        command(options, print)  # type: ignore[operator]


def test_an_older_state_is_stopped_as_ever(options: StackOptions) -> None:
    assert stack.down(options, print).state == "down"
    assert state.state_version(options.state) == 1


@pytest.mark.parametrize(("version", "wanted"), [("1", "run `seedbed up`"), ("99", "git pull"), ("x", "git pull")])
def test_no_other_verb_works_with_another_versions_stack(options: StackOptions, version: str, wanted: str) -> None:
    (options.state / "VERSION").write_text(version)
    with pytest.raises(UserError, match=wanted):
        open_app_context(Settings(SEEDBED_STATE_DIR=options.state, is_local=True))
