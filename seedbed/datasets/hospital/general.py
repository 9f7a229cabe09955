"""Module general: the organisation, its places, queues and documents."""

from seedbed.core.spec import Column, Entity
from seedbed.datasets.hospital.columns import ACTIVE, CODE, ID, NAMES, RANK, code_reference, flag, id_reference

MODULE = "general"

ADDRESS_PARTS = ("line", "subDistrict", "district", "province", "postalCode")
BRANCH_INFO = Column(
    "info",
    "json",
    required=True,
    parts=tuple(
        f"info.{language}.{part}"
        for language in ("th", "en")
        for part in ("name", "secondName", *(f"address.{part}" for part in ADDRESS_PARTS))
    ),
)

ORGANISATION = (
    Entity(
        "branch",
        MODULE,
        (
            CODE,
            Column("external_id"),
            Column("hospital_code"),
            ACTIVE,
            flag("is_head_quarter"),
            Column("opening_hour"),
            Column("phone_number"),
            Column("hospital_logo_url"),
            Column("hospital_logo"),
            Column("web_url"),
            BRANCH_INFO,
        ),
    ),
    Entity(
        "department",
        MODULE,
        (
            CODE,
            Column("name", header="info.th.name", required=True),
            Column("external_id"),
            id_reference("branch", required=True),
            ACTIVE,
            NAMES,
        ),
    ),
    Entity(
        "clinic",
        MODULE,
        (
            CODE,
            Column("external_id"),
            ACTIVE,
            id_reference("department", required=True),
            Column("name", required=True),
            NAMES,
            id_reference("queue_service_unit"),
            flag("require_diagnosis"),
            flag("require_chief_complaint"),
            flag("recommend_icd10"),
            Column("csop_code"),
            Column("nhso_code"),
            flag("allow_skip_walk_in_request"),
            flag("allow_doctor_fee"),
            Column("doctor_fee_product_code"),
            Column("no_doctor_fee_product_code"),
            *(
                Column(form, "json", parts=(f"{form}.name", f"{form}.version", f"{form}.templateId"))
                for form in ("opd_pre_assessment_form_config", "custom_opd_card_config")
            ),
        ),
    ),
    Entity(
        "hospital",
        MODULE,
        (ID, Column("name", required=True), CODE, Column("region", "integer"), ACTIVE),
        own_id=True,
    ),
)
PLACES = (
    Entity(
        "location_type",
        MODULE,
        (CODE, ACTIVE, Column("info", "json", required=True, parts=("info.name",)), RANK, flag("recommend_icd10")),
    ),
    Entity(
        "location",
        MODULE,
        # `parent_code` is a location of this file: it stands above what lies in it (expectations/general/location.yaml).
        (CODE, NAMES, code_reference("location_type"), code_reference("branch"), Column("parent_code"), ACTIVE),
        target="cortex_api",
        resource="locations",
    ),
    Entity(
        "ward",
        MODULE,
        (CODE, NAMES, id_reference("department", required=True), Column("bed_count", "integer"), RANK, ACTIVE),
    ),
)
QUEUES = (
    Entity(
        "queue_service_unit",
        MODULE,
        (
            CODE,
            NAMES,
            Column("announce_languages", "json"),
            Column("instruction"),
            Column("type"),
            Column("patient_journey_rank", "integer"),
            ACTIVE,
        ),
        other_files=("queue/queue_service_unit.csv",),
    ),
    Entity(
        "queue_type",
        MODULE,
        (
            CODE,
            NAMES,
            RANK,
            id_reference("queue_service_unit", required=True),
            Column("instruction"),
            flag("is_required_identifier"),
            ACTIVE,
        ),
        other_files=("queue/queue_type.csv",),
    ),
    Entity(
        "queue_counter",
        MODULE,
        (CODE, NAMES, RANK, id_reference("queue_service_unit", required=True), ACTIVE),
        other_files=("queue/queue_counter.csv",),
    ),
)
DOCUMENTS = (Entity("document_type", MODULE, (CODE, ACTIVE, NAMES)),)

ENTITIES = (*ORGANISATION, *PLACES, *QUEUES, *DOCUMENTS)
