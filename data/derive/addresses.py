"""Provinces, districts, sub-districts and addresses, from the Interior Ministry's list."""

from pathlib import Path

from tables import read_input, write_table

HEADER = ("code", "active", "info.th.name", "info.en.name")


def derive(folder: Path) -> None:
    """Write the four address files."""
    rows = _corrected()
    for level in ("province", "district"):
        names = {row[f"{level}_code"]: (row[f"{level}_th"], row[f"{level}_en"]) for row in rows}
        write_table(
            folder / f"demographic/{level}.csv",
            HEADER,
            ((code, "TRUE", *pair) for code, pair in sorted(names.items())),
        )
    write_table(
        folder / "demographic/sub_district.csv",
        HEADER,
        ((row["code"], "TRUE", row["name_th"], row["name_en"]) for row in rows),
    )
    write_table(
        folder / "demographic/thai_address.csv",
        ("code", "postal_code", "province_code", "district_code", "active", "info.th.name", "info.en.name"),
        (
            (
                row["code"],
                row["postal_code"],
                row["province_code"],
                row["district_code"],
                "TRUE",
                row["name_th"],
                row["name_en"],
            )
            for row in rows
        ),
    )


def _corrected() -> list[dict[str, str]]:
    """The addresses with names put right: garbled ones, and those that the source gives to a neighbour."""
    right = {(row["code"], row["wrong"]): row["right"] for row in read_input("thai_address_corrections.csv")}
    rows = list(read_input("thai_address.csv"))
    for row in rows:
        for code, *names in (
            ("code", "name_th", "name_en"),
            ("district_code", "district_th", "district_en"),
            ("province_code", "province_th", "province_en"),
        ):
            for name in names:
                row[name] = right.get((row[code], row[name]), row[name])
    return rows
