"""What was skipped lands in files that can be corrected and fed back; what healed leaves nothing behind."""

import csv
import json
from pathlib import Path

import pytest

from seedbed.actions.context import Run
from seedbed.actions.runs.write_report import EXACT_CELLS, Outcome, write_report
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.errors import DataError, UserError
from seedbed.core.report import Report
from seedbed.database.ledger.run_records import RunRecord, find_run, record_run_start
from tests.support.builders.houses import BED, DRUG, WARD, SmallHouse, counts

WARDS = "code,name\nA,Ward A\nB,\nB,again\n"
BEDS = 'code,ward_code,rank,info.th.name\n1,A,1,"เตียง, ""1"""\n2,Z,2,สอง\n3,A,many,สาม\n4,A,4,สี่\n'


@pytest.fixture
def three(small: SmallHouse) -> SmallHouse:
    """Wards, beds and drugs, of which some rows are wrong."""
    for entity, content in ((WARD, WARDS), (BED, BEDS), (DRUG, "code,name\n1,one\n")):
        small.file(entity, content)
    return small


def run(small: SmallHouse, name: str, *folders: str, **options: object) -> Report:
    given = {"mode": "entity", "entities": ("test_ward", "test_bed", "test_drug"), "on_duplicate": "update", **options}
    folders = folders or ("data",)
    return setup(small.house, Run(name, name), SetupRequest(data_dirs=tuple(small.root / f for f in folders), **given))  # type: ignore[arg-type]


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def by_entity(report: Report) -> dict[str, dict[str, int]]:
    return {entity.entity: counts(entity) for entity in report.entities}


def written(small: SmallHouse, name: str) -> set[str]:
    """The files of a run for people, below the root; the index of runs keeps a summary of its own."""
    found = [*(small.root / "output" / name).rglob("*"), *(small.root / "logs").glob(f"*{name}*")]
    return {path.relative_to(small.root).as_posix() for path in found if path.is_file() and path.name != "summary.json"}


ALWAYS = {"output/r1/report.html", "output/r1/report.json"}


def test_rejects_have_the_input_s_layout_and_say_row_reason_and_message(three: SmallHouse) -> None:
    report = run(three, "r1")
    assert by_entity(report) == {
        "test_ward": {"read": 3, "inserted": 2, "skipped": 1},
        "test_bed": {"read": 4, "inserted": 2, "skipped": 2},
        "test_drug": {"read": 1, "inserted": 1},
    }
    assert rows_of(three.root / "output/r1/rejects/site/test_bed.csv") == [
        ["code", "ward_code", "rank", "info.th.name", "_row", "_reason", "_message"],
        ["2", "Z", "2", "สอง", "3", "missing_reference", "ward_code 'Z' is not a known test_ward.code"],
        ["3", "A", "many", "สาม", "4", "invalid", "rank is not a whole number"],
    ]
    assert rows_of(three.root / "logs/skip-records-r1.csv") == [
        ["entity", "file", "row", "key", "reason", "message"],
        [
            "test_bed",
            "data/site/test_bed.csv",
            "3",
            "2",
            "missing_reference",
            "ward_code 'Z' is not a known test_ward.code",
        ],
        ["test_bed", "data/site/test_bed.csv", "4", "3", "invalid", "rank is not a whole number"],
        ["test_ward", "data/site/test_ward.csv", "4", "B", "duplicate_in_file", "the key stands earlier in this file"],
    ]
    rejects = {f"output/r1/rejects/site/{name}.csv" for name in ("test_ward", "test_bed")}
    assert written(three, "r1") == ALWAYS | rejects | {"logs/skip-records-r1.csv"}
    assert {file.path for file in report.files} == written(three, "r1")
    assert report.notes == (
        "to load corrected rows: correct the files below output/r1/rejects, "
        "then `seedbed setup --on-duplicate update -d data -d output/r1/rejects`",
        EXACT_CELLS,
    )


