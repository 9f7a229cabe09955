import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.content.csv_blocks import ends_with_newline, read_blocks
from seedbed.content.layouts import Layout
from seedbed.core.errors import DataError

PAIR = Layout(("code", "name"), required=("code",), aliases={"title": "name"})


def read(folder: Path, content: str | bytes, layout: Layout = PAIR, block_bytes: int = 1 << 20):
    """Every row as (row number, cells), and the faults by row number."""
    path = folder / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    rows, faults = [], {}
    for block in read_blocks(path, layout, shown_as="file.csv", block_bytes=block_bytes):
        assert list(block.text.index) == list(range(len(block)))
        rows += list(zip(block.rows.tolist(), block.text.to_numpy(dtype=object).tolist(), strict=True))
        faults |= {int(block.rows[place]): message for place, message in block.faults.items()}
    return rows, faults


def refusal(folder: Path, content: str | bytes, layout: Layout = PAIR, block_bytes: int = 1 << 20) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, content, layout, block_bytes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"code\n1\n", True), (b"code\r\n1\r\n", True), (b"code\r1\r", True), (b"", True), (b"code\n1", False)],
)
def test_a_file_ends_whole_where_its_last_line_has_its_end(tmp_path, content, expected):
    (tmp_path / "file.csv").write_bytes(content)
    assert ends_with_newline(tmp_path / "file.csv") is expected


