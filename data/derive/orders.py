"""Reasons for drugs outside the national list, by official codes."""

from pathlib import Path

from tables import codes_of, write_code_list


def derive(folder: Path) -> None:
    """Write the reasons."""
    reasons = {row["code"]: (row["display"], "") for row in codes_of("CS_eClaim_MedNedCriteria")}
    write_code_list(folder / "medication/ned_reason.csv", reasons)
