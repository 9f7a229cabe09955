"""Files as they were at a revision of the git repository in which their folder lies."""

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.core.errors import UserError

OWNERSHIP = re.compile(r"dubious ownership in repository at '(.+)'")


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit, as a folder's repository has it; `paths`: the files below the folder then, relative to it."""

    folder: Path
    name: str
    commit: str
    paths: frozenset[str]


def open_revision(folder: Path, name: str) -> Revision:
    """The revision of that name; UserError where git is not there, the folder is in no repository, or no commit has the name."""
    if not name.strip():
        raise UserError(
            "--against names no revision: it is empty",
            next_step="name a commit, branch or tag, or leave --against out; a variable of CI may not be set",
            code="git-revision",
        )
    inside = _git(folder, "rev-parse", "--is-inside-work-tree")
    if inside.returncode:
        if owned := OWNERSHIP.search(inside.stderr.decode("utf-8", "replace")):
            raise UserError(
                f"{folder} cannot be compared with a revision: git says that its repository belongs to another user",
                next_step=f"git config --global --add safe.directory {shlex.quote(owned[1])}",
                code="git-revision",
            )
        raise UserError(
            f"{folder} cannot be compared with a revision: {_first_line(inside.stderr)}",
            next_step="keep the data directory in a git repository, or leave --against out",
            code="git-revision",
        )
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if found.returncode:
        raise UserError(
            f"git knows no revision '{name}' in {folder}",
            next_step="name a commit, branch or tag that is there; a shallow clone needs `git fetch --unshallow`",
            code="git-revision",
        )
    commit = found.stdout.decode().strip()
    listed = _git(folder, "ls-tree", "-r", "-z", "--name-only", commit, "--", ".")
    if listed.returncode:
        raise _not_given("list of files", name, listed)
    return Revision(folder, name, commit, frozenset(listed.stdout.decode("utf-8", "replace").split("\0")) - {""})


def content_at(revision: Revision, path: str) -> bytes:
    """The file's bytes then, as git keeps them; UserError where git does not give them."""
    done = _git(revision.folder, "cat-file", "blob", f"{revision.commit}:./{path}")
    if done.returncode:
        raise _not_given(path, revision.name, done)
    return done.stdout


def remotes(folder: Path) -> frozenset[str]:
    """The addresses of the repositories that the folder's is a clone of, as its configuration has them."""
    found = _git(folder, "config", "--null", "--get-regexp", r"^remote\..*\.url$")
    lines = found.stdout.decode("utf-8", "replace").split("\0")
    return frozenset(line.partition("\n")[2] for line in lines) - {""}


def _not_given(what: str, name: str, done: subprocess.CompletedProcess[bytes]) -> UserError:
    return UserError(
        f"git gives no {what} of revision '{name}': {_first_line(done.stderr)}",
        next_step="look at the repository with `git status` and `git fsck`",
        code="git-revision",
    )


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command: Sequence[str] = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=False, env=_environment())
    except OSError as error:
        raise UserError(f"git cannot be run: {error.strerror}", next_step="install git", code="git-revision") from error


def _environment() -> dict[str, str]:
    """The process's own without what git tells a hook of the repository that it serves: the folder says which one is meant."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG_")  # settings, as a CI job's safe.directory
    }


def _first_line(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").strip().splitlines()
    return lines[0].removeprefix("fatal: ") if lines else "git does not say why"
