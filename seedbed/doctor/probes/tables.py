"""Does the database have the tables, columns and keys that the entities need?"""

from contextlib import closing

from seedbed.core.report import Check
from seedbed.database.schema.apply_schema import newest_revision, revision
from seedbed.database.schema.compatibility import find_incompatibilities
from seedbed.doctor.probe import ProbeContext, failed, join_first, passed, warned

MIGRATE = "run `seedbed migrate`"
MEND = "change the tables, or say in the environment's file what they and their columns are called"


def examine(probe_context: ProbeContext) -> Check:
    """PASS where everything fits; WARN where the next run will make what is missing; else what is missing or differs."""
    entities = {entity.id: entity for entity in probe_context.inputs.data.entities}
    held = [entity for entity in entities.values() if entity.target == "postgres"]
    with closing(probe_context.inputs.open_database(probe_context.timeout_s)) as database:
        misfits = find_incompatibilities(database, held, entities)
        is_newest = revision(database.engine) == newest_revision()
    if not (said := join_first(list(misfits), "; ")):
        return passed(f"{len(held)} tables with their columns and keys")
    if probe_context.inputs.configuration.is_local and not is_newest:
        return warned(f"the database is not migrated yet: {said}", f"the next run does it, or {MIGRATE}")
    return failed(said, MEND if misfits.different else MIGRATE)
