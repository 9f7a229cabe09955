"""Messages in two languages: both say the same of each code, and everything that is said of rows and files has a code."""

import copy
import pickle
import re
from pathlib import Path

import pytest

from seedbed.content.csv_blocks import read_blocks
from seedbed.content.find_files import find_file, find_files
from seedbed.content.layouts import Layout
from seedbed.content.spreadsheet_hints import spreadsheet_hint
from seedbed.core.errors import DataError, UnitsFailed, UserError, failure_of, unknown_name
from seedbed.core.messages.message import SENTENCES, Message, code_of, in_language, params_of
from seedbed.core.messages.sentence import NAME, Sentence, fill_in
from seedbed.core.report import Check, Report, Skip, report_from_json
from seedbed.core.spec import Column, Entity, Kind, Reference
from seedbed.master_data.keys import SeenKeys
from seedbed.master_data.prepare import Shaped, prepare_block
from seedbed.master_data.shape import shape
from seedbed.pages.page_words import WORDS

KINDS = ("integer", "decimal", "boolean", "date", "timestamp", "json")
BED = Entity(
    "bed",
    "site",
    (
        Column("code", required=True),
        Column("ward_id", header="ward_code", references=Reference("ward")),
        *(Column(kind, kind) for kind in KINDS),
    ),
)
LAYOUT = Layout(BED.headers, ("code", "ward_code"))


def is_thai(text: str) -> bool:
    return bool(re.search("[ก-๙]", text))


def test_both_languages_have_the_same_values_in_every_sentence_and_next_step() -> None:
    differing = [
        code
        for code, said in SENTENCES.items()
        if any(
            set(NAME.findall(english)) != set(NAME.findall(thai)) or bool(english) != bool(thai)
            for english, thai in ((said.en, said.th), (said.next_en, said.next_th))
        )
    ]
    assert differing == []


def test_every_sentence_that_has_words_of_its_own_is_in_thai() -> None:
    own = {code: said for code, said in SENTENCES.items() if re.search(r"[a-z]{3}", NAME.sub("", said.en))}
    assert [code for code, said in own.items() if not is_thai(said.th)] == []
    steps = {code: said for code, said in SENTENCES.items() if NAME.sub("", said.next_en)}
    assert [code for code, said in steps.items() if not is_thai(said.next_th)] == []


def test_codes_are_kebab_case() -> None:
    assert [code for code in SENTENCES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)] == []


@pytest.mark.parametrize(
    ("values", "text"),
    [({"a": 1, "b": ""}, "is 1"), ({"a": 1, "b": 2}, "is 1, not 2"), ({"a": [1, 2], "b": "[x]"}, "is 1, 2, not [x]")],
)
def test_what_is_in_brackets_appears_if_it_has_its_values(values: dict[str, object], text: str) -> None:
    assert fill_in("is {a}[, not {b}]", values) == text


def test_a_value_that_a_sentence_needs_is_not_left_out() -> None:
    with pytest.raises(KeyError):
        Message("cell-empty")
    assert Sentence("{a}", "{a}", "[{b}]").params == {"a", "b"}


def test_a_message_is_text_with_a_code_in_every_copy_of_it() -> None:
    message = Message("cell-empty", column="code")
    for one in (message, copy.copy(message), copy.deepcopy(message), pickle.loads(pickle.dumps(message))):
        assert (one, code_of(one), params_of(one)) == ("code is empty", "cell-empty", {"column": "code"})
    assert (code_of("plain"), params_of("plain"), in_language("plain", "th")) == ("", {}, "plain")


def test_a_hint_is_said_behind_a_rule_of_any_language_and_stands_among_the_values() -> None:
    rule = Message(
        "row-rule", rule="r", columns=["a", "b"], sentence="กฎนี้ (ข้อ 1)", hint=Message("thai-digits", value="12")
    )
    assert str(rule) == "a, b: กฎนี้ (ข้อ 1) (Thai digits; write 12)"
    assert str(in_language(rule, "th")) == "a, b: กฎนี้ (ข้อ 1) (เป็นเลขไทย ให้พิมพ์ 12)"
    assert params_of(rule)["hint"] == {"code": "thai-digits", "params": {"value": "12"}}


