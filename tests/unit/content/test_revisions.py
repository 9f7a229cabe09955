"""Files at a git revision: their bytes, and what is said where there is no repository, no revision, no git."""

import subprocess
from pathlib import Path

import pytest

from seedbed.content.revisions import content_at, open_revision
from seedbed.core.errors import UserError

NAME = ["-c", "user.name=Steward", "-c", "user.email=steward@example.org", "-c", "core.autocrlf=false"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *NAME, "-C", str(folder), *arguments], check=True, capture_output=True)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "site").mkdir(parents=True)
    (tmp_path / "other.csv").write_text("x\n")
    (folder / "site/ห้อง พัก.csv").write_bytes(b"code\r\nA\r\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    git(tmp_path, "tag", "v1")
    return folder


def test_a_file_is_given_as_it_was_and_paths_are_the_folders_own(data: Path) -> None:
    (data / "site/ห้อง พัก.csv").write_text("code\nB\n")
    revision = open_revision(data, "v1")
    assert (revision.paths, len(revision.commit)) == ({"site/ห้อง พัก.csv"}, 40)
    assert content_at(revision, "site/ห้อง พัก.csv") == b"code\r\nA\r\n"


def test_a_file_that_git_does_not_give_is_said(data: Path) -> None:
    with pytest.raises(UserError, match=r"git gives no site/none\.csv of revision 'v1'"):
        content_at(open_revision(data, "v1"), "site/none.csv")


@pytest.mark.parametrize("name", ["nowhere", "--help", "-p", "v1:data", "HEAD~7", "v1 v1"])
def test_an_unknown_revision_is_refused_and_no_option_gets_through(data: Path, name: str) -> None:
    with pytest.raises(UserError, match="git knows no revision") as refused:
        open_revision(data, name)
    assert "git fetch --unshallow" in refused.value.next_step


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_refused_as_a_variable_that_is_not_set(data: Path, name: str) -> None:
    with pytest.raises(UserError, match="--against names no revision: it is empty"):
        open_revision(data, name)


def test_a_tag_that_looks_like_an_option_is_found(data: Path) -> None:
    git(data, "update-ref", "refs/tags/-p", "HEAD")
    assert open_revision(data, "-p").commit == open_revision(data, "v1").commit


def test_what_git_tells_a_hook_of_its_repository_does_not_count(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    git(data, "worktree", "add", "--quiet", str(tree), "-b", "linked")
    for folder in (tmp_path / ".git", Path(".git")):
        monkeypatch.setenv("GIT_DIR", str(folder))
        monkeypatch.setenv("GIT_INDEX_FILE", str(folder / "index"))
        revision = open_revision(tree / "data", "HEAD")
        assert (revision.paths, content_at(revision, "site/ห้อง พัก.csv")) == ({"site/ห้อง พัก.csv"}, b"code\r\nA\r\n")


def test_settings_of_git_in_the_environment_count(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "none")
    with pytest.raises(UserError, match="cannot be compared with a revision: "):
        open_revision(data, "HEAD")


def test_a_list_of_files_that_git_does_not_give_is_said(data: Path) -> None:
    said = subprocess.run(["git", "-C", str(data), "rev-parse", "HEAD^{tree}"], check=True, capture_output=True)
    tree = said.stdout.decode().strip()
    (data.parent / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(UserError, match="git gives no list of files of revision 'v1'"):
        open_revision(data, "v1")


def test_a_folder_in_no_repository_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be compared with a revision: not a git repository"):
        open_revision(tmp_path, "HEAD")


def test_a_machine_without_git_is_said(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(data))
    with pytest.raises(UserError, match="git cannot be run: No such file or directory"):
        open_revision(data, "HEAD")


def test_a_repository_of_another_user_is_said_with_the_command_that_lets_it_be_read(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{data.parent}:/usr/bin:/bin")
    fake = data.parent / "git"
    fake.write_text(
        "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '/srv/my data'\" >&2\nexit 128\n"
    )
    fake.chmod(0o755)
    with pytest.raises(UserError, match="belongs to another user") as refusal:
        open_revision(data, "v1")
    assert refusal.value.next_step == "git config --global --add safe.directory '/srv/my data'"
