"""Modules lab, imaging and inventory: what is ordered and kept in store; all of it goes to the Cortex API."""

from seedbed.core.spec import Column, Entity, Reference
from seedbed.datasets.hospital.columns import ACTIVE, CODE, NAMES, RANK, code_of

LAB = (
    Entity(
        "lab_item",
        "lab",
        (CODE, NAMES, Column("specimen"), code_of("product_category"), RANK, ACTIVE),
        target="cortex_api",
        resource="labs",
        file="order-data/lab_item.csv",
        other_files=("order-data/lab.csv",),
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
            code_of("product_category"),
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
        (CODE, NAMES, code_of("branch"), ACTIVE),
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
            ACTIVE,
        ),
        target="cortex_api",
        resource="inventory-items",
    ),
)

ENTITIES = (*LAB, *IMAGING, *INVENTORY)
