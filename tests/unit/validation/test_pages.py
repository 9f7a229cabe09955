"""The pages: the first sentence says good or bad and what to do, nothing is fetched, nothing escapes."""

import re
from typing import Any

import pytest

from seedbed.core.report import Check, EntityReport, File, Report, RunFailure, Skip
from seedbed.pages.run_pages import index_entry, render, render_index, run_headline
from seedbed.validation.table_reports import RuleResult, TableAuditResult

ENTITIES = (
    EntityReport("demographic", "province", "postgres", read=77, unchanged=76, skipped=1, seconds=0.2),
    EntityReport("lab", "lab_item", "cortex_api", read=10, sent=10, seconds=71),
)
SKIP = Skip("province", "data/demographic/province.csv", 7, "99", "invalid", "code: จังหวัดมีรหัสสองหลัก")
SOUND = TableAuditResult(
    "province", "demographic", "postgres", (RuleResult("key-code", "code is never empty", "critical", "PASS"),)
)
WARNED = TableAuditResult(
    "lab_item", "lab", "cortex_api", (RuleResult("th", "a Thai name", "warning", "WARN", 0, 25, ("L01",)),)
)
REFUSED = TableAuditResult(
    "district",
    "demographic",
    "postgres",
    (RuleResult("ref", "names a province", "critical", "FAIL", 3, 2, ("1001", "")),),
)


def report(**values: Any) -> dict[str, Any]:
    run = {
        "verb": "refresh",
        "run": "20261121T183000Z-ab12cd34",
        "seconds": 131.4,
        "targets": {"postgres": "127.0.0.1:5432/x"},
    }
    return Report(**{**run, "entities": ENTITIES, **values}).to_json()


def verdicts(*given: TableAuditResult) -> list[dict[str, Any]]:
    return [verdict.to_json() for verdict in given]


def test_a_page_shows_what_left_the_files_and_names_its_environment() -> None:
    gone = EntityReport("demographic", "race", "postgres", read=1, unchanged=1, retired=4, deactivated=3)
    run = report(entities=(gone,), environment="uat")
    page = render(run, verdicts(SOUND))
    assert (
        run_headline(run, []).sentence == "The run completed: 1 entity with 1 row, none skipped; 3 rows set inactive."
    )
    assert run_headline(run, []).next_step == "Look whether the keys listed below should have left the files."
    assert '<div class="tile warn"><b>4</b><span>no longer in the files</span></div>' in page
    assert '<div class="tile warn"><b>3</b><span>set inactive</span></div>' in page
    assert "<h1>Seedbed &middot; refresh &middot; uat</h1>" in page
    assert "set inactive</span>" not in render(report(), verdicts(SOUND))


SKIPPED = {"skips": (SKIP,), "skipped_total": 1}


@pytest.mark.parametrize(
    ("values", "given", "tone", "sentence", "step"),
    [
        ({}, (SOUND,), "good", "2 entities with 87 rows, none skipped.", "Nothing to do."),
        ({}, (SOUND, WARNED), "good", "none skipped; 1 rule warns.", "Look at the warnings"),
        (SKIPPED, (SOUND,), "good", "1 row was skipped.", "the next run takes them in"),
        (
            SKIPPED | {"files": (File("rejects", "output/x/rejects"),)},
            (),
            "good",
            "1 row was skipped",
            "Correct them in output/x/rejects and load that folder as a second --data-dir.",
        ),
        (
            {"state": "failed"},
            (REFUSED,),
            "bad",
            "The audit refuses district: 3 rows of this run break a rule.",
            "then press Retry",
        ),
        (
            {"state": "failed", "error": RunFailure("Transient", "no answer", "press Retry")},
            (REFUSED,),
            "bad",
            "The run failed: no answer.",
            "Press Retry.",
        ),
        ({"state": "failed"}, (SOUND,), "bad", "The run failed.", "Read the log"),
    ],
)
def test_the_first_sentence_says_good_or_bad_and_the_next_step(
    values: dict[str, Any], given: tuple[TableAuditResult, ...], tone: str, sentence: str, step: str
) -> None:
    said = run_headline(report(**values), verdicts(*given))
    assert said.tone == tone
    assert sentence in said.sentence
    assert step in said.next_step
    page = render(report(**values), verdicts(*given))
    assert page.index(f'class="banner {tone}"') < page.index("<h2>")


