"""The files that a dataset generates from: where they are, their digest, and what the dataset reads in them."""

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from seedbed.content.find_files import find_files
from seedbed.core.dataset import Content, Dataset, Files, Titles
from seedbed.core.errors import DataError
from seedbed.datasets.registry import ENTITIES

FOLDER = "reference"


def read_content(dataset: Dataset, data_dirs: Sequence[Path]) -> Any:
    """What the dataset generates from: its own value, None where it needs no file. Raises DataError where a file has gaps.

    Where several directories have a file, the last one counts. The files are read again only when one has changed.
    """
    if dataset.content is None:
        return None
    files = content_files(dataset.content, data_dirs)
    return _read(dataset.content.read, tuple(sorted(files.items())), _digest(files))


@lru_cache(maxsize=4)
def _read(read: Callable[[Files], Any], files: tuple[tuple[str, Path], ...], digest: str) -> Any:
    del digest
    return read(dict(files))


def content_titles(dataset: Dataset, data_dirs: Sequence[Path]) -> Titles:
    """By column that pages show, each code's Thai and English name."""
    return dataset.content.titles(content_files(dataset.content, data_dirs)) if dataset.content else {}


def content_digest(dataset: Dataset, data_dirs: Sequence[Path]) -> str:
    """SHA-256 over the files' names and bytes, wherever they are: the same files generate the same rows."""
    content = dataset.content
    return _digest(content_files(content, data_dirs), content.uncounted) if content else _digest({})


def content_files(content: Content, data_dirs: Sequence[Path]) -> Files:
    """Each entity's id or reference table's name -> its file. Raises DataError where there is none."""
    listed = {entity: find_files(data_dirs, ENTITIES[entity]).path for entity in content.entities}
    tables = {name: _last(data_dirs, f"{FOLDER}/{name}.csv") for name in content.tables}
    return {**listed, **tables, **{name: _last(data_dirs, name) for name in content.documents}}


def _digest(files: Files, uncounted: frozenset[str] = frozenset()) -> str:
    found = hashlib.sha256()
    for name, path in sorted(files.items()):
        try:
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise DataError(
                f"{path} cannot be read: {error}", next_step="give a file in UTF-8", code="reference-data-invalid"
            ) from error
        if content not in uncounted:
            found.update(f"{name} {content}\n".encode())
    return found.hexdigest()


def _last(data_dirs: Sequence[Path], name: str) -> Path:
    """The file in the last data directory that has it."""
    paths = [folder / name for folder in data_dirs if (folder / name).is_file()]
    if not paths:
        tried = ", ".join(str(folder / name) for folder in data_dirs)
        raise DataError(f"no file {name}", next_step=f"tried: {tried}", code="reference-data-invalid")
    return paths[-1]
