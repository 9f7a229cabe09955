"""Insurance plans: the 110 official coverage types, with the payor and benefit plan that their code's group has."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tables import codes_of, flag, write_table

HEADER = (
    *("code", "active", "info.th.name", "info.en.name", "is_default", "payor_code", "benefit_plan_code"),
    *("nhso_insurance_plan_category_code", "validation_method_code", "is_require_document"),
    *("claim_opd_platform", "claim_ipd_platform"),
)


class Plan(NamedTuple):
    """What the plans of one group have in common."""

    payor: str
    benefit: str
    category: str = ""
    outpatient: str = "MANUAL"
    inpatient: str = "MANUAL"


# The first digits of a code that are listed here decide, the longest first.
GROUPS: Mapping[str, Plan] = {
    "0": Plan("NHSO", "UCS", "UCS", "E_CLAIM", "E_CLAIM"),
    "1": Plan("CGD", "OFC", "OFC", "CSOP", "CIPN"),
    "2": Plan("NHSO", "LGO", "LGO", "E_CLAIM", "E_CLAIM"),
    "3": Plan("SOE", "OGO"),
    "41": Plan("WCF", "WCF"),
    "42": Plan("SSO", "SSS", "SSS", "SSOP", "AIPN"),
    "5": Plan("PRIVATE", "PI"),
    "6": Plan("RVP", "RAA"),
    "7": Plan("INDEP", "OGO"),
    "8": Plan("MOPH", "OTH"),
    "81": Plan("HOSPITAL", "OTH"),
    "82": Plan("HOSPITAL", "OTH"),
    "9": Plan("SELF", "SP"),
}
SELF_PAID = {"8300", "8302", "8400"}
CASH_PLAN = "9100"
MAIN_RIGHTS = ("UCS", "OFC", "SSS", "LGO")


def derive(folder: Path) -> None:
    """Write insurance plans and the NHSO's main rights that lead to them."""
    plans = {row["code"]: (row["display"], plan_of(row["code"])) for row in codes_of("CS_THCC_CoverageType")}
    write_table(
        folder / "coverage/insurance_plan.csv",
        HEADER,
        (
            (
                *(code, "TRUE", name, "", flag(code == CASH_PLAN), plan.payor, plan.benefit),
                *(plan.category, "NHSO" if plan.category else "", flag(plan.benefit in ("PI", "WCF", "RAA"))),
                *(plan.outpatient, plan.inpatient),
            )
            for code, (name, plan) in plans.items()
        ),
    )
    write_table(
        folder / "coverage/nhso_insurance_plan_mapping.csv",
        ("main_inscl_code", "sub_inscl_code", "insurance_plan_code", "is_only_for_main_hospital", "active"),
        (
            (plan.category, "", code, flag(plan.category == "SSS"), "TRUE")
            for code, (_, plan) in plans.items()
            if plan.category in MAIN_RIGHTS
        ),
    )


def plan_of(code: str) -> Plan:
    """The group's plan of an official coverage type."""
    if code in SELF_PAID:
        return Plan("SELF", "SP")
    return GROUPS.get(code[:2]) or GROUPS[code[:1]]
