"""Where an entity's CSV files are: the last data directory that has one says it all, and corrections add to it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePosixPath

from seedbed.content.layouts import REJECT_COLUMNS
from seedbed.core.errors import DataError, UserError
from seedbed.core.messages.message import Message
from seedbed.core.spec import Entity

Paths = list[Path]
HEADER_BYTES = 64 << 10
REJECTS_ALONE = "rejects are given after the data directory that they correct: -d data -d output/<run>/rejects"


@dataclass(frozen=True, slots=True)
class EntityFiles:
    """An entity's file, the data directory that it lies in, and the files of later directories that correct some of its rows."""

    path: Path
    folder: Path
    corrections: tuple[Path, ...] = ()


def check_directories(data_dirs: Sequence[Path]) -> None:
    """UserError where a data directory is not there."""
    for folder in data_dirs:
        if not folder.is_dir():
            what = "is not a directory" if folder.exists() else "does not exist"
            raise UserError(
                f"the data directory {folder.resolve()} {what}",
                next_step="give --data-dir an existing one",
                code="data-directory",
            )


def find_files(data_dirs: Sequence[Path], entity: Entity) -> EntityFiles:
    """The entity's file in the last directory that has it whole, and its corrections after that; DataError where none has."""
    check_directories(data_dirs)
    found = find_files_or_none(data_dirs, entity)
    if found is None:
        if has_corrections(data_dirs, [entity]):
            raise DataError(Message("rejects-alone", entity=entity.id))
        tried = [str(path) for folder in data_dirs for path in candidates(folder, entity)]
        raise DataError(Message("file-missing", entity=entity.id, tried=tried))
    return found


def find_files_or_none(data_dirs: Sequence[Path], entity: Entity) -> EntityFiles | None:
    """As `find_files`; None where there is no file. A later file stands for the same file before it and its corrections."""
    found: EntityFiles | None = None
    for folder in data_dirs:
        correction = correction_file(folder, entity)
        if correction is None:
            path = find_file(folder, entity)
            found = EntityFiles(path, folder) if path else found
        elif found:
            found = EntityFiles(found.path, found.folder, (*found.corrections, correction))
    return found


def has_corrections(data_dirs: Sequence[Path], entities: Iterable[Entity]) -> bool:
    """Whether a directory has corrections to one of the entities."""
    return any(correction_file(folder, entity) for entity in entities for folder in data_dirs)


def has_file(data_dirs: Sequence[Path], entity: Entity) -> bool:
    """Whether the entity has a file, or two: then reading it says so."""
    try:
        return find_files_or_none(data_dirs, entity) is not None
    except DataError:
        return True


def correction_file(folder: Path, entity: Entity) -> Path | None:
    """The folder's corrections to the entity: `<module>/<entity>.csv`, else where the data directory would have the file."""
    own = own_file(folder, entity)
    path = own if own.is_file() else find_file(folder, entity)
    return path if path and is_correction(path) else None


def is_correction(path: Path) -> bool:
    """Whether the file is a correction and not the whole; one that cannot be read is none."""
    try:
        with path.open("rb") as stream:
            return begins_correction(stream.read(HEADER_BYTES))
    except OSError:
        return False  # reading it says why


def begins_correction(beginning: bytes) -> bool:
    """Whether the header has columns of a run's rejects: the file says which rows its rows stand for, and is not the whole."""
    text = beginning[:HEADER_BYTES].decode("utf-8-sig", errors="replace")
    header = next(csv.reader(io.StringIO(text, newline="")), [])
    return any(name.strip() in REJECT_COLUMNS for name in header)


def own_file(folder: Path, entity: Entity) -> Path:
    """Where the entity's corrections stand first of all."""
    return folder / entity.own_path


def find_file(folder: Path, entity: Entity) -> Path | None:
    """The entity's file in one directory; DataError where two stand for it under different names."""
    found = [path for path in candidates(folder, entity) if path.is_file()]
    if len(found) > 1:
        raise DataError(Message("file-twice", entity=entity.id, first=str(found[0]), second=str(found[1])))
    return found[0] if found else None


def candidates(folder: Path, entity: Entity) -> Paths:
    """Every path at which the entity's file may stand: its own, other places, each with underscores or hyphens."""
    spellings = (
        spelling for path in (entity.path, *entity.other_files) for spelling in _spellings(PurePosixPath(path))
    )
    return [folder / path for path in dict.fromkeys(spellings)]


def _spellings(path: PurePosixPath) -> Iterator[str]:
    yield str(path)
    forms = [dict.fromkeys((part.replace("-", "_"), part.replace("_", "-"))) for part in path.parts]
    for parts in product(*forms):
        yield str(PurePosixPath(*parts))
