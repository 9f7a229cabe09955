"""Data directories -> what differs from a git revision, entity by entity."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from seedbed.actions.house import House
from seedbed.content.csv_files import read_blocks
from seedbed.content.layouts import layout_of
from seedbed.content.locate import Found, candidates, look_up
from seedbed.content.revisions import Revision, content_at, open_revision
from seedbed.core.differences import DIFFERENCES_SHOWN, Comparison, FileComparison
from seedbed.core.errors import DataError
from seedbed.core.spec import Entity
from seedbed.masters.comparison import Version, compare


def open_revisions(data_dirs: Sequence[Path], name: str) -> list[Revision]:
    """The revision in the repository of each data directory; UserError where one does not have it."""
    return [open_revision(folder, name) for folder in data_dirs]


def compare_files(house: House, revisions: Sequence[Revision], entities: Sequence[Entity]) -> Comparison:
    """The entities' files beside the revisions; an entity that has no file now and had none then is left out."""
    found = [_compared(house, revisions, entity) for entity in entities]
    left = DIFFERENCES_SHOWN
    files: list[FileComparison] = []
    for one in found:
        if one is None:
            continue
        files.append(replace(one, differences=one.differences[:left]))
        left -= len(files[-1].differences)
    commits = {_shown(house, revision.folder): revision.commit for revision in revisions}
    return Comparison(revisions[0].name, commits, tuple(files))


def was_there(revisions: Sequence[Revision], entity: Entity) -> bool:
    """Whether the entity had a file then."""
    return any(_path_then(revision, entity) for revision in revisions)


def _compared(house: House, revisions: Sequence[Revision], entity: Entity) -> FileComparison | None:
    folders = [revision.folder for revision in revisions]
    try:
        found = look_up(folders, entity)
    except DataError as error:
        return _unreadable(entity, "", error)
    revision = _revision_of(revisions, entity, found)
    if revision is None:
        return FileComparison(entity.module, entity.name, _shown(house, found.path), "new") if found else None
    path = _path_then(revision, entity)
    shown = _shown(house, found.path if found else revision.folder / path)
    try:
        before = content_at(revision, path) if path else None
        now = found.path.read_bytes() if found else None
        return _beside(entity, shown, before, now)
    except OSError as error:
        return _unreadable(entity, shown, DataError(f"{shown}: cannot be read: {error.strerror}"))
    except DataError as error:
        return _unreadable(entity, shown, error)


def _revision_of(revisions: Sequence[Revision], entity: Entity, found: Found | None) -> Revision | None:
    """The revision that the entity's file is compared with: its own folder's, or the last that had it where it is gone."""
    if found:
        return next(revision for revision in revisions if revision.folder == found.folder)
    return next((revision for revision in reversed(revisions) if _path_then(revision, entity)), None)


def _path_then(revision: Revision, entity: Entity) -> str:
    spelt = (path.relative_to(revision.folder).as_posix() for path in candidates(revision.folder, entity))
    return next((path for path in spelt if path in revision.paths), "")


def _beside(entity: Entity, shown: str, before: bytes | None, now: bytes | None) -> FileComparison:
    if before == now:
        return FileComparison(entity.module, entity.name, shown, "unchanged")
    compared = compare(entity, shown, _version(entity, f"{shown} (before)", before), _version(entity, shown, now))
    if before is None or now is None:
        return replace(compared, state="new" if before is None else "gone", columns_added=(), columns_removed=())
    return compared


def _version(entity: Entity, shown_as: str, content: bytes | None) -> Version:
    if content is None:
        return Version(pd.DataFrame(dtype="str"), np.array([], dtype=np.int64))
    with TemporaryDirectory(prefix="seedbed-") as folder:
        path = Path(folder) / "version.csv"
        path.write_bytes(content)
        blocks = list(read_blocks(path, layout_of(entity), shown_as=shown_as))
    if not blocks:
        return _version(entity, shown_as, None)
    return Version(
        pd.concat([block.text for block in blocks], ignore_index=True), np.concatenate([block.rows for block in blocks])
    )


def _unreadable(entity: Entity, shown: str, error: DataError) -> FileComparison:
    return FileComparison(entity.module, entity.name, shown, "unreadable", message=error.message)


def _shown(house: House, path: Path) -> str:
    return path.relative_to(house.root).as_posix() if path.is_relative_to(house.root) else str(path)
