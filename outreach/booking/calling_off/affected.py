"""All that is affected when something cannot be played: shows with whom to ring, kept times, guests, slots in
hand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from outreach.booking import promises
from outreach.booking.calling_off.call_offs import CallOffLine
from outreach.booking.calling_off.scope import Scope
from outreach.booking.guest_places import GuestPlace
from outreach.booking.promises import GUEST, HOST, Booking, VisitContact
from outreach.booking.proposals import Proposal
from outreach.county import partnerships, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.county.schools import Organisation, School
from outreach.ground.db import db
from outreach.ground.timespans import day_of
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One promise that ends: a booking with whom it tells, or a time that is kept. `with_host`: a guest's,
    which ends with its host's. `rings`: (name, what for, phone) of whom to ring. `urgent`: it is by the next
    school day there, so that a mail may not be read in time."""

    booking: Booking | None
    proposal: Proposal | None
    performance: Performance
    people: tuple[VisitContact, ...]
    with_host: bool
    rings: tuple[tuple[str, str, str], ...]
    urgent: bool

    @property
    def reference(self) -> str:
        """What was seen of it, to be said again with the click."""
        return self.booking.reference if self.booking else f"kept-{self._proposal.id}"

    @property
    def organisation(self) -> Organisation:
        return self.booking.organisation if self.booking else self._proposal.organisation

    @property
    def programme(self) -> Programme:
        return self.performance.tour_day.programme

    @property
    def role(self) -> str:
        """'host', 'guest', or 'kept'."""
        return self.booking.role if self.booking else "kept"

    @property
    def starts_at(self) -> datetime:
        return self.performance.starts_at

    @property
    def _proposal(self) -> Proposal:
        assert self.proposal is not None
        return self.proposal


@dataclass(frozen=True, kw_only=True)
class Hits:
    """What would end. `days`: the tour days of the span; `over`: shows that have begun, which stay; `asked`:
    who waits for a host's answer about a show that ends; `holding`: how many schools have a slot in hand and
    lose it."""

    scope: Scope
    days: tuple[TourDay, ...]
    hits: tuple[Hit, ...]
    over: tuple[Performance, ...]
    asked: tuple[GuestPlace, ...]
    holds: tuple[Performance, ...]

    @property
    def references(self) -> list[str]:
        return sorted(hit.reference for hit in self.hits)

    @property
    def holding(self) -> int:
        return len({hold.organisation_id for hold in self.holds})

    @property
    def shows(self) -> int:
        return sum(1 for hit in self.hits if hit.role == HOST)

    @property
    def day_ids(self) -> set[int]:
        return {day.id for day in self.days}

    @property
    def to_ring(self) -> list[Hit]:
        return [hit for hit in self.hits if hit.urgent]

    @property
    def companies(self) -> list[tuple[str, str, int]]:
        """(troupe, its calendar address or '', how many entries leave its calendar), for each troupe with
        shows."""
        found: dict[int, list[Hit]] = {}
        for hit in self.hits:
            if hit.role == HOST:
                found.setdefault(hit.performance.troupe_id, []).append(hit)
        return [
            (
                shows[0].performance.tour_day.troupe.name,
                shows[0].performance.tour_day.troupe.calendar_address or "",
                len(shows),
            )
            for shows in found.values()
        ]


def look(scope: Scope, *, now: datetime) -> Hits:
    """Whom it concerns; eight queries, however many shows. Writes nothing."""
    days = _days(scope)
    shows = _shows(d.id for d in days)
    ahead = {show.id: show for show in shows if show.held_until is None and show.starts_at > now}
    in_part = {n: show for n, show in ahead.items() if scope.holds(show.starts_at)}
    shut = _shut(scope)
    booked = [
        b
        for b in _booked(in_part)
        if shut is None or b.organisation_id in shut or b.performance.organisation_id in shut
    ]
    people = promises.people_of_each(b.id for b in booked)
    kept = [p for p in _kept(in_part) if shut is None or p.organisation_id in shut]
    ended = {b.performance_id for b in booked if b.role == HOST}
    calendars = school_days.load([b.organisation_id for b in booked] + [p.organisation_id for p in kept])

    def urgent(organisation_id: int, show: Performance) -> bool:
        return day_of(show.starts_at) <= _next_school_day(calendars[organisation_id], day_of(now))

    hits = [
        Hit(
            booking=b,
            proposal=None,
            performance=in_part[b.performance_id],
            people=tuple(people.get(b.id, ())),
            with_host=b.role == GUEST and b.performance_id in ended,
            rings=_numbers(b.organisation, people.get(b.id, ())),
            urgent=not b.organisation.is_venue and urgent(b.organisation_id, in_part[b.performance_id]),
        )
        for b in booked
    ]
    for p in kept:
        assert p.performance_id is not None
        show = in_part[p.performance_id]
        hits.append(
            Hit(
                booking=None,
                proposal=p,
                performance=show,
                people=(),
                with_host=False,
                rings=_numbers(p.organisation, ()),
                urgent=urgent(p.organisation_id, show),
            )
        )
    return Hits(
        scope=scope,
        days=tuple(days),
        hits=tuple(sorted(hits, key=lambda h: (h.starts_at, h.performance.id, h.role == GUEST, h.reference))),
        over=tuple(
            show
            for show in shows
            if show.held_until is None
            and show.starts_at <= now
            and scope.holds(show.starts_at)
            and (shut is None or show.organisation_id in shut)
        ),
        asked=tuple(_asked(ended)),
        holds=tuple(
            show
            for show in shows
            if show.held_until is not None
            and show.held_until > now
            and scope.holds(show.starts_at)
            and (shut is None or show.organisation_id in shut)
        ),
    )


