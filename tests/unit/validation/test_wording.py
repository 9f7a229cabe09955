"""Messages in Thai: what rows and files are told by the code that tells it has a translation, and nothing is lost in it."""

import re
from pathlib import Path

import pytest

from seedbed.content.csv_files import read_blocks
from seedbed.content.layouts import Layout
from seedbed.content.locate import find_file, find_files
from seedbed.content.recognise import explain
from seedbed.core.errors import DataError
from seedbed.core.spec import Column, Entity, Kind, Reference
from seedbed.masters.keys import SeenKeys
from seedbed.masters.prepare import Shaped, prepare
from seedbed.masters.shape import EXPECTED, shape
from seedbed.validation import wording
from seedbed.validation.page_words import WORDS
from seedbed.validation.wording import error_said, file_said, translated

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


def of_rows(tmp_path: Path) -> set[str]:
    """Everything that our own code says of rows, but the rules' sentences."""
    wrong = ",".join(["?"] * len(KINDS))
    lines = [",".join(BED.headers), f"A,W,{wrong}", ",W", "1E+05", "B,W", "B,W", "C,nowhere", "D,,,,,,,,9"]
    path = tmp_path / "bed.csv"
    path.write_text("\n".join(line + "," * (len(BED.headers) - 1 - line.count(",")) for line in lines) + "\n")
    (block,) = read_blocks(path, LAYOUT)
    table, findings = shape(BED, block.text)
    part = prepare(BED, Shaped(block, table, findings), SeenKeys(), {"ward_id": {"W": "1"}})
    return {row.skip.message for row in part.skips} | {finding.message for finding in findings}


def test_every_message_on_a_row_is_said_in_thai_and_in_english_as_it_is(tmp_path: Path) -> None:
    said = of_rows(tmp_path)
    assert len(said) == len(KINDS) + 5
    assert [message for message in said if not is_thai(translated(message, "th"))] == []
    assert {translated(message, "en") for message in said} == said
    assert set(wording.EXPECTED) == set(EXPECTED.values())


CELLS: list[tuple[str, Kind, int | None]] = [
    ("๑๒", "text", None),
    ("1.2E+05", "text", None),
    ("7", "text", 3),
    ("7.0", "text", 3),
    ("1E5", "integer", None),
    ("1,200", "decimal", None),
    ("2569-01-01", "date", None),
    ("1/2/2026", "date", None),
    ("45000", "date", None),
]


@pytest.mark.parametrize(("cell", "kind", "width"), CELLS)
def test_a_spreadsheets_hint_is_said_in_thai_behind_a_rule_of_any_language(
    cell: str, kind: Kind, width: int | None
) -> None:
    hint = explain(cell, kind, width)
    assert hint
    said = translated(f"code: กฎนี้ (ข้อ 1) ({hint})", "th")
    assert said.startswith("code: กฎนี้ (ข้อ 1) (")
    assert hint not in said
    assert is_thai(translated(f"rank is not a whole number ({hint})", "th").partition(" (")[0])


def test_a_message_without_a_translation_stays() -> None:
    assert translated("code: a rule (of ours)", "th") == "code: a rule (of ours)"
    assert file_said("something else", "th") == "something else"


FILES = {
    b"": "ไฟล์ว่างเปล่า",
    b",,\nA\n": "แถวที่ 1 ว่าง",
    b"code,,ward_code\n": "คอลัมน์ที่ 2 ไม่มีชื่อ",
    b"code,code\n": "มีคอลัมน์ 'code' ซ้ำกัน",
    b"code,wards\n": "ไม่รู้จักคอลัมน์ 'wards'",
    b"code\n": "ไม่มีคอลัมน์ 'ward_code'",
    b"code;ward_code\n": "อัฒภาค",
    b"code\tward_code\n": "แท็บ",
    b"code|ward_code\n": "ขีดตั้ง",
    b"PK\x03\x04": "Excel",
    "code,ward_code\n".encode("utf-16"): "UTF-16",
    "code,ward_code\nก,กรุงเทพ\n".encode("cp874"): "แถวที่ 2: ไม่ใช่ UTF-8 ดูเหมือนเป็น windows-874 (TIS-620)",
    b"code,ward_code\nA,\xff\n": "แถวที่ 2: มีอักขระที่ไม่ใช่ UTF-8",
    b"code,ward_code\nA,\0\n": "แถวที่ 2: มีไบต์ศูนย์",
    b'code,ward_code\nA,"W\n': "แถวที่ 2: มีเครื่องหมายคำพูด",
    b"code,ward_code\n<<<<<<< HEAD\n": "แถวที่ 2: มีเครื่องหมาย merge conflict",
}


@pytest.mark.parametrize(("content", "wanted"), FILES.items(), ids=str)
def test_what_is_wrong_with_a_whole_file_is_said_in_thai_with_its_next_step(
    tmp_path: Path, content: bytes, wanted: str
) -> None:
    path = tmp_path / "bed.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as refused:
        list(read_blocks(path, LAYOUT, shown_as="data/bed.csv"))
    message, step = error_said(refused.value, "th")
    assert message.startswith("data/bed.csv")
    assert wanted in message
    assert is_thai(step)
    assert error_said(refused.value, "en") == (refused.value.message, refused.value.next_step)


def test_a_file_that_is_missing_or_there_twice_is_said_in_thai(tmp_path: Path) -> None:
    with pytest.raises(DataError) as missing:
        find_files([tmp_path], Entity("a_b", "site", (Column("code"),)))
    assert error_said(missing.value, "th")[0] == "ไม่มีไฟล์ของ a_b"
    assert error_said(missing.value, "th")[1].startswith("ค้นหาแล้วที่: ")
    (tmp_path / "site").mkdir()
    for name in ("a_b.csv", "a-b.csv"):
        (tmp_path / "site" / name).touch()
    with pytest.raises(DataError) as twice:
        find_file(tmp_path, Entity("a_b", "site", (Column("code"),)))
    assert error_said(twice.value, "th")[0].startswith("มีไฟล์ของ a_b สองไฟล์")


def test_the_page_has_the_same_words_in_both_languages_with_the_same_places() -> None:
    english, thai = WORDS["en"], WORDS["th"]
    assert list(english) == list(thai)
    differing = [name for name in english if places(english[name]) != places(thai[name])]
    assert differing == []
    assert [name for name in thai if not is_thai(thai[name])] == []


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)[^}]*\}", text))
