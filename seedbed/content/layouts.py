"""Which columns a CSV file may and must have, and what its header row says."""

import csv
import difflib
import io
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seedbed.core.errors import DataError
from seedbed.core.messages.message import Message
from seedbed.core.spec import Entity
from seedbed.datasets.registry import ENTITIES

REJECT_COLUMNS = ("_row", "_reason", "_message")
WRONG_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a kind of file: which are known, which must be there, and other names for them.

    `only_with`: rows in which this column is empty belong to another entity of the same file and are passed over.
    """

    known: Sequence[str]
    required: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    only_with: str = ""


def sharing_file(entity: Entity) -> tuple[Entity, ...]:
    """Every entity that reads the same file, this one included."""
    return (entity, *(other for other in ENTITIES.values() if other.path == entity.path and other.id != entity.id))


def known_headers(entity: Entity) -> tuple[str, ...]:
    """Every column that the entity's file may have, those of the entities that share it included."""
    return tuple(dict.fromkeys(header for other in sharing_file(entity) for header in other.headers))


def required_headers(entity: Entity) -> tuple[str, ...]:
    """The columns without which the entity's file is wrong as a whole."""
    # Of the parts of a JSON object the first one is needed: the Thai name; English may be absent.
    return tuple(dict.fromkeys(column.headers[0] for column in entity.columns if not column.may_be_absent))


def header_aliases(entity: Entity) -> Mapping[str, str]:
    """Other names that the file may use for its columns -> the canonical ones."""
    columns = [column for other in sharing_file(entity) for column in other.columns]
    aliases = {alias: column.headers[0] for column in columns for alias in column.aliases}
    return aliases | {alias: part for column in columns for alias, part in column.part_aliases}


def layout_of(entity: Entity) -> Layout:
    """The layout of an entity's file."""
    return Layout(known_headers(entity), required_headers(entity), header_aliases(entity), entity.only_with)


def read_header(record: bytes, layout: Layout, shown_as: str) -> tuple[str, ...]:
    """The canonical column names of a header row, in the file's order; DataError where one is wrong, twice or missing."""
    text = record.decode("utf-8").rstrip("\r\n")
    cells = [cell.strip().strip("\ufeff").strip() for cell in next(csv.reader(io.StringIO(text, newline="")), [])]
    if not any(cells):
        raise DataError(Message("header-empty", file=shown_as))
    _check_separator(cells, layout, shown_as)
    names = tuple(layout.aliases.get(cell, cell) for cell in cells)
    for place, (name, cell) in enumerate(zip(names, cells, strict=True), start=1):
        if not cell:
            raise DataError(Message("header-unnamed", file=shown_as, place=place))
        if names.index(name) != place - 1:
            raise DataError(Message("header-repeated", file=shown_as, column=name))
        if name not in layout.known and name not in REJECT_COLUMNS:
            raise _unknown_column(cell, layout, shown_as)
    _check_required(names, layout, shown_as)
    return names


def _check_separator(cells: Sequence[str], layout: Layout, shown_as: str) -> None:
    for separator, called in WRONG_SEPARATORS.items():
        if len(cells) == 1 and separator in cells[0] and cells[0] not in layout.known:
            raise DataError(Message(f"separated-by-{called}", file=shown_as))


def _unknown_column(cell: str, layout: Layout, shown_as: str) -> DataError:
    near = difflib.get_close_matches(cell.lower().replace("-", "_"), layout.known, n=1, cutoff=0.6)
    what = {"near": near[0] if near else "", "letters": _foreign_letters(cell), "known": list(layout.known)}
    return DataError(Message("header-unknown", file=shown_as, column=cell, **what))


def _foreign_letters(cell: str) -> list[str]:
    """The letters that are neither ASCII nor Thai, by their names: on a screen some look like others."""
    letters = dict.fromkeys(letter for letter in cell if not (letter.isascii() or "\u0e00" <= letter <= "\u0e7f"))
    return [f"U+{ord(letter):04X} {unicodedata.name(letter, 'without a name')}" for letter in letters]


def _check_required(names: Sequence[str], layout: Layout, shown_as: str) -> None:
    missing = [name for name in layout.required if name not in names]
    if missing:
        called = [f"'{name}'" for name in missing]
        raise DataError(Message("header-incomplete", file=shown_as, columns=called, found=list(names)))
