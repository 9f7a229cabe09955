"""Waiting, with a clock that a test turns."""

from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from seedbed.actions.runs.wait_for_targets import Clock, TargetWaiter, await_answer, duration, required_targets
from seedbed.core.errors import AuthError, Transient
from seedbed.core.local_time import LOCAL_TIME
from tests.support.builders.houses import SmallHouse

BEGAN = datetime(2026, 11, 22, 1, 34, tzinfo=ZoneInfo("Asia/Bangkok")).timestamp()


class Turned:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.time = BEGAN
        self.said: list[tuple[str, list[str]]] = []

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.time += seconds

    def away_until(self, end: float) -> Callable[[], None]:
        def ping() -> None:
            if self.time < end:
                raise Transient("nobody there")

        return ping

    def watch(self, patience_s: float, away: dict[str, float] | None = None) -> TargetWaiter:
        def tell(sentence: str, gone: Mapping[str, float]) -> None:
            self.said.append((sentence, list(gone)))

        clock = Clock(lambda: self.time, self.sleep)
        return TargetWaiter(BEGAN, patience_s, 60, {} if away is None else away, tell, clock)


def test_a_target_that_answers_is_not_waited_for() -> None:
    clock = Turned()
    await_answer("Cortex API", clock.away_until(0), clock.watch(600))
    assert (clock.time, clock.said) == (BEGAN, [])


def test_a_target_that_comes_back_in_time_was_only_waited_for() -> None:
    clock = Turned()
    await_answer("Cortex API", clock.away_until(BEGAN + 230), clock.watch(600))
    assert clock.time == BEGAN + 240
    assert clock.said == [
        ("waiting for Cortex API since 01:34: nobody there", ["Cortex API"]),
        ("Cortex API answers again after 4 min", []),
    ]


def test_the_patience_is_counted_from_the_attempts_start_and_its_end_says_how_long() -> None:
    clock = Turned()
    watch = clock.watch(3 * 3_600)
    clock.time += 3_600
    with pytest.raises(Transient, match=r"Cortex API did not answer for 2 h \(since 02:34\): nobody there"):
        await_answer("Cortex API", clock.away_until(BEGAN + 1e9), watch)
    assert clock.time == BEGAN + 3 * 3_600


def test_a_later_step_asks_once_more_and_remembers_since_when() -> None:
    clock = Turned()
    watch = clock.watch(600, {"Cortex API": BEGAN})
    clock.time += 700
    with pytest.raises(Transient, match=r"for 12 min \(since 01:34\)"):
        await_answer("Cortex API", clock.away_until(BEGAN + 1e9), watch)
    await_answer("Cortex API", clock.away_until(0), watch)
    assert [sentence for sentence, _ in clock.said] == ["Cortex API answers again after 12 min"]


def test_one_outage_is_told_once_whoever_waits() -> None:
    clock = Turned()
    watch = clock.watch(600)
    watch.unavailable_since["Cortex API"] = BEGAN
    clock.time += 20
    await_answer("Cortex API", clock.away_until(BEGAN + 60), watch)
    assert [sentence for sentence, _ in clock.said] == ["Cortex API answers again after 80 s"]


def test_a_refusal_is_not_waited_for() -> None:
    clock = Turned()

    def refuse() -> None:
        raise AuthError("wrong secret")

    with pytest.raises(AuthError):
        await_answer("Cortex API", refuse, clock.watch(600))
    assert clock.time == BEGAN


def test_what_a_unit_waits_for(small: SmallHouse) -> None:
    assert required_targets(small.house, [small.entity("test_bed")]) == ("postgres",)


@pytest.mark.parametrize(
    ("seconds", "words"), [(4, "4 s"), (100, "2 min"), (240, "4 min"), (10_800, "3 h"), (12_600, "3.5 h")]
)
def test_a_duration_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_times_are_the_hospitals() -> None:
    assert LOCAL_TIME.clock_time(BEGAN) == "01:34"
