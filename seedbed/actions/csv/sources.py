"""An entity's CSV files for one set-up, and what its cells may have been before a spreadsheet opened them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from seedbed.content.csv_blocks import ends_with_newline
from seedbed.content.find_files import find_files
from seedbed.content.spreadsheet_hints import spreadsheet_hint
from seedbed.core.messages.message import Message
from seedbed.core.rows import Finding
from seedbed.core.spec import Entity, Kind


@dataclass(frozen=True, slots=True)
class Source:
    """One file of an entity: `shown_as` is its path in messages; a correction adds to it."""

    path: Path
    shown_as: str
    is_correction: bool = False


def sources_of(data_dirs: Sequence[Path], entity: Entity, *, root: Path) -> tuple[Source, ...]:
    """The entity's file, then its corrections; DataError where there is none."""
    found = find_files(data_dirs, entity)
    corrections = [Source(path, shown_path(path, root), True) for path in found.corrections]
    return (Source(found.path, shown_path(found.path, root)), *corrections)


def notes_on_ends(sources: Sequence[Source]) -> tuple[str, ...]:
    """A sentence on each file that ends within a line: it may lack rows, or the end of its last one."""
    return tuple(
        f"{source.shown_as} ends without a line end: it may have been cut off, so nothing is set inactive for it"
        for source in sources
        if not ends_with_newline(source.path, shown_as=source.shown_as)
    )


def shown_path(path: Path, root: Path) -> str:
    """The path as messages and reports name it: relative to the project's root where it lies in it."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def add_spreadsheet_hints(entity: Entity, text: pd.DataFrame, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with a hint where a spreadsheet is the likely cause."""
    if not findings:
        return []
    kinds: dict[str, Kind] = {header: column.kind for column in entity.columns for header in column.headers}
    widths: dict[str, int | None] = {}
    hinted = []
    for finding in findings:
        header = finding.column
        if header in text.columns:
            if header not in widths:
                widths[header] = usual_width(text[header])
            hint = spreadsheet_hint(str(text[header].iloc[finding.position]), kinds.get(header, "text"), widths[header])
            if hint:
                finding = replace(finding, message=with_hint(finding.message, hint))  # noqa: PLW2901
        hinted.append(finding)
    return hinted


def with_hint(message: str, hint: Message) -> str:
    """The message with the hint behind it, in brackets."""
    return message.but(hint=hint) if isinstance(message, Message) else f"{message} ({hint})"


def usual_width(cells: pd.Series) -> int | None:
    """How many digits the column's codes have, where most have the same number; None where they differ or are few."""
    digits = cells[cells.str.fullmatch(r"\d+")].str.len()
    if len(digits) < 3:
        return None
    counted = digits.value_counts()
    return int(counted.index[0]) if counted.iloc[0] >= 0.8 * len(digits) else None
