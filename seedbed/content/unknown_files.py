"""CSV files among the entities' own that belong to no entity: nobody reads them, and often one is a file under a wrong name."""

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from seedbed.content.find_files import candidates, is_correction, own_file
from seedbed.core.spec import Entity


@dataclass(frozen=True, slots=True)
class UnknownFile:
    """A file that nobody reads; `near`: the path of an entity's file with nearly the same name, "" where there is none."""

    path: Path
    similar_path: str = ""


def find_unknown_files(
    data_dirs: Sequence[Path], known: Collection[Entity], looked_in: Iterable[Entity]
) -> list[UnknownFile]:
    """The strays in the folders in which files of `looked_in` may lie; `known`: all entities."""
    entities = list(looked_in)
    return [stray for folder in data_dirs for stray in _unknown_in(folder, known, entities)]


def _unknown_in(folder: Path, known: Collection[Entity], entities: Sequence[Entity]) -> list[UnknownFile]:
    read = {path for entity in known for path in candidates(folder, entity)}
    corrections = {own_file(folder, entity) for entity in known}
    names = {
        _plain(path.parent.relative_to(folder))
        for entity in entities
        for path in (*candidates(folder, entity), own_file(folder, entity))
    }
    depth = max((name.count("/") for name in names), default=0) + 1
    found = [
        path
        for directory in _folders(folder, depth)
        if _plain(directory.relative_to(folder)) in names
        for path in sorted(directory.iterdir())
        if path.suffix.lower() == ".csv" and path.is_file() and path not in read
    ]
    return [
        UnknownFile(path, _nearest(folder, path, known))
        for path in found
        if not (path in corrections and is_correction(path))
    ]


def _folders(folder: Path, depth: int) -> Iterator[Path]:
    """The folders below, at most `depth` levels down."""
    for directory in sorted(path for path in folder.iterdir() if path.is_dir()):
        yield directory
        if depth > 1:
            yield from _folders(directory, depth - 1)


def _plain(path: Path) -> str:
    return path.as_posix().lower().replace("-", "_")


def _nearest(folder: Path, path: Path, known: Collection[Entity]) -> str:
    """The entity's file that is meant: best one of the same folder."""
    files = [candidates(folder, entity)[0] for entity in known]
    for among in ([file for file in files if _plain(file.parent) == _plain(path.parent)], files):
        near = difflib.get_close_matches(path.stem.lower(), [file.stem for file in among], n=1, cutoff=0.7)
        if near:
            return next(file for file in among if file.stem == near[0]).relative_to(folder).as_posix()
    return ""
