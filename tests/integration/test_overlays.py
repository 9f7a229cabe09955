"""Data directories as a list: a hospital's own files beside ours, corrections to either, and what is invented left out."""

from dataclasses import replace

import pytest

from seedbed.actions.context import AppContext, Run
from seedbed.actions.runs.start_run import check_first_targets
from seedbed.actions.runs.write_report import EXACT_CELLS
from seedbed.actions.setup.run_setup import setup
from seedbed.actions.setup.select import SetupRequest
from seedbed.core.environment import Environment, PostgresConfig, TargetsConfig
from seedbed.core.errors import Conflict
from seedbed.core.report import Report
from seedbed.database.ledger.permits import Permit, read_identity, write_permit
from seedbed.database.ledger.run_records import find_run
from tests.support.builders.houses import BED, DRUG, WARD, SmallHouse, counts

CHOSEN = ("test_ward", "test_bed", "test_drug")


@pytest.fixture
def two(small: SmallHouse) -> SmallHouse:
    """Our wards, beds and drugs, and a hospital's own beds."""
    small.file(WARD, "code,name\nA,Ward A\n")
    small.file(BED, "code,ward_code\n1,A\n2,A\n")
    small.file(DRUG, "code,name\nx,one\n")
    small.file(BED, "code,ward_code\n7,A\n8,Z\n", folder="hospital")
    return small


def run(small: SmallHouse, name: str, *folders: str, house: AppContext | None = None) -> Report:
    """Loads the chosen entities, which a house with an environment loads anyhow."""
    house = house or small.house
    request = SetupRequest(data_dirs=tuple(small.root / folder for folder in folders))
    asked = request if house.environment else replace(request, mode="entity", entities=CHOSEN)
    return setup(house, Run(name, name), asked)


def by_entity(report: Report) -> dict[str, dict[str, int]]:
    return {entity.entity: counts(entity) for entity in report.entities}


def test_a_later_file_stands_for_ours_and_the_others_stay(two: SmallHouse) -> None:
    report = run(two, "r1", "data", "hospital")
    assert by_entity(report) == {
        "test_ward": {"read": 1, "inserted": 1},
        "test_bed": {"read": 2, "inserted": 1, "skipped": 1},
        "test_drug": {"read": 1, "inserted": 1},
    }
    assert [(skip.file, skip.row) for skip in report.skips] == [("hospital/site/test_bed.csv", 3)]
    assert report.notes == (
        "to load corrected rows: correct the files below output/r1/rejects, "
        "then `seedbed setup -d data -d hospital -d output/r1/rejects`",
        EXACT_CELLS,
    )


def test_corrections_of_a_hospital_s_file_stand_for_its_rows(two: SmallHouse) -> None:
    run(two, "r1", "data", "hospital")
    rejects = two.root / "output/r1/rejects/site/test_bed.csv"
    rejects.write_text(rejects.read_text(encoding="utf-8").replace("8,Z,", "8,A,"), encoding="utf-8")
    report = run(two, "r2", "data", "hospital", "output/r1/rejects")
    assert by_entity(report) == {"test_bed": {"read": 2, "inserted": 1, "unchanged": 1}}
    assert two.query("SELECT code FROM test_bed ORDER BY code") == [("7",), ("8",)]


def test_a_run_goes_on_with_what_was_put_in_a_file_s_place(two: SmallHouse) -> None:
    run(two, "r1", "data")
    assert by_entity(run(two, "r1", "data"))["test_bed"] == {
        "read": 2,
        "inserted": 2,
    }  # the receipt of the first attempt
    assert by_entity(run(two, "r1", "data", "hospital"))["test_bed"] == {"read": 2, "inserted": 1, "skipped": 1}


def test_what_is_invented_is_left_out_elsewhere_and_the_report_says_so(two: SmallHouse) -> None:
    sources = two.data / "sources.csv"
    sources.write_text(f"file,invented\n{DRUG.path},yes\n{BED.path},yes\n")
    targets = TargetsConfig(postgres=PostgresConfig(host="h", database="emr"))
    house = replace(two.house, is_local=False, environment=Environment(name="uat", targets=targets, entities=CHOSEN))
    identity = read_identity(two.database)
    write_permit(two.database, Permit(identity.name, "uat", identity.number, house.fingerprint))
    report = run(two, "r1", "data", "hospital", house=house)
    assert list(by_entity(report)) == ["test_ward", "test_bed"]
    assert report.environment == "uat"
    note = "not loaded, because their content is fictitious and the environment does not name them: test_drug"
    assert note in report.notes  # nothing that is loaded refers to it
    sources.write_text(f"file,invented\n{WARD.path},yes\n")
    notes = run(two, "r3", "data", "hospital", house=house).notes
    assert any("test_ward (test_bed refers to them: where the target does not hold them" in said for said in notes)
    sources.write_text(f"file,invented\n{DRUG.path},yes\n")
    named = replace(
        house, environment=Environment(name="uat", targets=targets, entities=CHOSEN, invented=("test_drug",))
    )
    report = run(two, "r2", "data", "hospital", house=named)
    assert (len(report.entities), note in report.notes) == (3, False)


def test_an_attempt_with_other_targets_stops_before_any_row(two: SmallHouse) -> None:
    run(two, "r1", "data")
    before = two.query("SELECT count(*) FROM seedbed.receipt")
    two.execute("DELETE FROM test_drug")
    other = replace(two.house, target_addresses={**two.house.target_addresses, "cortex_api": "https://other"})
    with pytest.raises(Conflict, match="this run began with other targets; start a new run"):
        run(two, "r1", "data", house=other)
    assert two.query("SELECT count(*) FROM test_drug") == [(0,)]
    assert two.query("SELECT count(*) FROM seedbed.receipt") == before
    found = find_run(two.database, "r1")
    assert found is not None
    check_first_targets(found.fingerprint, two.house.fingerprint)


def test_a_row_that_this_run_skipped_is_no_reason_for_the_audit_to_refuse_what_stood_there(two: SmallHouse) -> None:
    run(two, "r1", "data")
    two.results(WARD, ("expect_column_values_to_not_match_regex", {"column": "name", "regex": "^bad"}))
    two.execute("UPDATE test_ward SET name = 'bad'")
    two.suite(WARD, ("expect_column_values_to_not_match_regex", {"column": "name", "regex": "^Ward"}))
    report = run(two, "r2", "data")
    assert by_entity(report)["test_ward"] == {"read": 1, "skipped": 1}
    assert (report.state, [check.status for check in report.checks]) == ("completed", ["WARN"])
    two.suite(WARD)
    two.file(WARD, "code,name\nA,bad\n")
    report = run(two, "r3", "data")
    assert (report.state, report.error and report.error.message) == ("failed", "the audit refuses test_ward: rule-0")
