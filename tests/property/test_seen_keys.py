"""Keys that stood before, however the file is cut into blocks."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from seedbed.masters.keys import SeenKeys

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
        found += seen.repeats(pd.Series(piece, dtype="str")).tolist()
        start += size
    assert found == repeats_of_a_set(all_keys)


def test_many_blocks_leave_few_segments_to_search():
    seen = SeenKeys()
    for block in range(200):
        assert not seen.repeats(pd.Series([f"{block}-{n}" for n in range(50)], dtype="str")).any()
    assert len(seen._segments) <= 14
    assert seen.repeats(pd.Series([f"{block}-7" for block in range(200)], dtype="str")).all()
