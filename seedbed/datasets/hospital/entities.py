"""The hospital's master data: all entities that are read from files, and other names that people use for them."""

from collections.abc import Mapping

from seedbed.datasets.hospital import coverage, demographic, finance, general, medication, orders, user

DECLARED = (
    *demographic.ENTITIES,
    *general.ENTITIES,
    *coverage.ENTITIES,
    *medication.ENTITIES,
    *finance.ENTITIES,
    *orders.ENTITIES,
    *user.ENTITIES,
)

ALIASES: Mapping[str, tuple[str, ...]] = {
    "users": ("user",),
    "practitioners": ("practitioner",),
    "blood_groups": ("abo_blood_group", "rh_blood_group"),
    "atc_mapper": ("tpu_atc_mapping",),
    "labs": ("lab_item",),
    "lab": ("lab_item",),
    "imagings": ("imaging_procedure",),
    "imaging": ("imaging_procedure",),
    "medications": ("medication",),
    "inventory_items": ("inventory_item",),
    "warehouse": ("inventory_warehouse",),
    "uom": ("inventory_uom",),
    "manufacturer": ("medication_manufacturer",),
}
