"""Does the database have the tables, columns and keys that the entities need?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.database.inspection import missing_tables
from seedbed.doctor.probe import Visit, failed, listed, passed, warned

MIGRATE = "run `seedbed migrate`"


def examine(visit: Visit) -> Check:
    """PASS where nothing is missing; WARN where the next run will make it; else what is missing."""
    entities = [entity for entity in visit.clinic.data.entities if entity.target == "postgres"]
    with closing(visit.clinic.open_database(visit.timeout_s)) as database:
        missing, is_newest = missing_tables(database, entities)
    if not missing:
        return passed(f"{len(entities)} tables with their columns and keys")
    said = listed(missing, "; ")
    if visit.clinic.configuration.is_local and not is_newest:
        return warned(f"the database is not migrated yet: {said}", f"the next run does it, or {MIGRATE}")
    step = "put them back as `seedbed migrate --sql` writes them" if is_newest else MIGRATE
    return failed(said, step)
