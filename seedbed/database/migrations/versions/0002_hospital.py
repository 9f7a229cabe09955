"""The hospital's master data: a table an entity, in dependency order."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE "province" (
  "id" uuid GENERATED ALWAYS AS (md5('province/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "province_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "district" (
  "id" uuid GENERATED ALWAYS AS (md5('district/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "district_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "sub_district" (
  "id" uuid GENERATED ALWAYS AS (md5('sub_district/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "sub_district_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "thai_address" (
  "id" uuid GENERATED ALWAYS AS (md5('thai_address/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "postal_code" text NOT NULL,
  "province_code" text NOT NULL,
  "district_code" text NOT NULL,
  "sub_district_code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "thai_address_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("province_code") REFERENCES "province" ("code"),
  FOREIGN KEY ("district_code") REFERENCES "district" ("code"),
  FOREIGN KEY ("sub_district_code") REFERENCES "sub_district" ("code")
);

CREATE TABLE "occupation" (
  "id" uuid GENERATED ALWAYS AS (md5('occupation/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "occupation_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "nationality" (
  "id" uuid GENERATED ALWAYS AS (md5('nationality/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "nationality_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "education_level" (
  "id" uuid GENERATED ALWAYS AS (md5('education_level/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "education_level_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "language" (
  "id" uuid GENERATED ALWAYS AS (md5('language/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "language_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "marital_status" (
  "id" uuid GENERATED ALWAYS AS (md5('marital_status/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "marital_status_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "race" (
  "id" uuid GENERATED ALWAYS AS (md5('race/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "race_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "religion" (
  "id" uuid GENERATED ALWAYS AS (md5('religion/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "religion_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "gender" (
  "id" uuid GENERATED ALWAYS AS (md5('gender/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "gender_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "rh_blood_group" (
  "id" uuid GENERATED ALWAYS AS (md5('rh_blood_group/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "rh_blood_group_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "abo_blood_group" (
  "id" uuid GENERATED ALWAYS AS (md5('abo_blood_group/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "abo_blood_group_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "identity_verification_mode" (
  "id" uuid GENERATED ALWAYS AS (md5('identity_verification_mode/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "identity_verification_mode_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "information_giver_option" (
  "id" uuid GENERATED ALWAYS AS (md5('information_giver_option/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "information_giver_option_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "name_prefix" (
  "id" uuid GENERATED ALWAYS AS (md5('name_prefix/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "gender_code" text,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "name_prefix_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("gender_code") REFERENCES "gender" ("code")
);

CREATE TABLE "patient_category" (
  "id" uuid GENERATED ALWAYS AS (md5('patient_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "is_faculty" boolean NOT NULL DEFAULT FALSE,
  "tag" text,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "patient_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "branch" (
  "id" uuid GENERATED ALWAYS AS (md5('branch/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "external_id" text,
  "hospital_code" text,
  "active" boolean NOT NULL DEFAULT TRUE,
  "is_head_quarter" boolean NOT NULL DEFAULT FALSE,
  "opening_hour" text,
  "phone_number" text,
  "hospital_logo_url" text,
  "hospital_logo" text,
  "web_url" text,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "branch_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "department" (
  "id" uuid GENERATED ALWAYS AS (md5('department/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "name" text NOT NULL,
  "external_id" text,
  "branch_id" uuid NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "department_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("branch_id") REFERENCES "branch" ("id")
);

CREATE TABLE "queue_service_unit" (
  "id" uuid GENERATED ALWAYS AS (md5('queue_service_unit/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "announce_languages" jsonb,
  "instruction" text,
  "type" text,
  "patient_journey_rank" bigint,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "queue_service_unit_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "clinic" (
  "id" uuid GENERATED ALWAYS AS (md5('clinic/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "external_id" text,
  "active" boolean NOT NULL DEFAULT TRUE,
  "department_id" uuid NOT NULL,
  "name" text NOT NULL,
  "info" jsonb NOT NULL,
  "queue_service_unit_id" uuid,
  "require_diagnosis" boolean NOT NULL DEFAULT FALSE,
  "require_chief_complaint" boolean NOT NULL DEFAULT FALSE,
  "recommend_icd10" boolean NOT NULL DEFAULT FALSE,
  "csop_code" text,
  "nhso_code" text,
  "allow_skip_walk_in_request" boolean NOT NULL DEFAULT FALSE,
  "allow_doctor_fee" boolean NOT NULL DEFAULT FALSE,
  "doctor_fee_product_code" text,
  "no_doctor_fee_product_code" text,
  "opd_pre_assessment_form_config" jsonb,
  "custom_opd_card_config" jsonb,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "clinic_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("department_id") REFERENCES "department" ("id"),
  FOREIGN KEY ("queue_service_unit_id") REFERENCES "queue_service_unit" ("id")
);

CREATE TABLE "hospital" (
  "id" text NOT NULL,
  "name" text NOT NULL,
  "code" text NOT NULL,
  "region" bigint,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "hospital_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "location_type" (
  "id" uuid GENERATED ALWAYS AS (md5('location_type/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "recommend_icd10" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "location_type_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "ward" (
  "id" uuid GENERATED ALWAYS AS (md5('ward/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "department_id" uuid NOT NULL,
  "bed_count" bigint,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "ward_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("department_id") REFERENCES "department" ("id")
);

CREATE TABLE "queue_type" (
  "id" uuid GENERATED ALWAYS AS (md5('queue_type/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "queue_service_unit_id" uuid NOT NULL,
  "instruction" text,
  "is_required_identifier" boolean NOT NULL DEFAULT FALSE,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "queue_type_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("queue_service_unit_id") REFERENCES "queue_service_unit" ("id")
);

CREATE TABLE "queue_counter" (
  "id" uuid GENERATED ALWAYS AS (md5('queue_counter/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "queue_service_unit_id" uuid NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "queue_counter_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("queue_service_unit_id") REFERENCES "queue_service_unit" ("id")
);

CREATE TABLE "document_type" (
  "id" uuid GENERATED ALWAYS AS (md5('document_type/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "document_type_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "benefit_plan" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "name" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "benefit_plan_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "payor" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "name" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "payor_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "insurance_plan" (
  "id" uuid GENERATED ALWAYS AS (md5('insurance_plan/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "name" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "is_default" boolean NOT NULL DEFAULT FALSE,
  "eclaim_statement_format" text,
  "ipd_benefit_type" text,
  "opd_benefit_type" text,
  "total_included_in_insurance_plan_id" text[],
  "allow_combine_with_other" boolean NOT NULL DEFAULT TRUE,
  "payor_id" text,
  "benefit_plan_id" text,
  "nhso_insurance_plan_category_code" text,
  "validation_method_code" text,
  "is_refer" boolean NOT NULL DEFAULT FALSE,
  "is_require_budget" boolean NOT NULL DEFAULT FALSE,
  "is_require_document" boolean NOT NULL DEFAULT FALSE,
  "is_require_expire_date_time" boolean NOT NULL DEFAULT FALSE,
  "is_iclaim" boolean NOT NULL DEFAULT FALSE,
  "require_payor_input" boolean NOT NULL DEFAULT FALSE,
  "csop_pay_plan" text,
  "claim_opd_platform" text,
  "claim_ipd_platform" text,
  "extra_claim_platform" text[],
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "insurance_plan_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("payor_id") REFERENCES "payor" ("id"),
  FOREIGN KEY ("benefit_plan_id") REFERENCES "benefit_plan" ("id")
);

CREATE TABLE "nhso_insurance_plan_mapping" (
  "id" uuid GENERATED ALWAYS AS (md5('nhso_insurance_plan_mapping/'||"main_inscl_code"||'/'||coalesce("sub_inscl_code", '')||'/'||"insurance_plan_id"::text)::uuid) STORED,
  "main_inscl_code" text NOT NULL,
  "sub_inscl_code" text,
  "insurance_plan_id" uuid NOT NULL,
  "is_only_for_main_hospital" boolean NOT NULL DEFAULT FALSE,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "nhso_insurance_plan_mapping_key" UNIQUE NULLS NOT DISTINCT ("main_inscl_code", "sub_inscl_code", "insurance_plan_id"),
  FOREIGN KEY ("insurance_plan_id") REFERENCES "insurance_plan" ("id")
);

CREATE TABLE "anatomical_therapeutic_chemical" (
  "id" uuid GENERATED ALWAYS AS (md5('atc/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "lv" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "anatomical_therapeutic_chemical_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "tpu_atc_mapping" (
  "id" uuid GENERATED ALWAYS AS (md5('tpu_atc_mapping/'||"tpu_code")::uuid) STORED,
  "tpu_code" text NOT NULL,
  "atc_code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "tpu_atc_mapping_key" UNIQUE NULLS NOT DISTINCT ("tpu_code"),
  FOREIGN KEY ("atc_code") REFERENCES "anatomical_therapeutic_chemical" ("code")
);

CREATE TABLE "medication_category" (
  "id" uuid GENERATED ALWAYS AS (md5('medication_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "info" jsonb NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "medication_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "medication_spec_prep" (
  "id" uuid GENERATED ALWAYS AS (md5('medication_spec_prep/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "medication_spec_prep_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "nlem" (
  "id" uuid GENERATED ALWAYS AS (md5('nlem/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "nlem_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "ned_reason" (
  "id" uuid GENERATED ALWAYS AS (md5('ned_reason/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "ned_reason_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "administration_method" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "administration_method_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "administration_preparation" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "administration_preparation_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "lesion" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "lesion_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "administrative_route" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "type" text,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "administrative_route_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "body_site" (
  "id" text NOT NULL,
  "standard_code" text,
  "standard_display" text,
  "standard_system" text,
  "standard_version" text,
  "name" text NOT NULL,
  "non_lateral_display" text,
  "lateral" text,
  "org_id" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id)
);

CREATE TABLE "as_needed_condition" (
  "id" text NOT NULL,
  "code" text NOT NULL,
  "display" text NOT NULL,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "as_needed_condition_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "administration_mode" (
  "id" text NOT NULL,
  "standard_code" text,
  "standard_display" text,
  "standard_system" text,
  "standard_version" text,
  "code_name" text,
  "display" text NOT NULL,
  "abbr" text,
  "org_id" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "app_display" text,
  "label_display" text,
  "description" text,
  "route_id" text,
  "body_site_id" text,
  "lesion_id" text,
  "method_id" text,
  "preparation_id" text,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  FOREIGN KEY ("route_id") REFERENCES "administrative_route" ("id"),
  FOREIGN KEY ("body_site_id") REFERENCES "body_site" ("id"),
  FOREIGN KEY ("lesion_id") REFERENCES "lesion" ("id"),
  FOREIGN KEY ("method_id") REFERENCES "administration_method" ("id"),
  FOREIGN KEY ("preparation_id") REFERENCES "administration_preparation" ("id")
);

CREATE TABLE "dosage_unit" (
  "id" uuid GENERATED ALWAYS AS (md5('dosage_unit/'||"code_name")::uuid) STORED,
  "standard_code" text,
  "standard_display" text,
  "standard_system" text,
  "standard_version" text,
  "name" text NOT NULL,
  "code_name" text NOT NULL,
  "display" text,
  "app_display" text,
  "label_display" text,
  "abbr" text,
  "org_id" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "is_active" boolean NOT NULL DEFAULT TRUE,
  PRIMARY KEY (id),
  CONSTRAINT "dosage_unit_key" UNIQUE NULLS NOT DISTINCT ("code_name")
);

CREATE TABLE "dosage_rate_unit" (
  "id" text NOT NULL,
  "standard_code" text,
  "standard_display" text,
  "standard_system" text,
  "standard_version" text,
  "name" text NOT NULL,
  "code_name" text NOT NULL,
  "dose_unit_id" uuid,
  "time_unit_id" uuid,
  "display" text,
  "app_display" text,
  "label_display" text,
  "abbr" text,
  "long_common_name" text,
  "org_id" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "dosage_rate_unit_key" UNIQUE NULLS NOT DISTINCT ("code_name"),
  FOREIGN KEY ("dose_unit_id") REFERENCES "dosage_unit" ("id"),
  FOREIGN KEY ("time_unit_id") REFERENCES "dosage_unit" ("id")
);

CREATE TABLE "dispense_unit" (
  "id" uuid GENERATED ALWAYS AS (md5('dispense_unit/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "name" text NOT NULL,
  "standard_code" text,
  "standard_display" text,
  "standard_system" text,
  "standard_version" text,
  "info" jsonb,
  "display" text,
  "display_th" text,
  "alias_name" text,
  "hospital_code" text,
  "convertible_to" text,
  "conversion_factor" numeric(18,6),
  "org_id" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "rank" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "dispense_unit_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "syntax_administration_mode" (
  "id" uuid GENERATED ALWAYS AS (md5('syntax_administration_mode/'||"administration_mode_id"::text)::uuid) STORED,
  "administration_mode_id" text NOT NULL,
  "codes" jsonb NOT NULL,
  "preferred_code" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "syntax_administration_mode_key" UNIQUE NULLS NOT DISTINCT ("administration_mode_id"),
  FOREIGN KEY ("administration_mode_id") REFERENCES "administration_mode" ("id")
);

CREATE TABLE "syntax_as_needed_condition" (
  "id" uuid GENERATED ALWAYS AS (md5('syntax_as_needed_condition/'||"as_needed_condition_id"::text)::uuid) STORED,
  "as_needed_condition_id" text NOT NULL,
  "codes" jsonb NOT NULL,
  "preferred_code" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "syntax_as_needed_condition_key" UNIQUE NULLS NOT DISTINCT ("as_needed_condition_id"),
  FOREIGN KEY ("as_needed_condition_id") REFERENCES "as_needed_condition" ("id")
);

CREATE TABLE "syntax_dose_unit" (
  "id" uuid GENERATED ALWAYS AS (md5('syntax_dose_unit/'||"dose_unit_id"::text)::uuid) STORED,
  "dose_unit_id" uuid NOT NULL,
  "codes" jsonb NOT NULL,
  "preferred_code" text,
  "sort_order" bigint NOT NULL DEFAULT 0,
  "active" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  version bigint NOT NULL DEFAULT 1,
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "syntax_dose_unit_key" UNIQUE NULLS NOT DISTINCT ("dose_unit_id"),
  FOREIGN KEY ("dose_unit_id") REFERENCES "dosage_unit" ("id")
);

CREATE TABLE "inventory_category_order_type_mapping" (
  "id" uuid GENERATED ALWAYS AS (md5('inventory_category_order_type_mapping/'||"order_type"||'/'||"category_id")::uuid) STORED,
  "order_type" text NOT NULL,
  "category_id" text NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT "inventory_category_order_type_mapping_key" UNIQUE NULLS NOT DISTINCT ("order_type", "category_id")
);

CREATE TABLE "nhso_category" (
  "id" uuid GENERATED ALWAYS AS (md5('nhso_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "benefit_code" text NOT NULL,
  "none_benefit_code" text NOT NULL,
  "adp_type" text,
  "rank" bigint NOT NULL DEFAULT 1,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "nhso_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "csmbs_category" (
  "id" uuid GENERATED ALWAYS AS (md5('csmbs_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "version" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz,
  deleted_by text,
  PRIMARY KEY (id),
  CONSTRAINT "csmbs_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "product_category" (
  "id" uuid GENERATED ALWAYS AS (md5('product_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "order_type" text,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "product_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "simb_category" (
  "id" uuid GENERATED ALWAYS AS (md5('simb_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "simb_category_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "payment_categories" (
  "id" uuid GENERATED ALWAYS AS (md5('payment_category/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "payment_categories_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "payment_method" (
  "id" uuid GENERATED ALWAYS AS (md5('payment_method/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "info" jsonb NOT NULL,
  "type" text NOT NULL,
  "bank_code" text,
  "bank_account_no" text,
  "integration_provider" text,
  "rank" bigint NOT NULL DEFAULT 1,
  "receiver_tax_id" text,
  "receiver_rank" bigint,
  "receiver_reference" text,
  "payment_category_id" uuid,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "payment_method_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("payment_category_id") REFERENCES "payment_categories" ("id")
);

CREATE TABLE "currency" (
  "id" uuid GENERATED ALWAYS AS (md5('currency/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "name" text NOT NULL,
  "symbol" text,
  "position" text,
  "iso_numeric" text,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "currency_key" UNIQUE NULLS NOT DISTINCT ("code")
);

CREATE TABLE "product" (
  "id" uuid GENERATED ALWAYS AS (md5('product/'||"code")::uuid) STORED,
  "code" text NOT NULL,
  "version" bigint NOT NULL DEFAULT 1,
  "active" boolean NOT NULL DEFAULT TRUE,
  "erp_code" text,
  "moph_code" text,
  "nhso_code" text,
  "adp_code" text,
  "cgd_code" text,
  "instrument_code" text,
  "instrument_uc_code" text,
  "instrument_cs_code" text,
  "instrument_ss_code" text,
  "unit_id" uuid,
  "package_unit_id" uuid,
  "unit_to_package_unit_quantity" numeric(18,6),
  "barcode" text,
  "type" text NOT NULL,
  "rank" bigint NOT NULL DEFAULT 1,
  "info" jsonb NOT NULL,
  "required_practitioner" boolean NOT NULL DEFAULT FALSE,
  "practitioner_role" text,
  "recommend_icd9cm" text[],
  "recommend_icd10" jsonb,
  "recommend_product_code" text[],
  "category_id" uuid,
  "adp_category_code" text,
  "simb_category_id" uuid,
  "csmbs_category_id" uuid,
  "nhso_category_id" uuid,
  "hospital_revenue_price" numeric(18,6),
  "last_lot_cost" numeric(18,6),
  "default_unit_price" numeric(18,6) NOT NULL DEFAULT 0,
  "unit_price_options" text[],
  "default_currency_id" uuid,
  "cost_center_id" text,
  "min_unit_price" numeric(18,6),
  "max_unit_price" numeric(18,6),
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "product_key" UNIQUE NULLS NOT DISTINCT ("code"),
  FOREIGN KEY ("unit_id") REFERENCES "dispense_unit" ("id"),
  FOREIGN KEY ("package_unit_id") REFERENCES "dispense_unit" ("id"),
  FOREIGN KEY ("category_id") REFERENCES "product_category" ("id"),
  FOREIGN KEY ("simb_category_id") REFERENCES "simb_category" ("id"),
  FOREIGN KEY ("csmbs_category_id") REFERENCES "csmbs_category" ("id"),
  FOREIGN KEY ("nhso_category_id") REFERENCES "nhso_category" ("id"),
  FOREIGN KEY ("default_currency_id") REFERENCES "currency" ("id")
);

CREATE TABLE "practitioner" (
  "id" uuid GENERATED ALWAYS AS (md5('practitioner/'||coalesce("prefix", '')||'/'||"given_name"||'/'||"family_name"||'/'||coalesce("medical_certificate_code", '')||'/'||"role")::uuid) STORED,
  "user_id" text NOT NULL,
  "active" boolean NOT NULL DEFAULT TRUE,
  "prefix" text,
  "given_name" text NOT NULL,
  "middle_name" text,
  "family_name" text NOT NULL,
  "display" text,
  "medical_certificate_code" text,
  "is_dummy" boolean NOT NULL DEFAULT FALSE,
  "role" text NOT NULL,
  "level" text,
  "info" jsonb,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "practitioner_key" UNIQUE NULLS NOT DISTINCT ("prefix", "given_name", "family_name", "medical_certificate_code", "role")
);

CREATE TABLE "user_allowed_branch" (
  "id" uuid GENERATED ALWAYS AS (md5('user_allowed_branch/'||"user_id"::text||'/'||"branch_id"::text)::uuid) STORED,
  "user_id" text NOT NULL,
  "branch_id" uuid NOT NULL,
  "default" boolean NOT NULL DEFAULT FALSE,
  created_by text NOT NULL DEFAULT 'system',
  updated_by text NOT NULL DEFAULT 'system',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id),
  CONSTRAINT "user_allowed_branch_key" UNIQUE NULLS NOT DISTINCT ("user_id", "branch_id"),
  FOREIGN KEY ("branch_id") REFERENCES "branch" ("id")
);
"""


def upgrade() -> None:
    for statement in TABLES.strip().split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("""
DROP TABLE "user_allowed_branch", "practitioner", "product", "currency", "payment_method", "payment_categories", "simb_category", "product_category", "csmbs_category", "nhso_category", "inventory_category_order_type_mapping", "syntax_dose_unit", "syntax_as_needed_condition", "syntax_administration_mode", "dispense_unit", "dosage_rate_unit", "dosage_unit", "administration_mode", "as_needed_condition", "body_site", "administrative_route", "lesion", "administration_preparation", "administration_method", "ned_reason", "nlem", "medication_spec_prep", "medication_category", "tpu_atc_mapping", "anatomical_therapeutic_chemical", "nhso_insurance_plan_mapping", "insurance_plan", "payor", "benefit_plan", "document_type", "queue_counter", "queue_type", "ward", "location_type", "hospital", "clinic", "queue_service_unit", "department", "branch", "patient_category", "name_prefix", "information_giver_option", "identity_verification_mode", "abo_blood_group", "rh_blood_group", "gender", "religion", "race", "marital_status", "language", "education_level", "nationality", "occupation", "thai_address", "sub_district", "district", "province"
""")