def test_codes_stay_text_and_nothing_becomes_null(tmp_path):
    assert read(tmp_path, "code,name\n001,NA\n002,nan\n1.0,null\n") == (
        [(2, ["001", "NA"]), (3, ["002", "nan"]), (4, ["1.0", "null"])],
        {},
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_any_line_end_a_byte_order_mark_and_a_missing_last_line_end_are_read(tmp_path, line_end):
    content = "\ufeff" + line_end.join(["code,name", "1,ก", '2,"a,b"'])
    assert read(tmp_path, content) == ([(2, ["1", "ก"]), (3, ["2", "a,b"])], {})


def test_blank_lines_count_but_are_not_rows(tmp_path):
    content = "code,name\n\n1,a\n,\n  , \n2,b\n\n\n"
    assert read(tmp_path, content) == ([(3, ["1", "a"]), (6, ["2", "b"])], {})


def test_a_cell_with_line_breaks_is_one_row(tmp_path):
    content = 'code,name\n1,"first\nsecond\r\nthird"\n2,b\n'
    assert read(tmp_path, content) == ([(2, ["1", "first\nsecond\r\nthird"]), (3, ["2", "b"])], {})


def test_outer_spaces_go_inner_ones_stay(tmp_path):
    assert read(tmp_path, 'code , name\n 1\t,\u00a0a b \n2,"  c "\n') == ([(2, ["1", "a b"]), (3, ["2", "c"])], {})


def test_rows_that_are_too_long_or_too_short_are_faults_with_their_rows(tmp_path):
    content = 'code,name\n1,a\n2\n3,b,c,"d\ne"\n4,d\n,,,\n5,e,\n'
    rows, faults = read(tmp_path, content, block_bytes=9)
    assert rows == [(2, ["1", "a"]), (3, ["2", ""]), (4, ["3", "b"]), (5, ["4", "d"]), (7, ["5", "e"])]
    assert faults == {
        3: "cells in this row: 1, in the header: 2",
        4: "cells in this row: 4, in the header: 2",
        7: "cells in this row: 3, in the header: 2",
    }


def test_a_row_whose_only_text_stands_beyond_the_header_is_a_fault(tmp_path):
    assert read(tmp_path, "code,name\n,,x\n") == ([(2, ["", ""])], {2: "cells in this row: 3, in the header: 2"})


def test_a_header_alone_is_no_row(tmp_path):
    assert read(tmp_path, "code,name\n") == ([], {})
    assert read(tmp_path, "code,name") == ([], {})


def test_a_file_of_one_column_is_read(tmp_path):
    assert read(tmp_path, 'code\n1\n\n""\n2\n', Layout(("code",))) == ([(2, ["1"]), (5, ["2"])], {})


@pytest.mark.parametrize("block_bytes", [4, 1 << 20])
def test_quotes_inside_unquoted_cells_are_read_as_the_csv_module_reads_them(tmp_path, block_bytes):
    content = 'code,name\n1,"a,b"\n2,5" pipe\n3,"x""y"\n4,6" x 7", long\n5\n\n6,"a\nb"\n'
    rows, faults = read(tmp_path, content, block_bytes=block_bytes)
    assert rows == [
        (2, ["1", "a,b"]),
        (3, ["2", '5" pipe']),
        (4, ["3", 'x"y']),
        (5, ["4", '6" x 7"']),
        (6, ["5", ""]),
        (8, ["6", "a\nb"]),
    ]
    assert faults == {5: "cells in this row: 3, in the header: 2", 6: "cells in this row: 1, in the header: 2"}


def test_text_after_a_closing_quote_is_kept(tmp_path):
    assert read(tmp_path, 'code,name\n1,"a"b\n2,c\n') == ([(2, ["1", "ab"]), (3, ["2", "c"])], {})


def test_a_column_may_have_another_name_and_a_rejects_file_is_accepted(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("title,code,_row,_reason,_message\na,1,7,invalid,why\n")
    (block,) = read_blocks(path, PAIR)
    assert list(block.text.columns) == ["name", "code", "_row", "_reason", "_message"]


def test_rows_of_another_entity_are_passed_over_and_counted_in_the_row_numbers(tmp_path):
    layout = Layout(("code", "name"), only_with="name")
    assert read(tmp_path, "code,name\n1,\n2,b\n3\n4,c\n", layout) == ([(3, ["2", "b"]), (5, ["4", "c"])], {})


REFUSED = {
    "unknown column": ("code,nmae\n1,a\n", "file.csv: unknown column 'nmae'; did you mean 'name'? known: code, name"),
    "column twice": ("code,name,title\n1,a,b\n", "file.csv: the column 'name' stands twice; remove one of the two"),
    "missing column": ("name\na\n", "file.csv: lacks the columns 'code'; it has: name"),
    "no name": ("code,name,\n1,a,\n", "file.csv: column 3 has no name; name it or remove the column"),
    "no header": ("\ncode,name\n", "file.csv: row 1 is empty; put the column names into row 1"),
    "empty": ("", "file.csv: the file is empty; it needs at least a row with the column names"),
    "only a mark": ("\ufeff\n", "file.csv: the file is empty; it needs at least a row with the column names"),
    "semicolons": ("code;name\n1;a\n", "file.csv: its columns are separated by semicolons;"),
    "tabs": ("code\tname\n1\ta\n", "file.csv: its columns are separated by tabs;"),
    "utf-16": ("code,name\n1,ก\n".encode("utf-16"), "file.csv: is in UTF-16, not in UTF-8;"),
    "utf-16 bare": ("code,name\n1,a\n".encode("utf-16-le"), "file.csv: is in UTF-16, not in UTF-8;"),
    "workbook": (b"PK\x03\x04abcdefgh", "file.csv: is an Excel workbook, not a CSV file;"),
    "windows-874": (
        "code,name\n1,a\n2,กรุงเทพ\n".encode("cp874"),
        "file.csv, row 3: byte 16 of the file (0xA1) is not UTF-8; it looks like windows-874 (TIS-620);",
    ),
    "windows-874 header": (
        "code,ชื่อ\n1,a\n".encode("cp874"),
        "file.csv, row 1: byte 5 of the file (0xAA) is not UTF-8; it looks like windows-874 (TIS-620);",
    ),
    "bad byte": (b"code,name\n1,a\n2,\xff\n", "file.csv, row 3: byte 16 of the file (0xFF) is not UTF-8;"),
    "zero byte": (b"code,name\n1,a\n2,b\0\n", "file.csv, row 3: byte 17 of the file is zero;"),
    "conflict": (
        "code,name\n1,a\n<<<<<<< HEAD\n2,b\n=======\n2,c\n>>>>>>> x\n",
        "file.csv, row 3: a merge-conflict marker; resolve the conflict and save the file",
    ),
    "conflict in header": ("<<<<<<< HEAD\ncode,name\n", "file.csv, row 1: a merge-conflict marker;"),
    "unclosed at the end": ('code,name\n1,a\n2,"b\n3,c\n', "file.csv, row 3: a quote opens here and is not closed;"),
    "unclosed before a quoted cell": (
        'code,name\n1,a\n2,"b\n3,c\n4,"d"\n5,e\n',
        "file.csv, row 3: a quote opens here and is not closed;",
    ),
    "unclosed in the header": ('code,"name\n1,a\n', "file.csv, row 1: a quote opens here and is not closed;"),
    "unclosed after a stray quote": (
        'code,name\n1,5" a\n2,"b\n3,c\n4,"d"\n',
        "file.csv, row 3: a quote opens here and is not closed;",
    ),
    "unclosed at the end after a stray quote": (
        'code,name\n1,5" a\n2,"b\n3,c\n',
        "file.csv, row 3: a quote opens here and is not closed;",
    ),
    "windows-874 after a stray quote": (
        'code,name\n1,5" a\n2,กรุง\n'.encode("cp874"),
        "file.csv, row 3: byte 19 of the file (0xA1) is not UTF-8; it looks like windows-874 (TIS-620);",
    ),
    "conflict after a stray quote": ('code,name\n1,5" a\n=======\n2,b\n', "file.csv, row 3: a merge-conflict marker;"),
    "a cell that the csv module refuses": (f'code,name\n1,5" a\n2,{"x" * 200_000}\n', "file.csv, row 3: field larger"),
}


@pytest.mark.parametrize("block_bytes", [6, 1 << 20])
@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_wrong_as_a_whole_is_refused(tmp_path, content, message, block_bytes):
    assert refusal(tmp_path, content, block_bytes=block_bytes).startswith(message)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read: No such file"):
        list(read_blocks(tmp_path / "none.csv", PAIR))


def test_a_record_that_never_ends_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("seedbed.content.csv_blocks.LONGEST_RECORD_BYTES", 1 << 20)
    assert "row 2: is longer than 1 MiB" in refusal(tmp_path, "code,name\n1," + "x" * (3 << 20), block_bytes=1 << 19)
    message = refusal(tmp_path, 'code,name\n1,"' + "x\n" * (2 << 20), block_bytes=1 << 19)
    assert message.startswith("file.csv, row 2: a quote opens here and is not closed")


CELLS = st.text(st.sampled_from('ab1 "",\n\r\tกี้ñ\u00a0'), max_size=6) | st.text(max_size=8).filter(
    lambda cell: "\0" not in cell and not any("\ud800" <= letter <= "\udfff" for letter in cell)
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=12)
SPACES = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"


def written(rows, quoting: int, line_end: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=quoting, lineterminator=line_end).writerows([["code", "name"], *rows])
    return out.getvalue()


def parsed(content: str):
    return list(csv.reader(io.StringIO(content, newline="")))[1:]


def expected_of(rows):
    kept, faults = [], {}
    for number, row in enumerate(rows, start=2):
        cells = [cell.strip(SPACES) for cell in [*row[:2], ""][:2]]
        if any(cells) or any(cell.strip(SPACES) for cell in row[2:]):
            kept.append((number, cells))
            if len(row) != 2:
                faults[number] = f"cells in this row: {len(row)}, in the header: 2"
    return kept, faults


@settings(max_examples=400, deadline=None)
@given(
    rows=ROWS,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    block_bytes=st.integers(1, 60),
)
def test_every_table_that_the_csv_module_writes_is_read_exactly(tmp_path_factory, rows, quoting, line_end, block_bytes):
    content = written(rows, quoting, line_end)
    assert read(tmp_path_factory.mktemp("csv"), content, block_bytes=block_bytes) == expected_of(parsed(content))


@settings(max_examples=400, deadline=None)
@given(content=st.text(st.sampled_from('a1",\n\r '), max_size=40), block_bytes=st.integers(1, 50))
def test_any_text_is_read_as_the_csv_module_reads_it_or_refused(tmp_path_factory, content, block_bytes):
    folder = tmp_path_factory.mktemp("csv")
    try:
        rows, faults = read(folder, "code,name\n" + content, block_bytes=block_bytes)
    except DataError as error:
        if "is not closed" not in str(error):
            raise
        return
    assert (rows, faults) == expected_of(parsed("code,name\n" + content))


def test_memory_is_that_of_a_block_not_of_the_file(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("code,name\n" + "".join(f"{number},name\n" for number in range(100_000)))
    sizes = [len(block) for block in read_blocks(path, PAIR, block_bytes=1 << 14)]
    assert sum(sizes) == 100_000
    assert max(sizes) < 2_500


def test_text_columns_are_pandas_strings(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("code,name\n1,a\n")
    (block,) = read_blocks(path, PAIR)
    assert (block.text.dtypes == pd.StringDtype(na_value=float("nan"))).all()
