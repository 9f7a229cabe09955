from pathlib import Path
from types import SimpleNamespace

import pytest

from seedbed.core.report import EntityReport, File, Report, RunFailure, SkipCount
from tasks import artifacts

RUN = "20261121T183000-0a1b2c3d"
URL = f"http://reports.example/{RUN}/report.html"
PATIENTS = EntityReport("patient", "patient", "demographic_api", read=1_200, inserted=1_100, unchanged=60, skipped=40)


@pytest.fixture(autouse=True)
def house(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "app_context", lambda: SimpleNamespace(root=Path("/p"), output=Path("/p/output")))


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
    lines = artifacts.summary_markdown(report, URL).splitlines()
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
    said = artifacts.summary_markdown(Report("refresh", RUN, entities=(gender, PATIENTS)), "")
    assert "2 entities: 1,203 read, 1,100 inserted, 63 unchanged, 40 skipped.\n\n1,200 patients: 1,100 created" in said


def test_a_file_that_no_server_shows_is_named_and_not_linked() -> None:
    elsewhere = File("patients", f"/elsewhere/{RUN}/patients-{RUN}.csv")
    ((_, place),) = artifacts.file_links((elsewhere,), RUN, URL)
    assert place == f"`{elsewhere.path}`"
    within = File("patients", f"output/{RUN}/patients-{RUN}.csv")
    ((_, place),) = artifacts.file_links((within,), RUN, "")
    assert place == f"`{within.path}`"


def test_the_summary_of_a_failure_says_what_is_not_made_and_what_to_do() -> None:
    left = EntityReport("patient", "patient", "demographic_api", read=1, failed=1)
    error = RunFailure("UnitsFailed", "1 of 1 batches failed: it is away", "start it", 4)
    said = artifacts.summary_markdown(Report("gen-mock", RUN, "failed", entities=(left,), error=error), "")
    assert "1 patient: 1 not made." in said
    assert "**1 of 1 batches failed: it is away**\n\nNext: start it" in said