def numbers_of(lines: Iterable[CallOffLine]) -> dict[int, tuple[tuple[str, str, str], ...]]:
    """Whom to ring of what was called off, by the number of each line; one query."""
    every = list(lines)
    people = promises.people_of_each(line.booking_id for line in every if line.booking_id is not None)
    return {line.id: _numbers(line.organisation, people.get(line.booking_id or 0, ())) for line in every}


def _next_school_day(calendar: SchoolCalendar, today: date) -> date:
    """The first school day after today; a day on from today where none is known for a hundred days."""
    ahead = (today + timedelta(days=n) for n in range(1, 101))
    return next((day for day in ahead if not calendar.why_closed(day)), today + timedelta(days=1))


def _numbers(organisation: Organisation, people: Iterable[VisitContact]) -> tuple[tuple[str, str, str], ...]:
    """Those who are named with a number; and the school's own where it is another ('' where the register has
    none)."""
    named = [(p.name or p.address, p.duty, p.phone) for p in people if p.phone]
    known = {"".join(c for c in phone if c.isdigit()) for _, _, phone in named}
    if organisation.is_venue or "".join(c for c in organisation.telephone if c.isdigit()) in known:
        return tuple(named)
    return (*named, ("The school", "office", organisation.telephone))


def _days(scope: Scope) -> list[TourDay]:
    query = (
        select(TourDay)
        .join(TourDay.programme)
        .join(TourDay.troupe)
        .where(
            Programme.partnership_id == scope.partnership_id,
            TourDay.day >= scope.first,
            TourDay.day <= scope.last,
            TourDay.ended_at.is_(None),
        )
        .options(contains_eager(TourDay.programme), contains_eager(TourDay.troupe))
        .order_by(TourDay.day, TourDay.id)
        .execution_options(populate_existing=True)
    )
    if scope.troupe_id is not None:
        query = query.where(TourDay.troupe_id == scope.troupe_id)
    return list(db.session.scalars(query))


def _shows(tour_day_ids: Iterable[int]) -> list[Performance]:
    """Shows, kept times and holds of some days, each with its host, by start."""
    return list(
        db.session.scalars(
            select(Performance)
            .where(Performance.tour_day_id.in_(list(tour_day_ids)), Performance.released_at.is_(None))
            .options(joinedload(Performance.host))
            .order_by(Performance.starts_at, Performance.id)
            .execution_options(populate_existing=True)
        )
    )


def _shut(scope: Scope) -> set[int] | None:
    """The URNs that nobody can reach; None where it is the troupe that cannot play."""
    if scope.schools_of is None:
        return None
    ours = [a.la_code for a in partnerships.authorities(scope.partnership_id)]
    which = [School.district_code == scope.schools_of] if scope.schools_of else []
    return set(db.session.scalars(select(School.organisation_id).where(School.la_code.in_(ours), *which)))


def _booked(performance_ids: Iterable[int]) -> list[Booking]:
    return list(
        db.session.scalars(
            select(Booking)
            .where(Booking.performance_id.in_(list(performance_ids)), Booking.ended_at.is_(None))
            .options(joinedload(Booking.performance), joinedload(Booking.organisation))
            .order_by(Booking.id)
            .execution_options(populate_existing=True)
        )
    )


def _kept(performance_ids: Iterable[int]) -> list[Proposal]:
    return list(
        db.session.scalars(
            select(Proposal)
            .where(Proposal.performance_id.in_(list(performance_ids)), Proposal.ended_at.is_(None))
            .options(
                joinedload(Proposal.organisation),
                joinedload(Proposal.programme),
                selectinload(Proposal.people),
            )
            .order_by(Proposal.id)
            .execution_options(populate_existing=True)
        )
    )


def _asked(performance_ids: Iterable[int]) -> list[GuestPlace]:
    return list(
        db.session.scalars(
            select(GuestPlace)
            .where(GuestPlace.performance_id.in_(list(performance_ids)), GuestPlace.ended_at.is_(None))
            .options(joinedload(GuestPlace.organisation))
            .order_by(GuestPlace.id)
        )
    )
