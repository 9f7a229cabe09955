"""Draws are what they were: known answers, and a second implementation in whole numbers."""

import hashlib
import random

import numpy as np
import pytest

from seedbed.core.draws import BLOCK, bits, stream_keys, uniform

IDS = np.array([0, 1, 2, 1 << 32, (1 << 64) - 1], np.uint64)
KNOWN = {
    (0, ""): [0x67D8485E9BE2AD77, 0x6117DFDD1200B561, 0xCD3B967E525369E0, 0x90836CEE31817B25, 0x25CD5E263A9C4F95],
    (42, "hospital/patient/birth_date"): [
        0x4B91FB317C15B2CA,
        0x1464E827C51CB74A,
        0xA81237CE59A6EF05,
        0xB6ECB8200238021F,
        0x1410821BFB649A03,
    ],
    (-(1 << 200), "โรงพยาบาล/ผู้ป่วย"): [
        0x964A4272894A20AF,
        0x0AAE80425CCFBB00,
        0x058040A656D41AAB,
        0x0A9ADB9A4E12224C,
        0x46A931440FECF7D4,
    ],
}
ALL = (1 << 64) - 1


def slow_bits(seed: int, path: str, row: int) -> int:
    """One draw, by the definition."""
    named = format(seed, "x").encode("ascii") + bytes([0]) + path.encode("utf-8")
    digest = hashlib.blake2b(named, digest_size=16, person=b"seedbed draws 1").digest()
    x = row
    for key in (digest[:8], digest[8:]):
        x = (x + int.from_bytes(key, "little")) & ALL
        x = ((x ^ (x >> 27)) * 0x3C79AC492BA7B653) & ALL
        x = ((x ^ (x >> 33)) * 0x1C69B3F74AC4AE35) & ALL
        x ^= x >> 27
    return x


@pytest.mark.parametrize("stream", KNOWN)
def test_draws_are_what_they_always_were(stream):
    assert bits(*stream, IDS).tolist() == KNOWN[stream]
    assert uniform(*stream, IDS).tolist() == [(known >> 11) / (1 << 53) for known in KNOWN[stream]]


def test_a_slow_second_implementation_agrees():
    chance = random.Random(5)
    for _ in range(200):
        seed, path = chance.getrandbits(chance.randrange(1, 300)), f"a/{chance.random()}"
        rows = [chance.getrandbits(64) for _ in range(5)]
        assert bits(seed, path, np.array(rows, np.uint64)).tolist() == [slow_bits(seed, path, row) for row in rows]


def test_many_blocks_are_drawn_as_one_row_is():
    rows = np.arange(2 * BLOCK + 5, dtype=np.uint64)
    found = bits(3, "x", rows)
    for row in (0, BLOCK - 1, BLOCK, 2 * BLOCK, 2 * BLOCK + 4):
        assert int(found[row]) == slow_bits(3, "x", row)
    assert uniform(3, "x", rows).tolist() == ((found >> np.uint64(11)) * 2.0**-53).tolist()
    assert len(np.unique(found)) == len(rows)


def test_no_rows_are_no_draws():
    none = np.empty(0, np.uint64)
    assert (bits(1, "x", none).dtype, uniform(1, "x", none).dtype) == (np.uint64, np.float64)
    assert len(bits(1, "x", none)) == len(uniform(1, "x", none)) == 0


def test_rows_may_be_any_view_and_are_left_as_they_are():
    rows = np.arange(20, dtype=np.uint64)
    assert uniform(1, "x", rows[::-2]).tolist() == uniform(1, "x", rows)[::-2].tolist()
    assert bits(1, "x", rows[:3].astype(np.uint32)).tolist() == bits(1, "x", rows[:3]).tolist()
    assert rows.tolist() == list(range(20))


@pytest.mark.parametrize("kind", [np.int64, np.float64])
def test_what_is_no_row_id_is_refused(kind):
    for draw in (bits, uniform):
        with pytest.raises(TypeError):
            draw(1, "x", np.array([-1], kind))


def test_seed_and_path_do_not_run_into_each_other():
    pairs = [(1, "2/x"), (12, "/x"), (1, "2"), (12, ""), (0x12, ""), (-1, ""), (1, ""), (1, "\0"), (0, "1\0")]
    assert len({stream_keys(*pair, 2).tobytes() for pair in pairs}) == len(pairs)
    assert bits(np.int64(7), "x", IDS).tolist() == bits(7, "x", IDS).tolist()
    assert stream_keys(1, "x", 8).shape == (8,)
