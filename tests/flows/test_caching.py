"""What a retry finds again: each unit's result is kept under a key of all that decides it."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.patient_request import PatientRequest, Population
from seedbed.actions.generate.run_gen_mock import patient_stage
from seedbed.actions.runs.executor import UnitResult
from seedbed.actions.setup.run_setup import load_stage
from seedbed.actions.setup.select import SetupRequest
from tests.support.builders.fake_executor import FakeExecutor, small_house_without_database
from tests.support.builders.houses import SMALL
from tests.support.builders.patients import AS_OF

RUN = Run("root-1", "run-1")


@pytest.fixture
def house(tmp_path: Path) -> AppContext:
    return small_house_without_database(tmp_path)


def attempt(
    house: AppContext,
    kept: dict[str, Any],
    *,
    run: Run = RUN,
    refusals: Mapping[str, int] | None = None,
    **options: Any,
) -> list[str]:
    """The modules that an attempt of the set-up loads anew."""
    executor = FakeExecutor({"refusals": refusals or {}}, kept)
    stage = load_stage(house, run, SetupRequest(data_dirs=(house.root / "data",), **options), executor, None)
    results = executor.map_units(stage.units)
    return [name for name, result in results.items() if not result.is_kept]


def write(house: AppContext, entity: str) -> None:
    path = house.root / "data" / SMALL[entity].path
    path.write_text(path.read_text("utf-8") + "A\n", encoding="utf-8")


def test_a_retry_loads_nothing_again_and_another_run_everything(house: AppContext) -> None:
    kept: dict[str, Any] = {}
    assert attempt(house, kept) == ["site", "money"]
    assert attempt(house, kept) == []
    assert attempt(house, kept, run=Run("root-2", "run-2")) == ["site", "money"]


@pytest.mark.parametrize(("entity", "again"), [("test_ward", ["site", "money"]), ("test_drug", ["money"])])
def test_a_corrected_file_is_loaded_again_and_so_is_what_depends_on_it(
    house: AppContext, entity: str, again: list[str]
) -> None:
    kept: dict[str, Any] = {}
    attempt(house, kept)
    write(house, entity)
    assert attempt(house, kept) == again
    assert attempt(house, kept) == []


def test_a_changed_suite_loads_its_module_again(house: AppContext) -> None:
    kept: dict[str, Any] = {}
    attempt(house, kept)
    path = house.root / "expectations" / "money" / "test_drug.yaml"
    path.write_text(path.read_text("utf-8") + "# reviewed\n", encoding="utf-8")
    assert attempt(house, kept) == ["money"]


def test_a_module_that_the_tests_refused_is_loaded_again_although_it_had_completed(house: AppContext) -> None:
    kept: dict[str, Any] = {}
    attempt(house, kept)
    assert attempt(house, kept, refusals={"test_drug": 1}) == ["money"]
    assert attempt(house, kept, refusals={"test_drug": 1}) == []
    assert attempt(house, kept, refusals={"test_drug": 2}) == ["money"]


def test_other_options_and_other_targets_load_everything_again(house: AppContext) -> None:
    kept: dict[str, Any] = {}
    attempt(house, kept)
    assert attempt(house, kept, on_duplicate="update") == ["site", "money"]
    house.target_addresses["postgres"] = "elsewhere"  # type: ignore[index]
    assert attempt(house, kept) == ["site", "money"]


def test_a_unit_that_failed_is_run_again_with_those_that_waited_for_it_and_no_other(house: AppContext) -> None:
    kept: dict[str, Any] = {}
    executor = FakeExecutor({"refusals": {}, "setup money": ValueError("boom")}, kept)
    request = SetupRequest(data_dirs=(house.root / "data",))
    results = executor.map_units(load_stage(house, RUN, request, executor, None).units)
    assert [name for name, result in results.items() if result.error] == ["money"]
    assert attempt(house, kept) == ["money"]


def test_what_executes_a_unit_in_another_process_is_handed_all_of_it(house: AppContext) -> None:
    request = SetupRequest(data_dirs=(house.root / "data",))
    population = Population(seed=7, as_of=AS_OF, count=30, batch=10)
    executor = FakeExecutor({"refusals": {}, "population": (population, 0)})
    stages = (
        load_stage(house, RUN, request, executor, None, has_doctor=True),
        patient_stage(house, RUN, PatientRequest(), AS_OF, executor, None),
    )
    for unit in (unit for stage in stages for unit in stage.units):
        there = pickle.loads(pickle.dumps(unit))
        assert (there.name, there.key, there.needs) == (unit.name, unit.key, unit.needs)


def patients(house: AppContext, kept: dict[str, Any], **asked: Any) -> Mapping[str, UnitResult]:
    population = Population(**{"seed": 7, "as_of": AS_OF, "count": 30, "batch": 10, **asked.pop("population", {})})
    executor = FakeExecutor({"population": (population, asked.get("refused", 0))}, kept)
    stage = patient_stage(house, asked.get("run", RUN), PatientRequest(), AS_OF, executor, None)
    return executor.map_units(stage.units, stage.tracker, at_once=stage.at_once)


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ({}, 0),
        ({"refused": 1}, 3),
        ({"run": Run("root-2", "run-2")}, 3),
        ({"population": {"seed": 8}}, 3),
    ],
    ids=["the same", "found incomplete", "another run", "other patients"],
)
def test_a_range_of_patients_is_sent_again_only_where_what_is_sent_or_its_run_is_another(
    house: AppContext, changed: dict[str, Any], again: int
) -> None:
    kept: dict[str, Any] = {}
    names = ["patients 1/3 [0-10)", "patients 2/3 [10-20)", "patients 3/3 [20-30)"]
    assert list(patients(house, kept)) == names
    results = patients(house, kept, **changed)
    assert (list(results), len([one for one in results.values() if not one.is_kept])) == (names, again)
