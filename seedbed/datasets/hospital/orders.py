"""Modules lab, imaging and inventory: what is ordered and kept in store; but for reference ranges it goes to the Cortex API."""

from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.hospital.columns import ACTIVE, CODE, NAMES, RANK, code_reference

LAB = (
    Entity(
        "lab_item",
        "lab",
        (
            CODE,
            NAMES,
            Column("loinc_code"),
            Column("specimen"),
            Column("unit"),
            code_reference("product_category"),
            RANK,
            ACTIVE,
        ),
        target="cortex_api",
        resource="labs",
        file="order-data/lab_item.csv",
        other_files=("order-data/lab.csv",),
    ),
    Entity(
        "lab_reference_range",
        "lab",
        (
            code_reference("lab_item", required=True),
            Column("sex", required=True),
            # Years; `age_to` is the first age that is no longer meant, and empty where there is none.
            Column("age_from", "integer", required=True, default=0),
            Column("age_to", "integer"),
            Column("low", "decimal"),
            Column("high", "decimal"),
            ACTIVE,
        ),
        key=("lab_item_code", "sex", "age_from"),
        file="order-data/lab_reference_range.csv",
    ),
)
IMAGING = (
    Entity(
        "imaging_procedure",
        "imaging",
        (
            CODE,
            NAMES,
            Column("modality", required=True),
            Column("body_site"),
            Column("laterality"),
            code_reference("product_category"),
            RANK,
            ACTIVE,
        ),
        target="cortex_api",
        resource="imagings",
        file="order-data/imaging_procedure.csv",
        other_files=("order-data/imaging.csv",),
    ),
)
INVENTORY = (
    Entity(
        "inventory_warehouse",
        "inventory",
        (CODE, NAMES, code_reference("branch"), ACTIVE),
        target="cortex_api",
        resource="inventory-warehouses",
        other_files=("inventory/warehouse.csv",),
    ),
    Entity(
        "inventory_uom",
        "inventory",
        (CODE, NAMES, ACTIVE),
        target="cortex_api",
        resource="inventory-uoms",
    ),
    Entity(
        "inventory_item",
        "inventory",
        (
            CODE,
            NAMES,
            Column("category", required=True),
            Column("uom_code", required=True, references=Reference("inventory_uom", take="code")),
            Column("warehouse_code", references=Reference("inventory_warehouse", take="code")),
            Column("reorder_level", "integer"),
            Column("unit_price", "decimal"),
            code_reference("medication"),
            code_reference("atc"),
            ACTIVE,
        ),
        target="cortex_api",
        resource="inventory-items",
    ),
)

ENTITIES = (*LAB, *IMAGING, *INVENTORY)
