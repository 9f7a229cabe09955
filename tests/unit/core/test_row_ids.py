import numpy as np
import pytest

from seedbed.core.errors import DataError
from seedbed.core.row_ids import MOST_CHILDREN, blocks, children


def ids(*values):
    return np.array(values, np.uint64)


def test_blocks_hold_every_row_once_in_order():
    assert [block.tolist() for block in blocks(3, 10, 4)] == [[3, 4, 5, 6], [7, 8, 9]]
    assert list(blocks(3, 3, 4)) == []
    assert next(blocks(0, 1, 5)).dtype == np.uint64
    assert next(blocks((1 << 64) - 1, 1 << 64, 5)).tolist() == [(1 << 64) - 1]


def test_children_know_their_parent_and_their_place():
    found = children("visit", ids(9, 4, 7), np.array([2, 0, 3]))
    assert found.parent.tolist() == [0, 0, 2, 2, 2]
    assert found.ordinal.tolist() == [0, 1, 0, 1, 2]
    assert len(found) == len(set(found.ids.tolist())) == 5


def test_the_ids_of_children_are_what_they_always_were():
    found = children("v", ids(7, 1 << 63), np.array([2, 1])).ids.tolist()
    assert found == [0x27D130849E998FA0, 0xAA2C398D0D14093B, 0x3CA5692863255AE1]


def test_no_other_parent_changes_a_child():
    alone = children("visit", ids(7), np.array([3])).ids
    assert children("visit", ids(9, 7, 4), np.array([5, 4, 1])).ids[5:8].tolist() == alone.tolist()
    assert set(children("drug", ids(7), np.array([3])).ids.tolist()).isdisjoint(alone.tolist())


def test_children_of_numbered_rows_share_no_id():
    found = children("visit", np.arange(20_000, dtype=np.uint64), np.full(20_000, 50))
    assert len(np.unique(found.ids)) == 1_000_000
    grandchildren = children("line", found.ids[:100_000], np.full(100_000, 10))
    assert len(np.unique(grandchildren.ids)) == 1_000_000


def test_no_parents_have_no_children():
    assert len(children("visit", ids(), np.empty(0, np.int64))) == 0


@pytest.mark.parametrize("count", [-1, MOST_CHILDREN + 1])
def test_more_children_than_there_are_places_are_refused(count):
    with pytest.raises(DataError, match=r"visit: .* children of a row"):
        children("visit", ids(1, 2), np.array([count, count]))
