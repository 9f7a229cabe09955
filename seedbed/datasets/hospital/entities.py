"""The registry of the hospital's master data; a circle of references is an error when this is imported."""

from collections.abc import Mapping

from seedbed.core.spec import Entity, in_dependency_order, module_graph
from seedbed.datasets.hospital import coverage, demographic, finance, general, medication, orders, user
from seedbed.datasets.hospital.patients.schema import PATIENT

DECLARED = (
    *demographic.ENTITIES,
    *general.ENTITIES,
    *coverage.ENTITIES,
    *medication.ENTITIES,
    *finance.ENTITIES,
    *orders.ENTITIES,
    *user.ENTITIES,
)

ENTITIES: Mapping[str, Entity] = {entity.name: entity for entity in in_dependency_order(DECLARED)}
GENERATED: Mapping[str, Entity] = {PATIENT.name: PATIENT}  # drawn, not read
MODULES: Mapping[str, tuple[str, ...]] = module_graph(DECLARED)
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
MISSPELT = {"en_give_name": "en_given_name"}


def sharing_file(entity: Entity) -> tuple[Entity, ...]:
    """Every entity that reads the same file, this one included."""
    return (entity, *(other for other in ENTITIES.values() if other.path == entity.path and other.name != entity.name))


def known_headers(entity: Entity) -> tuple[str, ...]:
    """Every column that the entity's file may have, those of the entities that share it included."""
    return tuple(dict.fromkeys(header for other in sharing_file(entity) for header in other.headers))


def required_headers(entity: Entity) -> tuple[str, ...]:
    """The columns without which the entity's file is wrong as a whole."""
    # Of the parts of a JSON object the first one is needed: the Thai name; English may be absent.
    return tuple(dict.fromkeys(column.headers[0] for column in entity.columns if not column.may_be_absent))


def header_aliases(entity: Entity) -> Mapping[str, str]:
    """Other names that the file may use for its columns -> the canonical ones."""
    columns = (column for other in sharing_file(entity) for column in other.columns)
    aliases = {alias: column.headers[0] for column in columns for alias in column.aliases}
    known = known_headers(entity)
    return aliases | {alias: header for alias, header in MISSPELT.items() if header in known}
