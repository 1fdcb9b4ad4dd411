"""Fit of one more show on a tour day for one school: the gaps between the shows that stand, with the road.
Pure arithmetic.

Reckoned in minutes of the wall clock in Europe/London from midnight: no show crosses a change of the clocks.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
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
from outreach.tour.hours import Truly
from outreach.tour.over_lunch import KeptOut, Starts
from outreach.tour.performances import Slot
from outreach.tour.planning import lunch
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


@dataclass(kw_only=True, eq=False)
class DayOffer:
    """One tour day: its slots by start, made when they are asked for; or why there is none.

    Nobody changes one; not frozen, since a page makes a hundred and setting frozen fields takes long.
    `short`: how many minutes are lacking at the best place of a day that has room for a show and no time for
    it; `by_road`: without the drive there would be time. `shows`, of `at_most`, stand on it. `barred`:
    without this rule of the troupe (LUNCH, REST, LATEST) there would be a slot.
    """

    day: date
    tour_day_id: int
    troupe_id: int
    why_not: str
    gaps: tuple[StartsBetween, ...]
    shape: SlotMinutes
    shows: int
    at_most: int
    short: int
    by_road: bool
    barred: str

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(self.slot(gap, start) for gap, start in _starts(self.gaps, self.shape.step))

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
    def rank(self) -> tuple[int, date, int]:
        """The lower, the better the best slot of the day: least extra road, then earliest."""
        extra_minutes, first = min(map(_by_road, self.gaps))
        return extra_minutes, self.day, first

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


class Stand(NamedTuple):
    """A show that stands on a day, in minutes, and where. `certain`: it is booked, not only kept for somebody."""

    organisation_id: int
    get_in: int
    starts: int
    ends: int
    away: int
    place: Place | None
    town: str
    certain: bool = True

    @property
    def stop(self) -> Stop:
        return Stop(self.organisation_id, self.place)


def stand(
    organisation_id: int,
    instants: Sequence[datetime],
    easting: int | None,
    northing: int | None,
    town: str,
    *,
    certain: bool,
) -> Stand:
    """A show that stands, from its host, its instants (get-in, start, end, away), its point and its host's town."""
    get_in, starts, ends, away = map(_minute, instants)
    place = roads.stop_at(organisation_id, easting, northing).place
    return Stand(
        organisation_id=organisation_id,
        get_in=get_in,
        starts=starts,
        ends=ends,
        away=away,
        place=place,
        town=town,
        certain=certain,
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

    def day(self, day: Any, stands: list[Stand]) -> DayOffer:
        """What one tour day offers, or the first reason why nothing. `day`: a row of hours.COLUMNS."""
        gaps: tuple[StartsBetween, ...] = ()
        short, by_road, barred = 0, False, ""
        why_not = self.calendar.why_closed(day.day)
        if self.for_adults and why_not == school_days.INSET_DAY:
            why_not = ""
        if not why_not:
            if len(stands) >= day.shows_at_most:
                why_not = "full"
            else:
                truly = hours.reckon(day, whatever_the_rest=self.whatever_the_rest)
                gaps = tuple(self._gaps(truly, stands))
                if not gaps and any(self._gaps(truly, stands, whatever_the_lunch=True)):
                    why_not = OVER_LUNCH
                elif not gaps:
                    barred = self._barred(day, truly, stands)
                    short, by_road = (0, False) if barred == LUNCH else self._short(truly, stands)
                    why_not = (
                        "the company would have no lunch that day"
                        if barred == LUNCH
                        else f"no time between the {words(self.for_adults).show}s and the road that day"
                    )
        return DayOffer(
            day=day.day,
            tour_day_id=day.id,
            troupe_id=day.troupe_id,
            why_not=why_not,
            gaps=gaps,
            shape=self.shape,
            shows=len(stands),
            at_most=day.shows_at_most,
            short=short,
            by_road=by_road,
            barred=barred,
        )

    def pair(self, day: Any, stands: list[Stand], offer: DayOffer) -> tuple[Slot, ...]:
        """Two shows at this school on one tour day: the earliest start, and the earliest after it; () if there is
        no room for two. `offer`: what `day` says of the same day."""
        if not offer.gaps or len(stands) + 2 > offer.at_most:
            return ()
        truly = hours.reckon(day, whatever_the_rest=self.whatever_the_rest)
        shape = self.shape
        for gap, start in _starts(offer.gaps, shape.step):
            if start + shape.show + shape.turn > self.last_start:
                continue
            beside_own = self._gaps(truly, sorted([*stands, self.stand_at(start)], key=lambda s: s.get_in))
            for later, second in _starts(beside_own, shape.step):
                if second > start:
                    return offer.slot(gap, start), offer.slot(later, second)
        return ()

    def stand_at(self, start: int) -> Stand:
        """A show of this school that began at that minute, as one that stands."""
        shape = self.shape
        return Stand(
            organisation_id=self.organisation_id,
            get_in=start - shape.get_in_before(start),
            starts=start,
            ends=start + shape.show,
            away=start + shape.show + shape.get_out,
            place=self.place,
            town=self.town,
        )

    def _gaps(
        self, truly: Truly, stands: list[Stand], *, whatever_the_lunch: bool = False
    ) -> Iterable[StartsBetween]:
        """`whatever_the_lunch`: the school's is left out of account."""
        stops = _stops(truly, stands)
        roads = [self._to(stop) for stop in stops]
        shape, eats = self.shape, truly.lunch and len(stands) + 1 >= lunch.FROM_SHOWS
        shows = [(s.get_in, s.away) for s in stands]
        for at in range(len(stands) + 1):
            to, on = roads[at], roads[at + 1]
            first, last = self._between_shows(truly, stands, at, to, on)
            if first > last:
                continue
            extra, why = self._road_told(stands, at, stops, to, on)
            arrives = self._arrives(truly, stands, at, to)
            kept = None if whatever_the_lunch or shape.whatever_the_lunch else shape.lunch
            for left in over_lunch.starts(kept, first, last, arrives=arrives, minutes=shape):
                if not eats:
                    yield StartsBetween(left.first, left.last, extra, why)
                    continue
                for begin, end, get_in in _set_up_alike(left, shape):
                    for soonest, latest in mealtimes.spans(
                        truly.lunch,
                        begin,
                        end,
                        leaves=truly.leaves,
                        returns=truly.returns,
                        shows=shows,
                        at=at,
                        to=to,
                        on=on,
                        get_in=get_in,
                        taken=shape.show + shape.get_out,
                        step=shape.step,
                        road=lambda n: self._road(stops[n], stops[n + 1]),
                    ):
                        yield StartsBetween(soonest, latest, extra, why)

    def _arrives(self, truly: Truly, stands: list[Stand], at: int, to: int) -> int:
        """From when on the set can be put up for show number `at`; after a show in the same hall it stands already."""
        if not at:
            return truly.leaves + to
        before = stands[at - 1]
        return before.get_in if before.organisation_id == self.organisation_id else before.away + to

    def _between_shows(self, truly: Truly, stands: list[Stand], at: int, to: int, on: int) -> tuple[int, int]:
        """The earliest and the latest start before show number `at`, the roads being `to` and `on` minutes;
        the earliest is the later one where there is no time."""
        before, after = stands[at - 1] if at else None, stands[at] if at < len(stands) else None
        shape = self.shape
        if before is not None and before.organisation_id == self.organisation_id:
            earliest = before.ends + shape.turn
        else:
            earliest = self._arrives(truly, stands, at, to) + shape.get_in
        if after is not None and after.organisation_id == self.organisation_id:
            latest = after.starts - shape.turn - shape.show
        else:
            latest = (after.get_in if after is not None else truly.returns) - on - shape.get_out - shape.show
        first = max(earliest, self.first_start)
        first += -first % shape.step
        return first, min(latest, self.last_start)

    def _barred(self, day: Any, truly: Truly, stands: list[Stand]) -> str:
        """Which rule of the troupe alone stands in the way of a day that has no slot; '' if it is none of
        them."""
        if min(self._lacking(truly, stands)) <= 0:
            return LUNCH
        leaves, returns = _of(day.leaves), _of(day.returns)
        for rule, relaxed in (
            (REST, truly._replace(leaves=leaves)),
            (LATEST, truly._replace(returns=returns)),
        ):
            if relaxed != truly and min(self._lacking(relaxed, stands)) <= 0:
                return rule
        return ""

    def _short(self, truly: Truly, stands: list[Stand]) -> tuple[int, bool]:
        """Minutes that are lacking at the best place of the day, and whether they are the road's."""
        return min(self._lacking(truly, stands)), min(self._lacking(truly, stands, no_road=True)) <= 0

    def _lacking(self, truly: Truly, stands: list[Stand], *, no_road: bool = False) -> list[int]:
        """For each place of the day by how many minutes its earliest start is later than its latest."""
        roads = [0 if no_road else self._to(stop) for stop in _stops(truly, stands)]
        spans = (
            self._between_shows(truly, stands, at, roads[at], roads[at + 1]) for at in range(len(stands) + 1)
        )
        return [first - last for first, last in spans]

    def _to(self, stop: Stop | None) -> int:
        """Minutes between this school and a base or a lodging, reckoned once for each; an unknown one takes
        none."""
        if stop is None:
            return 0
        if stop.key not in self._roads:
            self._roads[stop.key] = self.roads.minutes(self.stop, stop)
        return self._roads[stop.key]

    def _road(self, a: Stop | None, b: Stop | None) -> int:
        """Minutes from one stop to another; an unknown one takes none."""
        return self.roads.minutes(a, b) if a and b else 0

    def _road_told(
        self, stands: list[Stand], at: int, stops: list[Stop | None], to: int, on: int
    ) -> tuple[int, str]:
        """The extra driving before show number `at` in minutes, and the reason in words ('' if there is none
        to give): only a show that is booked is one."""
        start, end = stops[at], stops[at + 1]
        if not stands and start is None and end is None:
            return EMPTY_DAY_MINUTES, ""
        direct = self.roads.minutes(start, end) if start and end and start.place and end.place else 0
        extra = max(0, to + on - direct)
        if not stands:
            nights = [road for stop, road in ((start, to), (end, on)) if stop and stop.is_lodging]
            near = any(road <= NEAR_MINUTES for road in nights)
            return extra, "The company stays the night near you" if near else ""
        beside = [(stands[n], road) for n, road in ((at - 1, to), (at, on)) if 0 <= n < len(stands)]
        known = [(road, show) for show, road in beside if show.certain and show.place and self.place]
        nearest, show = min(known, key=lambda one: one[0], default=(NEAR_MINUTES + 1, None))
        if show and nearest <= NEAR_MINUTES:
            return extra, f"The company is {self._there(show)} that day"
        if extra <= NEAR_MINUTES and len(known) == len(beside):
            return extra, "On the company’s way past you"
        return extra, ""

    def _there(self, show: Stand) -> str:
        """Where a show near this school is, in words."""
        if show.organisation_id == self.organisation_id:
            return "at your school"
        return f"at {show.town}" if show.town else "near you"


def _stops(truly: Truly, stands: list[Stand]) -> list[Stop | None]:
    """From where the day leaves, where it plays, whereto it returns."""
    return [truly.leaves_from, *(s.stop for s in stands), truly.returns_to]


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
