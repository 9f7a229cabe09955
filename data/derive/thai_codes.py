"""Code lists that are the official Thai ones, code for code; English names of the short lists are our translations."""

from pathlib import Path

from tables import codes_of, flag, write_code_list, write_table

RELIGIONS = {
    "01": "Buddhism",
    "02": "Islam",
    "03": "Christianity",
    "04": "Hinduism",
    "05": "Sikhism",
    "06": "Judaism",
    "07": "Jainism",
    "08": "Zoroastrianism",
    "09": "Bahá'í Faith",
    "00": "No religion",
    "99": "Not stated",
}
MARITAL = {
    "1": "Single",
    "2": "Married",
    "3": "Widowed",
    "4": "Divorced",
    "5": "Separated",
    "6": "Ordained",
    "9": "Unknown",
}
EDUCATION = {
    "00": "No education",
    "01": "Pre-primary",
    "02": "Primary",
    "03": "Secondary",
    "04": "Diploma",
    "05": "Bachelor's degree",
    "06": "Above bachelor's degree",
    "09": "Not stated or unknown",
}
FEMALE_PREFIXES = ("หญิง", "นางสาว", "แม่ชี", "ซิสเตอร์", "พระนางเจ้า", "เจ้านาง")
MALE_PREFIXES = (
    "เด็กชาย",
    "นักโทษชาย",
    "นายแพทย์",
    "เภสัชกรชาย",
    "เจ้าชาย",
    "สามเณร",
    "บาทหลวง",
    "ภาราดา",
    "ขุน",
    "หมื่น",
    "พระยา",
)
CANCELLED = "(ยกเลิก)"


def derive(folder: Path) -> None:
    """Write the lists of module demographic that are official ones, and the reasons for drugs outside the national list."""
    demographic = folder / "demographic"
    for name in ("nationality", "race"):
        rows = codes_of("CS_THCC_Nationality")
        inactive = frozenset(row["code"] for row in rows if CANCELLED in row["display"])
        write_code_list(demographic / f"{name}.csv", {row["code"]: (row["display"], "") for row in rows}, inactive)
    write_code_list(demographic / "occupation.csv", _names("CS_THCC_Occupation", {}))
    write_code_list(demographic / "religion.csv", _names("CS_THCC_Religion", RELIGIONS))
    write_code_list(demographic / "marital_status.csv", _names("CS_THCC_Marital", MARITAL))
    write_code_list(demographic / "education_level.csv", _names("CS_THCC_EducationLevel", EDUCATION))
    write_table(
        demographic / "name_prefix.csv",
        ("code", "gender_code", "active", "info.th.name", "info.en.name", "rank"),
        (
            (
                row["code"],
                gender_of(row["definition"]),
                flag(value=True),
                row["display"],
                ENGLISH.get(row["code"], ""),
                rank,
            )
            for rank, row in enumerate(codes_of("CS_DOPA_NamePrefix"), start=1)
        ),
    )


ENGLISH = {"001": "Master", "002": "Miss", "003": "Mr.", "004": "Miss", "005": "Mrs.", "140": "Dr."}


def gender_of(prefix: str) -> str:
    """The gender that a name prefix in full says; "" where it says none."""
    if any(part in prefix for part in FEMALE_PREFIXES) or prefix == "นาง":
        return "female"
    is_male = prefix == "นาย" or prefix.startswith(MALE_PREFIXES) or "นายแพทย์" in prefix
    return "male" if is_male else ""


def _names(system: str, english: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["display"], english.get(row["code"], "")) for row in codes_of(system)}
