"""Is every entity's CSV file there, with the right columns?"""

from seedbed.core.errors import SeedbedError
from seedbed.core.report import Check
from seedbed.core.spec import Entity
from seedbed.doctor.probe import ProbeContext, failed, join_first, passed


def examine(probe_context: ProbeContext) -> Check:
    """PASS where all files can be begun to read; only their beginnings are."""
    data = probe_context.inputs.data
    wrong = [fault for entity in data.entities if (fault := _fault(probe_context, entity))]
    if wrong:
        first = list(dict.fromkeys(fault.message for fault in wrong))
        return failed(
            join_first(first, "; "), wrong[0].next_step or "put the files below data/ as docs/entities.md says"
        )
    return passed(f"{len({entity.path for entity in data.entities})} files of {len(data.entities)} entities")


def _fault(probe_context: ProbeContext, entity: Entity) -> SeedbedError | None:
    try:
        probe_context.inputs.data.check(entity)
    except SeedbedError as error:
        return error
    return None
