"""What a school could have: the starts that are possible on each tour day, ranked, and why a day has none.

Reckoned in minutes of the wall clock (no show crosses a change of the clocks), by gaps between the
shows that stand, so that a term of tour days takes a few milliseconds. Constant number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import bindparam, select

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
class _Gap:
    """Starts from `first` to `last` minute, every step, between two shows that stand."""

    first: int
    last: int
    extra_minutes: int
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shape:
    """The minutes that all slots of a programme share."""

    step: int
    show: int
    get_in: int
    get_out: int


@dataclass(frozen=True, kw_only=True)
class DayOffer:
    """One tour day: its slots by start, made when they are asked for; or why there is none."""

    day: date
    tour_day_id: int
    troupe_id: int
    why_not: str
    gaps: tuple[_Gap, ...]
    shape: _Shape

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(
            self._slot(gap, start)
            for gap in self.gaps
            for start in range(gap.first, gap.last + 1, self.shape.step)
        )

    @property
    def best(self) -> Slot | None:
        """The slot with the least extra road, the earliest of these."""
        if not self.gaps:
            return None
        gap = min(self.gaps, key=lambda g: (g.extra_minutes, g.first))
        return self._slot(gap, gap.first)

    def _slot(self, gap: _Gap, start: int) -> Slot:
        return Slot(
            tour_day_id=self.tour_day_id,
            troupe_id=self.troupe_id,
            day=self.day,
            start_minute=start,
            show_minutes=self.shape.show,
            get_in_minutes=self.shape.get_in,
            get_out_minutes=self.shape.get_out,
            extra_minutes=gap.extra_minutes,
            why=gap.why,
        )


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
        (slot for day in found if (slot := day.best)), key=lambda s: (s.extra_minutes, s.day, s.start_minute)
    )
    pairs: list[tuple[Slot, Slot]] = []
    if two_shows:
        by_id = {day.id: day for day in days}
        for offer in found:
            pairs += judge.pair(by_id[offer.tour_day_id], stands.get(offer.tour_day_id, []), offer)
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


# Made once: building and keying a statement costs more than asking it, and every page of slots asks these.
_DAYS = (
    select(
        TourDay.id, TourDay.troupe_id, TourDay.day, TourDay.leaves, TourDay.returns, TourDay.shows_at_most,
        Troupe.base_easting, Troupe.base_northing,
    )
    .join(Troupe, Troupe.id == TourDay.troupe_id)
    .where(
        TourDay.programme_id == bindparam("programme_id"),
        TourDay.day >= bindparam("first"),
        TourDay.ended_at.is_(None),
    )
    .order_by(TourDay.day, TourDay.troupe_id)
)  # fmt: skip
_SOME_DAYS = _DAYS.where(TourDay.id.in_(bindparam("ids", expanding=True)))
_STANDS = (
    select(
        Performance.tour_day_id, Performance.id, Performance.urn, Performance.get_in_at, Performance.away_at,
        Performance.easting, Performance.northing, Performance.held_until, School.town,
    )
    .join(School, School.urn == Performance.urn)
    .join(TourDay, TourDay.id == Performance.tour_day_id)
    .where(
        Performance.programme_id == bindparam("programme_id"),
        Performance.released_at.is_(None),
        TourDay.day.between(bindparam("first"), bindparam("last")),
    )
    .order_by(Performance.get_in_at)
)  # fmt: skip


def _tour_days(
    programme: Programme, *, now: datetime, whatever_the_notice: bool, only_days: Iterable[int] | None
) -> Sequence[Any]:
    asked: dict[str, Any] = {
        "programme_id": programme.id,
        "first": day_of(now) if whatever_the_notice else first_bookable_day(programme, now),
    }
    if only_days is None:
        return db.session.execute(_DAYS, asked).all()
    return db.session.execute(_SOME_DAYS, asked | {"ids": list(only_days)}).all()


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
    rows = db.session.execute(
        _STANDS, {"programme_id": programme.id, "first": days[0].day, "last": days[-1].day}
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
        self.shape = _Shape(
            step=partnership.slot_step_minutes,
            show=programme.show_minutes,
            get_in=programme.get_in_minutes,
            get_out=programme.get_out_minutes,
        )
        self.base, self.per_km = partnership.road_base_minutes, partnership.road_minutes_per_km
        self.urn, self.town = school.urn, school.town
        self.place = places.located(school).place
        self.calendar = school_days.load_one(school)
        opens, closes = self.calendar.hours()
        self.first_start = max(_of(programme.earliest_start), _of(opens))
        self.last_start = min(_of(programme.latest_finish), _of(closes)) - self.shape.show
        self._roads: dict[int, int] = {self.urn: 0}

    def day(self, day: Any, stands: list[_Stand]) -> DayOffer:
        """What one tour day offers, or the first reason why nothing."""
        gaps: tuple[_Gap, ...] = ()
        why_not = self.calendar.why_closed(day.day)
        if not why_not:
            if len(stands) >= day.shows_at_most:
                why_not = "full"
            else:
                gaps = tuple(self._gaps(day, stands))
                why_not = "" if gaps else "no time between the shows and the road that day"
        return DayOffer(
            day=day.day,
            tour_day_id=day.id,
            troupe_id=day.troupe_id,
            why_not=why_not,
            gaps=gaps,
            shape=self.shape,
        )

    def pair(self, day: Any, stands: list[_Stand], offer: DayOffer) -> list[tuple[Slot, Slot]]:
        """Two shows at this school on one tour day: the earliest start, and the earliest after it."""
        if len(stands) + 2 > day.shows_at_most:
            return []
        for first in offer.slots:
            own = _Stand(
                urn=self.urn,
                get_in=first.start_minute - self.shape.get_in,
                away=first.start_minute + self.shape.show + self.shape.get_out,
                place=self.place,
                town=self.town,
            )
            with_own = self.day(day, sorted([*stands, own], key=lambda s: s.get_in))
            later = next((s for s in with_own.slots if s.start_minute > first.start_minute), None)
            if later:
                return [(first, later)]
        return []

    def _gaps(self, day: Any, stands: list[_Stand]) -> Iterable[_Gap]:
        home = (
            None
            if day.base_easting is None or day.base_northing is None
            else Place(easting=day.base_easting, northing=day.base_northing)
        )
        to_base = self._road(home) if home else 0
        step, after_start = self.shape.step, self.shape.show + self.shape.get_out
        for before, after in pairwise([None, *stands, None]):
            earliest = (before.away + self._between(before)) if before else _of(day.leaves) + to_base
            latest = (after.get_in - self._between(after)) if after else _of(day.returns) - to_base
            first = max(earliest + self.shape.get_in, self.first_start)
            first += -first % step
            last = min(latest - after_start, self.last_start)
            if first <= last:
                extra, why = self._road_told(before, after, home, to_base)
                yield _Gap(first=first, last=last, extra_minutes=extra, why=why)

    def _road(self, other: Place | None) -> int:
        return roads.minutes(self.place, other, base=self.base, per_km=self.per_km)

    def _between(self, stand: _Stand) -> int:
        """Minutes between this school and a show's, reckoned once for each host; 0 at the school itself."""
        if stand.urn not in self._roads:
            self._roads[stand.urn] = self._road(stand.place)
        return self._roads[stand.urn]

    def _road_told(
        self, before: _Stand | None, after: _Stand | None, home: Place | None, to_base: int
    ) -> tuple[int, str]:
        """The extra driving of this gap in minutes, and the reason in words ('' if there is none to give)."""
        neighbours = [s for s in (before, after) if s]
        if not neighbours:
            return (2 * to_base if home else EMPTY_DAY_MINUTES), ""
        legs = [self._between(s) if s else to_base for s in (before, after)]
        ends = [s.place if s else home for s in (before, after)]
        direct = 0
        if all(ends) and not (before and after and before.urn == after.urn):
            direct = roads.minutes(ends[0], ends[1], base=self.base, per_km=self.per_km)
        extra = max(0, sum(legs) - direct)
        nearest = min(neighbours, key=self._between)
        if self._between(nearest) <= NEAR_MINUTES:
            return extra, f"The company is already near {nearest.town or 'you'} that day"
        if extra <= NEAR_MINUTES:
            return extra, "On the company’s way past you"
        return extra, ""


def _of(at: time) -> int:
    return at.hour * 60 + at.minute


def _minute(instant: datetime) -> int:
    return _of(local(instant).time())
