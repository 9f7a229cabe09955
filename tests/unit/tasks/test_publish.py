from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.states import Failed

from seedbed.actions.gen_mock import Progress
from seedbed.actions.patients import Unit
from seedbed.core.errors import DataError, SeedbedError, Transient, UnitsFailed
from seedbed.core.report import EntityReport, Failure, File, Report, SkipCount
from seedbed.database.leases import Overtaken
from tasks import cleanup, patient_pipeline, publish

RUN = "20261121T183000-0a1b2c3d"
URL = f"http://reports.example/{RUN}/report.html"
OVERTAKEN = Overtaken("a newer attempt of this run has taken over: a host")
AWAY, FULL = Transient("the Cortex API does not answer"), DataError("the disk is full")
PATIENTS = EntityReport("patient", "patient", "demographic_api", read=1_200, inserted=1_100, unchanged=60, skipped=40)


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "house", lambda: SimpleNamespace(root=Path("/p"), output=Path("/p/output")))


@pytest.mark.parametrize(
    ("report", "error", "raised"),
    [
        (OVERTAKEN, AWAY, OVERTAKEN),
        (OVERTAKEN, None, OVERTAKEN),
        (FULL, AWAY, AWAY),
        (FULL, None, FULL),
        ({"run": RUN}, AWAY, AWAY),
    ],
    ids=["overtaken, failed", "overtaken", "unwritten, failed", "unwritten", "failed"],
)
def test_an_attempt_that_was_overtaken_ends_with_that_whatever_failed_before(
    report: Any, error: SeedbedError | None, raised: Exception
) -> None:
    with pytest.raises(type(raised)) as ended:
        publish.published(report, error)
    assert ended.value is raised


def test_a_cleanup_that_was_overtaken_ends_with_that(monkeypatch: pytest.MonkeyPatch) -> None:
    for step, error in (("remove", AWAY), ("publish", OVERTAKEN)):
        monkeypatch.setattr(cleanup, step, ended_with(error))
    with pytest.raises(Overtaken):
        cleanup.removed(None, None)


def test_patients_that_were_overtaken_while_they_were_written_down_end_with_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unit = Unit(1, 1, 0, 100)
    progress = Progress([unit])
    progress.broken(unit, AWAY)
    monkeypatch.setattr(patient_pipeline, "sent", lambda *_, **__: progress)
    for error, expected in ((OVERTAKEN, Overtaken), (FULL, UnitsFailed)):
        monkeypatch.setattr(patient_pipeline, "write_down", ended_with(error))
        assert isinstance(patient_pipeline.made(None, None, 0, at_once=1).error, expected)


def ended_with(error: Exception) -> Any:
    return lambda *_, return_state: Failed(data=error) if return_state else None


def test_the_summary_of_patients_says_counts_skips_by_reason_and_where_they_are_written() -> None:
    files = tuple(
        File(kind, f"{folder}/{name}")
        for kind, folder, name in (
            ("patients", f"output/{RUN}", f"patients-{RUN}.csv"),
            ("skips", "logs", f"skip-records-{RUN}.csv"),
            ("report", f"output/{RUN}", "report.html"),
        )
    )
    counts = (SkipCount("patient", "id_taken", 30), SkipCount("patient", "rejected_by_api", 10))
    report = Report("gen-mock", RUN, entities=(PATIENTS,), files=files, skip_counts=counts, notes=("seed 7",))
    lines = publish.summary(report, URL).splitlines()
    assert lines[:3] == [
        f"# gen-mock {RUN}: completed",
        "",
        "1,200 patients: 1,100 created, 60 there already, 40 skipped.",
    ]
    assert "Skipped: 30 patient (id_taken), 10 patient (rejected_by_api)" in lines
    csv = f"output/{RUN}/patients-{RUN}.csv"
    assert f"- patients: [{csv}](http://reports.example/{RUN}/patients-{RUN}.csv)" in lines
    assert f"- skips: `logs/skip-records-{RUN}.csv`" in lines
    assert "- seed 7" in lines
    assert lines[-1] == f"[Report]({URL})"
    assert not [line for line in lines if line.startswith("- report:")]


def test_the_summary_of_a_night_says_master_data_and_patients() -> None:
    gender = EntityReport("demographic", "gender", "postgres", read=3, unchanged=3)
    said = publish.summary(Report("refresh", RUN, entities=(gender, PATIENTS)), "")
    assert "2 entities: 1,203 read, 1,100 inserted, 63 unchanged, 40 skipped.\n\n1,200 patients: 1,100 created" in said


def test_a_file_that_no_server_shows_is_named_and_not_linked() -> None:
    elsewhere = File("patients", f"/elsewhere/{RUN}/patients-{RUN}.csv")
    ((_, place),) = publish.places((elsewhere,), RUN, URL)
    assert place == f"`{elsewhere.path}`"
    within = File("patients", f"output/{RUN}/patients-{RUN}.csv")
    ((_, place),) = publish.places((within,), RUN, "")
    assert place == f"`{within.path}`"


def test_the_summary_of_a_failure_says_what_is_not_made_and_what_to_do() -> None:
    left = EntityReport("patient", "patient", "demographic_api", read=1, failed=1)
    error = Failure("UnitsFailed", "1 of 1 batches failed: it is away", "start it", 4)
    said = publish.summary(Report("gen-mock", RUN, "failed", entities=(left,), error=error), "")
    assert "1 patient: 1 not made." in said
    assert "**1 of 1 batches failed: it is away**\n\nNext: start it" in said
