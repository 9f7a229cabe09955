from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import MagicMock

import pytest

from seedbed.datasets.hospital.patients.cohort_text import CohortOptions
from tasks import run_names

EVENING = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # 01:30 of the next day in the hospital


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[MagicMock]:
    """The flow run that the code sees."""
    seen = MagicMock()
    seen.flow_run.scheduled_start_time = EVENING
    monkeypatch.setattr(run_names, "runtime", seen)
    return seen.flow_run


def named(run: MagicMock, flow: str, /, **parameters: Any) -> str:
    run.flow_name, run.parameters = flow, parameters
    return run_names.run_name()


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "1 patient"),
        ({"count": 1_000}, "1,000 patients"),
        ({"count": 200, "sex": "female", "age": "60-", "seed": 42}, "200 patients age 60- sex female seed 42"),
        ({"count": 20, "offset": 1_000, "seed": 0}, "20 patients from 1,000 seed 0"),
        ({"count": 5, "as_of": date(2027, 1, 1)}, "5 patients as-of 2027-01-01"),
        ({"count": 5, "dry_run": True}, "5 patients dry run"),
        ({"count": 1, "repeat": "20261121T183000-0a1b2c3d"}, "repeat of 20261121T183000-0a1b2c3d"),
        ({"count": 3, "seed": None, "age": "", "sex": "", "offset": 0, "repeat": "", "dry_run": False}, "3 patients"),
    ],
)
def test_a_run_of_gen_mock_says_which_patients(run: MagicMock, parameters: dict[str, Any], said: str) -> None:
    assert named(run, "gen-mock", **parameters) == f"gen-mock {said} 2026-11-22 01:30"


@pytest.mark.parametrize("condition", run_names.COHORT)
def test_every_condition_of_a_cohort_is_said(run: MagicMock, condition: str) -> None:
    assert f" {condition.replace('_', '-')} given " in named(run, "gen-mock", **{condition: "given"})


def test_other_runs_say_their_modules_or_the_run_that_they_clean(run: MagicMock) -> None:
    chosen = {"mode": "modules", "modules": "finance,lab", "entities": "", "count": 7}
    assert named(run, "setup", **chosen) == "setup modules finance,lab 2026-11-22 01:30"
    assert (
        named(run, "cleanup", run="20261121T183000", dry_run=True) == "cleanup 20261121T183000 dry run 2026-11-22 01:30"
    )


def test_the_conditions_of_a_cohort_are_those_of_the_door() -> None:
    assert set(run_names.COHORT) == set(CohortOptions.__dataclass_fields__)
