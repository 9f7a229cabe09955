"""What PostgreSQL's catalogue says of tables, whoever made them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress

from seedbed.database.cursor import Cursor

KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialised view", "f": "foreign table"}
TABLES = """
SELECT w.relation, c.oid, c.relkind::text, n.nspname::text, c.relname::text
FROM unnest(%s, %s, %s) w(relation, schema, name)
JOIN pg_class c ON c.relname = w.name AND c.relkind = ANY(%s)
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE CASE w.schema WHEN '' THEN pg_table_is_visible(c.oid) ELSE n.nspname = w.schema END
"""
# A domain counts as what it is made of; that it must be filled, or fills itself, may be said by any of them on the way.
COLUMNS = """
WITH RECURSIVE plain(oid, base, filled, has_default) AS (
  SELECT oid, oid, false, false FROM pg_type WHERE typtype <> 'd'
  UNION ALL
  SELECT d.oid, p.base, p.filled OR d.typnotnull, p.has_default OR d.typdefault IS NOT NULL
  FROM pg_type d JOIN plain p ON p.oid = d.typbasetype WHERE d.typtype = 'd'
)
SELECT a.attrelid, a.attname::text, t.typname::text, t.typcategory::text, coalesce(e.typcategory::text, ''),
  format_type(a.atttypid, a.atttypmod),
  (a.attnotnull OR p.filled) AND NOT (a.atthasdef OR p.has_default OR a.attidentity <> '' OR a.attgenerated <> ''),
  a.attgenerated <> '' OR a.attidentity = 'a',
  coalesce((SELECT max(s.oid::regclass::text) FROM pg_attrdef f
    JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class s ON s.oid = d.refobjid AND s.relkind = 'S' WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum), '')
FROM pg_attribute a JOIN plain p ON p.oid = a.atttypid JOIN pg_type t ON t.oid = p.base
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attrelid = ANY(%s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
"""
KEYS = """
SELECT i.indrelid, array_agg(a.attname::text ORDER BY a.attname) FROM pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(number, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = ANY(%s::oid[]) AND k.place <= i.indnkeyatts AND i.indisunique AND i.indisvalid
AND i.indpred IS NULL AND i.indexprs IS NULL GROUP BY i.indexrelid
"""


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """One column as the database has it.

    `base`: PostgreSQL's name of its type, of a domain what it is made of; `category`, `of`: the type category of it and, of an
    array, of its elements (S text, N number, D date, E enum). `must_be_filled`: a new row has to say it. `is_computed`: nobody
    may write it. `sequence`: from which its default takes numbers, if any.
    """

    base: str
    category: str
    of: str
    sql_type: str
    must_be_filled: bool
    is_computed: bool
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """One table, or what stands in its place. `unique`: its unique keys, as sorted column names."""

    oid: int
    kind: str
    schema: str
    name: str
    columns: Mapping[str, StoredColumn]
    unique: frozenset[tuple[str, ...]] = field(default_factory=frozenset)

    @property
    def qualified_name(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"


def read_tables(cursor: Cursor, relations: Iterable[str]) -> dict[str, StoredTable]:
    """The existing tables among these names; a name may include a schema."""
    names = list(dict.fromkeys(relations))
    if not names:
        return {}
    parts = [name.split(".", 1) if "." in name else ["", name] for name in names]
    cursor.execute(TABLES, (names, [schema for schema, _ in parts], [name for _, name in parts], list(KINDS)))
    found = cursor.fetchall()
    oids = [oid for _, oid, *_ in found]
    columns: dict[int, dict[str, StoredColumn]] = {oid: {} for oid in oids}
    keys: dict[int, set[tuple[str, ...]]] = {oid: set() for oid in oids}
    cursor.execute(COLUMNS, (oids,))
    for oid, name, *facts in cursor.fetchall():
        columns[oid][name] = StoredColumn(*facts)
    cursor.execute(KEYS, (oids,))
    for oid, key in cursor.fetchall():
        keys[oid].add(tuple(key))
    return {
        relation: StoredTable(oid, KINDS[kind], schema, name, columns[oid], frozenset(keys[oid]))
        for relation, oid, kind, schema, name in found
    }


def tables_with_rows(cursor: Cursor, relations: Sequence[str]) -> frozenset[str]:
    """Those of the tables, as SQL names them, that have a row; one question for all."""
    if not relations:
        return frozenset()
    cursor.execute("SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {relation})" for relation in relations))
    return frozenset(compress(relations, cursor.fetchone()))


def sequences_of(tables: Iterable[StoredTable]) -> list[str]:
    """The sequences from which the tables' defaults take numbers, as SQL names them."""
    return sorted({column.sequence for table in tables for column in table.columns.values() if column.sequence})
