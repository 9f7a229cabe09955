"""Keys that stood before, however the file is cut into blocks."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from seedbed.master_data.keys import SeenKeys, missing_keys

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
few = st.integers(0, 30).map(lambda n: f"K{n}")
keys = st.lists(st.one_of(texts, few), max_size=120)


def repeats_of_a_set(all_keys: list[str]) -> list[bool]:
    seen: set[str] = set()
    found = []
    for key in all_keys:
        found.append(key in seen)
        seen.add(key)
    return found


@given(keys, st.lists(st.integers(0, 40), max_size=20))
def test_a_key_repeats_exactly_when_it_stood_before_however_blocks_are_cut(all_keys, cuts):
    seen, found, start = SeenKeys(), [], 0
    for size in [*cuts, len(all_keys)]:
        piece = all_keys[start : start + size]
        found += seen.find_repeats(pd.Series(piece, dtype="str")).tolist()
        start += size
    assert found == repeats_of_a_set(all_keys)


def test_many_blocks_leave_few_segments_to_search():
    seen = SeenKeys()
    for block in range(200):
        assert not seen.find_repeats(pd.Series([f"{block}-{n}" for n in range(50)], dtype="str")).any()
    assert len(seen._segments) <= 14
    assert seen.find_repeats(pd.Series([f"{block}-7" for block in range(200)], dtype="str")).all()


@given(keys, keys, st.lists(texts, max_size=40), st.integers(1, 40))
def test_a_key_is_present_exactly_when_it_stood_in_a_row_that_was_taken_or_left_out(taken, left_out, asked, size):
    seen = SeenKeys()
    for start in range(0, max(len(taken), len(left_out)), size):
        seen.find_repeats(pd.Series(taken[start : start + size], dtype="str"))
        seen.add_skipped(pd.Series(left_out[start : start + size], dtype="str"))
    wanted = [*asked, *taken, *left_out]
    found = seen.is_present(pd.Series(wanted, dtype="str")).tolist()
    assert found == [key in {*taken, *left_out} for key in wanted]
    assert seen.find_repeats(pd.Series(asked, dtype="str")).tolist() == repeats_of_a_set([*taken, *asked])[len(taken) :]
    seen.clear()
    assert not seen.is_present(pd.Series(wanted, dtype="str")).any()


@given(st.lists(keys, max_size=5), st.lists(few, max_size=20))
def test_a_key_that_is_held_and_not_present_is_missing_once(held, present):
    seen = SeenKeys()
    seen.find_repeats(pd.Series(present, dtype="str"))
    blocks = missing_keys((pd.Series(block, dtype="str") for block in held), seen.is_present)
    missing = [key for block in blocks for key in block]
    assert missing == list(dict.fromkeys(key for block in held for key in block if key not in present))
