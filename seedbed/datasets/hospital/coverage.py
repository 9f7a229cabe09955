"""Module coverage: who pays, by which plan."""

from seedbed.core.spec import Column, Entity
from seedbed.datasets.hospital.columns import ACTIVE, CODE, ID, NAMES, flag, id_reference

MODULE = "coverage"

PAYERS = (
    Entity("benefit_plan", MODULE, (ID, CODE, Column("name", required=True), ACTIVE), own_id=True),
    Entity(
        "payor", MODULE, (ID, CODE, Column("name", header="info.th.name", required=True), ACTIVE, NAMES), own_id=True
    ),
)
PLANS = (
    Entity(
        "insurance_plan",
        MODULE,
        (
            CODE,
            Column("name", header="info.th.name", required=True),
            ACTIVE,
            NAMES,
            flag("is_default"),
            Column("eclaim_statement_format"),
            Column("ipd_benefit_type"),
            Column("opd_benefit_type"),
            Column("total_included_in_insurance_plan_id", "list"),
            flag("allow_combine_with_other", default=True),
            id_reference("payor"),
            id_reference("benefit_plan"),
            Column("nhso_insurance_plan_category_code"),
            Column("validation_method_code"),
            flag("is_refer"),
            flag("is_require_budget"),
            flag("is_require_document"),
            flag("is_require_expire_date_time"),
            flag("is_iclaim"),
            flag("require_payor_input"),
            Column("csop_pay_plan"),
            Column("claim_opd_platform"),
            Column("claim_ipd_platform"),
            Column("extra_claim_platform", "list"),
        ),
    ),
    Entity(
        "nhso_insurance_plan_mapping",
        MODULE,
        (
            Column("main_inscl_code", required=True),
            Column("sub_inscl_code"),
            id_reference("insurance_plan", required=True),
            flag("is_only_for_main_hospital"),
            ACTIVE,
        ),
        key=("main_inscl_code", "sub_inscl_code", "insurance_plan_id"),
    ),
)

ENTITIES = (*PAYERS, *PLANS)
