"""Module medication: classes, routes, forms, units and the medicines themselves."""

from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.hospital.columns import (
    ACTIVE,
    CODE,
    ENGLISH_NAME,
    ID,
    INACTIVE,
    NAMES,
    RANK,
    SORT_ORDER,
    STANDARD,
    THAI_NAME,
    code_reference,
    own_id_reference,
)

MODULE = "medication"
NAME = Column("name", required=True)
LABELS = (Column("display"), Column("app_display"), Column("label_display"), Column("abbr"))


def _syntax(name: str, subject: Column) -> Entity:
    """What a prescriber may type for a coded value: the accepted codes and the preferred one."""
    columns = (subject, Column("codes", "json", required=True), Column("preferred_code"), SORT_ORDER, INACTIVE)
    return Entity(name, MODULE, columns, key=(subject.name,), audit="stamps_and_version")


def _dosage_unit(name: str, *, required: bool = False) -> Column:
    """A unit by its code name, which is the units' key."""
    reference = Reference("dosage_unit", by="code_name")
    header = f"{name.removesuffix('_id')}_code_name"
    return Column(name, header=header, required=required, references=reference, aliases=(name,))


CLASSES = (
    Entity(
        "atc",
        MODULE,
        (CODE, Column("lv", required=True), ENGLISH_NAME, Column("rank", "integer", header="count"), ACTIVE),
        table="anatomical_therapeutic_chemical",
        audit="stamps_and_version",
    ),
    Entity(
        "tpu_atc_mapping",
        MODULE,
        (
            Column("tpu_code", required=True, aliases=("tpuCode",)),
            Column("atc_code", required=True, references=Reference("atc", take="code"), aliases=("atcCode",)),
            ACTIVE,
        ),
        key=("tpu_code",),
        audit="stamps_and_version",
    ),
    Entity("medication_category", MODULE, (CODE, RANK, THAI_NAME, ACTIVE), audit="stamps_and_version"),
    Entity("medication_spec_prep", MODULE, (CODE, NAMES, RANK, ACTIVE), audit="stamps_and_version"),
    Entity("nlem", MODULE, (CODE, THAI_NAME, RANK, ACTIVE), audit="stamps_and_version"),
    Entity("ned_reason", MODULE, (CODE, NAMES, RANK, ACTIVE), audit="stamps_and_version"),
)
ADMINISTRATION = (
    *(
        Entity(name, MODULE, (ID, CODE, INACTIVE), own_id=True, audit="stamps_and_version")
        for name in ("administration_method", "administration_preparation", "lesion")
    ),
    Entity(
        "administrative_route",
        MODULE,
        (ID, CODE, Column("type"), NAMES, RANK, ACTIVE),
        own_id=True,
        audit="stamps_and_version",
    ),
    Entity(
        "body_site",
        MODULE,
        (
            ID,
            *STANDARD,
            NAME,
            Column("non_lateral_display"),
            Column("lateral"),
            Column("org_id"),
            SORT_ORDER,
            ACTIVE,
        ),
        key=("id",),
        own_id=True,
        audit="stamps_and_version",
    ),
    Entity(
        "as_needed_condition",
        MODULE,
        (ID, CODE, Column("display", required=True), INACTIVE),
        own_id=True,
        audit="stamps_and_version",
    ),
    Entity(
        "administration_mode",
        MODULE,
        (
            ID,
            *STANDARD,
            Column("code_name"),
            Column("display", required=True),
            Column("abbr"),
            Column("org_id"),
            SORT_ORDER,
            Column("app_display"),
            Column("label_display"),
            Column("description"),
            own_id_reference("administrative_route", "route_id"),
            own_id_reference("body_site"),
            own_id_reference("lesion"),
            own_id_reference("administration_method", "method_id"),
            own_id_reference("administration_preparation", "preparation_id"),
            ACTIVE,
        ),
        key=("id",),
        own_id=True,
        audit="stamps_and_version",
    ),
)
UNITS = (
    Entity(
        "dosage_unit",
        MODULE,
        (
            *STANDARD,
            NAME,
            Column("code_name", required=True),
            *LABELS,
            Column("org_id"),
            SORT_ORDER,
            Column("is_active", "boolean", required=True, default=True),
        ),
        key=("code_name",),
        audit="none",
    ),
    Entity(
        "dosage_rate_unit",
        MODULE,
        (
            ID,
            *STANDARD,
            NAME,
            Column("code_name", required=True),
            _dosage_unit("dose_unit_id"),
            _dosage_unit("time_unit_id"),
            *LABELS,
            Column("long_common_name"),
            Column("org_id"),
            SORT_ORDER,
            ACTIVE,
        ),
        key=("code_name",),
        own_id=True,
        audit="stamps_and_version",
    ),
    Entity(
        "dispense_unit",
        MODULE,
        (
            CODE,
            NAME,
            *STANDARD,
            Column("info", "json", parts=("name", "name"), paths=("th.name", "en.name")),
            Column("display"),
            Column("display_th", header="label_display"),
            Column("alias_name", header="abbr"),
            Column("hospital_code"),
            Column("convertible_to"),
            Column("conversion_factor", "decimal"),
            Column("org_id"),
            SORT_ORDER,
            RANK,
            ACTIVE,
        ),
        audit="stamps_and_version",
    ),
)
SYNTAX = (
    _syntax("syntax_administration_mode", own_id_reference("administration_mode", required=True)),
    _syntax("syntax_as_needed_condition", own_id_reference("as_needed_condition", required=True)),
    _syntax("syntax_dose_unit", _dosage_unit("dose_unit_id", required=True)),
)
MAPPINGS = (
    Entity(
        "inventory_category_order_type_mapping",
        MODULE,
        (Column("order_type", required=True), Column("category_id", required=True)),
        key=("order_type", "category_id"),
        file="inventory/inventory_category_order_type_mapping.csv",
        audit="none",
    ),
)
SUPPLIERS = (
    Entity(
        "distributor",
        MODULE,
        (CODE, NAMES, ACTIVE),
        target="cortex_api",
        resource="distributors",
    ),
    Entity(
        "medication_manufacturer",
        MODULE,
        (CODE, NAMES, Column("country_code"), ACTIVE),
        target="cortex_api",
        resource="medication-manufacturers",
    ),
)
MEDICINES = (
    Entity(
        "dosage_form_category",
        MODULE,
        (CODE, NAMES, RANK, ACTIVE),
        target="cortex_api",
        resource="dosage-form-categories",
    ),
    Entity(
        "dosage_form",
        MODULE,
        (CODE, NAMES, code_reference("dosage_form_category"), RANK, ACTIVE),
        target="cortex_api",
        resource="dosage-forms",
    ),
    Entity(
        "medication",
        MODULE,
        (
            CODE,
            NAMES,
            Column("generic_name", required=True),
            Column("trade_name"),
            Column("strength"),
            code_reference("atc"),
            code_reference("dosage_form"),
            code_reference("dispense_unit"),
            code_reference("medication_category"),
            code_reference("nlem"),
            Column("tpu_code"),
            Column("manufacturer_code", references=Reference("medication_manufacturer", take="code")),
            code_reference("distributor"),
            ACTIVE,
        ),
        target="cortex_api",
        resource="medications",
        file="order-data/medication.csv",
    ),
)

ENTITIES = (*CLASSES, *ADMINISTRATION, *UNITS, *SYNTAX, *MAPPINGS, *SUPPLIERS, *MEDICINES)
