"""Seedbed's own tables: runs, receipts, skips, changes, servers' answers, refusals of the audit, and the mark."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("""
CREATE TABLE seedbed.run (
  run text PRIMARY KEY,
  name text NOT NULL,
  verb text NOT NULL,
  fingerprint text NOT NULL,
  targets jsonb NOT NULL,
  report jsonb,
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE TABLE seedbed.receipt (
  run text NOT NULL,
  unit text NOT NULL,
  entity text NOT NULL,
  digest text NOT NULL,
  report jsonb NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (run, entity)
);
CREATE TABLE seedbed.skip (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text NOT NULL,
  unit text NOT NULL,
  entity text NOT NULL,
  file text NOT NULL,
  "row" bigint NOT NULL,
  key text,
  reason text NOT NULL,
  message text,
  header text[] NOT NULL,
  cells text[] NOT NULL
);
CREATE INDEX skip_of_run ON seedbed.skip (run, entity);
CREATE TABLE seedbed.change (
  place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run text NOT NULL,
  entity text NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  before text,
  after text
);
CREATE INDEX change_of_run ON seedbed.change (run, entity);
CREATE TABLE seedbed.answer (
  request text PRIMARY KEY,
  run text NOT NULL,
  answer jsonb NOT NULL,
  noted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE seedbed.refusal (
  run text NOT NULL,
  entity text NOT NULL,
  times integer NOT NULL,
  PRIMARY KEY (run, entity)
);
CREATE TABLE seedbed.mark (
  name text PRIMARY KEY,
  environment text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);
""")


def downgrade() -> None:
    op.execute("""
DROP TABLE seedbed.mark, seedbed.refusal, seedbed.answer, seedbed.change, seedbed.skip, seedbed.receipt, seedbed.run;
""")
