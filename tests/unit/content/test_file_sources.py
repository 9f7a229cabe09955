import pytest

from seedbed.content.file_sources import FileSource, read_fictitious, read_sources
from seedbed.core.errors import DataError

RACE = "demographic/race.csv"
README_TABLE = f"# Data\n\n| file | invented |\n|---|---|\n| `{RACE}` | yes |\n"


def write(folder, text, name="sources.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_row_has_the_file_its_source_and_whether_it_is_fictitious(tmp_path):
    write(tmp_path, f'file,source,invented,changes\n{RACE},"ours, by hand",yes,everything\na.csv,,no,\n')
    assert read_sources(tmp_path) == [
        FileSource(RACE, "yes", source="ours, by hand", changes="everything"),
        FileSource("a.csv", "no"),
    ]
    assert read_fictitious(tmp_path) == {RACE: "yes", "a.csv": "no"}


def test_a_file_that_excel_saved_is_read(tmp_path):
    write(tmp_path, f"\ufefffile,invented\r\n{RACE},partly\r\n")
    assert read_fictitious(tmp_path) == {RACE: "partly"}


def test_a_directory_without_the_file_has_no_fictitious_files(tmp_path):
    assert read_fictitious(tmp_path) == {}
    write(tmp_path, "# Data\n\n| file | rows |\n|---|---|\n| a.csv | 3 |\n\nNothing is invented.\n", "README.md")
    assert read_fictitious(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "the header is ''; the columns are file, source, licence, invented, changes, script"),
        ("file,source\n", "the header is 'file,source'; the columns are .* file and invented are required"),
        ("file,invented,fictional\n", "the header is 'file,invented,fictional'"),
        ("file,invented,invented\n", "the header is 'file,invented,invented'"),
        ("file,invented\na.csv,maybe\n", "'invented' of 'a.csv' is 'maybe'; write yes, partly or no"),
        ("file,invented\na.csv,\n", "'invented' of 'a.csv' is ''; write yes, partly or no"),
        ("file,invented\n,yes\n", "row 1 names no file"),
        ("file,invented\na.csv,yes,no\n", "row 1 has 3 cells instead of 2"),
        ("file,invented\na.csv,yes\n\n", "row 2 has 0 cells instead of 2"),
        ("file,invented\na.csv,yes\na.csv,no\n", "listed twice: a.csv"),
        ('file,invented\na.csv,"yes\n', "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_path(tmp_path, text, expected):
    with pytest.raises(DataError, match=rf"sources\.csv: {expected}") as caught:
        read_sources(write(tmp_path, text))
    assert (caught.value.code, bool(caught.value.next_step)) == ("fictitious-content", True)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "sources.csv").write_bytes("file,invented\nก.csv,yes\n".encode("tis-620"))
    with pytest.raises(DataError, match=r"sources\.csv: cannot be read: .*utf-8"):
        read_sources(tmp_path)


def test_the_table_of_a_readme_is_not_ignored_in_silence(tmp_path):
    write(tmp_path, README_TABLE, "README.md")
    with pytest.raises(DataError, match=r"README\.md: its table of fictitious files is no longer read") as caught:
        read_fictitious(tmp_path)
    assert caught.value.next_step == f"write the table's columns file and invented to {tmp_path / 'sources.csv'}"
    assert read_fictitious(write(tmp_path, f"file,invented\n{RACE},yes\n")) == {RACE: "yes"}