def test_the_page_shows_counts_skips_verdicts_checks_and_files() -> None:
    checks = (Check("Keycloak", "FAIL", "no answer", "seedbed up"), Check("database", "PASS"))
    values = SKIPPED | {"checks": checks, "files": (File("changes", "output/x/changes.csv"),), "notes": ("a note",)}
    page = render(report(**values), verdicts(SOUND, WARNED, REFUSED))
    shown = ["จังหวัดมีรหัสสองหลัก", "data/demographic/province.csv", "names a province", "1001", "(empty)", "and 3 more"]
    shown += [
        "and 24 more",
        "lab_item",
        "1 min 11 s",
        "2 min 11 s",
        "no answer",
        "seedbed up",
        "output/x/changes.csv",
        "a note",
    ]
    assert [text for text in shown if text not in page] == []
    assert page.index("district") < page.index("code is never empty")


def test_only_the_first_fifty_rows_left_out_are_shown() -> None:
    skips = tuple(Skip("province", "p.csv", row, f"key-{row}-", "invalid", "wrong") for row in range(2, 82))
    page = render(report(skips=skips, skipped_total=1_080), [])
    assert len(re.findall("key-[0-9]+-", page)) == 50
    assert "1,080 rows" in page


def test_a_page_fetches_nothing() -> None:
    pages = [
        render(report(**SKIPPED), verdicts(SOUND, REFUSED)),
        render_index([index_entry(report(), [], "a/report.html")]),
    ]
    for page in pages:
        assert re.findall(r"(?i)<script|<img|<iframe|@import|url\(|src=|https?://", page) == []
        assert re.findall(r'href="([^"]*)"', page) in (["data:,"], ["data:,", "a/report.html", "a/report.html"])


def test_nothing_in_the_data_becomes_markup() -> None:
    evil = "<script>alert(1)</script>"
    skip = Skip("province", evil, 2, evil, "invalid", evil)
    verdict = TableAuditResult(evil, evil, evil, (RuleResult(evil, evil, "critical", "FAIL", 1, 0, (evil,)),))
    values = {
        "skips": (skip,),
        "skipped_total": 1,
        "targets": {evil: evil},
        "notes": (evil,),
        "files": (File(evil, evil),),
    }
    page = render(report(**values, error=RunFailure("x", evil, evil)), verdicts(verdict))
    assert "<script" not in page
    assert "<script" not in render_index([index_entry(report(**values), verdicts(verdict), "x")])


def test_a_run_without_entities_has_a_page() -> None:
    page = render(report(verb="doctor", entities=(), checks=(Check("database", "PASS", "18.1"),)), [])
    assert "Health checks" in page
    assert "<h2>Entities" not in page


def test_the_index_begins_with_the_latest_run() -> None:
    runs = [
        index_entry(report(run="20261119T183000Z-aaaaaaaa"), [], "a/report.html"),
        index_entry(report(run="20261121T183000Z-bbbbbbbb", state="failed"), verdicts(REFUSED), "b/report.html"),
    ]
    page = render_index(runs)
    assert 'class="banner bad"' in page
    assert page.index("b/report.html") < page.index("a/report.html")
    assert "No run yet" in render_index([])


def test_drawn_rows_that_were_skipped_are_not_to_be_corrected_in_a_file():
    skips = [{"entity": "patient", "file": "drawn", "row": 3, "key": "9", "reason": "id_taken", "message": "held"}]
    entity = {
        "module": "patient",
        "entity": "patient",
        "target": "demographic_api",
        "read": 4,
        "inserted": 3,
        "skipped": 1,
    }
    files = [{"kind": "rejects", "path": "output/run/rejects/patient/patient.csv"}]
    report = {
        "run": "run",
        "verb": "gen-mock",
        "state": "completed",
        "seconds": 1.0,
        "entities": [entity],
        "files": files,
    }
    found = run_headline({**report, "skips": skips, "skipped_total": 1}, [])
    assert found.next_step == "The rows listed below say why; they were drawn, so that no file can be corrected."
