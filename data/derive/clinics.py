"""The group's clinics: their names and departments are ours, their codes are those that NHSO and civil servants' scheme know."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tables import codes_of, flag, read_input, write_table

HEADER = (
    *("code", "active", "department_code", "name", "info.th.name", "info.en.name", "queue_service_unit_code"),
    *("require_diagnosis", "require_chief_complaint", "recommend_icd10", "csop_code", "nhso_code"),
    *("allow_skip_walk_in_request", "allow_doctor_fee", "doctor_fee_product_code", "no_doctor_fee_product_code"),
)


class Kind(NamedTuple):
    """How clinics of one kind work."""

    diagnoses: bool
    walk_in: bool
    doctor_fee: str
    other_fee: str


KINDS = {
    "doctor": Kind(diagnoses=True, walk_in=False, doctor_fee="P-DF-OPD", other_fee="P-NURSE-OPD"),
    "dental": Kind(diagnoses=True, walk_in=False, doctor_fee="P-DF-DENT", other_fee="P-NURSE-OPD"),
    "emergency": Kind(diagnoses=True, walk_in=True, doctor_fee="P-DF-ER", other_fee="P-NURSE-ER"),
    "nurse": Kind(diagnoses=True, walk_in=False, doctor_fee="", other_fee="P-NURSE-OPD"),
    "support": Kind(diagnoses=False, walk_in=True, doctor_fee="", other_fee=""),
}
# Civil servants' scheme knows fewer clinics than e-Claim, by the same numbers: neurosurgery is surgery there, the rest "other".
CIVIL_SERVANTS = {"20": "02"}
OTHER = "99"


def derive(folder: Path) -> None:
    """Write the clinics."""
    write_table(folder / "general/clinic.csv", HEADER, _rows())


def _rows() -> Iterator[tuple[str, ...]]:
    official = {row["code"] for row in codes_of("CS_eClaim_Clinic")}
    civil_servants = {row["code"] for row in codes_of("CS_CHI_Clinic")}
    for row in read_input("clinics.csv"):
        nhso, kind = row["nhso_code"], KINDS[row["kind"]]
        if nhso not in official:
            raise ValueError(f"clinic {row['code']}: {nhso} is no clinic of e-Claim")
        csop = CIVIL_SERVANTS.get(nhso, nhso if nhso in civil_servants else OTHER)
        diagnoses = flag(kind.diagnoses)
        yield (
            *(row["code"], "TRUE", row["department"], row["thai"], row["thai"], row["english"], row["queue_unit"]),
            *(diagnoses, "TRUE", diagnoses, csop, nhso, flag(kind.walk_in), flag(bool(kind.doctor_fee))),
            *(kind.doctor_fee, kind.other_fee),
        )
