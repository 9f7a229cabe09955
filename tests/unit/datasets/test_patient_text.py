"""Whole columns of text and of rules say what they would say row by row."""

import numpy as np
import pyarrow as pa
import pytest

from seedbed.datasets.hospital.patients.lookup_by_flags import tabulate_rule
from seedbed.datasets.hospital.patients.text import characters, followed, of_width, take_strings, words


@pytest.mark.parametrize("names", [("1", "2"), ("จ", "ก"), ("10", ""), ("", ""), ("1001", "2002"), ("12345", "67890")])
@pytest.mark.parametrize("places", [[], [1, 0, 1]])
def test_what_is_taken_stands_at_the_places(names, places):
    wanted = [names[place] for place in places]
    at = np.array(places, np.int64)
    assert [take_strings(given, at).to_pylist() for given in (names, words(names), pa.array(names))] == [wanted] * 3


@pytest.mark.parametrize("places", [[], [1], [1, 0, 1, 2]])
def test_a_name_is_followed_by_the_row_s_own_end(places):
    names, ends = pa.array(["สมชาย", "", "a"]), pa.array([f".{row}" for row in range(len(places))], pa.string())
    found = followed(names, np.array(places, np.int64), ends)
    found.validate(full=True)
    assert found.to_pylist() == [f"{names[place]}.{row}" for row, place in enumerate(places)]


def test_characters_are_those_of_the_part_that_is_asked_for():
    found = of_width(np.frombuffer(b"abcdef", np.uint8), 2)
    assert characters(found.slice(1, 1), 2).tobytes() == b"cd"
    assert pa.array(["abc", "de", "fg"]).slice(1).to_pylist() == [
        row.tobytes().decode() for row in characters(pa.array(["abc", "de", "fg"]).slice(1), 2)
    ]


def test_a_rule_looked_up_says_what_it_says_of_each_row():
    def rule(first: int, second: int, third: int) -> int:
        return 100 * first + 10 * second + third

    columns = [np.array(column) for column in ([1, 0, 2], [0, 4, 3], [True, False, True])]
    assert tabulate_rule(rule, 3, 5, 2).look_up(*columns).tolist() == [
        rule(*case) for case in zip(*columns, strict=True)
    ]
