"""A skip keeps the code of its message and the values in it, so that programs read those and not the sentence."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # A row that an earlier version noted has the reason as its code, as a message without its own code has.
    op.execute("""
ALTER TABLE seedbed.skip ADD COLUMN code text NOT NULL DEFAULT '', ADD COLUMN params jsonb NOT NULL DEFAULT '{}';
""")


def downgrade() -> None:
    op.execute("ALTER TABLE seedbed.skip DROP COLUMN code, DROP COLUMN params")
