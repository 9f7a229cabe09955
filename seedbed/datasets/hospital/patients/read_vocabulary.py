"""The vocabulary from which patients are generated: reference tables, mixes, and active codes of the master data."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from seedbed.core.errors import DataError
from seedbed.core.strict_yaml import parse_yaml
from seedbed.datasets.hospital.patients.mix import Mix
from seedbed.datasets.hospital.patients.vocabulary import OLDEST, SEXES, Mortality, PersonNames, Places, Vocabulary

FOLDER = "reference"
MIX = "scenarios/hospital/patients.yaml"
# The file's first content has the numbers that stood in the code before. It does not count in the digest, so that runs of the
# previous version can be repeated and reported. Every other content counts.
FIRST_MIX = "bea332aadf01fa4b5a1bf8ff4ee426ac722e2d05fe88a16f8efbe2287cd8cb3c"
NAMED = {
    "current_state_code": "province",
    "insurance_plan_code": "insurance_plan",
    "marital_status_code": "marital_status",
}
TABLES = ("thai_names", "thai_province_population", "thai_population_2025", "thai_mortality")
Rows = Iterator[dict[str, str]]
Files = Mapping[str, Path]
Key = TypeVar("Key")
Value = TypeVar("Value")
CODED = (
    *("nationality", "race", "religion", "language", "education_level", "occupation", "marital_status", "name_prefix"),
    *("patient_category", "information_giver_option", "abo_blood_group", "rh_blood_group", "insurance_plan"),
)
LISTED = (*CODED, "thai_address", "province")


def read_vocabulary(files: Files) -> Vocabulary:
    """The vocabulary of the files of LISTED, TABLES and MIX, by name. Raises DataError where one has gaps."""
    return Vocabulary(
        given={sex: _names(files, sex) for sex in SEXES},
        family=_names(files, "family"),
        places=_places(files),
        population=_population(files),
        mortality=_mortality(files),
        prefixes=_titles(files, "name_prefix"),
        active={entity: frozenset(row["code"] for row in _active(files, entity)) for entity in CODED},
        province_names=_titles(files, "province"),
        mix=_mix(files[MIX]),
    )


def read_titles(files: Files) -> dict[str, dict[str, tuple[str, str]]]:
    """The Thai and English names of codes, by the patients' columns that pages show."""
    return {column: _titles(files, entity) for column, entity in NAMED.items()}


def _mix(path: Path) -> Mix:
    # pydantic costs a tenth of a second: only a process that reads the file imports it.
    from seedbed.datasets.hospital.patients.mix_file import mix_of  # noqa: PLC0415

    try:
        plain = parse_yaml(path.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: {error}", next_step="correct that line", code="reference-data-invalid") from error
    return mix_of(plain, str(path))


def _names(files: Files, kind: str) -> PersonNames:
    rows = [row for row in _read(files["thai_names"]) if row["kind"] == kind]
    if not rows:
        raise DataError(
            f"{FOLDER}/thai_names.csv: no name of the kind '{kind}'",
            next_step="add some",
            code="reference-data-invalid",
        )
    if not all(row["thai"].strip() and row["romanised"].strip() for row in rows):
        raise DataError(
            f"{FOLDER}/thai_names.csv: a name of the kind '{kind}' is blank",
            next_step="fill it in",
            code="reference-data-invalid",
        )
    mail = [
        "".join(letter for letter in row["romanised"].lower() if letter.isascii() and letter.isalnum()) for row in rows
    ]
    return PersonNames(
        pa.array([row["thai"] for row in rows]), pa.array([row["romanised"] for row in rows]), pa.array(mail)
    )


def _places(files: Files) -> Places:
    active = {row["code"] for row in _active(files, "province")}
    known = (row for row in _read(files["thai_province_population"]) if row["province_code"] in active)
    persons = {row["province_code"]: _number(row, "persons") for row in known}
    rows = [row for row in _active(files, "thai_address") if row["province_code"] in persons]
    provinces = tuple(sorted({row["province_code"] for row in rows}))
    if not provinces:
        raise DataError(
            "no active address lies in a province whose population is known",
            next_step="mend thai_address.csv or province.csv",
            code="reference-data-invalid",
        )
    place = {code: number for number, code in enumerate(provinces)}
    return Places(
        pa.array([row["code"] for row in rows]),
        pa.array([row["postal_code"] for row in rows]),
        np.array([place[row["province_code"]] for row in rows]),
        provinces,
        np.array([persons[code] for code in provinces]),
    )


def _titles(files: Files, entity: str) -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["info.th.name"], row["info.en.name"]) for row in _active(files, entity)}


def _population(files: Files) -> np.ndarray:
    found = {(row["sex"], row["age"]): _number(row, "persons_est") for row in _read(files["thai_population_2025"])}
    return np.array([[_present(found, (sex, str(age))) for age in range(OLDEST + 1)] for sex in SEXES])


def _mortality(files: Files) -> Mortality:
    rows = list(_read(files["thai_mortality"]))
    periods = [name for name in rows[0] if name[:4].isdigit()]
    ages = sorted({int(_number(row, "age_from")) for row in rows})
    found = {(row["sex"], int(_number(row, "age_from"))): [_number(row, period) for period in periods] for row in rows}
    rates = np.array([[_present(found, (sex, age)) for age in ages] for sex in SEXES])
    return Mortality(rates, np.array(ages), np.array([int(period[:4]) for period in periods]))


def _active(files: Files, entity: str) -> Rows:
    for row in _read(files[entity]):
        if row["active"].strip().upper() == "TRUE":
            yield row


class _Row(dict[str, str]):
    """A row of a file, which says so where it lacks a column."""

    def __init__(self, path: Path, cells: Mapping[str, str]) -> None:
        super().__init__(cells)
        self._path = path

    def __missing__(self, column: str) -> str:
        raise DataError(
            f"{self._path}: there is no column '{column}'", next_step="mend the file", code="reference-data-invalid"
        )


def _read(path: Path) -> Rows:
    """The file's rows; DataError where it has none, or one whose cells are not those of the header."""
    found = False
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for cells in reader:
                if None in cells or None in cells.values():
                    raise DataError(
                        f"{path}: line {reader.line_num} has not as many cells as the header",
                        next_step="mend that line",
                        code="reference-data-invalid",
                    )
                found = True
                yield _Row(path, cells)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"{path} cannot be read: {error}", next_step="give a CSV file in UTF-8", code="reference-data-invalid"
        ) from error
    if not found:
        raise DataError(f"{path}: there is no row", next_step="mend the file", code="reference-data-invalid")


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row[column])
    except (KeyError, ValueError) as error:
        raise DataError(
            f"{FOLDER}: '{column}' is no number in {dict(row)}",
            next_step="mend the file",
            code="reference-data-invalid",
        ) from error


def _present(found: Mapping[Key, Value], key: Key) -> Value:
    if key not in found:
        raise DataError(
            f"{FOLDER}: no row for {key}", next_step="add it: every age and sex has one", code="reference-data-invalid"
        )
    return found[key]
