"""Two entities, wards and beds, and their files: as many beds as asked for, 1 % of them wrong in five ways."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from seedbed.core.spec import Column, Entity, Reference

MODULE = "bench"
WARD = Entity("bench_ward", MODULE, (Column("code", required=True), Column("name")), audit="none")
BED = Entity(
    "bench_bed",
    MODULE,
    (
        Column("code", required=True),
        Column("ward_code", required=True, references=Reference("bench_ward", take="code")),
        Column("active", "boolean", required=True, default=True),
        Column("rank", "integer"),
        Column("price", "decimal"),
        Column("bought_on", "date"),
        Column("info", "json", parts=("info.th.name", "info.en.name")),
    ),
)
ENTITIES = {entity.name: entity for entity in (WARD, BED)}
WARDS = 200
KINDS = ("row_rule", "type", "repeated_key", "unknown_ward", "too_many_cells")
APART = 100  # every hundredth bed is wrong, in each of the five ways in turn
PRICE, NEW_PRICE = 4, "12345.67"
CODE_RULE = "A bed's code is B and eight digits."
RULES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("code", "expect_column_values_to_match_regex", {"regex": "^B[0-9]{8}$"}, CODE_RULE),
    ("info.th.name", "expect_column_values_to_not_be_null", {}, "A bed has a Thai name."),
    (
        "price",
        "expect_column_values_to_match_regex",
        {"regex": r"^[0-9]+(?:\.[0-9]{1,2})?$"},
        "A price has at most two decimals.",
    ),
)
Skipped = tuple[int, str, str, str]


def is_bad(number: int) -> bool:
    """Whether the bed of this number is wrong."""
    return number % APART == APART // 2


def kind_of(number: int) -> int:
    """In which of the five ways a wrong bed is wrong."""
    return number // APART % len(KINDS)


def good_cells(number: int) -> list[str]:
    """A right row."""
    day = f"20{10 + number % 16:02d}-{1 + number % 12:02d}-{1 + number % 28:02d}"
    price = f"{number % 9_000}.{number % 100:02d}"
    return [code(number), f"W{number % WARDS:03d}", "TRUE", str(number % 50), price, day, *names(number)]


def code(number: int) -> str:
    """A bed's key."""
    return f"B{number:08d}"


def names(number: int) -> tuple[str, str]:
    """A bed's Thai and English name."""
    return f"เตียง {number}", f"Bed {number}"


def bad_cells(number: int) -> list[str]:
    """The same row, wrong."""
    row = good_cells(number)
    kind = KINDS[kind_of(number)]
    if kind == "row_rule":
        row[0] = f"X{number:08d}"
    elif kind == "type":
        row[3] = "many"
    elif kind == "repeated_key":
        row[0] = code(number - 1)
    elif kind == "unknown_ward":
        row[1] = "W999"
    else:
        row.append("one too many")
    return row


def skip_of(number: int) -> Skipped:
    """What must be reported of a wrong bed: row as a spreadsheet counts, key, reason, message."""
    said = {
        "row_rule": ("invalid", f"code: {CODE_RULE}"),
        "type": ("invalid", "rank is not a whole number"),
        "repeated_key": ("duplicate_in_file", "the key stands earlier in this file"),
        "unknown_ward": ("missing_reference", "ward_code 'W999' is not a known bench_ward.code"),
        "too_many_cells": ("invalid", "cells in this row: 9, in the header: 8"),
    }
    return (number + 1, bad_cells(number)[0], *said[KINDS[kind_of(number)]])


def expected_skips(count: int) -> list[Skipped]:
    """Every wrong row of a file of so many beds."""
    return [skip_of(number) for number in range(1, count + 1) if is_bad(number)]


def good_numbers(count: int) -> Iterator[int]:
    """The right beds."""
    return (number for number in range(1, count + 1) if not is_bad(number))


def rows(count: int, *, changed: int = 0) -> Iterator[list[str]]:
    """The file's rows; of the right ones every `changed`-th has another price than before."""
    for number in range(1, count + 1):
        if is_bad(number):
            yield bad_cells(number)
            continue
        row = good_cells(number)
        if is_changed(number, changed):
            row[PRICE] = NEW_PRICE
        yield row


def is_changed(number: int, changed: int) -> bool:
    """Whether a right bed has a new price."""
    return changed > 0 and number % changed == 0


def write_files(folder: Path, count: int, *, changed: int = 0) -> None:
    """The wards, the beds and their suites, as a project has them."""
    _write_csv(folder, WARD, ([f"W{number:03d}", f"Ward {number}"] for number in range(WARDS)))
    _write_csv(folder, BED, rows(count, changed=changed))
    _write_suite(folder, WARD, [])
    _write_suite(
        folder,
        BED,
        [
            _rule(f"rule_{place}", kind, {"column": column, **more}, said)
            for place, (column, kind, more, said) in enumerate(RULES)
        ],
    )


def _write_csv(folder: Path, entity: Entity, cells: Iterable[list[str]]) -> None:
    path = folder / "data" / MODULE / f"{entity.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(entity.headers)
        writer.writerows(cells)


def _write_suite(folder: Path, entity: Entity, rules: list[dict[str, Any]]) -> None:
    counted = _rule("rows", "expect_table_row_count_to_be_between", {"min_value": 1}, "The file is not empty.")
    path = folder / "expectations" / MODULE / f"{entity.name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump({"name": entity.name, "expectations": [counted, *rules]}), encoding="utf-8")


def _rule(name: str, kind: str, kwargs: dict[str, Any], said: str) -> dict[str, Any]:
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "description": said, "meta": {"rule": name}}