def test_corrected_rejects_take_the_place_of_the_bad_rows_and_nothing_is_skipped(three: SmallHouse) -> None:
    run(three, "r1")
    rejects = three.root / "output/r1/rejects/site"
    beds = (rejects / "test_bed.csv").read_text(encoding="utf-8")
    (rejects / "test_bed.csv").write_text(beds.replace("2,Z,", "2,B,").replace(",many,", ",33,"), encoding="utf-8")
    wards = (rejects / "test_ward.csv").read_text(encoding="utf-8")
    (rejects / "test_ward.csv").write_text(wards.replace("B,again", "C,again"), encoding="utf-8")
    report = run(three, "r2", "data", "output/r1/rejects")
    assert by_entity(report) == {
        "test_ward": {"read": 3, "inserted": 1, "unchanged": 2},
        "test_bed": {"read": 4, "inserted": 2, "unchanged": 2},
    }
    assert (report.skipped_total, written(three, "r2")) == (0, {path.replace("r1", "r2") for path in ALWAYS})
    found = three.query("SELECT code, rank FROM test_bed ORDER BY code")
    assert found == [("1", 1), ("2", 2), ("3", 33), ("4", 4)]


def test_rejects_that_are_not_corrected_are_rejected_again_and_once(three: SmallHouse) -> None:
    first = run(three, "r1")
    second = run(three, "r2", "data", "output/r1/rejects")
    assert second.skipped_total == first.skipped_total == 3
    assert rows_of(three.root / "output/r2/rejects/site/test_bed.csv") == rows_of(
        three.root / "output/r1/rejects/site/test_bed.csv"
    )
    assert second.notes[0].endswith(
        "`seedbed setup --on-duplicate update -d data -d output/r1/rejects -d output/r2/rejects`"
    )


def test_what_was_corrected_in_vain_can_be_corrected_again(three: SmallHouse) -> None:
    run(three, "r1")
    path = three.root / "output/r1/rejects/site/test_bed.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("2,Z,", "2,B,").replace(",many,", ",more,"), encoding="utf-8"
    )
    assert [
        (skip.file, skip.row)
        for skip in run(three, "r2", "data", "output/r1/rejects").skips
        if skip.entity == "test_bed"
    ] == [("output/r1/rejects/site/test_bed.csv", 3)]
    again = three.root / "output/r2/rejects/site/test_bed.csv"
    again.write_text(again.read_text(encoding="utf-8").replace(",more,", ",3,"), encoding="utf-8")
    (three.root / "output/r2/rejects/site/test_ward.csv").unlink()
    report = run(three, "r3", "data", "output/r1/rejects", "output/r2/rejects", entities=("test_bed",))
    assert by_entity(report) == {"test_bed": {"read": 4, "inserted": 1, "unchanged": 3}}


def test_a_correction_of_a_file_that_has_grown_since_hides_no_other_row(three: SmallHouse) -> None:
    run(three, "r1")
    lines = BEDS.splitlines(keepends=True)
    three.file(BED, "".join([lines[0], "0,A,0,ศูนย์\n", *lines[1:]]))
    path = three.root / "output/r1/rejects/site/test_bed.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("2,Z,", "2,B,").replace(",many,", ",3,"), encoding="utf-8")
    report = run(three, "r2", "data", "output/r1/rejects", entities=("test_bed",))
    assert three.query("SELECT code, rank FROM test_bed ORDER BY code") == [("0", 0), ("1", 1), ("3", 3), ("4", 4)]
    assert [(skip.file, skip.row, skip.reason) for skip in report.skips] == [
        ("data/site/test_bed.csv", 4, "missing_reference"),
        ("data/site/test_bed.csv", 5, "invalid"),
        ("output/r1/rejects/site/test_bed.csv", 2, "duplicate_in_file"),
    ]


def test_rows_that_a_correction_adds_are_loaded_too(three: SmallHouse) -> None:
    three.file(BED, "code,ward_code,_row\n8,A,\n9,Z,\n", folder="more")
    run(three, "r1", entities=("test_ward",))
    report = run(three, "r2", "data", "more")
    assert by_entity(report) == {"test_bed": {"read": 6, "inserted": 3, "skipped": 3}}
    assert [(skip.file, skip.row) for skip in report.skips] == [
        ("data/site/test_bed.csv", 3),
        ("data/site/test_bed.csv", 4),
        ("more/site/test_bed.csv", 3),
    ]


def test_a_folder_without_a_file_of_the_chosen_entities_is_refused(three: SmallHouse) -> None:
    (three.root / "empty").mkdir()
    with pytest.raises(UserError, match="no file of a chosen entity in"):
        run(three, "r1", "data", "empty")
    with pytest.raises(UserError, match="does not exist"):
        run(three, "r1", "data", "nowhere")


# The report


def test_nothing_is_written_where_nothing_was_skipped_or_changed(three: SmallHouse) -> None:
    report = run(three, "r1", entities=("test_drug",))
    assert (written(three, "r1"), report.notes) == (ALWAYS, ())
    assert not (three.root / "logs").exists()


