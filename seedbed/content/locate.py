"""Where an entity's CSV files are: in the data directory, and in the directories of corrections after it."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path, PurePosixPath

from seedbed.core.errors import DataError, UserError
from seedbed.core.spec import Entity

Paths = list[Path]


def check_directories(data_dirs: Sequence[Path]) -> None:
    """UserError where a data directory is not there."""
    for folder in data_dirs:
        if not folder.is_dir():
            what = "is not a directory" if folder.exists() else "does not exist"
            raise UserError(
                f"the data directory {folder.resolve()} {what}", next_step="give --data-dir an existing one"
            )


def find_files(data_dirs: Sequence[Path], entity: Entity) -> Paths:
    """The entity's file in the first directory, then its corrections in the others; DataError where the first has none.

    Where any other directory is given, the entity may be in those alone.
    """
    check_directories(data_dirs)
    found = [path for folder in data_dirs if (path := find_file(folder, entity))]
    if not found:
        tried = ", ".join(str(path) for folder in data_dirs for path in candidates(folder, entity))
        raise DataError(f"no file for {entity.name}", next_step=f"tried: {tried}")
    return found


def find_file(folder: Path, entity: Entity) -> Path | None:
    """The entity's file in one directory; DataError where two stand for it under different names."""
    found = [path for path in candidates(folder, entity) if path.is_file()]
    if len(found) > 1:
        names = " and ".join(str(path) for path in found)
        raise DataError(f"two files for {entity.name}: {names}", next_step="keep one of them")
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
