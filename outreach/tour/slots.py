"""What a school could have: the starts that are possible on each tour day, ranked, and why a day has none.

Reckoned in minutes of the wall clock (no show crosses a change of the clocks), by gaps between the
shows that stand, so that a term of tour days takes a few milliseconds. Constant number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select

from outreach.county import places, school_days
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.ground.timespans import day_of, local
from outreach.tour import roads
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance, Slot
from outreach.tour.programmes import Programme

NEAR_MINUTES = 20
"""A neighbour's show so many minutes away, or fewer, is 'already near' in words."""

EMPTY_DAY_MINUTES = 60
"""What an empty day counts as extra road when the troupe's base is not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOffer:
    """One tour day: its slots by start, or why there is none."""

    day: date
    tour_day_id: int
    slots: tuple[Slot, ...]
    why_not: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Offers:
    """All tour days from the first bookable on; up to three best slots; up to three pairs on one day."""

    days: tuple[DayOffer, ...]
    near: tuple[Slot, ...]
    pairs: tuple[tuple[Slot, Slot], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stand:
    """A show that stands on a day, in minutes, and where."""

    urn: int
    get_in: int
    away: int
    place: Place | None
    town: str


def offers(
    programme: Programme,
    school: School,
    *,
    now: datetime,
    instead_of: int | None = None,
    two_shows: bool = False,
    whatever_the_notice: bool = False,
    only_days: Iterable[int] | None = None,
    beside: tuple[int, ...] = (),
) -> Offers:
    """What `school` could have, from the first day that keeps the notice on (`whatever_the_notice`: from today on).

    The school's own holds are left out of account, as is `instead_of`, the performance it would move.
    `two_shows` adds pairs of slots on one tour day. `only_days` narrows to some tour days' ids. `beside`: holds of
    the school that do count, as the first of a pair does for the second.
    """
    days = _tour_days(programme, now=now, whatever_the_notice=whatever_the_notice, only_days=only_days)
    if not days:
        return Offers(days=(), near=(), pairs=())
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    stands = _stands(programme, school, days, now=now, instead_of=instead_of, beside=beside)
    judge = _Judge(programme, partnership, school)
    found = tuple(judge.day(day, stands.get(day.id, [])) for day in days)
    best = sorted(
        (s for d in found for s in _best(d.slots, 1)), key=lambda s: (s.extra_minutes, s.day, s.start_minute)
    )
    pairs: list[tuple[Slot, Slot]] = []
    if two_shows:
        by_id = {day.id: day for day in days}
        for offer in found:
            pairs += judge.pair(by_id[offer.tour_day_id], stands.get(offer.tour_day_id, []), offer.slots)
        pairs.sort(key=lambda p: (p[0].extra_minutes, p[0].day, p[0].start_minute))
    return Offers(days=found, near=tuple(best[:3]), pairs=tuple(pairs[:3]))


def find(
    programme: Programme,
    school: School,
    key: str,
    *,
    now: datetime,
    instead_of: int | None = None,
    whatever_the_notice: bool = False,
    beside: tuple[int, ...] = (),
) -> Slot | None:
    """The slot of a form's key if the school could have it now; None if not, or if the key is nonsense."""
    day_id, _, clock = key.partition("-")
    if not (day_id.isascii() and day_id.isdigit() and clock.isascii() and clock.isdigit()) or len(key) > 20:
        return None
    found = offers(
        programme,
        school,
        now=now,
        instead_of=instead_of,
        whatever_the_notice=whatever_the_notice,
        only_days=[int(day_id)],
        beside=beside,
    )
    return next((s for d in found.days for s in d.slots if s.key == key), None)


def first_bookable_day(programme: Programme, now: datetime) -> date:
    """The first day that keeps the programme's notice for booking, in calendar days."""
    return day_of(now) + timedelta(days=programme.notice_book_days)


def _tour_days(
    programme: Programme, *, now: datetime, whatever_the_notice: bool, only_days: Iterable[int] | None
) -> Sequence[Any]:
    first = day_of(now) if whatever_the_notice else first_bookable_day(programme, now)
    query = (
        select(
            TourDay.id, TourDay.troupe_id, TourDay.day, TourDay.leaves, TourDay.returns, TourDay.shows_at_most,
            Troupe.base_easting, Troupe.base_northing,
        )
        .join(Troupe, Troupe.id == TourDay.troupe_id)
        .where(TourDay.programme_id == programme.id, TourDay.day >= first, TourDay.ended_at.is_(None))
        .order_by(TourDay.day, TourDay.troupe_id)
    )  # fmt: skip
    if only_days is not None:
        query = query.where(TourDay.id.in_(list(only_days)))
    return db.session.execute(query).all()


def _stands(
    programme: Programme,
    school: School,
    days: Sequence[Any],
    *,
    now: datetime,
    instead_of: int | None,
    beside: tuple[int, ...],
) -> dict[int, list[_Stand]]:
    """The shows and live holds on each day, by get-in; the school's own holds and `instead_of` left out."""
    p = Performance
    rows = db.session.execute(
        select(
            p.tour_day_id,
            p.id,
            p.urn,
            p.get_in_at,
            p.away_at,
            p.easting,
            p.northing,
            p.held_until,
            School.town,
        )
        .join(School, School.urn == p.urn)
        .join(TourDay, TourDay.id == p.tour_day_id)
        .where(
            p.programme_id == programme.id,
            p.released_at.is_(None),
            TourDay.day.between(days[0].day, days[-1].day),
        )
        .order_by(p.get_in_at)
    )
    found: dict[int, list[_Stand]] = {}
    for day_id, performance_id, urn, get_in_at, away_at, easting, northing, held_until, town in rows:
        if held_until is not None and (
            held_until <= now or (urn == school.urn and performance_id not in beside)
        ):
            continue
        if performance_id == instead_of:
            continue
        place = None if easting is None or northing is None else Place(easting=easting, northing=northing)
        found.setdefault(day_id, []).append(
            _Stand(urn=urn, get_in=_minute(get_in_at), away=_minute(away_at), place=place, town=town)
        )
    return found


