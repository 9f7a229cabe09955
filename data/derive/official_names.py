"""The names of official Thai lists, with their slips of the pen put right, and ours in English where they are certain."""

from tables import codes_of, read_input


def named_codes_of(system: str) -> dict[str, tuple[str, str]]:
    """Thai and English name by code; the English one may be empty."""
    english = english_of(system)
    return {row["code"]: (row["display"], english.get(row["code"], ("", ""))[0]) for row in corrected(system)}


def corrected(system: str) -> list[dict[str, str]]:
    """The codes of a list with its slips of the pen put right; a correction that fits nowhere is an error."""
    rows = codes_of(system)
    for fix in read_input("thai_codes_spelling.csv"):
        if fix["system"] != system:
            continue
        fitting = [
            (row, part)
            for row in rows
            for part in ("display", "definition")
            if fix["code"] in ("", row["code"]) and fix["wrong"] in row[part]
        ]
        if not fitting:
            raise ValueError(f"{system}: nothing to correct: {fix['wrong']}")
        for row, part in fitting:
            if fix["right"] not in row[part] or fix["right"] in fix["wrong"]:
                row[part] = row[part].replace(fix["wrong"], fix["right"])
    return rows


def english_of(system: str) -> dict[str, tuple[str, str]]:
    """English name and abbreviation by code, where the translation is certain."""
    rows = read_input("thai_codes_english.csv")
    return {row["code"]: (row["english"], row["abbreviation"]) for row in rows if row["system"] == system}
