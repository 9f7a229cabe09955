"""What the shipped codes of LOINC, UCUM and DICOM owe those systems, checked without the product's own checks."""

import csv
import importlib
import re
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts
from ucumvert import get_ucum_parser

DATA = Path(__file__).resolve().parents[2] / "data"
ACQUISITION_MODALITY = 29  # the context group of DICOM PS3.16
# A property of LOINC -> the units that measure it.
UNITS = {
    "Mass/volume": r"(g|mg|ug|ng|pg)/(L|dL|mL)",
    "Moles/volume": r"(mmol|umol|nmol)/L",
    "Enzymatic activity/volume": r"U/L",
    "Enzymatic activity/mass": r"U/g\{Hb\}",
    "Units/volume": r"[um]?(\[IU\]|\[arb'U\])/(L|mL)",
    "#/volume": r"(10\*[36]|\{copies\})?/[um]L",
    "Volume Fraction": r"%",
    "Mass Ratio": r"mg/g",
    "Partial pressure": r"mm\[Hg\]",
    "Presence": r"",
    "Interpretation": r"",
}
# Terms of Body Part Examined that shorten the name of the concept that they stand for.
SHORT = {
    "ABDOMENPELVIS": "AbdomenAndPelvis",
    "ANKLE": "AnkleJoint",
    "CAROTID": "CarotidArtery",
    "CHESTABDPELVIS": "ChestAbdomenAndPelvis",
    "CSPINE": "CervicalSpine",
    "ELBOW": "ElbowJoint",
    "FACE": "FacialBones",
    "HIP": "HipJoint",
    "IAC": "InternalAuditoryCanal",
    "JAW": "JawRegion",
    "LEG": "LowerLeg",
    "LSPINE": "LumbarSpine",
    "LSSPINE": "LumboSacralSpine",
    "ORBIT": "OrbitalStructure",
    "SSPINE": "Sacrum",
    "TLSPINE": "ThoracoLumbarSpine",
    "TMJ": "TemporomandibularJoint",
    "TSPINE": "ThoracicSpine",
    "WHOLEBODY": "EntireBody",
    "WRIST": "WristJoint",
}


