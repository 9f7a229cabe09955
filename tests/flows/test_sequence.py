"""The sequence of a run: its steps in order, where each error ends, and what the page of runs and the report say of it."""

import html
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seedbed.actions.cleanup.run_cleanup import CleanupRequest, CleanupScope, cleanup_spec
from seedbed.actions.context import AppContext, Run
from seedbed.actions.generate.nightly_refresh import refresh_spec
from seedbed.actions.generate.patient_request import PatientRequest, Population
from seedbed.actions.generate.run_gen_mock import GenerateResult, patient_spec
from seedbed.actions.runs.executor import AttemptContext, ProgressShown, ReportShown
from seedbed.actions.runs.orchestrate import RunResult, RunSpec, TargetRecord, orchestrate
from seedbed.actions.setup import run_setup as set_up
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.environment import Environment, NightlyData, PostgresConfig, TargetsConfig
from seedbed.core.errors import AuthError, DataError, SeedbedError, Transient, UnitsFailed, UserError
from seedbed.core.report import Check, Report, RunFailure
from seedbed.database.ledger.leases import Overtaken
from seedbed.database.ledger.run_records import RunRecord
from tests.support.builders.fake_executor import FakeExecutor, small_house_without_database
from tests.support.builders.patients import AS_OF

RUN = Run("root-1", "20261121T183000-aaaaaaaa")
BEGIN = f"begin {RUN.name}"
FIRST = [BEGIN, "lease", "refusals"]
MODULES = ["setup site", "setup money"]
AWAY, FULL = Transient("the Cortex API does not answer"), DataError("the disk is full")
OVERTAKEN = Overtaken("a newer attempt of this run has taken over: a host")
PATIENTS = Population(seed=7, as_of=AS_OF, count=30, batch=10)
OF_PATIENTS = ["population", *(f"patients {n}/3 [{10 * n - 10}-{10 * n})" for n in (1, 2, 3)), "write patients"]
PASSED = {"entity": "test_ward", "success": True, "checks": []}
REFUSED = {"entity": "test_ward", "success": False, "checks": [{"status": "FAIL", "rule": "one-main-ward"}]}


@pytest.fixture
def house(tmp_path: Path) -> AppContext:
    return small_house_without_database(tmp_path)


def page(house: AppContext) -> str:
    return (house.output / "index.html").read_text("utf-8")


def request_of(house: AppContext, **options: Any) -> SetupRequest:
    return SetupRequest(data_dirs=(house.root / "data",), **options)


def answers(**given: Any) -> dict[str, Any]:
    usual = {
        "refusals": {},
        "audit": [PASSED],
        "doctor": (),
        "population": (PATIENTS, 0),
        "write patients": GenerateResult(),
    }
    return {**usual, **{name.replace("_", " "): answer for name, answer in given.items()}}


def run(
    house: AppContext, executor: FakeExecutor, spec: RunSpec[Any] | None = None, record: TargetRecord | None = None
) -> RunResult:
    found = spec or set_up.setup_spec(house, RUN, request_of(house))
    return orchestrate(house, executor, AttemptContext(RUN, link="http://prefect/run"), found, record)


def at_night(house: AppContext) -> AppContext:
    """The house of a staging whose nights make patients."""
    targets = TargetsConfig(postgres=PostgresConfig(host="h", database="d"))
    nightly = NightlyData(dataset="hospital", count=30, seed=7)
    return replace(house, environment=Environment(name="north", targets=targets, generate=(nightly,)))


def test_a_set_up_has_its_steps_in_order_and_shows_its_report(house: AppContext) -> None:
    executor = FakeExecutor(answers())
    result = run(house, executor)
    assert executor.executed == [*FIRST, *MODULES, "audit", "report"]
    assert result.error is executor.outcome.error is None
    (shown,) = executor.shown
    assert isinstance(shown, ReportShown)
    assert (shown.report, shown.test_results) == (result.report, (PASSED,))


def test_a_run_of_gen_mock_has_its_steps_in_order_and_shows_its_progress(house: AppContext) -> None:
    executor = FakeExecutor(answers())
    run(house, executor, patient_spec(house, RUN, PatientRequest(repeat="another"), AS_OF))
    assert executor.executed == [BEGIN, "lease", *OF_PATIENTS, "report"]
    progress = [one for one in executor.shown if isinstance(one, ProgressShown)]
    assert [round(one.per_cent) for one in progress] == [0, 33, 67, 100]
    assert [one.is_last for one in progress] == [False, False, False, True]


