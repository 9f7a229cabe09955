import pandas as pd
import pytest

from seedbed.actions.csv.sources import Source, add_spreadsheet_hints, sources_of, usual_width
from seedbed.core.errors import DataError
from seedbed.core.rows import Finding
from seedbed.core.spec import Column, Entity

WARD = Entity("ward", "general", (Column("code", required=True), Column("on", "date")), file="order-data/ward.csv")


def touched(path, header="code"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{header}\n", encoding="utf-8")
    return path


def test_the_file_comes_first_then_its_corrections(tmp_path):
    base, rejected = touched(tmp_path / "data/order-data/ward.csv"), "code,_row"
    by_module = touched(tmp_path / "fix/general/ward.csv", rejected)
    by_place = touched(tmp_path / "more/order-data/ward.csv", rejected)
    folders = [tmp_path / "data", tmp_path / "fix", tmp_path / "more"]
    assert sources_of(folders, WARD, root=tmp_path) == (
        Source(base, "data/order-data/ward.csv"),
        Source(by_module, "fix/general/ward.csv", True),
        Source(by_place, "more/order-data/ward.csv", True),
    )


def test_a_file_outside_the_project_is_shown_in_full(tmp_path):
    path = touched(tmp_path / "data/order-data/ward.csv")
    assert sources_of([tmp_path / "data"], WARD, root=tmp_path / "elsewhere")[0].shown_as == str(path)


def test_an_overlay_s_file_stands_alone(tmp_path):
    touched(tmp_path / "data/order-data/ward.csv")
    own = touched(tmp_path / "hospital/order-data/ward.csv")
    folders = [tmp_path / "data", tmp_path / "hospital"]
    assert sources_of(folders, WARD, root=tmp_path) == (Source(own, "hospital/order-data/ward.csv"),)


def test_a_correction_alone_is_not_enough(tmp_path):
    touched(tmp_path / "fix/general/ward.csv", "code,_row")
    (tmp_path / "data").mkdir()
    with pytest.raises(DataError, match="no file for ward"):
        sources_of([tmp_path / "data", tmp_path / "fix"], WARD, root=tmp_path)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["001", "002", "3", "004", "005", ""], 3),
        (["001", "02"], None),
        (["1", "22", "333"], None),
        (["a", "b", "c"], None),
        ([], None),
    ],
)
def test_the_usual_width_is_that_of_most_codes(cells, expected):
    assert usual_width(pd.Series(cells, dtype="str")) == expected


def test_a_finding_gets_a_hint_where_a_spreadsheet_is_the_likely_cause():
    text = pd.DataFrame({"code": ["001", "002", "3", "004", "005"], "on": ["2569-01-02", "x", "", "", ""]}, dtype="str")
    findings = [
        Finding(2, "r", "code", "bad code"),
        Finding(0, "type", "on", "on is not a date"),
        Finding(1, "type", "on", "no"),
    ]
    findings.append(Finding(1, "r", "absent", "no such column"))
    assert [found.message for found in add_spreadsheet_hints(WARD, text, findings)] == [
        "bad code (a spreadsheet took the leading zeros; write 003)",
        "on is not a date (a Buddhist year; 2569 is 2026)",
        "no",
        "no such column",
    ]
    assert add_spreadsheet_hints(WARD, text, []) == []
