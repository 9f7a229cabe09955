"""Substances, medicines, their trade products and the store's items, all from one list of medicines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tables import flag, read_input, write_table

Row = Mapping[str, str]
Names = tuple[str, str]
LEVELS = {1: 1, 3: 2, 4: 3, 5: 4, 7: 5}
SUPPLIERS = 20
DRUG_STORE = "WH-HQ-DRUG"
# The categories of medicines that the store keeps apart; all others are DRUG.
ITEM_CATEGORIES = {"VACCINE": "VACCINE", "FLUID": "FLUID", "NUTRITION": "FLUID", "CONTRAST": "CONTRAST"}
# Where the substance's name says the form already.
FORMS_IN_NAMES = ("GAS", "IUS", "DIAL", "MIXT")
WORDS_IN_THAI = {
    "mcg": "มคก.",
    "mg": "มก.",
    "g": "กรัม",
    "kg": "กก.",
    "mL": "มล.",
    "m3": "ลบ.ม.",
    "mmol": "มิลลิโมล",
    "IU": "ยูนิต",
    "units": "ยูนิต",
    "dose": "โดส",
    "doses": "โดส",
    "hour": "ชม.",
    "hours": "ชม.",
    "tablets": "เม็ด",
    "in": "ใน",
    "alcohol": "แอลกอฮอล์",
    "dextrose": "เดกซ์โทรส",
}
# Of what is counted in thousands a store orders early: a price up to which a level holds, and the level.
COUNTED_UNITS = ("TAB", "CAP")
COUNTED_LEVELS = ((2, 5000), (10, 2000), (50, 500), (300, 100), (float("inf"), 30))
OTHER_LEVELS = ((30, 500), (100, 200), (500, 60), (2500, 20), (float("inf"), 5))


def derive(folder: Path) -> None:
    """Write the ATC groups and substances, the medicines, their products and the store's items."""
    groups = {row["code"]: row for row in read_input("atc_used.csv")}
    medicines = list(read_input("medicines.csv"))
    forms = {row["code"]: row for row in read_input("dosage_forms.csv")}
    # Medicines that their salt or kind tells apart: the decanoate is not the short-acting injection of the same substance.
    salts = {row["code"]: row for row in read_input("medicine_salts.csv")}
    # What the index calls by a group, a class or a remark has the name by which it is prescribed: by ATC code, or by medicine.
    generics = {row["code"]: row["generic"] for row in read_input("generic_names.csv")}
    names = {
        row["code"]: _names(
            row, {**groups[row["atc_code"]], **salts.get(row["code"], {})}, forms[row["dosage_form_code"]]
        )
        for row in medicines
    }
    write_table(
        folder / "medication/atc.csv",
        ("code", "lv", "info.en.name", "count", "active"),
        ((code, LEVELS[len(code)], groups[code]["name"], rank, "TRUE") for rank, code in enumerate(sorted(groups), 1)),
    )
    _forms(folder, list(forms.values()))
    substances = {code: generics.get(code) or _lower(group["name"]) for code, group in groups.items()}
    _medicines(folder, medicines, {**substances, **generics}, names)
    write_table(
        folder / "medication/tpu_atc_mapping.csv",
        ("tpu_code", "atc_code", "active"),
        ((_product(row), row["atc_code"], "TRUE") for row in medicines),
    )
    _items(folder, medicines, names)


def _forms(folder: Path, forms: Sequence[Row]) -> None:
    write_table(
        folder / "medication/dosage_form.csv",
        ("code", "info.th.name", "info.en.name", "dosage_form_category_code", "rank", "active"),
        (
            (row["code"], row["thai"], row["english"], row["category"], rank, "TRUE")
            for rank, row in enumerate(forms, start=1)
        ),
    )


def _medicines(folder: Path, medicines: Sequence[Row], generics: Row, names: Mapping[str, Names]) -> None:
    write_table(
        folder / "order-data/medication.csv",
        (
            *("code", "info.th.name", "info.en.name", "generic_name", "trade_name", "strength", "atc_code"),
            *("dosage_form_code", "dispense_unit_code", "medication_category_code", "nlem_code", "tpu_code"),
            *("manufacturer_code", "distributor_code", "active"),
        ),
        (
            (
                *(row["code"], *names[row["code"]]),
                *(generics.get(row["code"], generics[row["atc_code"]]), "", row["strength"]),
                *(row["atc_code"], row["dosage_form_code"], row["dispense_unit_code"]),
                *(row["medication_category_code"], row["nlem_code"], _product(row)),
                *(f"MFR-{_supplier(row):02d}", f"DIST-{_supplier(row):02d}", flag(value=True)),
            )
            for row in medicines
        ),
    )


def _items(folder: Path, medicines: Sequence[Row], names: Mapping[str, Names]) -> None:
    """The store's items: the medicines, and the supplies that are no medicines."""
    rows: Iterator[tuple[object, ...]] = (
        (
            *(row["item_code"], *names[row["code"]]),
            ITEM_CATEGORIES.get(row["medication_category_code"], "DRUG"),
            *(row["dispense_unit_code"], DRUG_STORE, _reorder_level(row), row["unit_price"]),
            *(row["code"], row["atc_code"], "TRUE"),
        )
        for row in medicines
    )
    supplies = (
        (
            *(row["code"], row["thai"], row["english"], row["category"], row["uom_code"], row["warehouse_code"]),
            *(row["reorder_level"], row["unit_price"], "", "", "TRUE"),
        )
        for row in read_input("supplies.csv")
    )
    write_table(
        folder / "inventory/inventory_item.csv",
        (
            *("code", "info.th.name", "info.en.name", "category", "uom_code", "warehouse_code"),
            *("reorder_level", "unit_price", "medication_code", "atc_code", "active"),
        ),
        sorted([*rows, *supplies], key=lambda item: str(item[0])),
    )


def _names(row: Row, group: Row, form: Row) -> Names:
    """A medicine's Thai and English name: substance, strength, form and pack."""
    is_said = row["medication_category_code"] == "VACCINE" or form["code"] in FORMS_IN_NAMES
    strength, pack = row["strength"], row["pack"]
    thai = (group["thai"], _in_thai(strength), "" if is_said else form["thai"], _in_thai(pack))
    english = (group["listed_as"] or group["name"], strength, "" if is_said else _lower(form["english"]))
    tail = f", {pack}" if pack else ""
    return " ".join(filter(None, thai)), " ".join(filter(None, english)) + tail


def _in_thai(amount: str) -> str:
    return re.sub(r"[A-Za-z][A-Za-z0-9]*", lambda word: WORDS_IN_THAI.get(word[0], word[0]), amount)


def _lower(name: str) -> str:
    # A capital that starts a word stays where the word is an abbreviation, as BCG.
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _product(row: Row) -> str:
    return f"SYN-TPU-{row['code'].removeprefix('MED-')}"


def _supplier(row: Row) -> int:
    return (int(row["code"].removeprefix("MED-")) - 1) % SUPPLIERS + 1


def _reorder_level(row: Row) -> int:
    levels = COUNTED_LEVELS if row["dispense_unit_code"] in COUNTED_UNITS else OTHER_LEVELS
    return next(level for most, level in levels if float(row["unit_price"]) <= most)
