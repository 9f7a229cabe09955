import pytest

from seedbed.core.spec import Column, Entity, Reference, TableNames, with_table_names
from seedbed.database.schema.ddl import add_columns, column_type, create_table, derived_id_sql
from seedbed.database.sql_names import quote_identifier, quote_relation, sql_literal

WARD = Entity("ward", "m", (Column("code", required=True),))
OWN = Entity("own", "m", (Column("id", required=True), Column("code", required=True)), own_id=True, audit="none")
USER = Entity("user", "m", (Column("username", required=True),), key=("username",), target="keycloak")
BED = Entity(
    "bed",
    "m",
    (
        Column("ward_id", header="ward_code", required=True, references=Reference("ward")),
        Column("ward_code", references=Reference("ward", take="code")),
        Column("own_id", references=Reference("own")),
        Column("user_id", references=Reference("user", by="username")),
        Column("place", "integer", required=True, default=0),
        Column("note", default="it's new"),
        Column("on", "boolean", required=True, default=True),
    ),
    key=("ward_id", "place", "note"),
    table="beds",
    audit="stamps_and_version",
)
ENTITIES = {entity.name: entity for entity in (WARD, OWN, USER, BED)}
BEDS = """CREATE TABLE "beds" (
  "id" uuid GENERATED ALWAYS AS (md5('bed/'||"ward_id"::text||'/'||"place"::text||'/'||coalesce("note", ''))::uuid) STORED,
  "ward_id" uuid NOT NULL,
  "ward_code" text,
  "own_id" text,
  "user_id" text,
  "place" bigint NOT NULL DEFAULT 0,
  "note" text DEFAULT 'it''s new',
  "on" boolean NOT NULL DEFAULT TRUE,
  "created_by" text NOT NULL DEFAULT 'system',
  "updated_by" text NOT NULL DEFAULT 'system',
  "created_at" timestamptz NOT NULL DEFAULT now(),
  "updated_at" timestamptz NOT NULL DEFAULT now(),
  "version" bigint NOT NULL DEFAULT 1,
  "deleted_at" timestamptz,
  "deleted_by" text,
  PRIMARY KEY ("id"),
  CONSTRAINT "beds_key" UNIQUE NULLS NOT DISTINCT ("ward_id", "place", "note"),
  FOREIGN KEY ("ward_id") REFERENCES "ward" ("id"),
  FOREIGN KEY ("ward_code") REFERENCES "ward" ("code"),
  FOREIGN KEY ("own_id") REFERENCES "own" ("id")
);"""


def test_a_table_has_a_derived_id_its_columns_bookkeeping_key_and_foreign_keys():
    assert create_table(BED, ENTITIES) == BEDS


def test_an_entity_that_brings_its_id_has_a_plain_one_and_no_bookkeeping_unless_it_asks():
    assert create_table(OWN, ENTITIES).splitlines()[1:] == [
        '  "id" text NOT NULL,',
        '  "code" text NOT NULL,',
        '  PRIMARY KEY ("id"),',
        '  CONSTRAINT "own_key" UNIQUE NULLS NOT DISTINCT ("code")',
        ");",
    ]


def test_a_key_that_is_the_id_needs_no_second_constraint():
    one = Entity("x", "m", (Column("id", required=True),), key=("id",), own_id=True, audit="none")
    assert "UNIQUE" not in create_table(one, {"x": one})


def test_a_version_that_the_file_brings_is_not_made_twice():
    one = Entity("x", "m", (Column("code", required=True), Column("version", "integer")), audit="stamps_and_version")
    assert create_table(one, {"x": one}).count("version") == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ward_id", "uuid"), ("ward_code", "text"), ("own_id", "text"), ("user_id", "text"), ("place", "bigint")],
)
def test_a_reference_has_the_type_of_what_it_stores(name, kind):
    assert column_type(BED.column(name), ENTITIES) == kind


def test_names_and_constants_are_quoted_as_sql_wants_it():
    assert quote_identifier('a"b') == '"a""b"'
    assert [sql_literal(value) for value in (True, False, 3, "it's")] == ["TRUE", "FALSE", "3", "'it''s'"]


def test_the_derived_id_is_made_of_the_entity_s_name_and_its_key():
    assert derived_id_sql(WARD) == "md5('ward/'||\"code\")::uuid"


def test_in_a_database_that_has_its_own_names_our_tables_get_them_too():
    ward = with_table_names(WARD, TableNames("ref.wards", {"code": "ward code", "id": "ward_no"}))
    made = create_table(BED, {**ENTITIES, "ward": ward})
    assert 'FOREIGN KEY ("ward_id") REFERENCES "ref"."wards" ("ward_no")' in made
    assert create_table(ward, {"ward": ward}).splitlines()[:3] == [
        'CREATE TABLE "ref"."wards" (',
        '  "ward_no" uuid GENERATED ALWAYS AS (md5(\'ward/\'||"ward code")::uuid) STORED,',
        '  "ward code" text NOT NULL,',
    ]
    assert 'CONSTRAINT "wards_key" UNIQUE NULLS NOT DISTINCT ("ward code")' in create_table(ward, {"ward": ward})
    assert quote_relation("ref.wards") == '"ref"."wards"'


def test_a_reference_to_a_table_of_others_has_its_type_and_no_foreign_key():
    made = create_table(BED, ENTITIES, {"ward_id": "integer"})
    assert '"ward_id" integer NOT NULL' in made
    assert 'FOREIGN KEY ("ward_id")' not in made


def test_columns_are_added_with_their_defaults_and_foreign_keys():
    assert add_columns(BED, {"place", "own_id"}, ENTITIES) == (
        'ALTER TABLE "beds"\n  ADD COLUMN "own_id" text,\n  ADD COLUMN "place" bigint NOT NULL DEFAULT 0,\n'
        '  ADD FOREIGN KEY ("own_id") REFERENCES "own" ("id");'
    )