def test_changes_are_listed_cell_by_cell(three: SmallHouse) -> None:
    run(three, "r0", entities=("test_drug",))
    three.file(DRUG, 'code,name\n1,"ยา, ""หนึ่ง"""\n')
    run(three, "r1", entities=("test_drug",))
    assert written(three, "r1") == ALWAYS | {"output/r1/changes.csv"}
    assert rows_of(three.root / "output/r1/changes.csv") == [
        ["entity", "key", "column", "before", "after"],
        ["test_drug", "1", "name", "one", 'ยา, "หนึ่ง"'],
    ]


def test_a_healed_retry_removes_what_the_failed_attempt_left(three: SmallHouse) -> None:
    assert run(three, "r1", strict=True).state == "failed"
    assert len(written(three, "r1")) == 5
    three.file(WARD, WARDS.replace("B,again\n", ""))
    three.file(BED, BEDS.replace("Z", "B").replace("many", "3"))
    report = run(three, "r1", strict=True)
    assert (report.state, report.skipped_total, written(three, "r1")) == ("completed", 0, ALWAYS)
    assert by_entity(report)["test_bed"] == {"read": 4, "inserted": 2, "unchanged": 2}


def test_the_report_is_the_same_on_paper_in_the_ledger_and_in_hand(three: SmallHouse) -> None:
    report = run(three, "r1")
    plain = json.loads(json.dumps(report.to_json()))
    assert json.loads((three.root / "output/r1/report.json").read_text(encoding="utf-8")) == plain
    found = find_run(three.database, "r1")
    assert found is not None
    assert found.report == plain
    assert "test_bed" in (three.root / "output/r1/report.html").read_text(encoding="utf-8")
    assert report.targets == {"postgres": "a test's database"}
    assert all(entity.seconds > 0 for entity in report.entities)


def test_rows_that_differ_and_were_left_are_counted_with_the_way_to_change_them(three: SmallHouse) -> None:
    run(three, "r0", entities=("test_drug",))
    three.file(DRUG, "code,name\n1,other\n")
    report = run(three, "r1", entities=("test_drug",), on_duplicate="skip")
    assert report.notes[0] == "1 rows exist and differ; `--on-duplicate update` changes them"


def test_mode_entity_says_which_referenced_entities_are_empty(three: SmallHouse) -> None:
    report = run(three, "r1", entities=("test_bed",))
    assert report.notes[0] == "referred to, and empty: test_ward"
    rehearsed = run(three, "r2", entities=("test_bed",), dry_run=True)
    assert rehearsed.notes == (
        "dry run: nothing was touched, so what constraints and triggers would say is not known",
        "referred to, and empty: test_ward",
    )


def test_a_report_may_be_written_before_anything_was_loaded(three: SmallHouse) -> None:
    record_run_start(three.database, RunRecord("r1", "r1", "setup", "f", None), {})
    report = write_report(
        three.house, Run("r1", "r1"), Outcome(error=DataError("broken", next_step="mend it")), units=["site"]
    )
    assert (report.state, report.entities, written(three, "r1")) == ("failed", (), ALWAYS)
    assert report.error is not None
    assert (report.error.kind, report.error.exit_code) == ("DataError", 3)


# The whole set-up


def test_a_module_that_fails_stops_what_waits_for_it_and_the_report_says_so(three: SmallHouse) -> None:
    three.file(BED, b"code,ward_code\n1,A\xff\n")
    report = run(three, "r1")
    assert report.error is not None
    assert report.error.message == (
        "site failed (money not run): data/site/test_bed.csv, row 2: byte 18 of the file (0xFF) is not UTF-8"
    )
    assert by_entity(report) == {"test_ward": {"read": 3, "inserted": 2, "skipped": 1}}


def test_an_entity_whose_reference_failed_is_not_loaded_and_the_others_are(three: SmallHouse) -> None:
    three.file(WARD, "colour\nred\n")
    report = run(three, "r1")
    assert report.error is not None
    assert report.error.exit_code == 3
    assert "(and test_bed)" in report.error.message
    assert by_entity(report) == {}


def test_strict_fails_a_run_that_skipped_a_row_and_no_other(three: SmallHouse) -> None:
    report = run(three, "r1", strict=True)
    assert report.error is not None
    assert (report.error.exit_code, report.error.message) == (3, "3 rows were skipped, and --strict allows none")
    assert run(three, "r2", strict=True, entities=("test_drug",)).state == "completed"