def test_a_cleanup_has_its_steps_in_order_and_says_what_is_left(house: AppContext) -> None:
    of = RunRecord("root-0", "20261120T183000-bbbbbbbb", "gen-mock", "", None, "local")
    removal = f"remove what {of.name} created"
    executor = FakeExecutor({BEGIN: CleanupScope(of, ()), removal: AWAY})
    result = run(house, executor, cleanup_spec(RUN, CleanupRequest(of.name)))
    assert executor.executed == [BEGIN, "lease", removal, "report"]
    assert result.error is executor.outcome.error is AWAY


def test_a_refresh_makes_patients_after_the_tests_and_health_checks_beside_the_modules(house: AppContext) -> None:
    bad = Check("Cortex API", "FAIL", "no answer")
    executor = FakeExecutor(answers(doctor=(bad,)))
    night = at_night(house)
    result = run(night, executor, refresh_spec(night, RUN, request_of(night), AS_OF))
    assert executor.executed == [*FIRST, "doctor", *MODULES, "audit", *OF_PATIENTS, "report"]
    assert (result.error, executor.outcome.checks) == (None, (bad,))
    plain = FakeExecutor(answers())
    run(house, plain, refresh_spec(house, RUN, request_of(house), AS_OF))
    assert not set(OF_PATIENTS) & set(plain.executed)


@pytest.mark.parametrize("broken", [{"setup_money": AWAY}, {"audit": [REFUSED]}, {"audit": ValueError("boom")}])
def test_a_refresh_that_fails_makes_no_patients(house: AppContext, broken: dict[str, Any]) -> None:
    executor, night = FakeExecutor(answers(**broken)), at_night(house)
    result = run(night, executor, refresh_spec(night, RUN, request_of(night), AS_OF))
    assert executor.executed[-2:] == ["audit", "report"]
    assert result.error is not None


def test_health_checks_that_cannot_be_made_are_a_failed_check_and_no_failed_run(house: AppContext) -> None:
    executor = FakeExecutor(answers(doctor=AWAY))
    result = run(house, executor, refresh_spec(house, RUN, request_of(house), AS_OF))
    assert result.error is None
    assert executor.outcome.checks == (Check("Doctor", "FAIL", AWAY.message, "run `seedbed doctor`"),)


@pytest.mark.parametrize("step", FIRST)
@pytest.mark.parametrize("error", [UserError("the targets lack our mark", next_step="adopt them"), KeyError("boom")])
def test_a_run_that_dies_before_its_first_unit_is_on_the_page_with_the_cause(
    house: AppContext, step: str, error: Exception
) -> None:
    executor = FakeExecutor(answers() | {step: error})
    with pytest.raises(type(error)) as raised:
        run(house, executor)
    assert raised.value is error
    assert executor.executed == FIRST[: FIRST.index(step) + 1]
    said = "the targets lack our mark" if isinstance(error, UserError) else "KeyError: "
    assert f"The run failed: {said}" in page(house)


def test_a_request_that_no_module_has_is_on_the_page_too(house: AppContext) -> None:
    request = request_of(house, mode="modules", modules=("kitchen",))
    with pytest.raises(UserError, match="unknown module 'kitchen'"):
        run(house, FakeExecutor(answers()), set_up.setup_spec(house, RUN, request))
    assert "unknown module 'kitchen'" in html.unescape(page(house))


def boom(*_: object, **__: object) -> None:
    raise ValueError("boom")


def break_notes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(set_up, "load_notes", boom)


