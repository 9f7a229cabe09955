"""The doctor: every health check, each always run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seedbed.actions.context import AppContext
from seedbed.actions.csv.sources import sources_of
from seedbed.content.csv_blocks import read_blocks
from seedbed.content.layouts import layout_of
from seedbed.core.report import Check
from seedbed.core.spec import Entity
from seedbed.doctor.inputs import DataFiles
from seedbed.targets.keycloak.user_rows import ROLE, ROLE_INSTEAD

FIRST_BYTES = 64 << 10


def diagnose(context: AppContext) -> tuple[Check, ...]:
    """The checks' outcomes, in the order of the first document, then what its users ask next."""
    return context.diagnose()


def data_files(entities: Iterable[Entity], data_dirs: Sequence[Path], *, root: Path) -> DataFiles:
    """The files of the data directories, as the doctor looks at them."""
    examined = tuple(entities)
    users = [entity for entity in examined if entity.target == "keycloak"]
    return DataFiles(
        examined,
        lambda entity: check_file(entity, data_dirs, root=root),
        lambda: frozenset(role for entity in users for role in realm_roles_of(entity, data_dirs, root=root)),
    )


def check_file(entity: Entity, data_dirs: Sequence[Path], *, root: Path) -> None:
    """DataError where the entity's file is not there, or its header or its first rows cannot be read; the rest is not."""
    for source in sources_of(data_dirs, entity, root=root):
        next(read_blocks(source.path, layout_of(entity), shown_as=source.shown_as, block_bytes=FIRST_BYTES), None)


def realm_roles_of(entity: Entity, data_dirs: Sequence[Path], *, root: Path) -> frozenset[str]:
    """The realm roles that the entity's file names."""
    found: set[str] = set()
    for source in sources_of(data_dirs, entity, root=root):
        for block in read_blocks(source.path, layout_of(entity), shown_as=source.shown_as):
            held = [block.text[name] for name in (ROLE, ROLE_INSTEAD) if name in block.text.columns]
            if held:
                found |= set(held[0].where(held[0] != "", held[-1]))
    return frozenset(found - {""})
