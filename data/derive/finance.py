"""Charge categories of the three public schemes: one to one with the official lists."""

from pathlib import Path

from tables import codes_of, write_code_list, write_table

# e-Claim's kinds of items "not yet categorised" (ADP) name the charge category that they belong to.
ADP_TYPES = {
    "1": "10",
    "2": "2",
    "5": "11",
    "6": "14",
    "7": "15",
    "8": "16",
    "9": "9",
    "A": "18",
    "B": "19",
    "C": "17",
    "D": "12",
    "E": "20",
    "F": "13",
    "J": "3",
}


def derive(folder: Path) -> None:
    """Write the categories of NHSO, CSMBS and the standard item list."""
    items = {row["code"]: row for row in codes_of("CS_eClaim_ChargeItem")}
    claimable = [row for row in items.values() if row["parent"] == "1"]
    write_table(
        folder / "finance/nhso_category.csv",
        (
            *("code", "active", "benefit_code", "none_benefit_code", "adp_type", "rank"),
            *("info.th.name", "info.en.name"),
        ),
        (
            (
                *(row["code"][0], "TRUE", row["code"], items[row["code"][0] + "2"]["code"]),
                *(ADP_TYPES.get(row["code"][0], ""), rank, row["display"], ""),
            )
            for rank, row in enumerate(claimable, start=1)
        ),
    )
    csmbs = enumerate(codes_of("CS_CHI_FeeCategory"), start=1)
    write_table(
        folder / "finance/csmbs_category.csv",
        ("code", "version", "active", "info.th.name", "info.en.name", "rank"),
        ((row["code"], 1, "TRUE", row["display"], "", rank) for rank, row in csmbs),
    )
    standard = {row["code"]: (row["display"], "") for row in codes_of("CS_TH_FeeCategory")}
    write_code_list(folder / "finance/simb_category.csv", standard)