def of_rows(tmp_path: Path) -> set[str]:
    """Everything that our own code says of rows, but the rules' sentences."""
    wrong = ",".join(["?"] * len(KINDS))
    lines = [",".join(BED.headers), f"A,W,{wrong}", ",W", "1E+05", "B,W", "B,W", "C,nowhere", "D,,,,,,,,9"]
    path = tmp_path / "bed.csv"
    path.write_text("\n".join(line + "," * (len(BED.headers) - 1 - line.count(",")) for line in lines) + "\n")
    (block,) = read_blocks(path, LAYOUT)
    table, findings = shape(BED, block.text)
    part = prepare_block(BED, Shaped(block, table, findings), SeenKeys(), {"ward_id": {"W": "1"}})
    return {row.skip.message for row in part.skips} | {finding.message for finding in findings}


def test_everything_that_is_said_of_a_row_has_a_code(tmp_path: Path) -> None:
    said = of_rows(tmp_path)
    kinds = {f"cell-not-{kind}" for kind in KINDS}
    others = {"cell-empty", "cell-scientific", "cell-count", "key-repeated", "reference-unknown"}
    assert {code_of(message) for message in said} == kinds | others


CELLS: list[tuple[str, Kind, int | None, str]] = [
    ("๑๒", "text", None, "thai-digits"),
    ("1.2E+05", "text", None, "code-made-scientific"),
    ("7", "text", 3, "leading-zeros-lost"),
    ("7.0", "text", 3, "code-made-decimal"),
    ("1E5", "integer", None, "number-scientific"),
    ("1,200", "decimal", None, "thousands-commas"),
    ("2569-01-01", "date", None, "buddhist-year"),
    ("1/2/2026", "date", None, "spreadsheet-date"),
    ("45000", "date", None, "spreadsheet-day-number"),
]


@pytest.mark.parametrize(("cell", "kind", "width", "code"), CELLS)
def test_a_spreadsheets_hint_has_a_code(cell: str, kind: Kind, width: int | None, code: str) -> None:
    assert code_of(spreadsheet_hint(cell, kind, width) or "") == code


FILES = {
    b"": ("file-empty", "ไฟล์ว่างเปล่า"),
    b",,\nA\n": ("header-empty", "แถวที่ 1 ว่าง"),
    b"code,,ward_code\n": ("header-unnamed", "คอลัมน์ที่ 2 ไม่มีชื่อ"),
    b"code,code\n": ("header-repeated", "มีคอลัมน์ 'code' ซ้ำกัน"),
    b"code,wards\n": ("header-unknown", "ไม่รู้จักคอลัมน์ 'wards'"),
    b"code\n": ("header-incomplete", "ไม่มีคอลัมน์ 'ward_code'"),
    b"code;ward_code\n": ("separated-by-semicolons", "อัฒภาค"),
    b"code\tward_code\n": ("separated-by-tabs", "แท็บ"),
    b"code|ward_code\n": ("separated-by-bars", "ขีดตั้ง"),
    b"PK\x03\x04": ("file-workbook", "Excel"),
    "code,ward_code\n".encode("utf-16"): ("file-utf16", "UTF-16"),
    "code,ward_code\nก,กรุงเทพ\n".encode("cp874"): (
        "file-windows-874",
        "แถวที่ 2: ไม่ใช่ UTF-8 ดูเหมือนเป็น windows-874 (TIS-620)",
    ),
    b"code,ward_code\nA,\xff\n": ("file-not-utf8", "แถวที่ 2: มีอักขระที่ไม่ใช่ UTF-8"),
    b"code,ward_code\nA,\0\n": ("file-zero-byte", "แถวที่ 2: มีไบต์ศูนย์"),
    b'code,ward_code\nA,"W\n': ("quote-open", "แถวที่ 2: มีเครื่องหมายคำพูด"),
    b"code,ward_code\n<<<<<<< HEAD\n": ("merge-conflict", "แถวที่ 2: มีเครื่องหมาย merge conflict"),
}


