"""The tables of the sandbox's store."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "sandbox"

metadata = MetaData(schema=SCHEMA)
documents = Table(
    "document",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("id", Text(collation="C"), primary_key=True),
    Column("body", JSONB, nullable=False),
    Index("document_body", "body", postgresql_using="gin", postgresql_ops={"body": "jsonb_path_ops"}),
)
labels = Table(
    "label",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("id", Text(collation="C"), nullable=False),
    ForeignKeyConstraint(["collection", "id"], [documents.c.collection, documents.c.id], ondelete="CASCADE"),
    Index("label_document", "collection", "id"),
)
counters = Table("counter", metadata, Column("name", Text, primary_key=True), Column("value", BigInteger))
patients = Table(
    "patient",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),  # the order of the hospital numbers
    Column("hn", Text(collation="C"), nullable=False, unique=True),
    Column("ehr_id", Text(collation="C"), nullable=False, unique=True),
    Column("id_card_no", Text(collation="C"), nullable=False, unique=True),
    Column("body", JSON, nullable=False),  # not JSONB: what was sent comes back as it was sent
)
answers = Table(
    "answer",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", JSON, nullable=False),  # not JSONB: a replay is the same text, its names in the same order
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
