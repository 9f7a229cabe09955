"""Which files of a data directory are invented: its README.md has a table with the columns `file` and `invented`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from seedbed.core.errors import DataError

Fictitious = Literal["yes", "partly", "no"]
FILE, INVENTED = "file", "invented"


def read_provenance(folder: Path) -> dict[str, Fictitious]:
    """Each file, relative to the folder, and whether its content is fictitious; nothing where no README.md says it."""
    readme = folder / "README.md"
    if not readme.is_file():
        return {}
    found: dict[str, Fictitious] = {}
    for row in _rows(readme.read_text(encoding="utf-8")):
        file = row[FILE].strip("`")
        said = next((value for value in get_args(Fictitious) if value == row[INVENTED]), None)
        if said is None:
            raise DataError(
                f"{readme}: '{file}' has '{row[INVENTED]}' in the column 'invented'",
                next_step="write yes, partly or no",
                code="fictitious-content",
            )
        found[file] = said
    return found


def _rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of every table that has both columns."""
    header: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            header = []
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not header:
            header = cells
        elif {FILE, INVENTED} <= set(header) and set("".join(cells)) - set("-: "):
            yield dict(zip(header, cells, strict=False))
