"""What a table is: entities, their columns, keys and references. Structure only; quality is said in `expectations/`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "integer", "decimal", "boolean", "date", "timestamp", "json", "list"]
TargetName = Literal["postgres", "cortex_api", "keycloak", "demographic_api"]
Audit = Literal["none", "stamps", "stamps_and_version"]

ARROW_TYPES: Mapping[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 6),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
    "list": pa.list_(pa.string()),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A cell that names a row of another entity, given by its id: holds `by` there, and stores that row's `take`."""

    entity: str
    by: str = "code"
    take: str = "id"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table and where its value stands in the CSV.

    `header`: the CSV column (the name, unless given). `parts`: headers that are gathered into one JSON object, nested by
    their dots (`info.th.name` -> `{"th": {"name": ...}}`), or by `paths`, one for each part, where the headers do not say it
    (`given_name` -> `th.givenName`). `required`: an empty cell makes the row invalid. `default`: what a new row gets where
    the file has no such column; a required column with a default may be absent from the file. `aliases`: other names of the
    header that a file may use; `part_aliases`: the same for single `parts`, as (other name, part). `stored_as`: the table's own name of
    the column, where somebody else's DDL made it. `doc`: what
    the value means, where the name does not say it.
    """

    name: str
    kind: Kind = "text"
    header: str = ""
    required: bool = False
    default: str | int | bool | None = None
    references: Reference | None = None
    parts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    part_aliases: tuple[tuple[str, str], ...] = ()
    stored_as: str = ""
    doc: str = ""

    @property
    def stored(self) -> str:
        """What the table calls it: its name, unless the environment says otherwise."""
        return self.stored_as or self.name

    @property
    def json_paths(self) -> tuple[tuple[str, ...], ...]:
        """Where each of `parts` stands in the JSON object, as keys from the outside in."""
        paths = self.paths or tuple(part.partition(".")[2] or part for part in self.parts)
        return tuple(tuple(path.split(".")) for path in paths)

    @property
    def headers(self) -> tuple[str, ...]:
        """The CSV columns that this column is made of."""
        return self.parts or (self.header or self.name,)

    @property
    def may_be_absent(self) -> bool:
        """Whether a file without this column is still right."""
        return not self.required or self.default is not None


@dataclass(frozen=True, slots=True)
class Entity:
    """One table: its columns, natural key, target and file.

    `file` is relative to the data directory (`<module>/<name>.csv` unless given; `<dataset>/` stands in front where there is one).
    `resource` is the API's path for an entity of the Cortex API. `audit` says which bookkeeping columns the table has (created_by,
    updated_by, created_at, updated_at; with version: version, deleted_at, deleted_by). `own_id`: the CSV brings the `id` itself, as text.
    `only_with`: where a file is shared, the header that is filled in this entity's rows; the others are not read.
    `other_files`: where else the file may stand. `table` may name a schema (`ref.nationality`); `id_stored_as`: what the table
    calls the id that the file does not bring; `place`: the table where an environment names it, for what we wrote to another
    counts there for nothing.

    `dataset`: the dataset's name; "" for the first dataset, the hospital's, whose ids are bare names. Two datasets may have an
    entity of the same name:

        Entity("product", "finance", columns).id                 # "product"
        Entity("product", "sales", columns, dataset="erp").id    # "erp/product"
    """

    name: str
    module: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("code",)
    target: TargetName = "postgres"
    file: str = ""
    table: str = ""
    resource: str = ""
    aliases: tuple[str, ...] = ()
    audit: Audit = "stamps"
    own_id: bool = False
    only_with: str = ""
    other_files: tuple[str, ...] = ()
    id_stored_as: str = "id"
    table_address: str = ""
    dataset: str = ""

    @property
    def id(self) -> str:
        """What tells it from every other entity: `<dataset>/<name>`, or the bare name in the first dataset."""
        return f"{self.dataset}/{self.name}" if self.dataset else self.name

    @property
    def module_id(self) -> str:
        """What tells its module from those of other datasets: `<dataset>/<module>`, or the bare name in the first dataset."""
        return f"{self.dataset}/{self.module}" if self.dataset else self.module

    @property
    def own_path(self) -> str:
        """Where its file stands unless `file` says otherwise, below a data directory or a folder of rejects."""
        return f"{self.module_id}/{self.name}.csv"

    @property
    def path(self) -> str:
        """The CSV's path below the data directory."""
        return self.file or self.own_path

    @property
    def relation(self) -> str:
        """The table's name in the database; tables of another dataset than the first are in the schema of its name."""
        return self.table or (f"{self.dataset}.{self.name}" if self.dataset else self.name)

    @property
    def headers(self) -> tuple[str, ...]:
        """Every CSV column that the file may have, in order, each once."""
        return tuple(dict.fromkeys(header for column in self.columns for header in column.headers))

    @property
    def key_headers(self) -> tuple[str, ...]:
        """The CSV columns that name a row."""
        return tuple(header for name in self.key for header in self.column(name).headers)

    @property
    def references(self) -> tuple[Column, ...]:
        """The columns that point at other entities."""
        return tuple(column for column in self.columns if column.references)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id} has no column '{name}'")

    def stored(self, name: str) -> str:
        """What the table calls one of our columns, or `id`."""
        if name == "id" and not any(column.name == "id" for column in self.columns):
            return self.id_stored_as
        return self.column(name).stored

    @property
    def naming(self) -> str:
        """Where the rows go, in the database's own names; "" where these are ours."""
        others = [f"{column.name}={column.stored_as}" for column in self.columns if column.stored_as]
        own_id = [self.id_stored_as] if self.id_stored_as != "id" else []
        return "/".join([self.table_address, *own_id, *others]) if self.table_address or own_id or others else ""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of its rows, as they go to the target; what a column's `doc` says is metadata of its field."""
        return pa.schema([_field(column) for column in self.columns])


