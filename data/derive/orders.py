"""What is ordered by official codes: laboratory tests, clinics, reasons for drugs outside the national list."""

import re
from collections.abc import Mapping
from pathlib import Path

from tables import codes_of, write_code_list, write_table

# e-Claim's clinic -> our department, and the clinic's English name.
CLINICS: Mapping[str, tuple[str, str]] = {
    "00": ("GEN", "Health centre"),
    "01": ("MED", "Medicine"),
    "02": ("SUR", "Surgery"),
    "03": ("OBG", "Obstetrics"),
    "04": ("OBG", "Gynaecology"),
    "05": ("PED", "Paediatrics"),
    "06": ("ENT", "Ear, nose and throat"),
    "07": ("EYE", "Ophthalmology"),
    "08": ("ORT", "Orthopaedic surgery"),
    "09": ("PSY", "Psychiatry"),
    "10": ("RAD", "Radiology"),
    "11": ("DEN", "Dentistry"),
    "12": ("EMR", "Emergency and forensic medicine"),
    "13": ("REH", "Rehabilitation medicine"),
    "14": ("TTM", "Thai traditional medicine"),
    "15": ("GEN", "Primary care unit"),
    "16": ("GEN", "General practice"),
    "17": ("GEN", "Family and community medicine"),
    "18": ("OCC", "Occupational clinic"),
    "19": ("ANE", "Anaesthesiology (pain clinic)"),
    "20": ("SUR", "Neurosurgery"),
    "21": ("OCC", "Occupational medicine"),
    "22": ("OCC", "Social medicine"),
    "23": ("PAT", "Anatomical pathology"),
    "24": ("PAT", "Clinical pathology"),
    "25": ("TTM", "Alternative medicine"),
    "99": ("OTH", "Other"),
}
QUEUES = {"01": "OPD-MED", "02": "OPD-SUR", "05": "OPD-PED", "16": "OPD-GEN", "10": "XRAY", "24": "LAB"}


def derive(folder: Path) -> None:
    """Write laboratory items, clinics and reasons."""
    _laboratory(folder)
    _clinics(folder)
    reasons = {row["code"]: (row["display"], "") for row in codes_of("CS_eClaim_MedNedCriteria")}
    write_code_list(folder / "medication/ned_reason.csv", reasons)


def _laboratory(folder: Path) -> None:
    rows = enumerate(codes_of("CS_TH_ICD10TM_Lab"), start=1)
    write_table(
        folder / "order-data/lab_item.csv",
        ("code", "info.th.name", "info.en.name", "specimen", "product_category_code", "rank", "active"),
        (
            (
                row["code"],
                _tidy(row["definition"]),
                _tidy(row["display"]),
                _specimen(row["display"]),
                "LAB",
                rank,
                "TRUE",
            )
            for rank, row in rows
        ),
    )


def _specimen(display: str) -> str:
    # The official name ends with the specimen, behind its last comma.
    return display.rpartition(",")[2].strip()


def _tidy(name: str) -> str:
    return re.sub(r"\s+", " ", name).replace(" ,", ",").strip()


def _clinics(folder: Path) -> None:
    civil_servants = {row["code"] for row in codes_of("CS_CHI_Clinic")}
    write_table(
        folder / "general/clinic.csv",
        (
            *("code", "active", "department_code", "name", "info.th.name", "info.en.name", "queue_service_unit_code"),
            *("require_diagnosis", "require_chief_complaint", "recommend_icd10", "csop_code", "nhso_code"),
            *("allow_skip_walk_in_request", "allow_doctor_fee", "doctor_fee_product_code"),
        ),
        (
            (
                *(f"HQ-{code}", "TRUE", department, name, name, english, QUEUES.get(code, "")),
                *("TRUE", "TRUE", "TRUE", code if code in civil_servants else "99", code, "FALSE", "TRUE", "P-DF-OPD"),
            )
            for code, name, (department, english) in _named_clinics()
        ),
    )


def _named_clinics() -> list[tuple[str, str, tuple[str, str]]]:
    return [(row["code"], row["display"], CLINICS[row["code"]]) for row in codes_of("CS_eClaim_Clinic")]
