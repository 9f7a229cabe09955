"""Module demographic: addresses and the code lists that describe a person."""

from dataclasses import replace

from seedbed.core.spec import Column, Entity
from seedbed.datasets.hospital.columns import ACTIVE, CODE, CODE_LIST, NAMES, RANK, code_reference, flag

MODULE = "demographic"

ADDRESSES = (
    Entity("province", MODULE, (CODE, ACTIVE, NAMES)),
    Entity("district", MODULE, (CODE, ACTIVE, NAMES)),
    Entity("sub_district", MODULE, (CODE, ACTIVE, NAMES)),
    Entity(
        "thai_address",
        MODULE,
        (
            CODE,
            Column("postal_code", required=True),
            code_reference("province", required=True),
            code_reference("district", required=True),
            # The address is its sub-district: both columns come from the file's `code`.
            Column(
                "sub_district_code", header="code", required=True, references=code_reference("sub_district").references
            ),
            ACTIVE,
            NAMES,
            RANK,
        ),
    ),
)
CODE_LISTS = tuple(
    Entity(name, MODULE, CODE_LIST)
    for name in (
        "occupation",
        "nationality",
        "education_level",
        "language",
        "marital_status",
        "race",
        "religion",
        "gender",
        "rh_blood_group",
        "abo_blood_group",
        "identity_verification_mode",
        "information_giver_option",
    )
)
PREFIX_NAMES = replace(NAMES, parts=(*NAMES.parts, "info.th.abbreviation", "info.en.abbreviation"))
PERSON = (
    Entity("name_prefix", MODULE, (CODE, code_reference("gender"), ACTIVE, PREFIX_NAMES, RANK)),
    Entity("patient_category", MODULE, (CODE, ACTIVE, NAMES, flag("is_faculty"), Column("tag"), RANK)),
)

ENTITIES = (*ADDRESSES, *CODE_LISTS, *PERSON)
