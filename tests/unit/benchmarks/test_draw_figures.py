"""The figures of draws: a line a shape, and a battery that knows chance from what is not."""

import json

import numpy as np
import pytest

from benchmarks import draws, randomness
from benchmarks.machine import BenchmarkError
from seedbed.core.draws import bits

ROWS = np.arange(randomness.BLOCK, dtype=np.uint64)


def lines(said):
    return [json.loads(line) for line in said.splitlines()]


def test_every_shape_has_a_line(capsys):
    draws.measure(1_000)
    said = lines(capsys.readouterr().out)
    assert [line["figure"] for line in said] == [f"draws_{name}" for name in draws.makers(ROWS[:1])]
    assert all(line["rows"] == 1_000 and line["ns_a_value"] > 0 and line["ratio"] > 0 for line in said)


def test_draws_pass_the_battery(capsys):
    randomness.measure(2 * randomness.BLOCK)
    said = lines(capsys.readouterr().out)
    assert [line["figure"] for line in said] == [
        *(f"randomness_{name}" for name in randomness.STREAMS),
        "randomness_avalanche",
    ]
    assert [line["draws"] for line in said] == [2 * randomness.BLOCK] * 4


@pytest.mark.parametrize(
    ("drawn", "test"),
    [
        (ROWS, "words_48"),
        (bits(1, "x", ROWS) & np.uint64((1 << 64) - 2), "words_0"),
        (np.repeat(bits(1, "x", ROWS[: len(ROWS) // 2]), 2), "pairs_top"),
        (np.tile(bits(1, "x", ROWS[:256]), len(ROWS) // 256), "pairs_256_apart"),
        (np.tile(bits(1, "x", ROWS[:16]), len(ROWS) // 16), "pairs_16_apart"),
        (np.sort(bits(1, "x", ROWS)), "orders"),
        (np.sort(bits(1, "x", ROWS)), "gaps"),
        (np.repeat(bits(1, "x", ROWS[: len(ROWS) // 2]) << np.uint64(8), 2), "pairs_low"),
    ],
)
def test_what_is_not_like_chance_is_found(drawn, test):
    assert abs(randomness.battery([drawn])[test]) > randomness.REFUSED


def test_a_weak_avalanche_is_found():
    def weak(_: int, bit: int):
        return np.full(randomness.ROWS_FLIPPED, 1 << bit, np.uint64)

    assert randomness.avalanche(1, weak) > randomness.REFUSED


def test_draws_that_fail_the_battery_are_an_error(monkeypatch):
    monkeypatch.setattr(randomness, "STREAMS", {"counted": lambda _: ROWS})
    monkeypatch.setattr(randomness, "flip_rows", randomness.flip_seeds)
    with pytest.raises(BenchmarkError, match="counted words_48"):
        randomness.measure(randomness.BLOCK)
