"""Patients of other master data: codes that are not active are not drawn; what cannot be done without is named."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from seedbed.content.dataset_content import content_digest, read_content
from seedbed.core.errors import DataError, UserError
from seedbed.datasets.hospital.patients.cohort import ALL_PATIENTS, LATEST, Cohort
from seedbed.datasets.hospital.patients.read_vocabulary import FIRST_MIX, LISTED, MIX, TABLES
from seedbed.datasets.hospital.patients.source import patient_source
from seedbed.datasets.registry import MOCK_DATASET
from tests.support.builders.patients import AS_OF, DATA, ids, vocabulary


def without(entity, *codes):
    own = vocabulary()
    return replace(own, active={**own.active, entity: own.active[entity] - set(codes)})


@pytest.mark.parametrize(
    ("entity", "column", "codes"),
    [
        ("insurance_plan", "insurance_plan_code", ["4200", "8402"]),
        ("patient_category", "category_code", ["monk", "foreigner", "vip"]),
        ("occupation", "occupation_code", ["2310", "6111-3"]),
        ("nationality", "nationality_code", ["048"]),
        ("race", "race_code", ["071"]),
        ("religion", "religion_code", ["06"]),
        ("education_level", "education_level_code", ["42"]),
    ],
)
def test_an_inactive_code_is_not_drawn(entity, column, codes):
    own = without(entity, *codes)
    assert not set(codes) & set(patient_source(own, ALL_PATIENTS, 42, AS_OF).table(ids(0, 5_000))[column].to_pylist())


def test_a_code_that_is_not_active_is_no_cohort():
    with pytest.raises(UserError, match="unknown insurance plan '4200'"):
        patient_source(without("insurance_plan", "4200"), Cohort(insurance_plan="4200"), 42, AS_OF).table(ids(0, 1))


def test_what_cannot_be_done_without_is_named():
    with pytest.raises(DataError, match="name_prefix: none of 003 is an active code"):
        patient_source(without("name_prefix", "003"), ALL_PATIENTS, 42, AS_OF).table(ids(0, 1))


def test_patients_can_be_drawn_until_the_last_day():
    drawn = patient_source(vocabulary(), ALL_PATIENTS, 42, LATEST).table(ids(0, 2_000)).to_pandas()
    assert 0.6 < drawn["deceased"].mean() < 0.9
    assert drawn["age"].max() < 125


@pytest.fixture
def copied(tmp_path):
    for folder in ("reference", "demographic", "coverage", "scenarios"):
        shutil.copytree(DATA / folder, tmp_path / folder)
    return tmp_path


def test_the_last_directory_that_has_a_reference_table_says_it(copied, tmp_path):
    (copied / "reference/thai_names.csv").write_text(
        "kind,thai,romanised\nmale,ก,Ko\nfemale,ข,Kho\nfamily,ค,Kho-Khwai\n", encoding="utf-8"
    )
    found = read_content(MOCK_DATASET, [DATA, copied])
    assert found.family.thai.to_pylist() == ["ค"]
    assert found.family.mail.to_pylist() == ["khokhwai"]
    assert (found.population == vocabulary().population).all()


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("thai_names.csv", "family,", "clan,", "no name of the kind 'family'"),
        ("thai_names.csv", "male,", "male,,Ko\nmale,", "a name of the kind 'male' is blank"),
        ("thai_population_2025.csv", "0,male,", "0,man,", r"no row for \('male', '0'\)"),
        (
            "thai_mortality.csv",
            "female,100,",
            "female,101,",
            r"no row for \('male', 101\)|no row for \('female', 100\)",
        ),
        ("thai_province_population.csv", "10,5682415", "10,many", "'persons' is no number"),
    ],
)
def test_a_reference_table_with_a_gap_is_refused(copied, file, old, new, message):
    path = copied / "reference" / file
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_content(MOCK_DATASET, [copied])


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("reference/thai_mortality.csv", b"sex,age_from,2025-2030\n", "there is no row"),
        ("reference/thai_names.csv", b"sort,thai,romanised\nmale,\xe0\xb8\x81,Ko\n", "there is no column 'kind'"),
        ("reference/thai_names.csv", b"\xff\xfe", "cannot be read: .*utf-8"),
        (
            "demographic/province.csv",
            b"code,active,info.th.name,info.en.name\n10,TRUE\n",
            "line 2 has not as many cells",
        ),
        ("demographic/province.csv", b"code,active,info.en.name\n10,TRUE,Bangkok\n", "no column 'info.th.name'"),
    ],
)
def test_a_damaged_file_is_named_with_its_place(copied, file, content, message):
    (copied / file).write_bytes(content)
    with pytest.raises(DataError, match=rf"{Path(file).name}.*: .*{message}|{Path(file).name} {message}"):
        read_content(MOCK_DATASET, [copied])


def test_a_missing_reference_table_is_named(copied):
    (copied / "reference/thai_mortality.csv").unlink()
    with pytest.raises(DataError, match=r"no file reference/thai_mortality\.csv; tried: "):
        read_content(MOCK_DATASET, [copied])


def test_the_digest_is_that_of_the_files_wherever_they_stand(copied):
    assert (
        content_digest(MOCK_DATASET, [copied])
        == content_digest(MOCK_DATASET, [DATA])
        == content_digest(MOCK_DATASET, [DATA, copied])
    )
    assert len(content_digest(MOCK_DATASET, [copied])) == 64


def test_the_digest_is_another_when_any_file_that_is_read_is(copied):
    before = content_digest(MOCK_DATASET, [copied])
    found = {before}
    paths = [*(next(copied.rglob(f"{name}.csv")) for name in (*LISTED, *TABLES)), copied / MIX]
    for path in paths:
        text = path.read_text("utf-8")
        path.write_text(f"{text}\n", encoding="utf-8")
        found.add(content_digest(MOCK_DATASET, [copied]))
        path.write_text(text, encoding="utf-8")
    assert len(found) == len(paths) + 1
    (copied / "demographic/gender.csv").unlink()
    assert content_digest(MOCK_DATASET, [copied]) == before


def test_the_digest_of_the_version_before_the_mix_was_a_file_still_holds():
    """So that its runs can be repeated. Whoever changes a number of the file takes this test and `FIRST_MIX` away."""
    assert hashlib.sha256((DATA / MIX).read_bytes()).hexdigest() == FIRST_MIX
    assert content_digest(MOCK_DATASET, [DATA]) == "99707d61c34d25350b52610ee3b0082bbc69fe3b66c4f0670e7ce309b107b29f"


def test_the_digest_covers_every_file_that_the_vocabulary_is_read_from(copied):
    for path in copied.rglob("*.csv"):
        if path.stem not in {*LISTED, *TABLES}:
            path.unlink()
    assert read_content(MOCK_DATASET, [copied]).province_names == vocabulary().province_names


def test_nobody_lives_in_a_province_that_is_not_active(copied):
    path = copied / "demographic/province.csv"
    path.write_text(path.read_text("utf-8").replace("10,TRUE", "10,FALSE"), encoding="utf-8")
    assert "10" not in read_content(MOCK_DATASET, [copied]).places.provinces
