"""Laboratory items: the official ICD-10-TM list with its spelling mended, and what our laboratories know of the common tests."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tables import codes_of, read_input, write_table

HEADER = (
    *("code", "info.th.name", "info.en.name", "loinc_code", "specimen", "unit"),
    *("product_category_code", "rank", "active"),
)
PRODUCT_CATEGORY = "LAB"
FIRST_WORDS = {"Stool": "stool", "Semen": "semen"}
ABBREVIATION = re.compile(r" \([^()]*\)$")
REMARK = re.compile(r"\(ใน filed [^)]*\)")
RULES = (
    (re.compile(r"\s*ๆ\s*"), " ๆ "),
    (re.compile(r"ซีรั่ม\s*[,/]\s*พลาสมา"), "ซีรั่ม / พลาสมา"),
    (re.compile(r"ใน (?=[ก-๙])"), "ใน"),
    (re.compile(r"(?<=[A-Za-z0-9)])(?=ใน)"), " "),
)


def derive(folder: Path) -> None:
    """Write the laboratory items."""
    mends = list(read_input("lab_spelling.csv"))
    names = {row["code"]: row["name_th"] for row in read_input("lab_names.csv")}
    tests = {row["code"]: row for row in read_input("lab_tests.csv")}
    specimens = {row["official"]: row["specimen"] for row in read_input("lab_specimens.csv")}
    rows = []
    for rank, row in enumerate(codes_of("CS_TH_ICD10TM_Lab"), start=1):
        code, test = row["code"], tests.get(row["code"], {})
        english = tidy(mended(row["display"], code, "en", mends))
        rows.append(
            (
                *(code, names.get(code) or thai_name(row["definition"], code, mends), english),
                *(
                    test.get("loinc_code", ""),
                    specimen(english, specimens) or test.get("specimen", ""),
                    test.get("unit", ""),
                ),
                *(PRODUCT_CATEGORY, rank, "TRUE"),
            )
        )
    if idle := [mend["wrong"] for mend in mends if "used" not in mend]:
        raise ValueError(f"lab_spelling.csv: nothing to correct: {', '.join(idle)}")
    write_table(folder / "order-data/lab_item.csv", HEADER, rows)


def thai_name(definition: str, code: str, mends: Sequence[dict[str, str]]) -> str:
    """An official Thai name without remarks for clerks, words spelt as they are, blanks where words end."""
    name = mended(tidy(REMARK.sub("", definition.replace("\u200b", ""))), code, "th", mends)
    for pattern, instead in RULES:
        name = pattern.sub(instead, name)
    return tidy(name)


def mended(name: str, code: str, language: str, mends: Sequence[dict[str, str]]) -> str:
    """A name with the mistakes corrected that the list knows, for every code or this one; what was used is marked."""
    name = tidy(name)
    for mend in mends:
        if mend["language"] == language and mend["code"] in ("", code):
            name, count = re.subn(re.escape(mend["wrong"]) + "(?![a-z])", lambda _, mend=mend: mend["right"], name)
            if count:
                mend["used"] = "yes"
    return name


def specimen(english: str, specimens: Mapping[str, str]) -> str:
    """The specimen that an official English name names, most often behind its last comma; "" where it names none."""
    for name in (english, ABBREVIATION.sub("", english)):
        last = name.rpartition(",")[2].strip()
        if last in specimens:
            return specimens[last]
    return FIRST_WORDS.get(english.split(" ", maxsplit=1)[0], "")


def tidy(name: str) -> str:
    """Single blanks, none before a comma or within brackets at their ends."""
    return re.sub(r" (?=[,)\]])|(?<=[(\[]) ", "", re.sub(r"\s+", " ", name)).strip()
