"""Writes the table of `data/README.md` from `data/sources.csv`: `python data/derive/sources_table.py [README]`."""

import csv
import sys
from pathlib import Path

from seedbed.content.file_sources import FileSource, read_sources

DATA = Path(__file__).resolve().parents[1]
START = "<!-- `python data/derive/sources_table.py` writes this table from sources.csv. -->"
END = "<!-- end of the table -->"
HEADER = ("file", "rows", "source", "licence", "invented", "what is invented or changed", "script")


def main(readme: Path) -> None:
    """Replaces the table between the two markers."""
    before, _, rest = readme.read_text(encoding="utf-8").partition(START)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{readme}: the lines '{START}' and '{END}' are missing")
    readme.write_text("\n".join([f"{before}{START}", *table(), f"{END}{after}"]), encoding="utf-8")


def table() -> list[str]:
    """The lines of the table, one per file."""
    rows = [HEADER, ["---"] * len(HEADER), *map(cells, read_sources(DATA))]
    lines = [" | ".join(row).join(("| ", " |")) for row in rows]
    return [lines[0], lines[1].replace(" ", ""), *lines[2:]]


def cells(source: FileSource) -> list[str]:
    """A file's cells; `-` where there is nothing to say."""
    said = (source.source, source.licence, source.invented, source.changes, source.script)
    return [f"`{source.file}`", f"{row_count(DATA / source.file):,}", *(text or "-" for text in said)]


def row_count(path: Path) -> int:
    """How many rows follow the header."""
    with path.open(encoding="utf-8", newline="") as stream:
        return sum(1 for _ in csv.reader(stream)) - 1


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "README.md")
