"""One troupe's day in the diary: what stands on it, the roads between, the places that are free, what is
wrong. Pure.

Minutes are of the wall clock in Europe/London, from midnight.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import pairwise
from typing import NamedTuple

from outreach.booking.promises import HOST
from outreach.booking.proposals import Proposal
from outreach.county.school_days import INSET_DAY, RULED_OUT, SchoolCalendar
from outreach.ground.timespans import local
from outreach.ground.wording import clock, count
from outreach.tour import over_lunch, roads, turning
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.hours import Truly
from outreach.tour.programmes import Programme
from outreach.tour.roads import Roads, Stop

BOOKED, PROPOSED, HELD = "booked", "proposed", "held"
MIDDAY = 12 * 60

TIGHT_MINUTES = 10
"""With fewer minutes to spare than this a road is shown as tight."""


class Host(NamedTuple):
    """`is_venue`: a session's, which is moved on its own page."""

    name: str
    is_venue: bool = False


class DrawnShow(NamedTuple):
    """A performance as far as it is drawn: a month reads hundreds."""

    id: int
    tour_day_id: int
    organisation_id: int
    easting: int | None
    northing: int | None
    get_in_at: datetime
    starts_at: datetime
    ends_at: datetime
    away_at: datetime
    held_until: datetime | None
    lunch_from_at: datetime | None
    lunch_until_at: datetime | None
    lunch_keeps_out: str | None
    lunch_overruled: str
    host: Host


class DrawnBooking(NamedTuple):
    """A live booking as far as it is drawn."""

    performance_id: int
    role: str
    seats: int
    reference: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """A show, or a time kept or held for a school, from `begins` (get-in) to `ends` (away), or from and until the hall
    is turned round.

    `booking` is the host's where it is booked, `guests` are how many join, `pupils` all that are promised;
    `proposal` keeps the time where it is proposed.
    """

    performance: DrawnShow
    kind: str
    booking: DrawnBooking | None
    guests: int
    pupils: int
    proposal: Proposal | None
    begins: int
    starts: int
    over: int
    ends: int
    movable: bool

    @property
    def get_in(self) -> int:
        return self.starts - self.begins

    @property
    def get_out(self) -> int:
        return self.ends - self.over


@dataclass(frozen=True, kw_only=True)
class DrawnDrive:
    """A road of `minutes`, drawn from `begins` to `ends`. `spare`: minutes left over on it; below nought it
    is too short.

    `start` and `end` name the places; `out`: it is the day's first.
    """

    begins: int
    ends: int
    minutes: int
    spare: int
    start: str
    end: str
    out: bool = False
    kind: str = "road"

    @property
    def tight(self) -> bool:
        return self.spare < TIGHT_MINUTES

    @property
    def said(self) -> str:
        """How tight it is, in words; '' where there is time."""
        if self.spare < 0:
            return f"{count(-self.spare, 'minute')} short on the road to {self.end}"
        return f"{count(self.spare, 'minute')} to spare on the road to {self.end}" if self.tight else ""


@dataclass(frozen=True, kw_only=True)
class Free:
    """A place for one more show, as far as the day goes; which school it suits depends on its road and its
    days."""

    begins: int
    ends: int
    kind: str = "free"

    @property
    def half(self) -> str:
        return "morning" if self.begins + self.ends < 2 * MIDDAY else "afternoon"


Item = Block | DrawnDrive | Free


@dataclass(frozen=True, kw_only=True)
class TroupeDay:
    """A troupe on a day. `tour_day` None: it gives none, for the reason in `idle`. `items` by their begin.
    `taken`: it plays for another partnership that day. `leaves_from`, `returns_to`: None where the base is not
    known."""

    troupe: Troupe
    tour_day: TourDay | None
    idle: str = ""
    taken: bool = False
    items: tuple[Item, ...] = ()
    warnings: tuple[str, ...] = ()
    leaves: int = 0
    returns: int = 0
    leaves_from: Stop | None = None
    returns_to: Stop | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def free(self) -> tuple[Free, ...]:
        return tuple(item for item in self.items if isinstance(item, Free))


def row(
    tour_day: TourDay,
    blocks: Sequence[Block],
    *,
    truly: Truly,
    ways: Roads,
    programme: Programme,
    calendars: Mapping[int, SchoolCalendar],
    warned: Iterable[str],
    past: bool,
    taken: bool,
) -> TroupeDay:
    """A tour day's row. `calendars`: of the hosts by URN; `past`: no place of it is free any more."""
    blocks = [
        replace(b, begins=minute(begins), ends=minute(ends))
        for b, (begins, ends) in zip(blocks, turning.at_work([b.performance for b in blocks]), strict=True)
    ]
    drives = list(_drives(tour_day, blocks, truly, ways))
    free = () if past or taken else tuple(_free(tour_day, blocks, truly, programme))
    tight = [d.said for d in drives if d.tight and d.begins >= truly.leaves]
    return TroupeDay(
        troupe=tour_day.troupe,
        tour_day=tour_day,
        taken=taken,
        items=tuple(sorted([*blocks, *drives, *free], key=lambda item: (item.begins, item.ends))),
        warnings=(*tight, *warned, *_unsuited(tour_day, blocks, programme, calendars)),
        leaves=truly.leaves,
        returns=truly.returns,
        leaves_from=truly.leaves_from,
        returns_to=truly.returns_to,
    )


