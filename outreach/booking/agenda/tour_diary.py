"""The diary of a programme's tour from one day to another, in a constant number of queries however long."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from outreach.booking import proposals
from outreach.booking.agenda import troupe_day
from outreach.booking.agenda.troupe_day import (
    BOOKED,
    HELD,
    PROPOSED,
    Block,
    DrawnBooking,
    DrawnShow,
    Free,
    Host,
    TroupeDay,
)
from outreach.booking.promises import Booking
from outreach.county import partnerships, school_days
from outreach.county.partnerships import Partnership
from outreach.county.school_days import INSET_DAY, SchoolCalendar
from outreach.county.schools import VENUE, Organisation
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.ground.wording import capfirst
from outreach.tour import agreements, hours, roads
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.days_off import DayOff
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

FREE, WARNED = "free", "warned"
KINDS = (BOOKED, PROPOSED, HELD, FREE, WARNED)
"""What a diary counts, each with a list of its own."""


@dataclass(frozen=True, kw_only=True)
class DiaryDay:
    """`closed`: why no school of the county is open ('School holiday'), or whose INSET day it is; '' on a
    school day."""

    day: date
    closed: str
    rows: tuple[TroupeDay, ...]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One line of a list behind a number: a block, a free place, or a day with a warning."""

    day: date
    row: TroupeDay
    block: Block | None = None
    free: Free | None = None
    warning: str = ""


@dataclass(frozen=True, kw_only=True)
class Diary:
    """From `first` to `last`, both included. `opens` and `closes` are the whole hours that a day is drawn
    from and to."""

    programme: Programme
    first: date
    last: date
    days: tuple[DiaryDay, ...]
    troupes: tuple[Troupe, ...]
    opens: int
    closes: int

    def listed(self, kind: str) -> list[Listed]:
        """What is `kind` (of KINDS), by day, troupe and hour: as many as `counts` says."""
        found = []
        for day in self.days:
            for row in day.rows:
                found += [Listed(day=day.day, row=row, block=b) for b in row.blocks if b.kind == kind]
                if kind == FREE:
                    found += [Listed(day=day.day, row=row, free=place) for place in row.free]
                if kind == WARNED:
                    found += [Listed(day=day.day, row=row, warning=said) for said in row.warnings]
        return found

    @property
    def counts(self) -> dict[str, int]:
        return {kind: len(self.listed(kind)) for kind in KINDS}

    @property
    def tour_day_ids(self) -> list[int]:
        return [row.tour_day.id for day in self.days for row in day.rows if row.tour_day]


def diary_of_programme(
    programme: Programme, first: date, last: date, *, now: datetime, troupe_id: int | None = None
) -> Diary:
    """Every weekday, and every tour day on a weekend, of one troupe or of all that give days to the
    programme."""
    tour_days = _tour_days(programme, first, last, troupe_id)
    giving = troupes(programme)
    shown = [t for t in giving if troupe_id is None or t.id == troupe_id]
    shows = _shows([d.id for d in tour_days], now=now)
    everything = [show for here in shows.values() for show in here]
    promised = _promised(show.id for show in everything)
    kept = proposals.keeping(programme.id)
    partnership = db.session.get_one(Partnership, programme.partnership_id)
    calendars = school_days.load(show.organisation_id for show in everything)
    ways, today = roads.roads_of_partnership(partnership), day_of(now)
    given = {row.id: row for row in db.session.execute(hours.rows_of(d.id for d in tour_days))}
    taken = agreements.taken_days([t.id for t in shown], first, last, now=now)
    by_day: dict[date, dict[int, TroupeDay]] = defaultdict(dict)
    for tour_day in tour_days:
        blocks = [
            troupe_day.block(show, promised.get(show.id, ()), kept.get(show.id), now=now)
            for show in shows.get(tour_day.id, ())
        ]
        on_it, facts = shows.get(tour_day.id, []), given[tour_day.id]
        warned = (*hours.outside(facts, on_it, ways), *hours.unrested(facts, on_it, ways))
        by_day[tour_day.day][tour_day.troupe_id] = troupe_day.row(
            tour_day,
            blocks,
            truly=hours.reckon(facts),
            ways=ways,
            programme=programme,
            calendars=calendars,
            warned=[capfirst(said) for said in warned],
            past=tour_day.day <= today,
            taken=(tour_day.troupe_id, tour_day.day) in taken,
        )
    idle = _idle(programme, shown, first, last) | dict.fromkeys(taken, "Taken")
    county = _county(programme)
    days = []
    for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if day.weekday() < 5 or day in by_day:
            here = by_day.get(day, {})
            days.append(
                DiaryDay(
                    day=day,
                    closed=_closed(county, day, for_adults=programme.for_adults),
                    rows=tuple(
                        here.get(t.id)
                        or TroupeDay(troupe=t, tour_day=None, idle=idle.get((t.id, day), "No tour day"))
                        for t in shown
                    ),
                )
            )
    opens, closes = _drawn(row for day in days for row in day.rows if row.tour_day)
    return Diary(
        programme=programme,
        first=first,
        last=last,
        days=tuple(days),
        troupes=tuple(giving),
        opens=opens,
        closes=closes,
    )


def first_tour_day(programme_id: int, *, today: date) -> date | None:
    """The first tour day from today on, else the last there was; None of a programme without any. One query
    at most two."""
    of_it = (TourDay.programme_id == programme_id, TourDay.ended_at.is_(None))
    coming = select(TourDay.day).where(*of_it, TourDay.day >= today).order_by(TourDay.day).limit(1)
    past = select(TourDay.day).where(*of_it).order_by(TourDay.day.desc()).limit(1)
    return db.session.scalar(coming) or db.session.scalar(past)