def break_strict(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(set_up, "skipped_rows_error", boom)


def break_units(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FakeExecutor, "map_units", boom)


@pytest.mark.parametrize(
    ("given", "patched", "said"),
    [
        ({"audit": ValueError("boom")}, None, "the audit broke: ValueError: boom"),
        ({"audit": AWAY}, None, "the Cortex API does not answer"),
        ({"audit": [REFUSED]}, None, "the audit refuses test_ward: one-main-ward"),
        ({"setup_money": ValueError("boom")}, None, "money failed: ValueError: boom"),
        ({"setup_site": AWAY}, None, "site failed (money not run): the Cortex API does not answer"),
        ({}, break_notes, "ValueError: boom"),
        ({}, break_strict, "ValueError: boom"),
        ({}, break_units, "ValueError: boom"),
    ],
)
def test_whatever_breaks_after_the_first_unit_is_in_the_report(
    house: AppContext,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    patched: Callable[[pytest.MonkeyPatch], None] | None,
    said: str,
) -> None:
    if patched:
        patched(monkeypatch)
    executor = FakeExecutor(answers(**given))
    result = run(house, executor)
    assert executor.executed[-1] == "report"
    assert result.error is executor.outcome.error
    assert str(result.error).startswith(said)


def test_what_broke_of_the_night_s_patients_is_in_the_report_with_the_modules(house: AppContext) -> None:
    night = at_night(house)
    for given in ({"population": AuthError("refused")}, {"write_patients": ValueError("boom")}):
        executor = FakeExecutor(answers(**given))
        result = run(night, executor, refresh_spec(night, RUN, request_of(night), AS_OF))
        assert executor.executed[-1] == "report"
        assert executor.outcome.test_results == (PASSED,)
        assert result.error is not None


def test_three_dead_ranges_of_patients_end_the_run_and_the_rest_is_not_begun(house: AppContext) -> None:
    many = replace(PATIENTS, count=100)
    dead = {f"patients {n}/10 [{10 * n - 10}-{10 * n})": AWAY for n in range(1, 11)}
    executor = FakeExecutor(answers(population=(many, 0)) | dead)
    result = run(house, executor, patient_spec(house, RUN, PatientRequest(repeat="another"), AS_OF))
    assert len([name for name in executor.executed if name in dead]) == 3
    assert str(result.error).startswith("3 of 10 batches failed, 7 not run: the Cortex API does not answer")


@pytest.mark.parametrize(
    ("report", "failed", "raised"),
    [
        (OVERTAKEN, AWAY, Overtaken),
        (OVERTAKEN, None, Overtaken),
        (FULL, AWAY, UnitsFailed),
        (FULL, None, DataError),
        (ValueError("boom"), None, ValueError),
    ],
    ids=["overtaken, failed", "overtaken", "unwritten, failed", "unwritten", "a defect"],
)
def test_an_attempt_that_was_overtaken_ends_with_that_whatever_failed_before(
    house: AppContext, report: Exception, failed: SeedbedError | None, raised: type[Exception]
) -> None:
    executor = FakeExecutor(answers(report=report, setup_site=failed))
    with pytest.raises(raised) as ended:
        run(house, executor)
    assert type(ended.value) is raised
    assert ("has not ended yet" if raised is Overtaken else "The run failed: ") in page(house)


def test_patients_that_were_overtaken_while_they_were_written_down_end_with_that(house: AppContext) -> None:
    for error, expected in ((OVERTAKEN, Overtaken), (FULL, UnitsFailed)):
        executor = FakeExecutor(answers(write_patients=error) | {OF_PATIENTS[1]: AWAY})
        result = run(house, executor, patient_spec(house, RUN, PatientRequest(repeat="another"), AS_OF))
        assert type(result.error) is expected


def test_other_targets_than_the_first_attempt_s_end_the_run_before_it_begins(house: AppContext) -> None:
    remembered: list[str] = []
    executor = FakeExecutor(answers())
    run(house, executor, record=TargetRecord(lambda _: None, remembered.append))
    assert remembered == [house.fingerprint]

    def refuse(_: str) -> None:
        raise UserError("this run began with other targets")

    executor = FakeExecutor(answers())
    with pytest.raises(UserError, match="this run began with other targets"):
        run(house, executor, record=TargetRecord(refuse, remembered.append))
    assert (executor.executed, len(remembered)) == ([], 1)
    assert "this run began with other targets" in page(house)


def test_a_wrong_request_asks_no_target(house: AppContext) -> None:
    executor = FakeExecutor(answers())
    spec = replace(patient_spec(house, RUN, PatientRequest(repeat="x"), AS_OF), check=boom)
    with pytest.raises(ValueError, match="boom"):
        run(house, executor, spec)
    assert executor.executed == []


def test_a_dry_run_is_one_step_and_on_no_page(house: AppContext) -> None:
    foreseen = Report("setup", RUN.name)
    executor = FakeExecutor({"dry run": foreseen})
    for spec in (
        set_up.setup_spec(house, RUN, request_of(house, dry_run=True)),
        patient_spec(house, RUN, PatientRequest(dry_run=True), AS_OF),
        cleanup_spec(RUN, CleanupRequest("another", dry_run=True)),
    ):
        assert run(house, executor, spec).error is None
    assert executor.executed == ["dry run"] * 3
    assert not house.output.exists()


def test_a_dry_run_that_would_fail_fails(house: AppContext) -> None:
    failure = RunFailure("UnitsFailed", "would fail: lab", "mend it", 4)
    executor = FakeExecutor({"dry run": Report("setup", RUN.name, "failed", error=failure)})
    result = run(house, executor, set_up.setup_spec(house, RUN, request_of(house, dry_run=True)))
    assert str(result.error) == "would fail: lab; mend it"
