"""Suites are read strictly: a misspelt word is an error with the next step, never a rule that is not judged."""

from pathlib import Path

import pytest

from seedbed.content.suites import digest, read_suite
from seedbed.core.errors import DataError

RULE = """
  - type: expect_column_values_to_match_regex
    kwargs: {column: code, regex: '^[0-9]{2}$'}
    severity: critical
    description: a province has a code of two digits
    meta: {rule: province-code}
"""
GOOD = f"name: province\nexpectations:{RULE}"


def write(directory: Path, text: str | bytes, folder: str = "demographic") -> None:
    path = directory / folder / "province.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def test_a_good_suite_is_read_as_it_stands(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    suite = read_suite([tmp_path], "demographic", "province", "rows")
    assert suite["name"] == "province"
    assert [rule["meta"]["rule"] for rule in suite["expectations"]] == ["province-code"]


def test_an_absent_result_suite_has_no_rules(tmp_path: Path) -> None:
    assert read_suite([tmp_path], "demographic", "province", "table") == {"name": "province", "expectations": []}


def test_an_absent_row_suite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"demographic/province\.yaml: the suite does not exist"):
        read_suite([tmp_path], "demographic", "province", "rows")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("name: province", "name: district"), r"its name is 'district'; name it 'province'"),
        ("name: province\nexpectations: []", "it has no expectations"),
        ("name: province", "lacks 'expectations'"),
        (
            GOOD.replace("expectations:", "expectation:"),
            "unknown key in the suite 'expectation'; did you mean 'expectations'",
        ),
        (GOOD.replace("severity:", "severty:"), "unknown key in expectation 1 'severty'; did you mean 'severity'"),
        (GOOD.replace("    severity: critical\n", ""), "expectation 1 lacks 'severity'"),
        (GOOD.replace("critical", "crtical"), "unknown severity in expectation 1 'crtical'; did you mean 'critical'"),
        (
            GOOD.replace("{rule: province-code}", "{rules: x}"),
            "unknown key in 'meta' of expectation 1 'rules'; did you mean 'rule'",
        ),
        (GOOD.replace("{rule: province-code}", "{rule: 7}"), "'meta.rule' is not text"),
        (GOOD.replace("a province has a code of two digits", "''"), "'description' is not text"),
        (GOOD.replace("{column: code, regex: '^[0-9]{2}$'}", "code"), "'kwargs' is not a mapping"),
        (GOOD + RULE, "the rule 'province-code' stands twice"),
        (GOOD + "    severity: warning", "line 8: the key 'severity' stands twice"),
        ("name: province\n  bad: [", "it is not YAML: line 2"),
        ("- a list", "it is not a mapping"),
        ("name: province\nexpectations: [text]", "expectation 1 is not a mapping"),
        ("name: จังหวัด".encode("cp874"), "is not UTF-8"),
    ],
)
def test_a_wrong_suite_says_file_place_and_next_step(tmp_path: Path, text: str | bytes, message: str) -> None:
    write(tmp_path, text)
    with pytest.raises(DataError, match=message) as caught:
        read_suite([tmp_path], "demographic", "province", "rows")
    assert "demographic/province.yaml" in caught.value.message
    assert caught.value.next_step


def test_the_digest_changes_with_either_file_and_with_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    first = digest([tmp_path], "demographic", "province")
    write(tmp_path, GOOD, "lab")
    assert digest([tmp_path], "demographic", "province") == first
    write(tmp_path, GOOD, "results")
    second = digest([tmp_path], "demographic", "province")
    write(tmp_path, GOOD + "\n")
    assert len({first, second, digest([tmp_path], "demographic", "province")}) == 3
