"""A value is a function of (seed, path, row): cuts, order, further rows and further columns change none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.core.draws import BLOCK, bits, uniform
from seedbed.core.permutation import permutation
from seedbed.core.row_ids import blocks, children

seeds = st.integers(-(1 << 100), 1 << 100)
paths = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
row_ids = st.lists(st.integers(0, (1 << 64) - 1), max_size=60)


def drawn(seed, path, rows):
    return b"".join(draw(seed, path, rows).tobytes() for draw in (bits, uniform))


@given(seeds, paths, st.integers(0, 1 << 62), st.integers(0, 3 * BLOCK), st.integers(64, 2 * BLOCK))
@settings(deadline=None)
def test_a_range_is_the_same_however_it_is_cut(seed, path, start, count, size):
    whole = uniform(seed, path, np.arange(start, start + count, dtype=np.uint64))
    pieces = [uniform(seed, path, rows) for rows in blocks(start, start + count, size)]
    assert np.concatenate([*pieces, np.empty(0)]).tobytes() == whole.tobytes()


@given(seeds, paths, row_ids, st.randoms())
def test_the_order_of_rows_does_not_matter(seed, path, rows, chance):
    order = list(range(len(rows)))
    chance.shuffle(order)
    ids = np.array(rows, np.uint64)
    assert bits(seed, path, ids[order]).tolist() == bits(seed, path, ids)[order].tolist()


@given(seeds, paths, paths, row_ids, row_ids)
def test_further_rows_and_columns_change_no_other_value(seed, path, other, rows, more):
    before = drawn(seed, path, np.array(rows, np.uint64))
    bits(seed, other, np.array(more, np.uint64))
    both = uniform(seed, path, np.array([*rows, *more], np.uint64))
    assert both[: len(rows)].tobytes() == uniform(seed, path, np.array(rows, np.uint64)).tobytes()
    assert drawn(seed, path, np.array(rows, np.uint64)) == before


@given(seeds, paths, paths)
def test_two_paths_draw_different_values(seed, path, other):
    ids = np.arange(4, dtype=np.uint64)
    assert (bits(seed, path, ids) == bits(seed, other, ids)).all() == (path == other)
    assert not (bits(seed, path, ids) == bits(seed + 1, path, ids)).any()


@given(paths, st.lists(st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, 30)), max_size=40), st.integers(0, 40))
def test_children_are_the_same_however_their_parents_are_cut(path, families, cut):
    parents = np.array([parent for parent, _ in families], np.uint64)
    counts = np.array([count for _, count in families], np.int64)
    whole = children(path, parents, counts)
    first, rest = (children(path, parents[part], counts[part]) for part in (slice(cut), slice(cut, None)))
    assert [*first.ids, *rest.ids] == whole.ids.tolist()
    assert [*first.parent, *(rest.parent + min(cut, len(parents)))] == whole.parent.tolist()
    assert [*first.ordinal, *rest.ordinal] == whole.ordinal.tolist()


@pytest.mark.parametrize("seed", [1, 2])
def test_every_small_permutation_gives_every_number_to_one_row(seed):
    for count in range(1, 2001):
        found = permutation(seed, "x", np.arange(count, dtype=np.uint64), count)
        assert (np.bincount(found.astype(np.int64), minlength=count) == 1).all()


@given(seeds, paths, st.integers(2, 1 << 63), st.data())
def test_a_large_permutation_gives_different_rows_different_numbers(seed, path, count, data):
    rows = data.draw(st.lists(st.integers(0, count - 1), unique=True, max_size=50))
    found = permutation(seed, path, np.array(rows, np.uint64), count)
    assert len(set(found.tolist())) == len(rows)
    assert all(number < count for number in found.tolist())
    assert [int(permutation(seed, path, np.array([row], np.uint64), count)[0]) for row in rows[:3]] == found[
        :3
    ].tolist()
