"""Reading the shipped inputs and writing the CSV files of `data/`."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

INPUTS = Path(__file__).parent / "inputs"
CODE_LIST = ("code", "active", "info.th.name", "info.en.name", "rank")


def read_input(name: str) -> Iterator[dict[str, str]]:
    """The rows of a shipped input."""
    with (INPUTS / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def codes_of(system: str) -> list[dict[str, str]]:
    """The codes of an official Thai list that have a name; what has none is a heading only."""
    return [row for row in read_input("thai_codes.csv") if row["system"] == system and row["display"]]


def write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A CSV file in UTF-8 with line feeds; an absent value is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_code_list(path: Path, names: Mapping[str, tuple[str, str]], inactive: frozenset[str] = frozenset()) -> None:
    """A list of codes with their Thai and English names, ranked in the order given."""
    rows = (
        (code, flag(code not in inactive), thai, english, rank)
        for rank, (code, (thai, english)) in enumerate(names.items(), start=1)
    )
    write_table(path, CODE_LIST, rows)


def flag(value: bool) -> str:
    """A boolean as the files write it."""
    return "TRUE" if value else "FALSE"
