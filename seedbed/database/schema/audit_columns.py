"""The columns that say who wrote a row and when: those of others' tables are set where they exist, and only then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seedbed.database.cursor import Cursor
from seedbed.database.schema.catalog import StoredColumn
from seedbed.database.sql_names import regclass_text

# Type category -> what a new row gets where the column must be filled. 'now' is when the transaction began.
FIRST: Mapping[str, tuple[str, str]] = {
    "created_by": ("S", "system"),
    "updated_by": ("S", "system"),
    "created_at": ("D", "now"),
    "updated_at": ("D", "now"),
    "version": ("N", "1"),
}
AUDIT_COLUMN_NAMES = (*FIRST, "deleted_at", "deleted_by")
# One JSON object, so that a question to the database may ask more than this.
EXISTING = """
SELECT coalesce(json_object_agg(a.attname,
  json_build_array(t.typcategory, a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')), '{}')
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %(relation)s::regclass AND a.attname = ANY(%(bookkeeping)s) AND NOT a.attisdropped AND a.attgenerated = ''
"""


@dataclass(frozen=True, slots=True)
class AuditColumns:
    """What a table has of it. `first`: what a new row must be given; `on_update`, `undeleted`: what a changed row gets, as SQL."""

    first: Mapping[str, str] = field(default_factory=dict)
    on_update: Mapping[str, str] = field(default_factory=dict)
    undeleted: tuple[str, ...] = ()


def read_audit_columns(cursor: Cursor, relation: str) -> AuditColumns:
    """Those of the columns that the table has and that take our words."""
    cursor.execute(EXISTING, {"relation": regclass_text(relation), "bookkeeping": list(AUDIT_COLUMN_NAMES)})
    return select_audit_columns(cursor.fetchone()[0])


def select_audit_columns(found: Mapping[str, Sequence[Any]]) -> AuditColumns:
    """Those of the existing columns (name -> type category, whether it must be filled) that take our words."""
    fitting = {name for name, (category, _) in found.items() if FIRST.get(name, ("",))[0] == category}
    is_marked = found.get("deleted_at", ("",))[0] == "D"
    set_to = {"updated_at": "now()", "updated_by": "'system'"}
    return AuditColumns(
        {name: FIRST[name][1] for name in FIRST if name in fitting and found[name][1]},
        {name: value for name, value in set_to.items() if name in fitting},
        tuple(name for name in ("deleted_at", "deleted_by") if is_marked and name in found),
    )


def is_filled_automatically(name: str, column: StoredColumn) -> bool:
    """Whether a new row gets a value there although no file brings one."""
    return name in FIRST and FIRST[name][0] == column.category
