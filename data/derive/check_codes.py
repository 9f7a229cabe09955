"""Checks the codes of `data/` against the lists that they are from: `python data/derive/check_codes.py [--reference FOLDER]`.

Prints a line a column: how many codes were checked against which list, how many are not in it, how many have another name there.
The shipped inputs, pycountry, pydicom and a UCUM parser are always asked. Two lists may not be shipped, and are asked where a folder
holds them: `atc_check.csv` (code, name) and `clinical_codes.csv` (system, code, display). Exits 1 where a code is not in its list.
"""

import argparse
import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pycountry
from lark.exceptions import LarkError
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts
from tables import codes_of, read_input
from ucumvert import get_ucum_parser

DATA = Path(__file__).resolve().parents[1]
Names = Mapping[str, str]  # code -> name; "" where the list's name is not compared


@dataclass(frozen=True, slots=True)
class CodeColumn:
    """A column of codes, the list that they are from, and the column with their names where these are the list's."""

    file: str
    column: str
    listed: str
    codes: Callable[[], Names]
    name: str = ""
    where: tuple[str, str] = ("", "")  # a column and its cell in the rows that are meant


def official(system: str) -> Callable[[], Names]:
    """The codes of an official Thai list, with the names that it gives: our stated corrections count as other names."""
    return lambda: {row["code"]: row["display"] for row in codes_of(system)}


def of_addresses(column: str) -> Callable[[], Names]:
    """Codes of the Interior Ministry's list, at one level."""
    names = {"code": "name_th", "district_code": "district_th", "province_code": "province_th"}
    return lambda: {row[column]: row[names[column]] for row in read_input("thai_address.csv")}


def of_folder(folder: Path, file: str, system: str = "") -> Callable[[], Names]:
    """A list that may not be shipped."""

    def read() -> Names:
        with (folder / file).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        return {
            row["code"]: row.get("name") or row.get("display", "")
            for row in rows
            if not system or row["system"] == system
        }

    return read


COLUMNS = (
    CodeColumn("demographic/province.csv", "code", "Interior Ministry", of_addresses("province_code"), "info.th.name"),
    CodeColumn("demographic/district.csv", "code", "Interior Ministry", of_addresses("district_code"), "info.th.name"),
    CodeColumn("demographic/sub_district.csv", "code", "Interior Ministry", of_addresses("code"), "info.th.name"),
    CodeColumn("demographic/thai_address.csv", "code", "Interior Ministry", of_addresses("code"), "info.th.name"),
    *(
        CodeColumn(f"demographic/{file}.csv", "code", system, official(system), name)
        for file, system, name in (
            ("nationality", "CS_THCC_Nationality", "info.th.name"),
            ("race", "CS_THCC_Nationality", "info.th.name"),
            ("occupation", "CS_THCC_Occupation", "info.th.name"),
            ("education_level", "CS_INT_ISCED1997", ""),
            ("marital_status", "CS_THCC_Marital", "info.th.name"),
            ("religion", "CS_THCC_Religion", "info.th.name"),
            ("name_prefix", "CS_DOPA_NamePrefix", "info.th.abbreviation"),
        )
    ),
    CodeColumn("general/clinic.csv", "nhso_code", "CS_eClaim_Clinic", official("CS_eClaim_Clinic")),
    CodeColumn("general/clinic.csv", "csop_code", "CS_CHI_Clinic", official("CS_CHI_Clinic")),
    CodeColumn(
        "coverage/insurance_plan.csv", "code", "CS_THCC_CoverageType", official("CS_THCC_CoverageType"), "info.th.name"
    ),
    *(
        CodeColumn("finance/nhso_category.csv", column, "CS_eClaim_ChargeItem", official("CS_eClaim_ChargeItem"))
        for column in ("benefit_code", "none_benefit_code")
    ),
    CodeColumn("finance/nhso_category.csv", "adp_type", "CS_eClaim_AdpType", official("CS_eClaim_AdpType")),
    CodeColumn("finance/csmbs_category.csv", "code", "CS_CHI_FeeCategory", official("CS_CHI_FeeCategory")),
    CodeColumn("finance/simb_category.csv", "code", "CS_TH_FeeCategory", official("CS_TH_FeeCategory")),
    CodeColumn("medication/ned_reason.csv", "code", "CS_eClaim_MedNedCriteria", official("CS_eClaim_MedNedCriteria")),
    CodeColumn("order-data/lab_item.csv", "code", "CS_TH_ICD10TM_Lab", official("CS_TH_ICD10TM_Lab"), "info.en.name"),
)


