"""Imports a CSV into a collection and says of every row what became of it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seedbed.database.sandbox.documents import Body, Documents
from seedbed.sandbox.route_services import refusal

KEY_LENGTH = 100
KEY_SEPARATOR = "|"

MALFORMED = "malformed_csv"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the upload; `row` as a spreadsheet counts, the header is row 1."""

    row: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Upload:
    """A CSV that could be read."""

    header: tuple[str, ...]
    records: tuple[Record, ...]


def read_upload(content: bytes, key_columns: Sequence[str]) -> Upload:
    """The rows of an uploaded CSV; a refusal with 422 where the file as a whole is wrong."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise refusal(422, MALFORMED, f"the file is not UTF-8: byte {error.start}") from error
    except csv.Error as error:
        raise refusal(422, MALFORMED, f"the file is no CSV: {error}") from error
    if not rows or not rows[0]:
        raise refusal(422, MALFORMED, "the file has no header row")
    header = tuple(name.strip() for name in rows[0])
    missing = [name for name in key_columns if name not in header]
    if missing:
        raise refusal(422, "missing_column", f"the header lacks the key column {', '.join(missing)}")
    if len(set(header)) < len(header):
        raise refusal(422, MALFORMED, "a column stands twice in the header")
    return Upload(header, tuple(Record(row, tuple(cells)) for row, cells in enumerate(rows[1:], 2) if cells))


def import_upload(found: Documents, collection: str, key_columns: Sequence[str], upload: Upload) -> Body:
    """Creates and updates documents from the rows; the answer has one result a row and their sum."""
    found.lock(f"import {collection}")
    keys = ["" if _is_ragged(upload, record) else key_of(upload, key_columns, record) for record in upload.records]
    before = found.get_many(collection, [key for key in keys if key])
    after: dict[str, Body] = {}
    results = list(_check_row(upload, keys, before, after))
    found.put(collection, {key: body for key, body in after.items() if body != before.get(key)})
    outcomes = Counter(result["outcome"] for result in results)
    summary = {name: outcomes[name] for name in ("created", "updated", "unchanged", "rejected")}
    return {"results": results, "summary": {"rows": len(results), **summary}}


def key_of(upload: Upload, key_columns: Sequence[str], record: Record) -> str:
    """The row's key; empty where a part of it is missing."""
    parts = [record.cells[upload.header.index(name)].strip() for name in key_columns]
    return KEY_SEPARATOR.join(parts) if all(parts) else ""


def _is_ragged(upload: Upload, record: Record) -> bool:
    return len(record.cells) != len(upload.header)


def _check_row(upload: Upload, keys: Sequence[str], before: dict[str, Body], after: dict[str, Body]) -> Iterator[Body]:
    # Row by row, as a server does: what a row becomes depends on the rows above it.
    for record, key in zip(upload.records, keys, strict=True):
        result = {"row": record.row, "key": key}
        fault = _fault(upload, record, key, after)
        if fault:
            yield {**result, "outcome": "rejected", "code": fault[0], "reason": fault[1]}
            continue
        known = before.get(key)
        after[key] = {**(known or {}), **dict(zip(upload.header, record.cells, strict=True))}
        outcome = "created" if known is None else "unchanged" if after[key] == known else "updated"
        yield {**result, "outcome": outcome}


def _fault(upload: Upload, record: Record, key: str, after: dict[str, Body]) -> tuple[str, str] | None:
    if _is_ragged(upload, record):
        return "wrong_cell_count", f"{len(record.cells)} cells, the header has {len(upload.header)}"
    if not key:
        return "missing_key", "a key column is empty"
    if len(key) > KEY_LENGTH:
        return "key_too_long", f"the key is longer than {KEY_LENGTH} characters"
    if any("\0" in cell for cell in record.cells):
        return "invalid_character", "a cell holds the character NUL"
    if key in after:
        return "duplicate_in_upload", f"key '{key}' stands higher up in the file"
    return None
