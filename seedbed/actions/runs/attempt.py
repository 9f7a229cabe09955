"""What an attempt is: which code it runs, on which machine, and whether it comes too late."""

import socket
import subprocess
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from seedbed.actions.runs.wait_for_targets import duration
from seedbed.core.local_time import LOCAL_TIME, LocalTime
from seedbed.core.report import Attempt


def this_attempt(number: int, given: str, root: Path) -> Attempt:
    """The attempt that this process makes; `given`: what the configuration calls the code."""
    return Attempt(number, given or code_version(root), socket.gethostname(), "")


def code_version(root: Path) -> str:
    """The package's version and the commit, as in 0.1.0 (3f2a1bc), with +dirty where files differ from it."""
    try:
        package = version("seedbed")
    except PackageNotFoundError:  # run from its folder, not installed
        package = "unknown"
    commit = _git(root, "rev-parse", "--short", "HEAD")
    if not commit:
        return package
    dirty = "+dirty" if _git(root, "status", "--porcelain", "--untracked-files=no") else ""
    return f"{package} ({commit}{dirty})"


def _git(root: Path, *arguments: str) -> str:
    """What git answers; nothing where there is no git, or no repository of our own."""
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def superseded_reason(
    scheduled: datetime, now: datetime, *, is_scheduled_first: bool, most_s: float, local: LocalTime = LOCAL_TIME
) -> str:
    """Why a run is not worth starting any more, "" where it is; `is_scheduled_first`: a schedule made it, and it is its first attempt."""
    late_s = (now - scheduled).total_seconds()
    if not is_scheduled_first or late_s <= most_s:
        return ""
    return f"superseded: it was due at {local.minute(scheduled)} and could start only {duration(late_s)} later"
