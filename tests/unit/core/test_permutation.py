import numpy as np
import pytest

from seedbed.core.errors import DataError
from seedbed.core.permutation import FEW, permutation

SIZES = [1, 2, 3, 7, FEW, FEW + 1, 1025, 2000, 4096, 4097, 65_537]


def rows(count, start=0):
    return np.arange(start, start + count, dtype=np.uint64)


@pytest.mark.parametrize("count", SIZES)
def test_every_number_is_somebodys(count):
    assert sorted(permutation(1, "x", rows(count), count).tolist()) == list(range(count))


def test_permutations_are_what_they_always_were():
    assert permutation(42, "p", rows(5), 5).tolist() == [1, 3, 0, 2, 4]
    assert permutation(42, "p", rows(5), 10**10).tolist() == [
        5210342430,
        3577040905,
        9543430836,
        9632365141,
        5974359173,
    ]
    assert permutation(42, "p", rows(2), 1 << 63).tolist() == [76207319128898714, 4077843888901277270]


@pytest.mark.parametrize("count", [10**6, 10**9 + 7, 1 << 40, (1 << 62) + 1, 1 << 63])
def test_large_permutations_repeat_nothing_and_stay_within(count):
    ends = np.concatenate([rows(50_000), rows(50_000, count - 50_000)])
    found = permutation(3, "x", ends, count)
    assert len(np.unique(found)) == len(ends)
    assert int(found.max()) < count
    assert abs(found.astype(np.float64).mean() / count - 0.5) < 0.005


@pytest.mark.parametrize("count", [100, 5000])
def test_a_row_has_its_number_alone_too(count):
    whole = permutation(3, "x", rows(count), count)
    assert [int(permutation(3, "x", rows(1, row), count)[0]) for row in (0, 7, count - 1)] == whole[[0, 7, -1]].tolist()


def test_keys_and_paths_give_other_permutations():
    streams = [(1, "x"), (2, "x"), (1, "y")]
    assert len({permutation(*stream, rows(3000), 3000).tobytes() for stream in streams}) == 3


def test_a_row_without_a_number_is_refused():
    with pytest.raises(DataError, match="row 10 has no number of its own among 10"):
        permutation(1, "x", rows(11), 10)
    with pytest.raises(DataError, match="no permutation has"):
        permutation(1, "x", rows(1), (1 << 63) + 1)
    assert len(permutation(1, "x", rows(0), 0)) == 0
