"""Fit of one more show on a tour day for one school: the gaps between the shows that stand, with the road.
Pure arithmetic.

Reckoned in minutes of the wall clock in Europe/London from midnight: no show crosses a change of the clocks.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any, NamedTuple

from outreach.county import school_days, school_locations
from outreach.county.partnerships import Partnership
from outreach.county.school_days import SchoolCalendar
from outreach.county.school_locations import Located
from outreach.county.schools import Organisation
from outreach.ground.audience import words
from outreach.ground.geography import Place
from outreach.ground.timespans import local
from outreach.tour import hours, mealtimes, over_lunch, roads
from outreach.tour.hours import GivenDay, Truly
from outreach.tour.over_lunch import KeptOut, Starts
from outreach.tour.performances import Slot
from outreach.tour.planning import lunch
from outreach.tour.planning.lunch import AtWork
from outreach.tour.programmes import Programme
from outreach.tour.roads import Stop

NEAR_MINUTES = 20
"""A show so many minutes away, or fewer, is a reason in words: 'the company is at Eelbridge that day'."""

EMPTY_DAY_MINUTES = 60
"""What an empty day counts as extra road when the troupe's base is not known."""

NOON = 12 * 60

LUNCH, REST, LATEST = "lunch", "rest", "latest return"
"""The rules of a troupe that can stand in the way of a day by themselves."""

OVER_LUNCH = "no time beside your lunch that day"
"""Why a day has no slot where the school's lunch alone stands in the way."""

TAKEN = "the company plays elsewhere that day"
"""Why a day has no slot where its troupe plays for another partnership."""


class StartsBetween(NamedTuple):
    """Starts from `first` to `last` minute, every step, between two shows that stand."""

    first: int
    last: int
    extra_minutes: int
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SlotMinutes:
    """The minutes that all slots of a programme share at one school; `get_in` is that of most starts, `get_in_before`
    that of each. `lunch`: of the school, which they keep out of, unless `whatever_the_lunch`."""

    step: int
    show: int
    get_in: int
    get_out: int
    turn: int = 0
    lunch: KeptOut | None = None
    whatever_the_lunch: bool = False

    def get_in_before(self, start: int) -> int:
        """Minutes from the beginning of set-up to a start: more where the set stands over lunch."""
        lunch = None if self.whatever_the_lunch else self.lunch
        return start - over_lunch.sets_up_at(lunch, start, self.get_in)


def slot_minutes(programme: Programme, partnership: Partnership, calendar: SchoolCalendar) -> SlotMinutes:
    """What the slots of a programme take at the school of a calendar; one for adults knows no lunch."""
    return SlotMinutes(
        step=partnership.slot_step_minutes,
        show=programme.show_minutes,
        get_in=programme.get_in_minutes,
        get_out=programme.get_out_minutes,
        turn=programme.turn_minutes,
        lunch=None if programme.for_adults else over_lunch.kept_out(calendar.lunch),
    )


class Stand(NamedTuple):
    """A show that stands on a day, in minutes, and where. `certain`: it is booked, not only kept for somebody; `stood`
    and `set_stays`: as AtWork has them."""

    organisation_id: int
    get_in: int
    starts: int
    ends: int
    away: int
    place: Place | None
    town: str
    certain: bool = True
    stood: int = 0
    set_stays: bool = True

    @property
    def stop(self) -> Stop:
        return Stop(self.organisation_id, self.place)

    @property
    def work(self) -> AtWork:
        return AtWork(
            self.get_in, self.starts, self.ends, self.away, self.stood, self.organisation_id, self.set_stays
        )


class Drive(NamedTuple):
    """A day as it stands, and where it stops. Minutes of the road: `legs`, from each of `stops` to the next, from where
    it leaves to whereto it returns; `roads`, to each of them from the school that asks. An unknown one takes none."""

    truly: Truly
    stands: Sequence[Stand]
    stops: Sequence[Stop | None]
    legs: Sequence[int]
    roads: Sequence[int]


