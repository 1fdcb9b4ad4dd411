"""Half-open spans, and the wall clock of Europe/London. Instants are aware UTC datetimes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from outreach.ground.row_numbers import whole_number

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A half-open stretch of time [start, end); instants in UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)


def typed_time(said: str) -> time:
    """A time of day as people type it: 9:30, 09.30, 9.30am, 1pm, 13:00:00. Raises ValueError."""
    text = said.strip().lower().replace(".", ":").replace(" ", "")
    hours, *minutes = text.removesuffix("pm").removesuffix("am").split(":")
    if len(minutes) > 2 or (len(minutes) == 2 and minutes[1] not in ("", "00")):
        raise ValueError(said)
    hour = int(hours)
    if text.endswith("pm") and hour < 12:
        hour += 12
    if text.endswith("am") and hour == 12:
        hour = 0
    try:
        return time(hour, int(minutes[0] or 0) if minutes else 0)
    except OverflowError as too_many_digits:
        raise ValueError(said) from too_many_digits


def retry_after(said: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After asks for, in seconds or as a date; None where it is not said or makes no sense."""
    said = (said or "").strip()
    if (seconds := whole_number(said, 0, 999_999)) is not None:
        return timedelta(seconds=seconds)
    try:
        at = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return max(timedelta(), at - now) if at.tzinfo else None


def wall(day: date, at: time) -> datetime:
    """The instant (UTC) at which the wall clock in Europe/London shows `at` on `day`.

    On the night the clocks go back the earlier of two is meant; a time the clocks skip is
    taken as that much after the change (PEP 495, fold=0).
    """
    return datetime.combine(day, at, tzinfo=LONDON).astimezone(UTC)


def local(instant: datetime) -> datetime:
    """The wall clock of Europe/London at `instant`."""
    return instant.astimezone(LONDON)


def day_of(instant: datetime) -> date:
    """The calendar day in Europe/London."""
    return local(instant).date()


def end_of_day(day: date) -> datetime:
    """The instant at which `day` is over in Europe/London: the next midnight; of the last day that can be written, the
    last instant."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return wall(day + timedelta(days=1), time(0))


def as_of_moment(day: date, now: datetime) -> datetime:
    """The instant that 'as of `day`' means: the end of that day, or now if it is not over yet."""
    return min(end_of_day(day), now)
