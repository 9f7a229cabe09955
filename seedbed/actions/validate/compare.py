"""Data directories -> what differs from a git revision, entity by entity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seedbed.actions.context import AppContext
from seedbed.actions.csv.sources import shown_path
from seedbed.content.file_versions import read_file_version
from seedbed.content.find_files import begins_correction, candidates, find_files_or_none, own_file
from seedbed.content.revisions import Revision, content_at, open_revision
from seedbed.core.differences import Comparison, FileComparison
from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message
from seedbed.core.spec import Entity
from seedbed.master_data.compare_versions import compare_versions


def open_revisions(data_dirs: Sequence[Path], name: str) -> list[Revision]:
    """The revision in the repository of each data directory; UserError where one does not have it."""
    return [open_revision(folder, name) for folder in data_dirs]


def compare_files(context: AppContext, revisions: Sequence[Revision], entities: Sequence[Entity]) -> Comparison:
    """The entities' files beside the revisions; an entity that has no file now and had none then is left out."""
    found = [(entity, _compared(context, revisions, entity)) for entity in entities]
    files = _counted_once([(entity, one) for entity, one in found if one is not None])
    commits = {shown_path(revision.folder, context.root): revision.commit for revision in revisions}
    return Comparison(revisions[0].name, commits, tuple(files))


def had_file(revisions: Sequence[Revision], entity: Entity) -> bool:
    """Whether the entity had a file then."""
    return any(_path_then(revision, entity) for revision in revisions)


@dataclass(frozen=True, slots=True)
class _Then:
    """The file that stood for the entity at the revision: where it lay, and its bytes."""

    path: Path
    content: bytes


def _compared(context: AppContext, revisions: Sequence[Revision], entity: Entity) -> FileComparison | None:
    """What stands for the entity now beside what stood for it then, each in the last data directory that has it whole."""
    shown = ""
    try:
        found, then = find_files_or_none([revision.folder for revision in revisions], entity), _then(revisions, entity)
        path = found.path if found else then.path if then else None
        if path is None:
            return None
        shown = shown_path(path, context.root)
        one = _compare_file(entity, shown, then.content if then else None, found.path.read_bytes() if found else None)
    except OSError as error:
        return _unreadable(entity, shown, DataError(Message("file-unreadable", file=shown, cause=error.strerror)))
    except DataError as error:
        return _unreadable(entity, shown, error)
    if then is None or then.path == path:
        return one
    return replace(
        one, state="moved" if one.state == "unchanged" else one.state, came_from=shown_path(then.path, context.root)
    )


def _then(revisions: Sequence[Revision], entity: Entity) -> _Then | None:
    """As `look_up` finds the file now: the last directory that had it whole."""
    for revision in reversed(revisions):
        own = own_file(revision.folder, entity).relative_to(revision.folder).as_posix()
        path = _path_then(revision, entity)
        if own in revision.paths and own != path and begins_correction(content_at(revision, own)):
            continue
        content = content_at(revision, path) if path else b""
        if path and not begins_correction(content):
            return _Then(revision.folder / path, content)
    return None


def _path_then(revision: Revision, entity: Entity) -> str:
    spelt = (path.relative_to(revision.folder).as_posix() for path in candidates(revision.folder, entity))
    return next((path for path in spelt if path in revision.paths), "")


def _compare_file(entity: Entity, shown: str, before: bytes | None, now: bytes | None) -> FileComparison:
    if before == now:
        return FileComparison(entity.module_id, entity.id, shown, "unchanged")
    earlier, later = read_file_version(entity, f"{shown} (before)", before), read_file_version(entity, shown, now)
    compared = compare_versions(entity, shown, earlier, later)
    if before is None or now is None:
        return replace(compared, state="new" if before is None else "gone", columns_added=(), columns_removed=())
    return compared


def _counted_once(found: Sequence[tuple[Entity, FileComparison]]) -> list[FileComparison]:
    """Where entities share a file, the one that reads all its rows says what differs; the others say how many of their own do."""
    holders: dict[str, str] = {}
    for entity, one in sorted(found, key=lambda pair: (pair[1].state == "unreadable", bool(pair[0].only_with))):
        holders.setdefault(one.file, entity.id)
    return [
        one if not one.file or holders[one.file] == one.entity else _sharing(one, holders[one.file]) for _, one in found
    ]


def _sharing(one: FileComparison, holder: str) -> FileComparison:
    """Its other bytes may be rows that the holder alone reads: as `rewritten` it has no difference of its own."""
    state = "unchanged" if one.state in ("rewritten", "moved") else one.state
    return replace(one, state=state, columns_added=(), columns_removed=(), differences=(), counted_with=holder)


def _unreadable(entity: Entity, shown: str, error: DataError) -> FileComparison:
    return FileComparison(entity.module_id, entity.id, shown, "unreadable", message=error.message)
