"""Insurance plans: the 110 official coverage types, with the payor and benefit plan that their code's group has."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from official_names import named_codes_of
from tables import flag, write_table

HEADER = (
    *("code", "active", "info.th.name", "info.en.name", "is_default", "payor_code", "benefit_plan_code"),
    *("nhso_insurance_plan_category_code", "validation_method_code", "is_require_document", "require_payor_input"),
    *("claim_opd_platform", "claim_ipd_platform", "extra_claim_platform"),
)


class Plan(NamedTuple):
    """What the plans of one group have in common."""

    payor: str
    benefit: str
    category: str = ""
    outpatient: str = "MANUAL"
    inpatient: str = "MANUAL"
    extra: str = ""


UNIVERSAL = Plan("NHSO", "UCS", "UCS", "E_CLAIM", "E_CLAIM", "DMIS_CAPD")
CIVIL_SERVICE = Plan("CGD", "OFC", "OFC", "CSOP", "CIPN")
LOCAL_SERVICE = Plan("NHSO", "LGO", "LGO", "E_CLAIM", "E_CLAIM")
SOCIAL_SECURITY = Plan("SSO", "SSS", "SSS", "SSOP", "AIPN")
SELF_PAID = Plan("SELF", "SP")
CHARITY = Plan("HOSPITAL", "OTH")
MINISTRY = Plan("MOPH", "OTH")
FOREIGNER_INSURANCE = Plan("MOPH", "MIG")
UNKNOWN = Plan("", "OTH")

# The whole code decides where it is listed, else its first digits, the longest first.
GROUPS: Mapping[str, Plan] = {
    "0": UNIVERSAL,
    "1": CIVIL_SERVICE,
    "2": LOCAL_SERVICE,
    "3": Plan("SOE", "OGO"),
    "41": Plan("WCF", "WCF"),
    "42": SOCIAL_SECURITY,
    "5": Plan("PRIVATE", "PI"),
    "6": Plan("RVP", "RAA"),
    "7": Plan("INDEP", "OGO"),
    "8": CHARITY,
    "8300": SELF_PAID,
    "8301": MINISTRY,
    "8302": SELF_PAID,
    "8308": UNKNOWN,
    "8400": SELF_PAID,
    "8401": FOREIGNER_INSURANCE,
    "8402": SOCIAL_SECURITY,
    "8405": FOREIGNER_INSURANCE,
    "8408": UNKNOWN,
    "9": SELF_PAID,
}
# State enterprises that are payors of their own; the others share one, and the cashier names the enterprise.
ENTERPRISES: Mapping[str, str] = {
    "3101": "MEA",
    "3102": "EGAT",
    "3103": "PEA",
    "3201": "EXAT",
    "3202": "PAT",
    "3203": "MRTA",
    "3204": "SRT",
    "3211": "BMTA",
    "3401": "NHA",
    "3402": "MWA",
    "3403": "PWA",
    "3806": "GPO",
    "3903": "BAAC",
    "3905": "GSB",
    "3906": "GHB",
}
# The official list names one enterprise twice: this is its second code.
REPEATED = frozenset({"3603"})
CASH_PLAN = "9100"
ASKED_PAYORS = frozenset({"SOE", "INDEP", "PRIVATE", ""})
DOCUMENTED = frozenset({"OGO", "PI", "WCF", "RAA"})
# What a person has by registration; accidents, private insurance and cash are no main right.
MAIN_RIGHTS = frozenset({"UCS", "OFC", "SSS", "LGO", "OGO", "OTH"})
RIGHT_OF: Mapping[str, str] = {"MIG": "OTH"}


def derive(folder: Path) -> None:
    """Write insurance plans and the main rights that lead to them."""
    plans = {code: (names, plan_of(code)) for code, names in named_codes_of("CS_THCC_CoverageType").items()}
    write_table(folder / "coverage/insurance_plan.csv", HEADER, (_row(code, *pair) for code, pair in plans.items()))
    write_table(
        folder / "coverage/nhso_insurance_plan_mapping.csv",
        ("main_inscl_code", "sub_inscl_code", "insurance_plan_code", "is_only_for_main_hospital", "active"),
        _rights({code: plan for code, (_, plan) in plans.items()}),
    )


def plan_of(code: str) -> Plan:
    """The plan of an official coverage type: its own, or its group's."""
    plan = GROUPS.get(code) or GROUPS.get(code[:2]) or GROUPS[code[:1]]
    return plan._replace(payor=ENTERPRISES.get(code, plan.payor))


def _row(code: str, names: tuple[str, str], plan: Plan) -> tuple[object, ...]:
    return (
        *(code, flag(code not in REPEATED), *names, flag(code == CASH_PLAN), plan.payor, plan.benefit),
        *(plan.category, "NHSO" if plan.category else "", flag(plan.benefit in DOCUMENTED)),
        *(flag(plan.payor in ASKED_PAYORS), plan.outpatient, plan.inpatient, plan.extra),
    )


def _rights(plans: Mapping[str, Plan]) -> Iterator[tuple[str, ...]]:
    for code, plan in plans.items():
        right = RIGHT_OF.get(plan.benefit, plan.benefit)
        if right in MAIN_RIGHTS:
            yield right, "", code, flag(right == "SSS"), flag(code not in REPEATED)