class Opening(NamedTuple):
    """Starts from `first` to `last` minute before show number `at` of a day."""

    at: int
    first: int
    last: int


class WhyNothing(NamedTuple):
    """Why a day has no slot: the first reason, '' where it has one. `short`: how many minutes are lacking at the best
    place of a day that has room for a show and no time for it; `by_road`: without the drive there would be time.
    `barred`: without this rule of the troupe (LUNCH, REST, LATEST) there would be a slot."""

    why_not: str
    short: int = 0
    by_road: bool = False
    barred: str = ""


Rank = tuple[int, date, int]
"""Of a slot: its extra road in minutes, its day, its start; the lower, the better."""


class DayOffer:
    """One tour day: its slots by start; or why there is none. Each thing is reckoned when it is asked for: of
    hundreds of days a page shows one month and the best few.

    `closed`: why there is none whatever stands on the day: the school is closed, the troupe plays
    elsewhere, or the day is full.
    """

    def __init__(self, judge: "Judge", row: Any, stands: Iterable[Stand], closed: str) -> None:
        """`row`: of hours.COLUMNS."""
        self._judge, self._row, self._stands, self.closed = judge, row, tuple(stands), closed
        self.day: date = row.day

    @property
    def tour_day_id(self) -> int:
        return int(self._row.id)

    @property
    def troupe_id(self) -> int:
        return int(self._row.troupe_id)

    @property
    def shape(self) -> SlotMinutes:
        return self._judge.shape

    @property
    def shows(self) -> int:
        """How many stand on it."""
        return len(self._stands)

    @property
    def at_most(self) -> int:
        """How many it takes."""
        return int(self._row.shows_at_most)

    @cached_property
    def _drive(self) -> Drive:
        return self._judge.drive(self._row, self._stands)

    def drive_with(self, show: Stand) -> Drive:
        """The day with one more show on it."""
        return self._judge.drive(self._row, sorted([*self._stands, show], key=lambda s: s.starts))

    @cached_property
    def has_slot(self) -> bool:
        """Whether it has any; the quickest to tell."""
        if "gaps" in self.__dict__:
            return bool(self.gaps)
        return not self.closed and any(True for _ in self._judge.openings(self._drive))

    @cached_property
    def gaps(self) -> tuple[StartsBetween, ...]:
        return () if self.closed else tuple(self._judge.gaps(self._drive))

    @property
    def starts(self) -> Iterator[tuple[StartsBetween, int]]:
        """Its starts in minutes, each with the gap that it lies in: `slot` makes one of them."""
        return _starts(self.gaps, self.shape.step)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(self.slot(gap, start) for gap, start in self.starts)

    @cached_property
    def _nothing(self) -> WhyNothing:
        if self.closed or self.has_slot:
            return WhyNothing(self.closed)
        return self._judge.why_nothing(self._row, self._drive)

    @property
    def why_not(self) -> str:
        return self._nothing.why_not

    @property
    def short(self) -> int:
        return self._nothing.short

    @property
    def by_road(self) -> bool:
        return self._nothing.by_road

    @property
    def barred(self) -> str:
        return self._nothing.barred

    def best(self) -> Slot:
        """The slot with the least extra road, the earliest of these; only of a day that has one."""
        gap = min(self.gaps, key=_by_road)
        return self.slot(gap, gap.first)

    @property
    def in_the_morning(self) -> bool:
        """Whether it has a start before noon."""
        return any(gap.first < NOON for gap in self.gaps)

    @property
    def in_the_afternoon(self) -> bool:
        """Whether it has a start from noon on."""
        step = self.shape.step
        return any(gap.last - (gap.last - gap.first) % step >= NOON for gap in self.gaps)

    @property
    def rank(self) -> Rank:
        """The lower, the better the best slot of the day: least extra road, then earliest."""
        extra_minutes, first = min(map(_by_road, self.gaps))
        return extra_minutes, self.day, first

    @property
    def rank_at_best(self) -> Rank:
        """What no slot of the day can be better than: the least extra road, whatever the time."""
        return self._judge.least_extra(self._row, self._stands), self.day, 0

    def slot(self, gap: StartsBetween, start: int) -> Slot:
        """The slot of a start, which need not be one of its own."""
        return Slot(
            tour_day_id=self.tour_day_id,
            troupe_id=self.troupe_id,
            day=self.day,
            start_minute=start,
            show_minutes=self.shape.show,
            get_in_minutes=self.shape.get_in_before(start),
            get_out_minutes=self.shape.get_out,
            extra_minutes=gap.extra_minutes,
            why=gap.why,
            lunch=self.shape.lunch,
        )


