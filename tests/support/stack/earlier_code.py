"""The project as an earlier commit had it, in a folder that `git pull` has not reached yet."""

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from seedbed.stack import state
from tests.support.stack.project import ROOT, Project, copy_project

LAST_OF = {2: "048c72d", 3: "8a12451"}  # the last commit whose state has that version
KEPT = {".seedbed", "output", "logs", "prefect.toml"}


def earlier_project(to: Path, version: int) -> bool:
    """Puts the code that makes a state of that version there; False where this clone's history does not reach so far."""
    archive = _archive(LAST_OF[version])
    if not archive:
        copy_project(to)
        return False
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(to, filter="data")
    return True


def _archive(commit: str) -> bytes:
    known = subprocess.run(["git", "cat-file", "-e", commit], cwd=ROOT, capture_output=True, check=False)
    if known.returncode:
        return b""
    return subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout


def pull(to: Path) -> Project:
    """Replaces the code there by this one, as `git pull` does: what git does not know stays."""
    for path in to.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return copy_project(to)


def stamp(project: Project, version: int) -> None:
    """Makes the state look as old as that."""
    (project.root / ".seedbed" / "VERSION").write_text(f"{version}\n")


def version_in(project: Project) -> int:
    """The version of the project's state."""
    return state.state_version(project.root / ".seedbed")
