"""The sets of rules that suites share: each catches the bad edit that it is there for, and lets good rows pass."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from seedbed.content.suites import read_suite
from seedbed.core.spec import Entity
from seedbed.datasets.hospital.columns import ACTIVE, CODE, NAMES, RANK, SORT_ORDER
from seedbed.validation.check_rows import check_row_count, compile_rule_checker

EXPECTATIONS = Path(__file__).resolve().parents[2] / "expectations"
USED = ["rows", "names", "thai_spelling", "tone_marks", "unique_names", "rank", "sort_order", {"text": ["code"]}]
THING = Entity("thing", "site", (CODE, ACTIVE, NAMES, RANK, SORT_ORDER))
GOOD = {"code": "A1", "active": "TRUE", "info.th.name": "ของ", "info.en.name": "Thing", "rank": "1", "sort_order": "0"}


@pytest.fixture
def suite(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/thing.yaml").write_text(yaml.safe_dump({"name": "thing", "use": USED}), encoding="utf-8")
    return read_suite([EXPECTATIONS, tmp_path], Entity("thing", "site", ()), "rows")


@pytest.mark.parametrize(
    ("cells", "rules", "is_critical"),
    [
        ({}, [], False),
        ({"info.th.name": ""}, ["thai-name"], True),
        ({"info.th.name": "Thing"}, ["thai-name-letters"], False),
        ({"info.th.name": "ห้องอัลตราซาวด์"}, ["thai-name-spelling"], False),
        ({"info.th.name": "ลั๊ว"}, ["tone-marks"], False),
        ({"info.th.name": "ปลั๊กไฟและก๊าซ"}, [], False),
        ({"info.en.name": "ของ"}, ["english-name-letters"], False),
        ({"info.en.name": ""}, [], False),
        ({"info.th.name": "ก" * 401}, ["info-th-name-length"], True),
        ({"info.en.name": "a\tb"}, ["info-en-name-control"], True),
        ({"info.en.name": "=A1"}, ["info-en-name-formula"], True),
        ({"code": "#N/A"}, ["code-formula"], True),
        ({"info.th.name": "ของ\u200b"}, ["info-th-name-clean"], False),
        ({"info.th.name": "ของเเพง"}, ["info-th-name-clean"], False),
        ({"code": "A  1"}, ["code-clean"], False),
        ({"rank": "-1"}, ["rank"], True),
        ({"sort_order": "1000001"}, ["sort-order"], True),
    ],
)
def test_the_rule_catches_its_edit(
    suite: dict[str, object], cells: dict[str, str], rules: list[str], is_critical: bool
) -> None:
    text = pd.DataFrame([GOOD | cells], dtype="str")
    judged = compile_rule_checker(suite, THING, list(text.columns)).check_block(text)
    found = judged.findings if is_critical else judged.warnings
    assert [finding.rule for finding in found] == [f"thing-{rule}" for rule in rules]
    assert len(judged.findings) + len(judged.warnings) == len(rules)


def test_a_second_active_row_of_one_name_is_found(suite: dict[str, object]) -> None:
    text = pd.DataFrame([GOOD, GOOD | {"active": "FALSE"}, GOOD], dtype="str")
    warnings = compile_rule_checker(suite, THING, list(text.columns)).check_block(text).warnings
    assert [(finding.position, finding.rule) for finding in warnings] == [(2, "thing-thai-name-unique")]


def test_a_file_without_rows_is_refused(suite: dict[str, object]) -> None:
    assert [finding.severity for finding in check_row_count(suite, 0)] == ["critical"]
    assert check_row_count(suite, 1) == []


def test_a_hospital_drops_a_set_by_an_empty_one_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/thai_spelling.yaml").write_text("name: thai_spelling\nuse: []\n", encoding="utf-8")
    rules = [
        rule["meta"]["rule"]
        for rule in read_suite([EXPECTATIONS, tmp_path], Entity("lab_item", "lab", ()), "rows")["expectations"]
    ]
    assert "lab-item-thai-name-letters" in rules
    assert "lab-item-thai-name-spelling" not in rules