def ranked(days: Sequence[DayOffer]) -> Iterator[DayOffer]:
    """The days that have a slot, the best first. A day is reckoned once none that waits can be better at best."""
    waiting = [(day.rank_at_best, n, False) for n, day in enumerate(days) if not day.closed]
    heapify(waiting)
    while waiting:
        _, n, reckoned = heappop(waiting)
        if reckoned:
            yield days[n]
        elif days[n].gaps:
            heappush(waiting, (days[n].rank, n, True))


def stand(
    organisation_id: int,
    instants: Sequence[datetime],
    easting: int | None,
    northing: int | None,
    town: str,
    *,
    certain: bool,
    held_to: KeptOut | None,
) -> Stand:
    """A show that stands, from its host, its instants (get-in, start, end, away), its point, its host's town and the
    lunch that it is held to."""
    gets_in_at, starts_at, ends_at, away_at = instants
    get_in = _minute(gets_in_at)
    starts = get_in + (starts_at - gets_in_at).seconds // 60
    return Stand(
        organisation_id,
        get_in,
        starts,
        get_in + (ends_at - gets_in_at).seconds // 60,
        get_in + (away_at - gets_in_at).seconds // 60,
        roads.stop_at(organisation_id, easting, northing).place,
        town,
        certain,
        over_lunch.stood(held_to, get_in, starts),
        over_lunch.set_stays(held_to),
    )


