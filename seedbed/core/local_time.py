"""The hospital's clock: its time zone, and the day that the data stands for."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

TIME_ZONE = "Asia/Bangkok"  # where nothing says another


def checked_zone(name: str) -> str:
    """The name of a time zone. ValueError where there is none of that name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, malformed, or a folder of the time zone database
        raise ValueError(f"'{name}' is no time zone: write a name such as {TIME_ZONE}") from None
    return name


@dataclass(frozen=True, slots=True)
class LocalTime:
    """How moments are shown, and which day the data stands for.

    - `zone`: name of the time zone. `as_of`: a fixed day; None is the day of the moment.

        LocalTime().day(datetime(2026, 11, 21, 18, 30, tzinfo=UTC))  # 2026-11-22
    """

    zone: str = TIME_ZONE
    as_of: date | None = None

    def at(self, moment: datetime) -> datetime:
        """The moment in the time zone."""
        return moment.astimezone(ZoneInfo(self.zone))

    def day(self, moment: datetime) -> date:
        """The day that the data stands for at the moment."""
        return self.as_of or self.at(moment).date()

    def minute(self, moment: datetime) -> str:
        """Day and time of the moment, as in 2026-11-22 01:30."""
        return f"{self.at(moment):%Y-%m-%d %H:%M}"

    def clock_time(self, epoch_s: float) -> str:
        """The time of day, as in 01:34. `epoch_s`: seconds of the epoch."""
        return f"{datetime.fromtimestamp(epoch_s, ZoneInfo(self.zone)):%H:%M}"


LOCAL_TIME = LocalTime()
