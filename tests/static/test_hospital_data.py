"""What every shipped CSV file owes its entity; a new entity is tested before anyone writes a test for it."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from seedbed.actions.catalogue import Catalogue
from seedbed.content.csv_blocks import read_blocks
from seedbed.content.file_sources import SOURCES, read_fictitious, read_sources
from seedbed.content.find_files import find_files
from seedbed.content.layouts import known_headers, layout_of
from seedbed.content.suites import read_suite
from seedbed.core.errors import UserError
from seedbed.core.spec import Entity, Reference
from seedbed.datasets.registry import ALIASES, ENTITIES, MODULES
from seedbed.master_data.shape import shape
from seedbed.validation.check_rows import check_row_count, compile_rule_checker

ROOT = Path(__file__).resolve().parents[2]
DATA, EXPECTATIONS = ROOT / "data", ROOT / "expectations"
NINE = {"demographic", "general", "coverage", "medication", "finance", "lab", "imaging", "user", "inventory"}
# How many rows a file has: exactly, where an official or closed list says it, and at least, where the content is ours.
WHOLE = {
    "abo_blood_group": 5,
    "rh_blood_group": 3,
    "gender": 4,
    "marital_status": 7,
    "religion": 11,
    "education_level": 43,
    "nationality": 272,
    "race": 272,
    "occupation": 779,
    "name_prefix": 504,
    "patient_category": 8,
    "province": 77,
    "district": 928,
    "sub_district": 7438,
    "thai_address": 7438,
    "location_type": 14,
    "insurance_plan": 110,
    "csmbs_category": 20,
    "simb_category": 16,
    "nlem": 7,
    "ned_reason": 7,
    "lab_item": 1432,
    "user": 120,
    "practitioner": 90,
}
AT_LEAST = {
    "language": 180,
    "branch": 5,
    "department": 40,
    "queue_service_unit": 40,
    "clinic": 80,
    "location": 120,
    "ward": 30,
    "document_type": 30,
    "benefit_plan": 12,
    "payor": 25,
    "nhso_insurance_plan_mapping": 100,
    "atc": 900,
    "medication_category": 20,
    "administrative_route": 40,
    "medication_spec_prep": 20,
    "dosage_form": 60,
    "medication": 400,
    "tpu_atc_mapping": 400,
    "product_category": 20,
    "payment_category": 6,
    "payment_method": 15,
    "currency": 150,
    "lab_reference_range": 200,
    "imaging_procedure": 150,
    "inventory_item": 300,
}
# The first system's own list of entity names, without the print templates, which are files and not rows.
ALLOWED = """nationality occupation product product_category nhso_category csmbs_category simb_category education_level language
    marital_status race religion identity_verification_mode information_giver_option branch clinic department location ward
    queue_service_unit queue_type queue_counter benefit_plan payor insurance_plan document_type atc atc-mapper
    administration_method administration_mode administration_preparation administrative_route as_needed_condition body_site
    ned_reason dosage_form dosage_rate_unit lesion medication_category syntax_administration_mode syntax_as_needed_condition
    syntax_dose_unit dispense_unit inventory_category_order_type_mapping currency gender location_type name_prefix
    payment_category patient_category payment_method thai_address district sub_district province rh_blood_group
    abo_blood_group nhso_insurance_plan_mapping user_allowed_branch hospital medication_spec_prep nlem tpu_atc_mapping
    users practitioners blood_groups lab_item imaging_procedure medication inventory_item user practitioner"""


@cache
def rows_of(name: str) -> pd.DataFrame:
    entity = ENTITIES[name]
    path = find_files([DATA], entity).path
    blocks = list(read_blocks(path, layout_of(entity)))
    assert not [fault for block in blocks for fault in block.faults.values()]
    return pd.concat([block.text for block in blocks], ignore_index=True)


def test_the_nine_modules_are_there_and_every_name_of_the_first_system_is_accepted():
    assert set(MODULES) == NINE
    catalogue = Catalogue(ENTITIES, MODULES, ALIASES)
    assert [name for name in ALLOWED.split() if not catalogue.resolve(name)] == []
    assert catalogue.resolve("blood-groups") == ("abo_blood_group", "rh_blood_group")
    assert catalogue.resolve("Education-Level") == ("education_level",)
    with pytest.raises(UserError):
        catalogue.resolve("nonsense")
    assert [name for meant in ALIASES.values() for name in meant if name not in ENTITIES] == []


def faults_of(check: Callable[[Entity], object]) -> dict[str, object]:
    """What a check finds, by entity; entities in which it finds nothing are not in it."""
    found = {entity.name: check(entity) for entity in ENTITIES.values()}
    assert len(found) > 50
    return {name: faults for name, faults in found.items() if faults}


def test_references_name_keys_that_exist():
    def wrong_references(entity: Entity) -> list[str]:
        return [column.name for column in entity.references if not names_a_key(column.references)]

    def names_a_key(reference: Reference) -> bool:
        referred = ENTITIES[reference.entity]
        names = {other.name for other in referred.columns}
        is_key = referred.key == (reference.by,) or (reference.by == "id" and referred.own_id)
        return is_key and reference.by in names and reference.take in names | {"id"}

    assert faults_of(wrong_references) == {}


def test_files_have_rows_known_columns_and_plain_text():
    def faults(entity: Entity) -> list[str]:
        path, rows = find_files([DATA], entity).path, rows_of(entity.name)
        content, least = path.read_bytes(), AT_LEAST.get(entity.name, min(10, WHOLE.get(entity.name, 10)))
        found = {
            "is not where its entity says": path != DATA / entity.path,
            "has a byte order mark": content.startswith(b"\xef\xbb\xbf"),
            "has carriage returns": b"\r" in content,
            "has unknown columns": not set(rows.columns) <= set(known_headers(entity)),
            "is not whole": len(rows) != WHOLE.get(entity.name, len(rows)),
            "has too few rows": len(rows) < least,
        }
        return [fault for fault, there in found.items() if there]

    assert faults_of(faults) == {}


def test_keys_are_unique():
    def duplicates(entity: Entity) -> list[object]:
        rows = rows_of(entity.name)
        headers = [header for header in entity.key_headers if header in rows.columns]
        return list(rows[rows.duplicated(headers)].to_dict("records"))

    assert faults_of(duplicates) == {}


def test_references_hold():
    def missing(entity: Entity) -> list[tuple[str, str]]:
        rows = rows_of(entity.name)
        return [
            (column.headers[0], cell)
            for column in entity.references
            if column.headers[0] in rows.columns
            for cell in sorted(set(rows[column.headers[0]]) - {""} - keys_of(column.references))
        ]

    def keys_of(reference: Reference) -> set[str]:
        return set(rows_of(reference.entity)[ENTITIES[reference.entity].column(reference.by).headers[0]])

    assert faults_of(missing) == {}


def test_cells_have_their_types():
    assert faults_of(lambda entity: shape(entity, rows_of(entity.name))[1]) == {}


def test_rows_keep_every_rule_of_their_suite():
    def broken(entity: Entity) -> list[object]:
        suite, rows = read_suite([EXPECTATIONS], entity, "rows"), rows_of(entity.name)
        judgement = compile_rule_checker(suite, entity, list(rows.columns)).check_block(rows)
        return [*judgement.findings, *judgement.warnings, *check_row_count(suite, len(rows))]

    assert faults_of(broken) == {}


def test_a_file_without_rows_breaks_a_critical_rule_of_its_suite():
    def accepted(entity: Entity) -> bool:
        suite = read_suite([EXPECTATIONS], entity, "rows")
        return [finding.severity for finding in check_row_count(suite, 0)] != ["critical"]

    assert faults_of(accepted) == {}


def test_there_is_no_file_and_no_suite_without_an_entity():
    files = {
        str(path.relative_to(DATA))
        for path in DATA.rglob("*.csv")
        if not {"derive", "reference", SOURCES} & set(path.parts)
    }
    assert files == {entity.path for entity in ENTITIES.values()}
    suites = {
        str(path.relative_to(EXPECTATIONS))
        for path in EXPECTATIONS.rglob("*.yaml")
        if not {"results", "shared"} & set(path.parts)
    }
    assert suites == {f"{entity.module}/{entity.name}.yaml" for entity in ENTITIES.values()}


def test_sources_csv_lists_every_file_once():
    listed = read_fictitious(DATA)
    assert set(listed) == {entity.path for entity in ENTITIES.values()}
    assert set(listed.values()) == {"yes", "partly", "no"}


def test_a_file_is_fictitious_exactly_if_everything_in_it_is():
    sources = read_sources(DATA)
    assert {source.file for source in sources if source.changes.startswith("everything")} == {
        source.file for source in sources if source.invented == "yes"
    }
    assert {source.invented for source in sources if not source.changes} == {"no"}
    assert [source.file for source in sources if not source.source] == []


def test_the_table_of_the_data_readme_is_what_its_script_writes(tmp_path):
    written = (DATA / "README.md").read_text("utf-8")
    rows = [line for line in written.splitlines() if line.startswith("| `demographic/race.csv` |")]
    assert len(rows) == 1
    copy = tmp_path / "README.md"
    copy.write_text(written.replace(f"{rows[0]}\n", ""), "utf-8")
    subprocess.run([sys.executable, "-B", DATA / "derive/sources_table.py", copy], check=True)
    assert copy.read_text("utf-8") == written


def test_addresses_are_whole():
    rows = rows_of("thai_address")
    assert (rows["district_code"] == rows["code"].str[:4]).all()
    assert (rows["province_code"] == rows["code"].str[:2]).all()


def test_people_are_fictional():
    users = rows_of("user")
    assert users["email"].str.endswith("@example.com").all()
    assert users["username"].str.fullmatch(r"[a-z0-9.]+").all()
    assert users["medical_certificate_code"].str.fullmatch(r"(SYN-\d{5})?").all()
    assert (users["role"] != "").sum() == 90


def test_people_work_where_there_is_a_place_for_their_work():
    places = pd.concat([rows_of("department"), rows_of("location")])
    role = rows_of("user").set_index("username")["realm_role"]
    allowed = rows_of("user_allowed_branch")
    posts = allowed.groupby(allowed["username"].map(role))["branch_code"].agg(set)
    equipped = {
        ending: set(places.loc[places["code"].str.fullmatch(f"(.*-)?{ending}"), "branch_code"])
        for ending in ("DEN", "LAB", "XR", "PHY", "PHA")
    }
    assert posts["dentist"] == equipped["DEN"]
    assert posts["medical-technologist"] == equipped["LAB"]
    assert posts["radiographer"] == equipped["XR"] | {"HQ"}
    assert posts["physiotherapist"] == equipped["PHY"]
    assert posts["pharmacist"] <= equipped["PHA"]
    # Of a post with fewer people than branches nobody is where another one is already.
    for post in ("pharmacist", "cashier"):
        assert len(posts[post] - {"HQ"}) == (role == post).sum()


def test_the_derived_files_are_what_their_scripts_write(tmp_path):
    subprocess.run([sys.executable, "-B", DATA / "derive", tmp_path], check=True)
    derived = [path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv")]
    assert len(derived) > 20
    assert [str(path) for path in derived if (tmp_path / path).read_bytes() != (DATA / path).read_bytes()] == []
