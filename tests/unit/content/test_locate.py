import pytest

from seedbed.content.locate import find_file, find_files
from seedbed.core.errors import DataError, UserError
from seedbed.datasets.hospital.entities import ENTITIES

EDUCATION, LAB, QUEUE = ENTITIES["education_level"], ENTITIES["lab_item"], ENTITIES["queue_type"]


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("code\n")
    return path


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        (EDUCATION, "demographic/education_level.csv"),
        (EDUCATION, "demographic/education-level.csv"),
        (LAB, "order-data/lab_item.csv"),
        (LAB, "order_data/lab-item.csv"),
        (LAB, "order-data/lab.csv"),
        (QUEUE, "general/queue_type.csv"),
        (QUEUE, "queue/queue-type.csv"),
    ],
)
def test_a_file_is_found_under_its_names(tmp_path, entity, path):
    assert find_file(tmp_path, entity) is None
    expected = touch(tmp_path / path)
    assert find_file(tmp_path, entity) == expected


def test_two_files_for_one_entity_are_refused(tmp_path):
    touch(tmp_path / "demographic/education_level.csv")
    touch(tmp_path / "demographic/education-level.csv")
    with pytest.raises(
        DataError, match=r"two files for education_level: .*education_level\.csv and .*education-level\.csv"
    ):
        find_file(tmp_path, EDUCATION)


def test_corrections_come_after_the_first_directory(tmp_path):
    first, second, third = (tmp_path / name for name in ("data", "fix", "more"))
    for folder in (first, second, third):
        folder.mkdir()
    base, correction = touch(first / LAB.path), touch(third / LAB.path)
    assert find_files([first, second, third], LAB) == [base, correction]


def test_a_missing_file_is_named_with_every_path_tried(tmp_path):
    with pytest.raises(DataError) as caught:
        find_files([tmp_path], LAB)
    assert str(tmp_path / "order-data/lab_item.csv") in str(caught.value)
    assert str(tmp_path / "order-data/lab.csv") in str(caught.value)


def test_a_missing_directory_is_named_in_full(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"the data directory {tmp_path}/none does not exist"):
        find_files([tmp_path, (tmp_path / "none").relative_to(tmp_path)], LAB)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="is not a directory"):
        find_files([tmp_path / "file"], LAB)
