"""Which code an attempt runs, and when it comes too late."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seedbed.actions.runs.attempt import code_version, superseded_reason, this_attempt

DUE = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)
MOST_S = 4 * 3_600.0


@pytest.mark.parametrize(
    ("late_s", "is_scheduled_first", "is_superseded"),
    [
        (0, True, False),
        (MOST_S, True, False),
        (MOST_S + 1, True, True),
        (86_400, True, True),
        (86_400, False, False),  # a retry, or a run that somebody asked for
        (-60, True, False),
    ],
)
def test_only_a_schedules_first_attempt_can_be_superseded(
    late_s: float, is_scheduled_first: bool, is_superseded: bool
) -> None:
    now = DUE + timedelta(seconds=late_s)
    assert bool(superseded_reason(DUE, now, is_scheduled_first=is_scheduled_first, most_s=MOST_S)) is is_superseded


def test_a_superseded_run_says_when_it_was_due() -> None:
    said = superseded_reason(DUE, DUE + timedelta(hours=5), is_scheduled_first=True, most_s=MOST_S)
    assert said == "superseded: it was due at 2026-11-22 01:30 and could start only 5 h later"


def test_the_configured_version_counts(tmp_path: Path) -> None:
    assert this_attempt(2, "image 7", tmp_path).version == "image 7"


def test_the_version_names_the_commit_and_whether_files_differ(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        name = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        subprocess.run(["git", *name, *arguments], cwd=tmp_path, check=True, capture_output=True)

    assert "(" not in code_version(tmp_path)
    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "-m", "first")
    assert code_version(tmp_path).endswith(")")
    assert "+dirty" not in code_version(tmp_path)
    (tmp_path / "file").write_text("two")
    assert code_version(tmp_path).endswith("+dirty)")
