import re
from typing import Any

import httpx
import pytest

from seedbed.actions.generate.patient_units import PatientUnit
from seedbed.actions.generate.run_gen_mock import UnitProgressTracker
from tasks import progress_artifact as artifacts

UNITS = [PatientUnit(n + 1, 4, 100 * n, 100 * n + 100) for n in range(4)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that pass only when the test says so."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def updates(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is shown: per cent and words."""
    shown: list[Any] = []
    monkeypatch.setattr(artifacts, "create_progress_artifact", lambda *_, **__: "an id")
    monkeypatch.setattr(artifacts, "update_progress_artifact", lambda _, *said: shown.append(said))
    return shown


def test_progress_says_done_time_rate_and_time_left(clock: list[float]) -> None:
    progress = UnitProgressTracker(UNITS, began=0.0)
    assert progress.summary() == "0 of 400 patients"
    progress.mark_completed(UNITS[0])
    clock[0] = 10.0
    assert (progress.summary(), progress.per_cent) == ("100 of 400 patients in 10 s, 10/s, 30 s left", 25.0)
    assert progress.summary(is_over=True) == "100 of 400 patients in 10 s, 10/s"


def test_what_an_earlier_attempt_has_done_is_no_speed_of_this_one(clock: list[float]) -> None:
    progress = UnitProgressTracker(UNITS, began=0.0)
    for unit in UNITS[:3]:
        progress.mark_completed(unit, is_kept=True)
    clock[0] = 1.0
    assert progress.summary() == "300 of 400 patients, 300 of them by an earlier attempt"
    progress.mark_completed(UNITS[3])
    clock[0] = 10.0
    assert progress.summary() == "400 of 400 patients in 10 s, 10/s, 300 of them by an earlier attempt"


def test_progress_is_shown_now_and_then_and_at_the_end(clock: list[float], updates: list[Any]) -> None:
    progress = UnitProgressTracker(UNITS, began=0.0)
    artifact = artifacts.ProgressArtifact()
    artifact.show(progress.shown())
    for second, unit in enumerate(UNITS, 1):
        clock[0] = float(second)
        progress.mark_completed(unit)
        artifact.show(progress.shown(is_last=unit is UNITS[-1]))
    assert [done for done, _ in updates] == [50.0, 100.0]
    assert updates[-1][1] == "400 of 400 patients in 4 s, 100/s"


def test_a_server_that_does_not_take_it_does_not_end_the_run(
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
    updates: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise httpx.ConnectError("away")

    monkeypatch.setattr(artifacts, "update_progress_artifact", broken)
    artifact = artifacts.ProgressArtifact()
    for is_last in (False, True):
        artifact.show(UnitProgressTracker(UNITS).shown(is_last=is_last))
    assert re.search("does not show the run's progress error=away", caplog.text)
