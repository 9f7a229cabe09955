"""Runs without Prefect: one that dies early is on the page of runs, and a defect after the first unit leaves a report."""

import json
from dataclasses import replace
from typing import Any

import pytest

from seedbed.actions.context import Run
from seedbed.actions.runs.direct_executor import DirectOptions
from seedbed.actions.runs.lease import lease_of, take_lease
from seedbed.actions.setup import run_setup as set_up
from seedbed.actions.setup.run_setup import setup
from seedbed.core.errors import Conflict, Transient, UserError
from seedbed.core.report import Report
from tests.support.builders.houses import SmallHouse

RUN = Run("root-1", "20261121T183000-aaaaaaaa")


@pytest.fixture
def filled(small: SmallHouse) -> SmallHouse:
    for entity in small.house.entities.values():
        small.file(entity, ",".join(entity.headers) + "\n")
    return small


def page(small: SmallHouse) -> str:
    return (small.house.output / "index.html").read_text("utf-8")


def load(small: SmallHouse, **options: Any) -> Report:
    return setup(small.house, RUN, small.job().request, DirectOptions(**options))


def test_a_run_that_another_one_keeps_from_writing_is_on_the_page(filled: SmallHouse) -> None:
    other = Run("root-0", "20261121T180000-bbbbbbbb")
    take_lease(filled.house, lease_of(other), max_wait_s=0)
    with pytest.raises(Conflict, match=f"{other.name} writes to this database"):
        load(filled)
    assert f"The run failed: {other.name} writes to this database" in page(filled)
    assert not (filled.house.output / RUN.name / "report.json").exists()


def test_a_run_that_lacks_its_permit_is_on_the_page(filled: SmallHouse) -> None:
    foreign = replace(filled, house=replace(filled.house, is_local=False))
    with pytest.raises(UserError) as refused:
        load(foreign)
    assert f"The run failed: {refused.value.message}"[:60] in page(filled)


def test_an_unexpected_error_of_the_tests_is_in_the_report_and_what_was_loaded_too(
    filled: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def boom(*_: object, **__: object) -> None:
        raise ValueError("boom")

    monkeypatch.setattr(set_up, "audit", boom)
    report = load(filled)
    assert report.error is not None
    assert (report.state, report.error.exit_code) == ("failed", 3)
    assert report.error.message == "the audit broke: ValueError: boom"
    plain = json.loads((filled.house.output / RUN.name / "report.json").read_text("utf-8"))
    assert plain["error"]["message"] == report.error.message
    assert {one["entity"] for one in plain["entities"]} == set(filled.house.entities)
    assert "The run failed: the audit broke: ValueError: boom" in page(filled)
    monkeypatch.undo()
    assert load(filled).error is None
    assert "The run completed" in page(filled)


def test_modules_and_steps_are_tried_again_as_in_a_run_of_prefect(
    filled: SmallHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def away_once(name: str, work: Any) -> Any:
        def working(*given: Any, **named: Any) -> Any:
            tried.append(name)
            if tried.count(name) == 1:
                raise Transient(f"{name}: no answer")
            return work(*given, **named)

        return working

    for name in ("start_run", "load_unit", "audit", "write_report"):
        monkeypatch.setattr(set_up, name, away_once(name, getattr(set_up, name)))
    assert load(filled, retry_delays_s=(0.0,)).error is None
    # Each of the two modules is tried once more where the first try of all came from it.
    assert {name: tried.count(name) for name in tried} == {
        "start_run": 2,
        "load_unit": 3,
        "audit": 2,
        "write_report": 2,
    }