def _tour_days(programme: Programme, first: date, last: date, troupe_id: int | None) -> list[TourDay]:
    query = (
        select(TourDay)
        .where(
            TourDay.programme_id == programme.id,
            TourDay.ended_at.is_(None),
            TourDay.day >= first,
            TourDay.day <= last,
        )
        .options(joinedload(TourDay.troupe))
        .order_by(TourDay.day, TourDay.troupe_id)
    )
    if troupe_id is not None:
        query = query.where(TourDay.troupe_id == troupe_id)
    return list(db.session.scalars(query))


def troupes(programme: Programme) -> list[Troupe]:
    """Who gives days to the programme, by name."""
    giving = select(TourDay.troupe_id).where(TourDay.programme_id == programme.id, TourDay.ended_at.is_(None))
    return list(
        db.session.scalars(select(Troupe).where(Troupe.id.in_(giving)).order_by(Troupe.name, Troupe.id))
    )


def _promised(performance_ids: Iterable[int]) -> dict[int, list[DrawnBooking]]:
    """The live bookings of some shows, the host's first."""
    found: dict[int, list[DrawnBooking]] = defaultdict(list)
    for row in db.session.execute(
        select(Booking.performance_id, Booking.role, Booking.seats, Booking.reference)
        .where(Booking.performance_id.in_(list(performance_ids)), Booking.ended_at.is_(None))
        .order_by(Booking.role.desc(), Booking.id)
    ):
        found[row.performance_id].append(DrawnBooking(*row))
    return found


def _shows(tour_day_ids: Sequence[int], *, now: datetime) -> dict[int, list[DrawnShow]]:
    """What stands on each of these days by start, each with its host; holds that are over count for
    nothing."""
    p = Performance
    found: dict[int, list[DrawnShow]] = defaultdict(list)
    given: Iterable[Any] = db.session.execute(
        select(
            p.id,
            p.tour_day_id,
            p.organisation_id,
            p.easting,
            p.northing,
            p.get_in_at,
            p.starts_at,
            p.ends_at,
            p.away_at,
            p.held_until,
            p.lunch_from_at,
            p.lunch_until_at,
            p.lunch_keeps_out,
            p.lunch_overruled,
            Organisation.name,
            Organisation.kind,
        )
        .join(Organisation, Organisation.organisation_id == p.organisation_id)
        .where(
            p.tour_day_id.in_(tour_day_ids),
            p.released_at.is_(None),
            or_(p.held_until.is_(None), p.held_until > now),
        )
        .order_by(p.starts_at, p.id)
    )
    for *facts, name, kind in given:
        show = DrawnShow._make([*facts, Host(name, is_venue=kind == VENUE)])
        found[show.tour_day_id].append(show)
    return found


def _idle(
    programme: Programme, troupes: Sequence[Troupe], first: date, last: date
) -> dict[tuple[int, date], str]:
    """Why a troupe gives no day, where that is known: a day off, or another programme's."""
    ids = [t.id for t in troupes]
    said = {
        (troupe_id, day): "Day off"
        for troupe_id, day in db.session.execute(
            select(DayOff.troupe_id, DayOff.day).where(
                DayOff.troupe_id.in_(ids), DayOff.ended_at.is_(None), DayOff.day >= first, DayOff.day <= last
            )
        )
    }
    elsewhere = db.session.execute(
        select(TourDay.troupe_id, TourDay.day, Programme.title)
        .join(Programme, Programme.id == TourDay.programme_id)
        .where(
            TourDay.troupe_id.in_(ids),
            TourDay.programme_id != programme.id,
            TourDay.ended_at.is_(None),
            TourDay.day >= first,
            TourDay.day <= last,
        )
    )
    return said | {(troupe_id, day): f"Plays ‘{title}’" for troupe_id, day, title in elsewhere}


def _county(programme: Programme) -> dict[str, SchoolCalendar]:
    """What each authority says of its days, by the authority's name."""
    authorities = partnerships.authorities(programme.partnership_id)
    calendars = school_days.authority_calendars(a.la_code for a in authorities)
    return {a.name: calendars[a.la_code] for a in authorities if a.la_code in calendars}


def _closed(county: dict[str, SchoolCalendar], day: date, *, for_adults: bool) -> str:
    """'School holiday', 'Bank holiday: …', 'INSET day'; with the names of whom it holds for, where not for
    all."""
    whose: dict[str, list[str]] = defaultdict(list)
    for name, calendar in county.items():
        why = calendar.why_closed(day)
        if why and not (why == INSET_DAY and for_adults):
            whose[why].append(name)
    said = []
    for why, names in whose.items():
        named = school_days.bank_holiday(day)
        words = {INSET_DAY: "INSET day", school_days.BANK_HOLIDAY: f"Bank holiday: {named}"}.get(why, why)
        where = "" if len(names) == len(county) else f" in {' and '.join(names)}"
        said.append(f"{words[:1].upper()}{words[1:]}{where}")
    return "; ".join(said)


def _drawn(with_days: Iterable[TroupeDay]) -> tuple[int, int]:
    """The whole hours from the earliest to the latest that anything is drawn at; 7 to 17 of an empty
    diary."""
    begins, ends = [], []
    for row in with_days:
        begins += [row.leaves, *(item.begins for item in row.items)]
        ends += [row.returns, *(item.ends for item in row.items)]
    opens, closes = min(begins, default=7 * 60), max(ends, default=17 * 60)
    return max(0, opens // 60), min(24, -(-closes // 60))
