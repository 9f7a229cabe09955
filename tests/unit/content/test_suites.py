"""Suites are read strictly: a misspelt word is an error with the next step, never a rule that is not judged."""

from pathlib import Path

import pytest

from seedbed.content.suites import Language, read_suite, suites_digest
from seedbed.core.errors import DataError
from seedbed.core.spec import Entity

PROVINCE = Entity("province", "demographic", ())
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
    suite = read_suite([tmp_path], PROVINCE, "rows")
    assert suite["name"] == "province"
    assert [rule["meta"]["rule"] for rule in suite["expectations"]] == ["province-code"]


def test_an_absent_result_suite_has_no_rules(tmp_path: Path) -> None:
    assert read_suite([tmp_path], PROVINCE, "table") == {"name": "province", "expectations": []}


def test_an_absent_row_suite_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"demographic/province\.yaml: the suite does not exist"):
        read_suite([tmp_path], PROVINCE, "rows")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("name: province", "name: district"), r"its name is 'district'; name it 'province'"),
        ("name: province\nexpectations: []", "it has no expectations"),
        ("name: province", "it has no expectations"),
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
        read_suite([tmp_path], PROVINCE, "rows")
    assert "demographic/province.yaml" in caught.value.message
    assert caught.value.next_step


def test_the_digest_changes_with_either_file_and_with_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    first = suites_digest([tmp_path], PROVINCE)
    write(tmp_path, GOOD, "lab")
    assert suites_digest([tmp_path], PROVINCE) == first
    write(tmp_path, GOOD, "results")
    second = suites_digest([tmp_path], PROVINCE)
    write(tmp_path, GOOD + "\n")
    assert len({first, second, suites_digest([tmp_path], PROVINCE)}) == 3


SHARED = """
name: text
expectations:
  - type: expect_column_value_lengths_to_be_between
    kwargs: {column: '{column}', max_value: 400}
    severity: critical
    description: too long
    meta: {rule: '{column}-length', th: ยาวเกินไป}
"""
ROWS = SHARED.replace("text", "rows").replace("{column}-length", "row-count").replace("'{column}'", "code")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/text.yaml").write_text(SHARED, "utf-8")
    (tmp_path / "shared/rows.yaml").write_text(ROWS, "utf-8")
    return tmp_path


def rules(directory: Path, use: str, language: Language = "en") -> list[tuple[str, str, str]]:
    write(directory, f"name: province\nuse: {use}\n")
    suite = read_suite([directory], PROVINCE, "rows", language)
    return [(rule["meta"]["rule"], rule["kwargs"]["column"], rule["description"]) for rule in suite["expectations"]]


def test_shared_rules_come_first_under_names_of_the_entitys_own(shared: Path) -> None:
    assert rules(shared, "[rows, {text: [code, info.th.name]}]") == [
        ("province-row-count", "code", "too long"),
        ("province-code-length", "code", "too long"),
        ("province-info-th-name-length", "info.th.name", "too long"),
    ]
    write(shared, GOOD + "use: [rows]\n")
    both = read_suite([shared], PROVINCE, "rows")["expectations"]
    assert [rule["meta"]["rule"] for rule in both] == ["province-row-count", "province-code"]


def test_a_set_uses_another_set(shared: Path) -> None:
    (shared / "shared/names.yaml").write_text("name: names\nuse: [rows, {text: [info.th.name]}]\n", "utf-8")
    assert [rule for rule, *_ in rules(shared, "[names]")] == ["province-row-count", "province-info-th-name-length"]


def test_sentences_are_in_the_language_that_is_asked_for(shared: Path) -> None:
    assert [sentence for *_, sentence in rules(shared, "[rows]", "th")] == ["ยาวเกินไป"]
    write(shared, GOOD)
    only_english = read_suite([shared], PROVINCE, "rows", "th")["expectations"]
    assert [rule["description"] for rule in only_english] == ["a province has a code of two digits"]


def test_a_later_directory_s_set_stands_for_an_earlier_one_s(shared: Path, tmp_path: Path) -> None:
    write(shared, "name: province\nuse: [rows]\n")
    later = tmp_path / "later"
    (later / "shared").mkdir(parents=True)
    (later / "shared/rows.yaml").write_text(ROWS.replace("too long", "ours"), "utf-8")
    suite = read_suite([shared, later], PROVINCE, "rows")
    assert [rule["description"] for rule in suite["expectations"]] == ["ours"]
    assert suites_digest([shared], PROVINCE) != suites_digest([shared, later], PROVINCE)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("[row]", r"province\.yaml: unknown set of shared rules 'row'; did you mean 'rows'"),
        ("[text]", "'use' of text lacks columns; write {text: "),
        ("[{rows: [code]}]", "'use' of rows names columns; write 'rows' alone"),
        ("rows", "'use' does not name sets of shared rules: rows"),
        ("[{text: code}]", "'use' does not name sets of shared rules"),
        ("[rows, rows]", "the rule 'province-row-count' stands twice"),
        ("[circle]", r"circle\.yaml: unknown set of shared rules 'circle'"),
        ("[]", "it has no expectations"),
    ],
)
def test_a_wrong_use_says_what_to_write(shared: Path, use: str, message: str) -> None:
    (shared / "shared/circle.yaml").write_text("name: circle\nuse: [circle]\n", "utf-8")
    with pytest.raises(DataError, match=message):
        rules(shared, use)
