import pytest

from seedbed.content.find_files import EntityFiles, find_file, find_files, find_files_or_none, is_correction
from seedbed.core.errors import DataError, UserError
from seedbed.datasets.registry import ENTITIES

EDUCATION, LAB, QUEUE = ENTITIES["education_level"], ENTITIES["lab_item"], ENTITIES["queue_type"]


def touch(path, header="code"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{header}\n", encoding="utf-8")
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


@pytest.fixture
def folders(tmp_path):
    """Three data directories."""
    made = [tmp_path / name for name in ("data", "hospital", "fix")]
    for folder in made:
        folder.mkdir()
    return made


def test_a_later_file_stands_for_the_same_file_before_it(folders):
    touch(folders[0] / LAB.path)
    own = touch(folders[1] / "order-data/lab.csv")
    assert find_files(folders, LAB) == EntityFiles(own, folders[1])
    assert find_files(folders[:1], LAB).folder == folders[0]


@pytest.mark.parametrize(
    "header", ["code,_row", "code,_row,_reason,_message", '"_row",code', "\ufeffcode,name,_row", "a, _message"]
)
def test_a_file_with_the_columns_of_rejects_corrects_what_stands_before_it(folders, header):
    base = touch(folders[0] / LAB.path)
    by_place, by_module = touch(folders[1] / LAB.path, header), touch(folders[2] / "lab/lab_item.csv", header)
    assert find_files(folders, LAB) == EntityFiles(base, folders[0], (by_place, by_module))


def test_corrections_of_a_file_that_is_replaced_are_replaced_with_it(folders):
    touch(folders[0] / LAB.path)
    touch(folders[1] / LAB.path, "code,_row")
    own = touch(folders[2] / LAB.path)
    assert find_files(folders, LAB) == EntityFiles(own, folders[2])


def test_a_correction_alone_is_no_file(folders):
    touch(folders[1] / LAB.path, "code,_row")
    assert find_files_or_none(folders, LAB) is None
    with pytest.raises(DataError, match="no file for lab_item"):
        find_files(folders, LAB)


def test_each_file_counts_for_itself(folders):
    lab, queue = touch(folders[0] / LAB.path), touch(folders[0] / QUEUE.path)
    own, correction = touch(folders[1] / LAB.path), touch(folders[1] / QUEUE.path, "code,_row")
    assert (find_files(folders, LAB), find_files(folders, QUEUE)) == (
        EntityFiles(own, folders[1]),
        EntityFiles(queue, folders[0], (correction,)),
    )
    assert lab != own


@pytest.mark.parametrize("content", [b"", b"\xff\xfec\x00", b"\n_row\n", b"_rows\n"])
def test_what_is_no_header_of_rejects_is_no_correction(tmp_path, content):
    path = tmp_path / "x.csv"
    assert not is_correction(path)
    path.write_bytes(content)
    assert not is_correction(path)


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
