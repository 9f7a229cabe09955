"""Code lists that are the official Thai ones, code for code; names in English are our translations where they are certain."""

import re
from pathlib import Path

from official_names import corrected, english_of
from tables import CODE_LIST, flag, write_table

NATIONALITIES, EDUCATION, PREFIXES = "CS_THCC_Nationality", "CS_INT_ISCED1997", "CS_DOPA_NamePrefix"
LISTS = (
    ("demographic/nationality", NATIONALITIES),
    ("demographic/race", NATIONALITIES),
    ("demographic/occupation", "CS_THCC_Occupation"),
    ("demographic/religion", "CS_THCC_Religion"),
    ("demographic/marital_status", "CS_THCC_Marital"),
    ("demographic/education_level", EDUCATION),
    ("medication/ned_reason", "CS_eClaim_MedNedCriteria"),
)
CANCELLED = "(ยกเลิก"
# The list keeps this code for old records only; its name says that there is nothing to know.
WITHOUT_MEANING = {(NATIONALITIES, "085")}
# What a list names a second time: a drop-down would show two rows of one meaning. Bolivia is listed
# twice, Cape Verde is called Cabo Verde (270) since 2013.
REPEATED = {
    *((NATIONALITIES, code) for code in ("134", "245")),
    *(("CS_THCC_Occupation", code) for code in ("3112-6", "5419-3", "9621-4")),
}
INACTIVE = WITHOUT_MEANING | REPEATED
# Thai, Myanmar, Lao, Cambodian and Chinese are what registration chooses nearly always; the others follow by code.
FIRST_NATIONALITIES = ("099", "048", "056", "057", "044")
# Kinds of education that every level has: alone they say nothing.
KINDS = ("สามัญศึกษา", "อาชีวศึกษา", "การศึกษาทางศาสนา")
FEMALE_PARTS = ("หญิง", "นางสาว", "แม่ชี", "ซิสเตอร์", "พระนางเจ้า", "เจ้านาง", "ภคินี", "พี่นาง", "ชนนี", "ราชสุดา")
MALE_PARTS = ("นายแพทย์", "ยาเธอ", "โอรส", "พระเจ้าอยู่หัว")
MALE_STARTS = (
    *("เด็กชาย", "นักโทษชาย", "เภสัชกรชาย", "เจ้าชาย", "บาทหลวง", "ภราดา", "พระครู"),
    *("ขุน", "หมื่น", "หลวง", "พระยา"),
)
# From this code on the list has the titles of the clergy; only men are ordained as monks, novices, priests and bishops.
FIRST_CLERIC = 800
MALE_CLERICS = ("พระ", "สมเด็จพระ", "รองสมเด็จพระ", "เจ้าอธิการ", "รองเจ้าอธิการ", "สามเณร", "องสุตบทบวร")


def derive(folder: Path) -> None:
    """Write the code lists that are official ones."""
    for name, system in LISTS:
        _write_list(folder / f"{name}.csv", system)
    english = english_of(PREFIXES)
    write_table(
        folder / "demographic/name_prefix.csv",
        (
            *("code", "gender_code", "active", "info.th.name", "info.en.name"),
            *("info.th.abbreviation", "info.en.abbreviation", "rank"),
        ),
        (
            (
                *(row["code"], gender_of(row["code"], row["definition"]), flag(value=True)),
                *(row["definition"], english.get(row["code"], ("", ""))[0]),
                *(row["display"], english.get(row["code"], ("", ""))[1], rank),
            )
            for rank, row in enumerate(corrected(PREFIXES), start=1)
        ),
    )


def gender_of(code: str, prefix: str) -> str:
    """The gender that a name prefix in full says; "" where it says none."""
    if any(part in prefix for part in FEMALE_PARTS) or prefix == "นาง":
        return "female"
    is_male = prefix == "นาย" or prefix.startswith(MALE_STARTS) or any(part in prefix for part in MALE_PARTS)
    is_cleric = int(code) >= FIRST_CLERIC and prefix.startswith(MALE_CLERICS)
    return "male" if is_male or is_cleric else ""


def _write_list(path: Path, system: str) -> None:
    english, rows = english_of(system), corrected(system)
    parents = {row["code"]: row["display"] for row in rows}
    write_table(
        path,
        CODE_LIST,
        (
            (
                *(row["code"], flag(CANCELLED not in row["display"] and (system, row["code"]) not in INACTIVE)),
                *(_name(row, parents), english.get(row["code"], ("", ""))[0], rank),
            )
            for rank, row in enumerate(_ordered(system, rows), start=1)
        ),
    )


def _ordered(system: str, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    if system != NATIONALITIES:
        return rows
    places = {code: place for place, code in enumerate(FIRST_NATIONALITIES)}
    return sorted(rows, key=lambda row: (places.get(row["code"], len(places)), row["code"]))


def _name(row: dict[str, str], parents: dict[str, str]) -> str:
    """The list's name, evenly spaced, behind the level where it is only a kind of education."""
    name = re.sub(r"\s*:\s*", ": ", row["display"].replace("**", ""))
    if name.startswith(KINDS) and row["parent"] in parents:
        name = f"{parents[row['parent']]}: {name.replace(':', '')}"
    name = re.sub(r"(?<=\S)\(", " (", name)
    return re.sub(r"\s+", " ", re.sub(r"\s*,\s*", ", ", name)).strip()
