"""Which tables are ours: those that we made, and no other of the same name."""

from alembic import context, op

revision = "0004"
down_revision = "0003"

MADE_BY_0002 = """
province district sub_district thai_address occupation nationality education_level language marital_status race
religion gender rh_blood_group abo_blood_group identity_verification_mode information_giver_option name_prefix
patient_category branch department queue_service_unit clinic hospital location_type ward queue_type queue_counter
document_type benefit_plan payor insurance_plan nhso_insurance_plan_mapping anatomical_therapeutic_chemical
tpu_atc_mapping medication_category medication_spec_prep nlem ned_reason administration_method
administration_preparation lesion administrative_route body_site as_needed_condition administration_mode dosage_unit
dosage_rate_unit dispense_unit syntax_administration_mode syntax_as_needed_condition syntax_dose_unit
inventory_category_order_type_mapping nhso_category csmbs_category product_category simb_category payment_categories
payment_method currency product practitioner user_allowed_branch
"""


def upgrade() -> None:
    op.execute("""
CREATE TABLE seedbed.made (
  relation text PRIMARY KEY,
  made_at timestamptz NOT NULL DEFAULT now()
);
""")
    # A database that was at 0002 before this upgrade began has its tables from us; in a new one they are somebody else's.
    if context.config.attributes.get("before") in ("0002", "0003"):
        names = ", ".join(f"'{name}'" for name in MADE_BY_0002.split())
        op.execute(f"""
INSERT INTO seedbed.made (relation) SELECT n.nspname || '.' || c.relname
FROM unnest(ARRAY[{names}]) r(name)
JOIN pg_class c ON c.oid = to_regclass(quote_ident(r.name)) JOIN pg_namespace n ON n.oid = c.relnamespace;
""")


def downgrade() -> None:
    op.execute("DROP TABLE seedbed.made;")
