"""Charge categories of the three public schemes: one to one with the official lists."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from official_names import named_codes_of
from tables import codes_of, write_code_list, write_table

# e-Claim's heading of what it pays; what it does not pay has the same letter and ends with the other heading's number.
PAID, NOT_PAID = "1", "2"
SECTION = re.compile(r"\(หมวด (\d+)\)")
NOT_CATEGORISED = {"J": "3"}


def derive(folder: Path) -> None:
    """Write the categories of NHSO, CSMBS and the standard item list."""
    write_table(
        folder / "finance/nhso_category.csv",
        (
            *("code", "active", "benefit_code", "none_benefit_code", "adp_type", "rank"),
            *("info.th.name", "info.en.name"),
        ),
        _nhso(),
    )
    civil_servants = enumerate(named_codes_of("CS_CHI_FeeCategory").items(), start=1)
    write_table(
        folder / "finance/csmbs_category.csv",
        ("code", "version", "active", "info.th.name", "info.en.name", "rank"),
        ((code, 1, "TRUE", *names, rank) for rank, (code, names) in civil_servants),
    )
    write_code_list(folder / "finance/simb_category.csv", named_codes_of("CS_TH_FeeCategory"))


def _nhso() -> Iterator[tuple[object, ...]]:
    items = {row["code"]: row for row in codes_of("CS_eClaim_ChargeItem")}
    names = named_codes_of("CS_eClaim_ChargeItem")
    kinds = _adp_types()
    paid = [code for code, row in items.items() if row["parent"] == PAID]
    for rank, code in enumerate(paid, start=1):
        letter = code[0]
        unpaid = items[letter + NOT_PAID]["code"]
        yield letter, "TRUE", code, unpaid, kinds.get(rank, NOT_CATEGORISED.get(letter, "")), rank, *names[code]


def _adp_types() -> Mapping[int, str]:
    """The kinds of items "not yet categorised" (ADP) by the number of the category that their official name tells."""
    found = ((SECTION.search(row["display"]), row["code"]) for row in codes_of("CS_eClaim_AdpType"))
    return {int(section[1]): code for section, code in found if section}
