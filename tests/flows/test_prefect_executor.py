"""Units as tasks of Prefect: what waits for what, what is tried again, and what a retry of the run finds."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from prefect import flow
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, temporary_settings
from prefect.testing.utilities import prefect_test_harness

from seedbed.actions.context import Run
from seedbed.actions.runs.executor import AttemptContext, Step, UnitResult, WorkUnit
from seedbed.core.errors import DataError, NotRun, Transient
from tasks import prefect_executor, waiting_tag
from tasks.prefect_executor import PrefectExecutor
from tests.support.builders.fake_executor import small_house_without_database

RUN = Run("root-1", "run-1")
TRIES: Counter[str] = Counter()
NEEDS = {"site": (), "lab": ("site",), "order": ("lab",), "finance": (), "away": ()}


def work_of(name: str) -> Any:
    """Fails as its name says; `finance` is mended by its second try."""
    TRIES[name] += 1
    if name == "lab":
        raise DataError("two rows are wrong")
    if name == "away" or (name == "finance" and TRIES[name] == 1):
        raise Transient("no answer", next_step="start it")
    return {"rows": len(name)}


def units_of(names: dict[str, tuple[str, ...]]) -> list[WorkUnit]:
    def unit(name: str, needs: tuple[str, ...]) -> WorkUnit:
        return WorkUnit(name, Step("setup", f"setup {name}", lambda _: work_of(name)), f"root-1/{name}", needs)

    return [*(unit(*one) for one in names.items()), WorkUnit("doctor", Step("doctor", "doctor", lambda _: ("sound",)))]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Prefect server of the test's own; tasks are tried again at once."""
    house = small_house_without_database(tmp_path)
    for module in (prefect_executor, waiting_tag):
        monkeypatch.setattr(module, "app_context", lambda: house)
    for name in ("kept_unit", "retried_step"):
        quick = getattr(prefect_executor, name).with_options(retry_delay_seconds=0)
        monkeypatch.setattr(prefect_executor, name, quick)
    kept_in = {PREFECT_LOCAL_STORAGE_PATH: tmp_path / "results"}
    with temporary_settings(kept_in), prefect_test_harness(server_startup_timeout=120):
        yield


def test_units_are_tasks_with_their_needs_their_retries_and_kept_results(server: None) -> None:
    del server
    executor = PrefectExecutor(AttemptContext(RUN), at_once=4)
    steps = [
        Step("begin", "begin run-1", lambda _: work_of("finance")),
        Step("audit", "audit", lambda _: work_of("lab")),
    ]
    seen: dict[str, Any] = {}

    @flow
    def body() -> None:
        seen["first"] = executor.map_units(units_of(NEEDS))
        seen["tries"] = dict(TRIES)
        seen["second"] = executor.map_units(units_of(NEEDS))
        TRIES.clear()
        seen["step"] = executor.step(steps[0])
        with pytest.raises(DataError, match="two rows are wrong"):
            executor.step(steps[1])

    body()
    first, second = seen["first"], seen["second"]
    assert {name: type(result.error) for name, result in first.items() if result.error} == {
        "lab": DataError,
        "order": NotRun,
        "away": Transient,
    }
    assert first["site"] == UnitResult({"rows": 4})
    assert first["doctor"] == UnitResult(("sound",))
    assert seen["tries"] == {"site": 1, "lab": 1, "finance": 2, "away": 3}
    assert {name for name, result in second.items() if result.is_kept} == {"site", "finance"}
    assert second["site"].value == {"rows": 4}
    assert seen["step"] == {"rows": 7}