@cache
def rows_of(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def lab_items() -> list[dict[str, str]]:
    return rows_of("order-data/lab_item.csv")


def lab_tests() -> list[dict[str, str]]:
    return rows_of("derive/inputs/lab_tests.csv")


def ranges_by_item() -> dict[str, list[dict[str, str]]]:
    bands = defaultdict(list)
    for row in rows_of("order-data/lab_reference_range.csv"):
        bands[row["lab_item_code"]].append(row)
    return bands


def check_digit(number: str) -> str:
    """By modulus 10: every second digit, the last one first, stands doubled in the sum of the digits."""
    digits = number[::-1]
    doubled = "".join(str(2 * int(digit)) for digit in digits[::2])
    return str(-sum(int(digit) for digit in doubled + digits[1::2]) % 10)


def test_the_check_digits_of_loinc_codes_are_right():
    assert check_digit("2951") == "2"
    assert check_digit("1742") == "6"
    codes = [row["loinc_code"] for row in lab_items() if row["loinc_code"]]
    assert len(codes) > 100
    assert [code for code in codes if not re.fullmatch(r"\d{1,7}-\d", code)] == []
    assert [code for code in codes if check_digit(code.split("-")[0]) != code[-1]] == []


def test_every_loinc_code_says_where_it_was_read_and_is_of_one_test():
    matched = [row for row in lab_tests() if row["loinc_code"]]
    assert {row["loinc_source"] for row in matched} == {"synthea-3.3.0", "mimic-code-962eaa4"}
    assert [row["code"] for row in matched if not row["loinc_name"]] == []
    assert [code for code, count in Counter(row["loinc_code"] for row in matched).items() if count > 1] == []
    items = {row["code"]: row for row in lab_items()}
    assert [row["code"] for row in lab_tests() if row["test"] != items[row["code"]]["info.en.name"]] == []
    assert {row["code"]: row["loinc_code"] for row in matched} == {
        row["code"]: row["loinc_code"] for row in items.values() if row["loinc_code"]
    }


def test_a_unit_measures_the_property_of_its_loinc_code():
    wrong = []
    for row in lab_tests():
        named = re.search(r"\[([^]]+)\]", row["loinc_name"])
        if named and not re.fullmatch(UNITS[named[1]], row["unit"]):
            wrong.append((row["code"], row["loinc_name"], row["unit"]))
    assert wrong == []


def test_the_specimen_of_a_loinc_code_is_the_tests():
    systems = {
        "serum/plasma": "Serum",
        "serum": "Serum",
        "urine": "Urine",
        "whole blood": "Blood",
        "other fluid": "Body fluid",
        "CSF": "Cerebral spinal fluid",
        "stool": "Stool",
        "RBC": "Red Blood Cells",
    }
    specimens = {row["code"]: row["specimen"] for row in lab_items()}
    wrong = []
    for row in lab_tests():
        said = re.search(r"\b(?:in|of|for) (.*)$", row["loinc_name"])
        system = systems.get(specimens[row["code"]])
        if said and system and not said[1].endswith(system) and system not in said[1]:
            wrong.append((row["code"], specimens[row["code"]], row["loinc_name"]))
    assert wrong == []


@cache
def ucum_parser():
    return get_ucum_parser()


def test_units_are_of_ucum():
    parser = ucum_parser()
    for unit in {row["unit"] for row in lab_items()} - {""}:
        parser.parse(unit)


def test_every_range_belongs_to_a_test_with_a_unit():
    units = {row["code"]: row["unit"] for row in lab_items()}
    assert [code for code in ranges_by_item() if not units.get(code)] == []
    assert len(ranges_by_item()) >= 200


def test_ranges_have_limits_the_right_way_round():
    rows = [row for bands in ranges_by_item().values() for row in bands]
    assert [row for row in rows if not row["low"] and not row["high"]] == []
    assert [row for row in rows if row["low"] and row["high"] and float(row["low"]) >= float(row["high"])] == []
    assert [row for row in rows if row["age_to"] and int(row["age_to"]) <= int(row["age_from"])] == []


def test_the_bands_of_one_test_do_not_overlap():
    overlapping = [
        (one, other)
        for bands in ranges_by_item().values()
        for one, other in combinations(bands, 2)
        if (one["sex"] == other["sex"] or "any" in (one["sex"], other["sex"]))
        and int(one["age_from"]) < int(other["age_to"] or 999)
        and int(other["age_from"]) < int(one["age_to"] or 999)
    ]
    assert overlapping == []


def test_modalities_are_those_by_which_dicom_acquires_pictures():
    known = {next(iter(concepts["DCM"][name])) for name in cid_concepts[ACQUISITION_MODALITY]["DCM"]}
    used = {row["modality"] for row in rows_of("order-data/imaging_procedure.csv")}
    assert used - known == set()
    assert len(used) > 8


def test_body_sites_are_terms_of_dicoms_concepts():
    known = {name.upper() for name in concepts["SCT"]} | {
        term for term, name in SHORT.items() if name in concepts["SCT"]
    }
    used = {row["body_site"] for row in rows_of("order-data/imaging_procedure.csv")} - {""}
    assert used - known == set()


def test_a_side_stands_in_the_names_and_in_the_laterality():
    for row in rows_of("order-data/imaging_procedure.csv"):
        sides = {
            "R": "ขวา" in row["info.th.name"] and "right" in row["info.en.name"],
            "L": "ซ้าย" in row["info.th.name"] and "left" in row["info.en.name"],
        }
        assert [side for side, named in sides.items() if named] == [row["laterality"]] * (row["laterality"] in sides)


def test_the_notices_are_shipped():
    notice = (DATA / "NOTICE.md").read_text("utf-8")
    assert "LOINC is copyright" in notice
    assert "UCUM" in notice


@pytest.fixture
def check_codes(monkeypatch):
    """The script, as `python data/derive/check_codes.py` runs it."""
    monkeypatch.syspath_prepend(str(DATA / "derive"))
    monkeypatch.setattr("sys.argv", ["check_codes.py"])
    # One parser for both tests: to build its grammar takes seconds.
    monkeypatch.setattr("ucumvert.get_ucum_parser", ucum_parser)
    return importlib.import_module("check_codes")


def test_every_code_stands_in_the_list_that_it_is_from(check_codes, capsys):
    code, out = check_codes.main(), capsys.readouterr().out
    assert code == 0, out
    lines = [line.split("\t") for line in out.splitlines()[1:] if "\t" in line]
    assert len(lines) >= 24
    assert [line for line in lines if int(line[3]) == 0 or int(line[4]) > 0] == []


def test_the_check_of_codes_finds_a_code_that_is_in_no_list(check_codes, monkeypatch, tmp_path, capsys):
    religion = "demographic/religion.csv"
    (tmp_path / "demographic").mkdir()
    (tmp_path / religion).write_text((DATA / religion).read_text("utf-8") + "98,TRUE,ศาสนาที่ไม่มี,,12\n", "utf-8")
    monkeypatch.setattr(check_codes, "DATA", tmp_path)
    monkeypatch.setattr(check_codes, "COLUMNS", [one for one in check_codes.COLUMNS if one.file == religion])
    for others in ("iso_columns", "imaging_columns", "unit_columns"):
        monkeypatch.setattr(check_codes, others, tuple)
    assert check_codes.main() == 1
    assert "not in the list: 98" in capsys.readouterr().out