def block(
    performance: DrawnShow,
    promised: Sequence[DrawnBooking],
    proposal: Proposal | None,
    *,
    now: datetime,
) -> Block:
    """What stands there, from its live bookings (the host's first) or the proposal that keeps it; else it is
    held."""
    host = promised[0] if promised and promised[0].role == HOST else None
    kind = BOOKED if promised else PROPOSED if proposal else HELD
    return Block(
        performance=performance,
        kind=kind,
        booking=host,
        guests=len(promised) - 1 if host else len(promised),
        pupils=sum(booking.seats for booking in promised),
        proposal=proposal,
        begins=minute(performance.get_in_at),
        starts=minute(performance.starts_at),
        over=minute(performance.ends_at),
        ends=minute(performance.away_at),
        movable=kind != HELD and performance.starts_at > now and not performance.host.is_venue,
    )


def minute(instant: datetime) -> int:
    at = local(instant)
    return at.hour * 60 + at.minute


def of_clock(at: time) -> int:
    return at.hour * 60 + at.minute


def stop_of(show: DrawnShow) -> Stop:
    return roads.stop_at(show.organisation_id, show.easting, show.northing)


def _drives(tour_day: TourDay, blocks: Sequence[Block], truly: Truly, ways: Roads) -> Iterator[DrawnDrive]:
    """From where the day begins, on from show to show, to where it ends; a base that is not known takes no
    road."""
    if not blocks:
        return
    first, last, base = blocks[0], blocks[-1], tour_day.troupe.base_name or "the base"
    slept = truly.leaves_from is not None and truly.leaves_from != roads.base_stop(tour_day.troupe)
    there = stop_of(first.performance)
    if truly.leaves_from:
        minutes = ways.minutes(truly.leaves_from, there)
        leaves, name = first.begins - minutes, first.performance.host.name
        spare = first.begins - minutes - truly.leaves
        yield DrawnDrive(
            begins=leaves,
            ends=first.begins,
            minutes=minutes,
            spare=max(spare, TIGHT_MINUTES),
            start="the night’s lodging" if slept else base,
            end=name,
            out=True,
        )
    for before, after in pairwise(blocks):
        minutes = ways.minutes(stop_of(before.performance), stop_of(after.performance))
        if minutes or before.performance.organisation_id != after.performance.organisation_id:
            yield DrawnDrive(
                begins=before.ends,
                ends=before.ends + minutes,
                minutes=minutes,
                spare=after.begins - before.ends - minutes,
                start=before.performance.host.name,
                end=after.performance.host.name,
            )
    if truly.returns_to:
        minutes = ways.minutes(stop_of(last.performance), truly.returns_to)
        yield DrawnDrive(
            begins=last.ends,
            ends=last.ends + minutes,
            minutes=minutes,
            spare=TIGHT_MINUTES,
            start=last.performance.host.name,
            end=tour_day.stays_at or base,
        )


def _free(tour_day: TourDay, blocks: Sequence[Block], truly: Truly, programme: Programme) -> Iterator[Free]:
    """Where one more show would have its time, the road left out of account; no more than the day may still
    have."""
    left = tour_day.shows_at_most - len(blocks)
    needed = programme.get_in_minutes + programme.show_minutes + programme.get_out_minutes
    opens = max(truly.leaves, of_clock(programme.earliest_start) - programme.get_in_minutes)
    closes = min(truly.returns, of_clock(programme.latest_finish) + programme.get_out_minutes)
    edges = [opens, *(at for b in blocks for at in (b.begins, b.ends)), closes]
    for begins, ends in zip(edges[::2], edges[1::2], strict=True):
        begins, ends = max(begins, opens), min(ends, closes)
        here = min(left, (ends - begins) // needed) if ends > begins else 0
        for n in range(here):
            size = (ends - begins) // here
            yield Free(begins=begins + n * size, ends=begins + (n + 1) * size)
        left -= here


def _unsuited(
    tour_day: TourDay, blocks: Sequence[Block], programme: Programme, calendars: Mapping[int, SchoolCalendar]
) -> Iterator[str]:
    """A school that is closed that day or has its lunch then, by what it said since, and more pupils than one show
    takes."""
    for b in blocks:
        name = b.performance.host.name
        calendar = calendars.get(b.performance.organisation_id, SchoolCalendar())
        why = calendar.why_closed(tour_day.day)
        if why == INSET_DAY and programme.for_adults:
            why = ""
        if why:
            said = {INSET_DAY: "INSET day", RULED_OUT: "Ruled out"}.get(why, why[:1].upper() + why[1:])
            yield f"{said} at {name}"
        kept = over_lunch.kept_out(calendar.lunch)
        in_time = over_lunch.clear_of(kept, gets_in=b.begins, starts=b.starts, over=b.over, away=b.ends)
        if not programme.for_adults and not in_time:
            yield f"Over lunch at {name}" + (", as it agreed" if b.performance.lunch_overruled else "")
        if b.pupils > programme.audience_ceiling and not b.performance.host.is_venue:
            yield f"Hall too small: {count(b.pupils, 'pupil')} at {name}, {programme.audience_ceiling} at most"


def clock_of(minutes: int) -> str:
    """570 -> '9:30am'; what lies beyond a day is said as the day's end."""
    at = min(max(minutes, 0), 24 * 60 - 1)
    return clock(time(at // 60, at % 60))
