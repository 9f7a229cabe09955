"""The sandbox's persistent store: JSON documents with unique labels, counters, and answers kept for a repeated request."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError as UnstorableError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from seedbed.core.errors import DataError, Transient
from seedbed.database.engines import DatabaseAddress, open_engine
from seedbed.database.sandbox.sandbox_tables import SCHEMA, answers, counters, documents, labels, metadata

Body = dict[str, Any]

ANSWERS_KEPT = "7 days"


class LabelTakenError(Exception):
    """Another document of the collection holds this label."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(f"{kind} '{value}' is taken")
        self.kind = kind
        self.value = value


@dataclass(frozen=True, slots=True)
class StoredResponse:
    """What a request was answered, and the digest of what it had sent."""

    digest: str
    status: int
    body: Body


@dataclass(frozen=True, slots=True)
class Match:
    """One of these fields is like the pattern (SQL's %, case ignored)."""

    fields: tuple[str, ...]
    pattern: str


@dataclass(frozen=True, slots=True)
class Search:
    """Documents for which every match holds and whose body contains `holds`, in order of a field or else of their id."""

    matches: tuple[Match, ...] = ()
    contains: Mapping[str, Any] = field(default_factory=dict)
    order_by: str = ""
    offset: int = 0
    limit: int | None = None


EVERYTHING = Search()


def escape_like(words: str) -> str:
    """The text as a pattern that matches itself only."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents as one transaction sees them."""

    connection: Connection

    def get(self, collection: str, key: str, *, lock: bool = False) -> Body | None:
        """The document, or None; `lock` keeps others from changing it until the transaction ends."""
        query = select(documents.c.body).where(documents.c.collection == collection, documents.c.id == key)
        body: Body | None = self.connection.scalar(query.with_for_update() if lock else query)
        return body

    def get_many(self, collection: str, keys: Sequence[str]) -> dict[str, Body]:
        """Those of the documents that exist, by id."""
        wanted = documents.c.id == func.any(list(keys))
        rows = self.connection.execute(
            select(documents.c.id, documents.c.body).where(documents.c.collection == collection, wanted)
        )
        return {row.id: row.body for row in rows}

    def put(self, collection: str, bodies: Mapping[str, Body]) -> None:
        """Creates the documents or replaces their bodies."""
        if not bodies:
            return
        rows = [{"collection": collection, "id": key, "body": body} for key, body in bodies.items()]
        statement = insert(documents)
        statement = statement.on_conflict_do_update(
            index_elements=["collection", "id"], set_={"body": statement.excluded.body}
        )
        self.connection.execute(statement, rows)

    def put_new(self, collection: str, key: str, body: Body) -> None:
        """Creates a document; LabelTakenError where there is one with this id."""
        row = insert(documents).values(collection=collection, id=key, body=body).on_conflict_do_nothing()
        if not self.connection.execute(row).rowcount:
            raise LabelTakenError("id", key)

    def delete(self, collection: str, key: str) -> bool:
        """Removes a document and its labels; False where there was none."""
        gone = delete(documents).where(documents.c.collection == collection, documents.c.id == key)
        return self.connection.execute(gone).rowcount > 0

    def find(self, collection: str, kind: str, value: str) -> str | None:
        """The id of the document with that label, or None."""
        found: str | None = self.connection.scalar(
            select(labels.c.id).where(labels.c.collection == collection, labels.c.kind == kind, labels.c.value == value)
        )
        return found

    def claim(self, collection: str, key: str, kind: str, value: str) -> None:
        """Gives the document its label of that kind; LabelTakenError where another document holds the value."""
        stale = delete(labels).where(labels.c.collection == collection, labels.c.kind == kind, labels.c.id == key)
        self.connection.execute(stale.where(labels.c.value != value))
        row = {"collection": collection, "kind": kind, "value": value, "id": key}
        self.connection.execute(insert(labels).values(row).on_conflict_do_nothing())
        if self.find(collection, kind, value) != key:
            raise LabelTakenError(kind, value)

    def release(self, collection: str, key: str, kind: str) -> None:
        """Takes the document's label of that kind away."""
        self.connection.execute(
            delete(labels).where(labels.c.collection == collection, labels.c.kind == kind, labels.c.id == key)
        )

    def search(self, collection: str, wanted: Search = EVERYTHING) -> list[Body]:
        """The bodies of the documents wanted, in order."""
        order = documents.c.body[wanted.order_by].astext.collate("C") if wanted.order_by else documents.c.id
        query = _filtered(select(documents.c.body), collection, wanted).order_by(order, documents.c.id)
        return list(self.connection.scalars(query.offset(wanted.offset).limit(wanted.limit)))

    def count(self, collection: str, wanted: Search = EVERYTHING) -> int:
        """How many documents are wanted, whatever offset and limit."""
        return self.connection.scalar(_filtered(select(func.count()), collection, wanted)) or 0

    def next_numbers(self, counter: str, count: int) -> range:
        """The counter's next numbers, from 1; `count` is at least 1."""
        row = insert(counters).values(name=counter, value=count)
        row = row.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + count})
        last = int(self.connection.scalar(row.returning(counters.c.value)) or 0)
        return range(last - count + 1, last + 1)

    def lock(self, name: str) -> None:
        """Waits until no other transaction holds this name; held until the transaction ends."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
        self.connection.execute(select(func.pg_advisory_xact_lock(number)))

    def find_response(self, scope: str, key: str) -> StoredResponse | None:
        """What the request with this key was answered, or None."""
        row = self.connection.execute(
            select(answers.c.digest, answers.c.status, answers.c.body).where(
                answers.c.scope == scope, answers.c.key == key
            )
        ).one_or_none()
        return StoredResponse(row.digest, row.status, row.body) if row else None

    def store_response(self, scope: str, key: str, answer: StoredResponse) -> None:
        """Keeps the answer for a repetition of the request."""
        row = {"digest": answer.digest, "status": answer.status, "body": answer.body}
        self.connection.execute(insert(answers).values(scope=scope, key=key, **row))


@dataclass(frozen=True, slots=True)
class Store:
    """The sandbox's database."""

    engine: Engine = field(repr=False)

    @contextmanager
    def begin(self) -> Iterator[Documents]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        try:
            with self.engine.begin() as connection:
                yield Documents(connection)
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise Transient("the sandbox's database does not answer", code="sandbox-failed") from error
        except UnstorableError as error:
            raise DataError(
                "the database cannot hold a character of this text (NUL or half a surrogate pair)",
                code="sandbox-failed",
            ) from error

    def is_alive(self) -> bool:
        """Whether the database answers."""
        try:
            with self.begin() as found:
                found.connection.execute(text("SELECT 1"))
        except Transient:
            return False
        return True

    def close(self) -> None:
        """Closes the pooled connections."""
        self.engine.dispose()


def open_store(address: DatabaseAddress) -> Store:
    """The store at that address; its tables are created where they are missing, old answers are forgotten."""
    store = Store(open_engine(address))
    with store.begin() as found:
        found.lock("create tables")
        found.connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
        metadata.create_all(found.connection)
        found.connection.execute(delete(answers).where(answers.c.at < func.now() - text(f"INTERVAL '{ANSWERS_KEPT}'")))
    return store


def _filtered(query: Select[Any], collection: str, wanted: Search) -> Select[Any]:
    query = query.select_from(documents).where(documents.c.collection == collection)
    if wanted.contains:
        query = query.where(documents.c.body.contains(dict(wanted.contains)))
    for match in wanted.matches:
        query = query.where(or_(*(documents.c.body[name].astext.ilike(match.pattern) for name in match.fields)))
    return query
