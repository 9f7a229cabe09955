"""Reads `sources.csv` of a data directory: the source of each file, and whether its content is fictitious."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from seedbed.core.errors import DataError

Fictitious = Literal["yes", "partly", "no"]
SOURCES, README = "sources.csv", "README.md"
FILE, INVENTED = "file", "invented"
REQUIRED = (FILE, INVENTED)
COLUMNS = (FILE, "source", "licence", INVENTED, "changes", "script")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A row of `sources.csv`.

    file: path below the data directory, with `/`.
    invented: whether the content is fictitious.
    source, licence: where the content is from, and its licence; "" if the file does not say.
    changes: what is fictitious or changed; "" if nothing is.
    script: the script of `data/derive` that writes the file; "" if it is edited by hand.
    """

    file: str
    invented: Fictitious
    source: str = ""
    licence: str = ""
    changes: str = ""
    script: str = ""


def read_fictitious(folder: Path) -> dict[str, Fictitious]:
    """Whether each listed file of the data directory is fictitious; empty if the directory has no `sources.csv`."""
    return {source.file: source.invented for source in read_sources(folder)}


def read_sources(folder: Path) -> list[FileSource]:
    """The rows of the directory's `sources.csv`; empty if there is none. DataError if it is wrong, or still a table in the README."""
    path = folder / SOURCES
    if not path.is_file():
        _refuse_readme_table(folder / README)
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = list(_sources(path, csv.reader(stream, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _wrong(f"{path}: cannot be read: {error}", "save it as CSV in UTF-8") from error
    files = [source.file for source in found]
    if twice := sorted({file for file in files if files.count(file) > 1}):
        raise _wrong(f"{path}: listed twice: {', '.join(twice)}", "keep one row per file")
    return found


def _sources(path: Path, rows: Iterator[list[str]]) -> Iterator[FileSource]:
    header = next(rows, [])
    known = set(header) <= set(COLUMNS) and len(set(header)) == len(header)
    if not known or not set(REQUIRED) <= set(header):
        step = f"the columns are {', '.join(COLUMNS)}; {' and '.join(REQUIRED)} are required"
        raise _wrong(f"{path}: the header is '{','.join(header)}'", step)
    for number, cells in enumerate(rows, 1):
        if len(cells) != len(header):
            step = "quote cells that have commas, and remove empty lines"
            raise _wrong(f"{path}: row {number} has {len(cells)} cells instead of {len(header)}", step)
        yield _source(path, number, dict(zip(header, cells, strict=True)))


def _source(path: Path, number: int, row: dict[str, str]) -> FileSource:
    if not row[FILE]:
        raise _wrong(f"{path}: row {number} names no file", "write the file's path below the data directory")
    said = row.pop(INVENTED)
    invented = next((word for word in get_args(Fictitious) if word == said), None)
    if invented is None:
        raise _wrong(f"{path}: 'invented' of '{row[FILE]}' is '{said}'", "write yes, partly or no")
    return FileSource(**row, invented=invented)


def _refuse_readme_table(readme: Path) -> None:
    """Earlier versions read a table of the README. Ignoring it would load fictitious files into a staging."""
    if not readme.is_file():
        return
    for line in readme.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("|") and set(REQUIRED) <= {cell.strip() for cell in line.split("|")}:
            raise _wrong(
                f"{readme}: its table of fictitious files is no longer read",
                f"write the table's columns {' and '.join(REQUIRED)} to {readme.parent / SOURCES}",
            )


def _wrong(what: str, step: str) -> DataError:
    return DataError(what, next_step=step, code="fictitious-content")