@pytest.mark.parametrize(("content", "wanted"), FILES.items(), ids=str)
def test_what_is_wrong_with_a_whole_file_has_a_code_and_is_said_in_thai_with_its_next_step(
    tmp_path: Path, content: bytes, wanted: tuple[str, str]
) -> None:
    path = tmp_path / "bed.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        list(read_blocks(path, LAYOUT, shown_as="data/bed.csv"))
    message, step = refused.value.said_in("th")
    assert (refused.value.code, refused.value.params["file"]) == (wanted[0], "data/bed.csv")
    assert message.startswith("data/bed.csv")
    assert wanted[1] in message
    assert is_thai(step)
    assert refused.value.said_in("en") == (refused.value.message, refused.value.next_step)


def test_a_file_that_is_missing_or_there_twice_is_said_in_thai(tmp_path: Path) -> None:
    with pytest.raises(DataError) as missing:
        find_files([tmp_path], Entity("a_b", "site", (Column("code"),)))
    assert missing.value.said_in("th")[0] == "ไม่มีไฟล์ของ a_b"
    assert missing.value.said_in("th")[1].startswith("ค้นหาแล้วที่: ")
    (tmp_path / "site").mkdir()
    for name in ("a_b.csv", "a-b.csv"):
        (tmp_path / "site" / name).touch()
    with pytest.raises(DataError) as twice:
        find_file(tmp_path, Entity("a_b", "site", (Column("code"),)))
    assert twice.value.said_in("th")[0].startswith("มีไฟล์ของ a_b สองไฟล์")


def test_an_error_without_a_code_of_its_own_has_that_of_its_class() -> None:
    assert (UserError("x").code, DataError("x", code="suite-invalid").code) == ("bad-request", "suite-invalid")
    assert UserError("x").said_in("th") == ("x", "")
    named = unknown_name("module", "demografic", ["demographic", "site"])
    assert (named.code, named.params["near"], named.params["known"]) == (
        "unknown-name",
        "demographic",
        ["demographic", "site"],
    )


def test_an_error_of_several_names_the_codes_of_its_causes() -> None:
    error = UnitsFailed("2 failed", [DataError("x", code="file-empty"), KeyError("x")])
    assert (error.code, error.params) == ("units-failed", {"causes": ["file-empty", "defect"]})


def test_a_document_has_code_and_values_of_errors_checks_and_skips_and_they_come_back() -> None:
    empty = Message("cell-empty", column="code")
    report = Report(
        "setup",
        "r",
        "failed",
        skips=(Skip("bed", "f.csv", 2, "", "invalid", empty), Skip("bed", "f.csv", 3, "", "not_ours", "x")),
        checks=(Check("Database Rights", "FAIL", "x"), Check("f.csv", "WARN", Message("file-cut"))),
        error=failure_of(DataError(Message("file-empty", file="f.csv"))),
    )
    plain = report.to_json()
    assert [(one["code"], one["params"]) for one in plain["skips"]] == [
        ("cell-empty", {"column": "code"}),
        ("not-ours", {}),
    ]
    assert [one["code"] for one in plain["checks"]] == ["database-rights", "file-cut"]
    assert (plain["error"]["code"], plain["error"]["params"]) == ("file-empty", {"file": "f.csv"})
    assert report_from_json(plain).to_json() == plain


def test_the_page_has_the_same_words_in_both_languages_with_the_same_places() -> None:
    english, thai = WORDS["en"], WORDS["th"]
    assert list(english) == list(thai)
    differing = [name for name in english if places(english[name]) != places(thai[name])]
    assert differing == []
    assert [name for name in thai if not is_thai(thai[name])] == []


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)[^}]*\}", text))