class Judge:
    """The rules for one school, on any tour day of one programme.

    `whatever_the_rest`: a coordinator puts up with a troupe's missing rest or lunch and its late return.
    `whatever_the_lunch`: a school agreed that a show lies across its lunch.
    """

    def __init__(
        self,
        programme: Programme,
        partnership: Partnership,
        school: Organisation,
        *,
        located: Located | None = None,
        calendar: SchoolCalendar | None = None,
        whatever_the_rest: bool = False,
        whatever_the_lunch: bool = False,
    ) -> None:
        """`located` and `calendar`: where they were read for many schools at once (places.locate_all,
        school_days.load)."""
        self.calendar = calendar or school_days.load_one(school)
        self.shape = replace(
            slot_minutes(programme, partnership, self.calendar), whatever_the_lunch=whatever_the_lunch
        )
        self.for_adults = programme.for_adults
        self.whatever_the_rest = whatever_the_rest
        self.roads = roads.roads_of_partnership(partnership)
        self.organisation_id, self.town = school.organisation_id, school.town
        self.place = (located or school_locations.located(school)).place
        self.stop = Stop(self.organisation_id, self.place)
        opens, closes = self.calendar.hours()
        self.first_start = max(_of(programme.earliest_start), _of(opens))
        self.last_start = min(_of(programme.latest_finish), _of(closes)) - self.shape.show
        self._roads: dict[int, int] = {self.organisation_id: 0}
        self._days: dict[date, str] = {}

    def day(self, row: GivenDay, stands: Sequence[Stand]) -> DayOffer:
        """What one tour day offers, or the first reason why nothing."""
        closed = self._closed(row.day) or (TAKEN if row.taken else "")
        if not closed and len(stands) >= row.shows_at_most:
            closed = "full"
        return DayOffer(self, row, stands, closed)

    def _closed(self, day: date) -> str:
        """Why the school is closed on a date, asked once for all troupes; '' where it is open."""
        if day not in self._days:
            why_not = self.calendar.why_closed(day)
            self._days[day] = "" if self.for_adults and why_not == school_days.INSET_DAY else why_not
        return self._days[day]

    def drive(self, row: Any, stands: Sequence[Stand]) -> Drive:
        """A tour day with the shows that stand on it, in order."""
        truly = hours.reckon(row, whatever_the_rest=self.whatever_the_rest)
        stops = [truly.leaves_from, *[Stop(s.organisation_id, s.place) for s in stands], truly.returns_to]
        minutes = self.roads.minutes
        legs = [minutes(a, b) if a and b else 0 for a, b in pairwise(stops)]
        return Drive(truly, stands, stops, legs, [self._to(stop) if stop else 0 for stop in stops])

    def pair(self, offer: DayOffer) -> tuple[Slot, ...]:
        """Two shows at this school on one tour day: the earliest start, and the earliest after it; () if there is
        no room for two."""
        if offer.shows + 2 > offer.at_most or not offer.has_slot:
            return ()
        shape = self.shape
        for gap, start in _starts(offer.gaps, shape.step):
            if start + shape.show + shape.turn > self.last_start:
                continue
            for later, second in _starts(self.gaps(offer.drive_with(self.stand_at(start))), shape.step):
                if second > start:
                    return offer.slot(gap, start), offer.slot(later, second)
        return ()

    def stand_at(self, start: int) -> Stand:
        """A show of this school that began at that minute, as one that stands."""
        shape = self.shape
        get_in = start - shape.get_in_before(start)
        return Stand(
            organisation_id=self.organisation_id,
            get_in=get_in,
            starts=start,
            ends=start + shape.show,
            away=start + shape.show + shape.get_out,
            place=self.place,
            town=self.town,
            stood=over_lunch.stood(shape.lunch, get_in, start),
            set_stays=over_lunch.set_stays(shape.lunch),
        )

    def gaps(self, drive: Drive) -> Iterator[StartsBetween]:
        """The starts that a day leaves, with the road that each of them costs."""
        for at, first, last in self.openings(drive):
            extra_minutes = self._extra(drive, at)
            yield StartsBetween(first, last, extra_minutes, self._why(drive, at, extra_minutes))

    def openings(self, drive: Drive, *, whatever_the_lunch: bool = False) -> Iterator[Opening]:
        """The starts that a day leaves. `whatever_the_lunch`: the school's is left out of account."""
        truly, stands, _, _, roads = drive
        shape, eats = self.shape, truly.lunch and len(stands) + 1 >= lunch.FROM_SHOWS
        kept = None if whatever_the_lunch or shape.whatever_the_lunch else shape.lunch
        for at in range(len(stands) + 1):
            to, on = roads[at], roads[at + 1]
            arrives = self._arrives(truly, stands, at, to)
            first, last = self._between_shows(truly, stands, at, arrives, on)
            if first > last:
                continue
            for left in over_lunch.starts(kept, first, last, arrives=arrives, minutes=shape):
                if not eats:
                    yield Opening(at, left.first, left.last)
                    continue
                for soonest, latest in self._with_lunch(drive, at, left):
                    yield Opening(at, soonest, latest)

    def _with_lunch(self, drive: Drive, at: int, left: Starts) -> Iterator[tuple[int, int]]:
        """Of starts before show number `at` those that leave the troupe its lunch."""
        truly, stands, _, legs, roads = drive
        shape, own = self.shape, self.stand_at(left.first).work
        earlier, later = [s.work for s in stands[:at]], [s.work for s in stands[at:]]
        before = lunch.busy(earlier, [*legs[:at], roads[at]], shape.turn)
        after = lunch.busy(later, [roads[at + 1], *legs[at + 1 :]], shape.turn)
        alike, taken = _set_up_alike(left, shape), shape.show + shape.get_out
        if earlier and own.uses_set_of(earlier[-1]):
            before.spans[-1] = before.spans[-1][0], earlier[-1].ends
            before.ways[-1] = shape.turn
            alike = iter([(left.first, left.last, 0)])
        if later and later[0].uses_set_of(own):
            here = later[0]._replace(gets_in=later[0].starts, stood=0)
            after = lunch.busy([here, *later[1:]], [shape.turn, *legs[at + 1 :]], shape.turn)
            taken = shape.show
        for begin, end, get_in in alike:
            # A set that was put up before lunch stands by itself until the start.
            if get_in > shape.get_in and lunch.fits(truly.lunch, begin - get_in + shape.get_in, begin):
                yield begin, end
                continue
            yield from mealtimes.spans(
                truly.lunch,
                begin,
                end,
                leaves=truly.leaves,
                returns=truly.returns,
                before=before,
                after=after,
                get_in=get_in,
                taken=taken,
                step=shape.step,
            )

    def least_extra(self, row: Any, stands: Sequence[Stand]) -> int:
        """The extra road in minutes that a show costs at the best place of a day, whether or not there is time: what
        is asked of every day of a tour, and so reckoned from stop to stop, without its Drive."""
        before, home = hours.ends(row)
        if before is None and home is None and not stands:
            return EMPTY_DAY_MINUTES
        to = self._to(before) if before else 0
        found = []
        for after in (*[Stop(s.organisation_id, s.place) for s in stands], home):
            on = self._to(after) if after else 0
            saved = 0
            if before and after and before.place and after.place:
                saved = self.roads.minutes(before, after)
            found.append(to + on - saved)
            before, to = after, on
        return max(0, min(found))

    def why_nothing(self, row: Any, drive: Drive) -> WhyNothing:
        """Why a day has no slot. `row`: of hours.COLUMNS."""
        if any(True for _ in self.openings(drive, whatever_the_lunch=True)):
            return WhyNothing(OVER_LUNCH, barred=self._barred_beside_lunch(row, drive))
        barred = self._barred(row, drive)
        if barred == LUNCH:
            return WhyNothing("the company would have no lunch that day", barred=LUNCH)
        return WhyNothing(
            f"no time between the {words(self.for_adults).show}s and the road that day",
            short=min(self._lacking(drive)),
            by_road=min(self._lacking(drive._replace(roads=[0] * len(drive.roads)))) <= 0,
            barred=barred,
        )

    def _arrives(self, truly: Truly, stands: Sequence[Stand], at: int, to: int) -> int:
        """From when on the set can be put up for show number `at`; after a show in the same hall it stands already."""
        if not at:
            return truly.leaves + to
        before = stands[at - 1]
        return before.get_in if before.organisation_id == self.organisation_id else before.away + to

    def _between_shows(
        self, truly: Truly, stands: Sequence[Stand], at: int, arrives: int, on: int
    ) -> tuple[int, int]:
        """The earliest and the latest start before show number `at`, the road after it being `on` minutes; the
        earliest is the later one where there is no time."""
        before, after = stands[at - 1] if at else None, stands[at] if at < len(stands) else None
        shape = self.shape
        if before is not None and before.organisation_id == self.organisation_id:
            earliest = before.ends + shape.turn
        else:
            earliest = arrives + shape.get_in
        if after is not None and after.organisation_id == self.organisation_id:
            latest = after.starts - shape.turn - shape.show
        else:
            latest = (after.get_in if after is not None else truly.returns) - on - shape.get_out - shape.show
        first = max(earliest, self.first_start)
        first += -first % shape.step
        return first, min(latest, self.last_start)

    def _barred(self, row: Any, drive: Drive) -> str:
        """Which rule of the troupe alone stands in the way of a day that has no slot; '' if it is none of
        them."""
        if min(self._lacking(drive)) <= 0:
            return LUNCH
        truly = drive.truly
        for rule, relaxed in (
            (REST, truly._replace(leaves=_of(row.leaves))),
            (LATEST, truly._replace(returns=_of(row.returns))),
        ):
            if relaxed != truly and min(self._lacking(drive._replace(truly=relaxed))) <= 0:
                return rule
        return ""

    def _barred_beside_lunch(self, row: Any, drive: Drive) -> str:
        """The same of a day that has slots across the school's lunch alone: without which rule it has one beside it."""
        truly = drive.truly
        for rule, relaxed in (
            (LUNCH, truly._replace(lunch=0)),
            (REST, truly._replace(leaves=_of(row.leaves))),
            (LATEST, truly._replace(returns=_of(row.returns))),
        ):
            if relaxed != truly and any(True for _ in self.openings(drive._replace(truly=relaxed))):
                return rule
        return ""

    def _lacking(self, drive: Drive) -> list[int]:
        """For each place of the day by how many minutes its earliest start is later than its latest."""
        truly, stands, _, _, roads = drive
        spans = (
            self._between_shows(truly, stands, at, self._arrives(truly, stands, at, roads[at]), roads[at + 1])
            for at in range(len(stands) + 1)
        )
        return [first - last for first, last in spans]

    def _to(self, stop: Stop) -> int:
        """Minutes between this school and a stop, reckoned once for each."""
        found = self._roads.get(stop.key)
        if found is None:
            found = self._roads[stop.key] = self.roads.minutes(self.stop, stop)
        return found

    def _extra(self, drive: Drive, at: int) -> int:
        """The extra driving before show number `at` in minutes."""
        _, stands, stops, legs, roads = drive
        start, end = stops[at], stops[at + 1]
        if not stands and start is None and end is None:
            return EMPTY_DAY_MINUTES
        direct = legs[at] if start and end and start.place and end.place else 0
        extra = roads[at] + roads[at + 1] - direct
        return extra if extra > 0 else 0

    def _why(self, drive: Drive, at: int, extra_minutes: int) -> str:
        """The reason for a show before number `at` in words, '' if there is none to give: only a show that is booked
        is one."""
        stands, roads = drive.stands, drive.roads
        if not stands:
            nights = [road for stop, road in zip(drive.stops, roads, strict=True) if stop and stop.is_lodging]
            near = any(road <= NEAR_MINUTES for road in nights)
            return "The company stays the night near you" if near else ""
        beside = [
            (stands[n], road)
            for n, road in ((at - 1, roads[at]), (at, roads[at + 1]))
            if 0 <= n < len(stands)
        ]
        known = [(road, show) for show, road in beside if show.certain and show.place and self.place]
        nearest, show = min(known, key=lambda one: one[0], default=(NEAR_MINUTES + 1, None))
        if show and nearest <= NEAR_MINUTES:
            return f"The company is {self._there(show)} that day"
        if extra_minutes <= NEAR_MINUTES and len(known) == len(beside):
            return "On the company’s way past you"
        return ""

    def _there(self, show: Stand) -> str:
        """Where a show near this school is, in words."""
        if show.organisation_id == self.organisation_id:
            return "at your school"
        return f"at {show.town}" if show.town else "near you"


def _set_up_alike(left: Starts, shape: SlotMinutes) -> Iterator[tuple[int, int, int]]:
    """Starts (first, last) with the same minutes from the beginning of set-up to each of them, and these."""
    if shape.get_in_before(left.first) == shape.get_in:
        yield left.first, left.last, shape.get_in
        return
    for start in range(left.first, left.last + 1, shape.step):
        yield start, start, shape.get_in_before(start)


def _starts(gaps: Iterable[StartsBetween], step: int) -> Iterator[tuple[StartsBetween, int]]:
    return ((gap, start) for gap in gaps for start in range(gap.first, gap.last + 1, step))


def _by_road(gap: StartsBetween) -> tuple[int, int]:
    return gap.extra_minutes, gap.first


def _of(at: time) -> int:
    return at.hour * 60 + at.minute


def _minute(instant: datetime) -> int:
    at = local(instant)
    return at.hour * 60 + at.minute
