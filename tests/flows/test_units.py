"""Units in threads: what waits for what, what is tried again, and what a failed unit stops."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.direct_executor import DirectExecutor, DirectOptions, direct_executor
from seedbed.actions.runs.executor import Step, UnitResult, UnitTracker, WorkUnit
from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient, UserError
from tests.support.builders.fake_executor import small_house_without_database

LONG_S = 60.0  # no test waits so long: it fails first
Work = Callable[[], Any]


@pytest.fixture
def house(tmp_path: Path) -> AppContext:
    return small_house_without_database(tmp_path)


def executor_of(house: AppContext, *delays_s: float, at_once: int = 4) -> DirectExecutor:
    return direct_executor(house, Run("run-1", "run-1"), DirectOptions(retry_delays_s=delays_s), at_once=at_once)


def unit(name: str, work: Work, *needs: str, is_retried: bool = True) -> WorkUnit:
    return WorkUnit(name, Step("test", name, lambda _: work(), is_retried=is_retried), needs=needs)


def failing(*errors: BaseException, value: Any = None) -> Work:
    """Raises one error after the other, then returns the value."""
    left = list(errors)

    def work() -> Any:
        if left:
            raise left.pop(0)
        return value

    return work


def test_a_unit_starts_after_those_that_it_needs_and_results_come_in_order(house: AppContext) -> None:
    ended: list[str] = []
    lab_may_go, site_may_go = threading.Event(), threading.Event()

    def site() -> str:
        assert site_may_go.wait(LONG_S)
        ended.append("site")
        return "s"

    def lab() -> str:
        lab_may_go.set()
        ended.append("lab")
        return "l"

    def other() -> str:
        site_may_go.set()  # it is under way although site is not done
        ended.append("other")
        return "o"

    units = [unit("site", site), unit("lab", lab, "site"), unit("other", other)]
    results = executor_of(house).map_units(units)
    assert ended == ["other", "site", "lab"]
    assert {name: result.value for name, result in results.items()} == {"site": "s", "lab": "l", "other": "o"}
    assert list(results) == ["site", "lab", "other"]


def test_a_failed_unit_stops_only_what_needs_it(house: AppContext) -> None:
    units = [
        unit("site", failing(DataError("two rows are wrong"))),
        unit("finance", lambda: 1),
        unit("lab", lambda: 2, "site", "finance"),
        unit("order", lambda: 3, "lab"),
        unit("price", lambda: 4, "finance"),
    ]
    results = executor_of(house).map_units(units)
    assert [name for name, result in results.items() if not result.error] == ["finance", "price"]
    assert [name for name, result in results.items() if not result.was_run] == ["lab", "order"]
    assert str(results["order"].error) == "order was not run: it waits for lab"


@pytest.mark.parametrize(
    ("error", "delays", "tries"),
    [
        (Transient("no answer"), (0.0, 0.0), 3),
        (Transient("no answer"), (), 1),
        (DataError("two rows are wrong"), (0.0, 0.0), 1),
        (AuthError("refused"), (0.0, 0.0), 1),
        (ValueError("a defect"), (0.0, 0.0), 1),
    ],
)
def test_only_what_may_pass_is_tried_again_as_often_as_there_are_delays(
    house: AppContext, error: Exception, delays: tuple[float, ...], tries: int
) -> None:
    tried: list[int] = []

    def work() -> None:
        tried.append(1)
        raise error

    results = executor_of(house, *delays).map_units([unit("lab", work)])
    assert (len(tried), type(results["lab"].error)) == (
        tries,
        type(error) if isinstance(error, SeedbedError) else DataError,
    )


def test_a_unit_that_a_retry_mends_is_complete_and_so_is_a_step(house: AppContext) -> None:
    executor, away = executor_of(house, 0.0), Transient("no answer")
    assert executor.map_units([unit("lab", failing(away, value=7))]) == {"lab": UnitResult(7)}
    assert executor.step(unit("lab", failing(away, value=8)).step) == 8
    with pytest.raises(Transient):
        executor.step(unit("doctor", failing(away, value=9), is_retried=False).step)


def test_a_defect_fails_its_unit_and_is_logged_with_its_traceback(
    house: AppContext, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="seedbed"):
        results = executor_of(house).map_units([unit("lab", failing(ValueError("boom"))), unit("site", lambda: 1)])
    assert (str(results["lab"].error), results["site"].value) == ("ValueError: boom", 1)
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(("limit", "at_once"), [(3, 9), (9, 3)], ids=["of those that work", "of those that start"])
def test_few_work_at_once(house: AppContext, limit: int, at_once: int) -> None:
    lock, busy, most = threading.Lock(), [0], [0]
    three = threading.Barrier(3)  # passed by three at a time, so that three do work at once

    def work() -> None:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        three.wait(LONG_S)
        with lock:
            busy[0] -= 1

    units = [unit(f"unit {number}", work) for number in range(12)]
    results = executor_of(house, at_once=at_once).map_units(units, at_once=limit)
    assert (len(results), most[0]) == (12, 3)


def test_what_the_tracker_lets_not_start_has_no_result_and_what_is_under_way_ends(house: AppContext) -> None:
    failed: list[str] = []
    tracker = UnitTracker(lambda unit, _: failed.append(unit.name), lambda: not failed)
    together = threading.Barrier(3)

    def work() -> None:
        together.wait(LONG_S)
        raise AuthError("refused")

    units = [unit(f"unit {number}", work) for number in range(20)]
    results = executor_of(house).map_units(units, tracker, at_once=3)
    assert sorted(results) == sorted(failed) == ["unit 0", "unit 1", "unit 2"]


def test_an_interruption_does_not_wait_for_the_next_try(house: AppContext) -> None:
    waits = threading.Event()

    def away() -> None:
        waits.set()
        raise Transient("no answer")

    def interrupted(*_: object) -> None:
        assert waits.wait(LONG_S)
        raise KeyboardInterrupt

    executor = executor_of(house, 100 * LONG_S)
    with pytest.raises(KeyboardInterrupt):
        executor.map_units([unit("lab", away), unit("site", lambda: 1)], UnitTracker(interrupted))
    for thread in [one for one in threading.enumerate() if one.name.startswith("unit")]:
        thread.join(LONG_S)
        assert not thread.is_alive()


def test_a_unit_that_is_killed_ends_the_run_after_the_others_have_ended(house: AppContext) -> None:
    ended: list[str] = []
    killed = threading.Event()

    def kill() -> None:
        killed.set()
        raise KeyboardInterrupt

    def other() -> None:
        assert killed.wait(LONG_S)
        ended.append("other")

    with pytest.raises(KeyboardInterrupt):
        executor_of(house).map_units([unit("other", other), unit("lab", kill)])
    assert ended == ["other"]


def test_a_step_raises_what_ended_it(house: AppContext) -> None:
    with pytest.raises(UserError, match="which run"):
        executor_of(house, 0.0).step(unit("begin", failing(UserError("which run?"))).step)
