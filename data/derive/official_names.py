"""The names of official Thai lists, with our English ones and with slips of spelling corrected."""

from tables import codes_of, read_input

NOTHING = {"english": "", "thai_corrected": ""}


def named_codes_of(system: str) -> dict[str, tuple[str, str]]:
    """Thai and English name by code: the list's Thai unless it is corrected, and no English where no certain one is known."""
    ours = {row["code"]: row for row in read_input("official_names.csv") if row["system"] == system}
    found = ((row, ours.get(row["code"], NOTHING)) for row in codes_of(system))
    return {row["code"]: (our["thai_corrected"] or row["display"], our["english"]) for row, our in found}