class _Judge:
    """The rules for one school, on any tour day of one programme."""

    def __init__(self, programme: Programme, partnership: Partnership, school: School) -> None:
        self.programme = programme
        self.base, self.per_km = partnership.road_base_minutes, partnership.road_minutes_per_km
        self.step = partnership.slot_step_minutes
        self.school = school
        self.place = places.located(school).place
        self.calendar = school_days.load_one(school)
        opens, closes = self.calendar.hours()
        self.first_start = max(_of(programme.earliest_start), _of(opens))
        self.last_start = min(_of(programme.latest_finish), _of(closes)) - programme.show_minutes
        self._roads: dict[Place | None, int] = {}

    def road(self, other: Place | None) -> int:
        """Minutes between the school and another place, reckoned once for each place."""
        if other not in self._roads:
            self._roads[other] = roads.minutes(self.place, other, base=self.base, per_km=self.per_km)
        return self._roads[other]

    def day(self, day: Any, stands: list[_Stand]) -> DayOffer:
        """The slots of one tour day, or the first reason why there is none."""
        why_not = self.calendar.why_closed(day.day)
        slots: tuple[Slot, ...] = ()
        if not why_not:
            if len(stands) >= day.shows_at_most:
                why_not = "full"
            else:
                slots = tuple(self._slots(day, stands))
                why_not = "" if slots else "no time between the shows and the road that day"
        return DayOffer(day=day.day, tour_day_id=day.id, slots=slots, why_not=why_not)

    def pair(self, day: Any, stands: list[_Stand], slots: tuple[Slot, ...]) -> list[tuple[Slot, Slot]]:
        """Two shows at this school on one tour day: the earliest start, and the earliest after it."""
        if len(stands) + 2 > day.shows_at_most:
            return []
        for first in slots:
            own = _Stand(
                urn=self.school.urn,
                get_in=first.start_minute - first.get_in_minutes,
                away=first.start_minute + first.show_minutes + first.get_out_minutes,
                place=self.place,
                town=self.school.town,
            )
            later = [
                s
                for s in self._slots(day, sorted([*stands, own], key=lambda s: s.get_in))
                if s.start_minute > first.start_minute
            ]
            if later:
                return [(first, later[0])]
        return []

    def _slots(self, day: Any, stands: list[_Stand]) -> Iterable[Slot]:
        programme = self.programme
        home = (
            None
            if day.base_easting is None or day.base_northing is None
            else Place(easting=day.base_easting, northing=day.base_northing)
        )
        there_and_back = self.road(home) if home else 0
        before_show = programme.get_in_minutes
        after_show = programme.show_minutes + programme.get_out_minutes
        for before, after in pairwise([None, *stands, None]):
            earliest = (
                before.away + self._between(before) if before else _of(day.leaves) + there_and_back
            ) + before_show
            latest = (
                after.get_in - self._between(after) if after else _of(day.returns) - there_and_back
            ) - after_show
            first = max(earliest, self.first_start)
            first += -first % self.step
            if first > min(latest, self.last_start):
                continue
            extra, why = self._road_told(before, after, home)
            for start in range(first, min(latest, self.last_start) + 1, self.step):
                yield Slot(
                    tour_day_id=day.id,
                    troupe_id=day.troupe_id,
                    day=day.day,
                    start_minute=start,
                    show_minutes=programme.show_minutes,
                    get_in_minutes=programme.get_in_minutes,
                    get_out_minutes=programme.get_out_minutes,
                    extra_minutes=extra,
                    why=why,
                )

    def _between(self, stand: _Stand) -> int:
        return 0 if stand.urn == self.school.urn else self.road(stand.place)

    def _road_told(self, before: _Stand | None, after: _Stand | None, home: Place | None) -> tuple[int, str]:
        """The extra driving of this gap in minutes, and the reason in words ('' if there is none to give)."""
        if before is None and after is None:
            return (2 * self.road(home) if home else EMPTY_DAY_MINUTES), ""
        ends = [(s.place if s else home) for s in (before, after)]
        if all(ends):
            direct = roads.minutes(ends[0], ends[1], base=self.base, per_km=self.per_km)
            if before and after and before.urn == after.urn:
                direct = 0
        else:
            direct = 0
        legs = [self._between(s) if s else (self.road(home) if home else 0) for s in (before, after)]
        extra = max(0, sum(legs) - direct)
        neighbours = [s for s in (before, after) if s]
        nearest = min(neighbours, key=self._between)
        if self._between(nearest) <= NEAR_MINUTES:
            return extra, f"The company is already near {nearest.town or 'you'} that day"
        if extra <= NEAR_MINUTES:
            return extra, "On the company’s way past you"
        return extra, ""


def _best(slots: tuple[Slot, ...], count: int) -> list[Slot]:
    return sorted(slots, key=lambda s: (s.extra_minutes, s.start_minute))[:count]


def _of(at: time) -> int:
    return at.hour * 60 + at.minute


def _minute(instant: datetime) -> int:
    return _of(local(instant).time())
