"""Whose database it is, who writes, which keys are ours, what has left the files, and which code each attempt ran."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("""
ALTER TABLE seedbed.mark ADD COLUMN identity text NOT NULL DEFAULT '', ADD COLUMN fingerprint text NOT NULL DEFAULT '';
ALTER TABLE seedbed.receipt ADD COLUMN schema integer NOT NULL DEFAULT 1;
ALTER TABLE seedbed.run ADD COLUMN environment text NOT NULL DEFAULT '';
CREATE INDEX receipt_of_entity ON seedbed.receipt (entity);
CREATE INDEX run_started ON seedbed.run (started_at);
CREATE TABLE seedbed.lease (
  name text PRIMARY KEY,
  run text NOT NULL,
  run_name text NOT NULL,
  holder text NOT NULL,
  link text NOT NULL,
  taken_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
CREATE TABLE seedbed.attempt (
  run text NOT NULL,
  number integer NOT NULL,
  version text NOT NULL,
  host text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run, number)
);
CREATE TABLE seedbed.holding (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entity text NOT NULL,
  at text NOT NULL,
  run text NOT NULL,
  keys text[] NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX holding_of_entity ON seedbed.holding (entity, at);
CREATE TABLE seedbed.retired (
  run text NOT NULL,
  entity text NOT NULL,
  key text NOT NULL,
  deactivated boolean NOT NULL,
  PRIMARY KEY (run, entity, key)
);
""")


def downgrade() -> None:
    op.execute("""
DROP TABLE seedbed.retired, seedbed.holding, seedbed.attempt, seedbed.lease;
DROP INDEX seedbed.run_started;
DROP INDEX seedbed.receipt_of_entity;
ALTER TABLE seedbed.run DROP COLUMN environment;
ALTER TABLE seedbed.receipt DROP COLUMN schema;
ALTER TABLE seedbed.mark DROP COLUMN identity, DROP COLUMN fingerprint;
""")
