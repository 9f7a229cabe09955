"""The hospital's clock decides which day a moment belongs to, and how it is shown."""

from datetime import UTC, date, datetime

import pytest

from seedbed.core.local_time import LocalTime, checked_zone

EVENING = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)


def test_a_moment_belongs_to_the_day_in_the_time_zone():
    assert LocalTime().day(EVENING) == date(2026, 11, 22)
    assert LocalTime("Europe/Berlin").day(EVENING) == date(2026, 11, 21)


def test_a_fixed_day_stands_for_every_moment():
    assert LocalTime(as_of=date(2026, 1, 1)).day(EVENING) == date(2026, 1, 1)


def test_moments_are_shown_in_the_time_zone():
    assert LocalTime().minute(EVENING) == "2026-11-22 01:30"
    assert LocalTime("Asia/Tokyo").clock_time(EVENING.timestamp()) == "03:30"


@pytest.mark.parametrize("name", ["Bangkok", "", "Asia/", "../etc"])
def test_a_time_zone_that_does_not_exist_is_refused(name):
    with pytest.raises(ValueError, match="is no time zone"):
        checked_zone(name)