def iso_columns() -> Iterator[CodeColumn]:
    """Codes of ISO standards, as pycountry lists them."""
    languages = {language.alpha_2: "" for language in pycountry.languages if hasattr(language, "alpha_2")}
    currencies = {currency.alpha_3: "" for currency in pycountry.currencies}
    numbers = {currency.numeric: "" for currency in pycountry.currencies}
    yield CodeColumn("demographic/language.csv", "code", "ISO 639-1 (pycountry)", lambda: languages)
    yield CodeColumn("order-data/currency.csv", "code", "ISO 4217 (pycountry)", lambda: currencies)
    yield CodeColumn("order-data/currency.csv", "iso_numeric", "ISO 4217 (pycountry)", lambda: numbers)


def imaging_columns() -> Iterator[CodeColumn]:
    """Modalities, as DICOM's context group 29 lists them."""
    codes = {next(iter(concepts["DCM"][name])): "" for name in cid_concepts[29]["DCM"]}
    yield CodeColumn("order-data/imaging_procedure.csv", "modality", "DICOM CID 29 (pydicom)", lambda: codes)


def unit_columns() -> Iterator[CodeColumn]:
    """Units, as the UCUM grammar reads them."""
    for file, column in (("order-data/lab_item.csv", "unit"), ("medication/dosage_unit.csv", "standard_code")):
        units = {unit: "" for unit, _ in cells(CodeColumn(file, column, "", dict)) if is_ucum(unit)}
        yield CodeColumn(file, column, "UCUM (grammar)", lambda units=units: units)


def is_ucum(unit: str) -> bool:
    """Whether the text is a unit of the Unified Code for Units of Measure."""
    try:
        get_ucum_parser().parse(unit)
    except LarkError:
        return False
    return True


def reference_columns(folder: Path) -> Iterator[CodeColumn]:
    """Codes of lists that may not be shipped."""
    atc = of_folder(folder, "atc_check.csv")
    yield CodeColumn("medication/atc.csv", "code", "WHO ATC index 2026", atc, "info.en.name")
    yield CodeColumn("medication/tpu_atc_mapping.csv", "atc_code", "WHO ATC index 2026", atc)
    loinc = of_folder(folder, "clinical_codes.csv", "LOINC")
    tests, synthea = "derive/inputs/lab_tests.csv", ("loinc_source", "synthea-3.3.0")
    yield CodeColumn(tests, "loinc_code", "LOINC as Synthea 3.3.0 has it", loinc, "loinc_name", synthea)


def cells(column: CodeColumn) -> Iterator[tuple[str, str]]:
    """Each filled code of the column with its name."""
    with (DATA / column.file).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row[column.column] and row.get(column.where[0], "") == column.where[1]:
                yield row[column.column], row[column.name] if column.name else ""


def main() -> int:
    """Prints a line a column."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reference", type=Path, help="folder with atc_check.csv and clinical_codes.csv")
    folder = parser.parse_args().reference
    columns = [
        *COLUMNS,
        *iso_columns(),
        *imaging_columns(),
        *unit_columns(),
        *(reference_columns(folder) if folder else ()),
    ]
    print("file\tcolumn\tlist\tchecked\tnot in the list\tother name there")
    lost = 0
    for column in columns:
        listed = column.codes()
        found = sorted(set(cells(column)))
        missing = [code for code, _ in found if code not in listed]
        other = [code for code, name in found if listed.get(code) and column.name and not same(name, listed[code])]
        print(column.file, column.column, column.listed, len(found), len(missing), len(other), sep="\t")
        for what, codes in (("not in the list", missing), ("another name", other)):
            if codes:
                print(f"  {what}: {', '.join(codes[:12])}{' ...' if len(codes) > 12 else ''}")
        lost += len(missing)
    return 1 if lost else 0


def same(ours: str, theirs: str) -> bool:
    """Whether two names are equal but for blanks and case."""
    return "".join(ours.split()).casefold() == "".join(theirs.split()).casefold()


if __name__ == "__main__":
    raise SystemExit(main())
