"""Nothing: the hospital's tables were once made here. They follow from its entities now (`seedbed.database.schema.apply_schema`), so that a table
that somebody else made is left alone; the revision stays, for databases that are at it."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Changes nothing."""


def downgrade() -> None:
    """Changes nothing."""
