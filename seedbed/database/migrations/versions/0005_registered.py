"""What an API registered row by row, and what its users' directory was asked to create; what a run was asked for, and who cleaned it up."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # A skip of a row is looked up when the row is noted again.
    op.execute("""
ALTER TABLE seedbed.run ADD COLUMN request jsonb, ADD COLUMN cleaned_by text NOT NULL DEFAULT '';
CREATE TABLE seedbed.registered (
  run text NOT NULL,
  entity text NOT NULL,
  "row" bigint NOT NULL,
  at text NOT NULL,
  key text NOT NULL,
  outcome text NOT NULL,
  number text NOT NULL DEFAULT '',
  target_id text NOT NULL DEFAULT '',
  age integer,
  removed text NOT NULL DEFAULT '',
  noted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, entity, "row")
);
CREATE INDEX registered_at ON seedbed.registered (entity, at, key);
CREATE TABLE seedbed.sending (
  run text NOT NULL,
  entity text NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, entity, first)
);
DROP INDEX seedbed.skip_of_run;
CREATE INDEX skip_of_run ON seedbed.skip (run, entity, "row");
""")


def downgrade() -> None:
    op.execute("""
DROP INDEX seedbed.skip_of_run;
CREATE INDEX skip_of_run ON seedbed.skip (run, entity);
DROP TABLE seedbed.sending, seedbed.registered;
ALTER TABLE seedbed.run DROP COLUMN request, DROP COLUMN cleaned_by;
""")