def _field(column: Column) -> pa.Field:
    metadata = {"doc": column.doc} if column.doc else None
    return pa.field(column.name, ARROW_TYPES[column.kind], not column.required, metadata)


@dataclass(frozen=True, slots=True)
class TableNames:
    """What a database that others made calls an entity's table and columns; what is left out has our name."""

    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def with_table_names(entity: Entity, names: TableNames) -> Entity:
    """The entity with the table's own names. KeyError names a column that the entity does not have."""
    known = {column.name for column in entity.columns} | {"id"}
    for ours in names.columns:
        if ours not in known:
            raise KeyError(f"{entity.id} has no column '{ours}'")
    columns = tuple(replace(c, stored_as=names.columns.get(c.name, c.stored_as)) for c in entity.columns)
    own_id = names.columns.get("id", entity.id_stored_as)
    table = names.table or entity.table
    return replace(entity, table=table, columns=columns, id_stored_as=own_id, table_address=names.table)


def sort_by_dependency(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """The entities, each after those it refers to; otherwise in the order given. ValueError names a cycle."""
    known = {entity.id: entity for entity in entities}
    done: dict[str, Entity] = {}

    def add(entity: Entity, trail: tuple[str, ...]) -> None:
        if entity.id in trail:
            raise ValueError(f"entities refer to each other in a circle: {' -> '.join((*trail, entity.id))}")
        if entity.id in done:
            return
        for column in entity.references:
            referred = column.references.entity if column.references else ""
            if referred in known and referred != entity.id:
                add(known[referred], (*trail, entity.id))
        done[entity.id] = entity

    for entity in known.values():
        add(entity, ())
    return tuple(done.values())


def module_graph(entities: Iterable[Entity]) -> dict[str, tuple[str, ...]]:
    """Each module and the modules that must be loaded before it, in an order that honours this. ValueError names a cycle."""
    all_entities = tuple(entities)
    home = {entity.id: entity.module_id for entity in all_entities}
    needs: dict[str, set[str]] = {entity.module_id: set() for entity in all_entities}
    for entity in all_entities:
        for column in entity.references:
            referred = home[column.references.entity] if column.references else entity.module_id
            if referred != entity.module_id:
                needs[entity.module_id].add(referred)
    ordered: dict[str, tuple[str, ...]] = {}
    while len(ordered) < len(needs):
        ready = [module for module in needs if module not in ordered and needs[module] <= ordered.keys()]
        if not ready:
            circle = ", ".join(sorted(needs.keys() - ordered.keys()))
            raise ValueError(f"modules refer to each other in a circle: {circle}")
        ordered |= {module: tuple(sorted(needs[module])) for module in ready}
    return ordered
