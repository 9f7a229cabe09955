"""What an API answered of a registered row, by field: other datasets' APIs answer with other fields than a patient's age."""

from alembic import op

revision = "0006"
down_revision = "0005"
OF_ENTITIES = ("skip", "change", "receipt", "refusal", "holding", "retired", "registered", "sending")
ID = "id of the entity: its name in the first dataset, <dataset>/<name> in others"


def upgrade() -> None:
    op.execute("""
ALTER TABLE seedbed.registered ADD COLUMN answer jsonb NOT NULL DEFAULT '{}';
UPDATE seedbed.registered SET answer = jsonb_build_object('age', age) WHERE age IS NOT NULL;
ALTER TABLE seedbed.registered DROP COLUMN age;
""")
    for table in OF_ENTITIES:
        op.execute(f"COMMENT ON COLUMN seedbed.{table}.entity IS '{ID}'")


def downgrade() -> None:
    for table in OF_ENTITIES:
        op.execute(f"COMMENT ON COLUMN seedbed.{table}.entity IS NULL")
    op.execute("""
ALTER TABLE seedbed.registered ADD COLUMN age integer;
UPDATE seedbed.registered SET age = (answer ->> 'age')::integer;
ALTER TABLE seedbed.registered DROP COLUMN answer;
""")
