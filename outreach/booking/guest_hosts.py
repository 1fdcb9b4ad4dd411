"""The neighbours whose shows have seats free: within reach of a school, on its school days, the nearest
first."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import contains_eager

from outreach.booking import accounts
from outreach.booking.guest_places import GuestSeats, Seats
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.county import partnerships, school_days, school_locations, schools
from outreach.county.partnerships import Authority
from outreach.county.schools import Organisation, School
from outreach.ground.db import db
from outreach.ground.timespans import day_of, local
from outreach.ground.wording import count
from outreach.tour import roads, slots
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.tour.roads import Stop
from outreach.tour.sessions import TrainingSession

METRES_A_MINUTE = 2_000
"""No van or coach is faster: what is farther away than so is out of reach without a look at the road."""

TO_SIT = timedelta(minutes=10)
"""How long before the show guests are there: to get out, walk in and sit."""


@dataclass(frozen=True, kw_only=True)
class HostShow:
    """A neighbour's show with seats for guests. Minutes on the road, one way; `leaves` and `back` by the wall
    clock."""

    performance: Performance
    seats: Seats
    minutes: int

    @property
    def host(self) -> Organisation:
        return self.performance.host

    @property
    def leaves(self) -> time:
        """When a guest sets out so that its pupils sit when the show begins."""
        return leaves(self.performance, self.minutes)

    @property
    def back(self) -> time:
        """When it is back, about: to the next five minutes."""
        at = local(self.performance.ends_at + timedelta(minutes=self.minutes))
        return (at + timedelta(minutes=-at.minute % 5)).time()

    @property
    def words(self) -> str:
        """'at Redmere Academy, 12 minutes away, 40 seats'."""
        seats = count(self.seats.for_guests, "seat")
        return f"at {self.host.name}, {count(self.minutes, 'minute')} away, {seats}"


def leaves(performance: Performance, minutes: int) -> time:
    """The road of so many minutes and TO_SIT before the show, to the last five minutes."""
    at = local(performance.starts_at - timedelta(minutes=minutes) - TO_SIT)
    return (at - timedelta(minutes=at.minute % 5)).time()


def within_reach(
    programme: Programme, organisation: Organisation, *, now: datetime, at_least: int = 1
) -> list[HostShow]:
    """The coming shows that `organisation` could join with so many pupils, the shortest road first; five queries,
    however many.

    From tomorrow on, on days that are school days at `organisation`, no further than the partnership's
    `guest_minutes`.
    """
    partnership = partnerships.get(programme.partnership_id)
    ways, here = (
        roads.roads_of_partnership(partnership),
        Stop(organisation.organisation_id, school_locations.located(organisation).place),
    )
    calendar = school_days.load_one(organisation)
    found = []
    for performance, seats in _shows(programme, but_of=organisation.organisation_id, now=now):
        minutes = ways.minutes(here, _stop(performance))
        day = day_of(performance.starts_at)
        if (
            seats.for_guests >= at_least
            and minutes <= partnership.guest_minutes
            and day > day_of(now)
            and not calendar.why_closed(day)
        ):
            found.append(HostShow(performance=performance, seats=seats, minutes=minutes))
    return sorted(found, key=lambda h: (h.minutes, h.performance.starts_at, h.performance.id))


def seats_of_shows(programme: Programme, *, now: datetime) -> dict[int, Seats]:
    """The seats of every coming show that its host has booked, by the show's id; one query."""
    return {performance.id: seats for performance, seats in _shows(programme, but_of=None, now=now)}


def _shows(programme: Programme, *, but_of: int | None, now: datetime) -> Iterator[tuple[Performance, Seats]]:
    """The coming shows that their hosts have booked, but those of one school, each with its seats."""
    for performance, taken, by_guests, consent, places in db.session.execute(
        SHOWS, {"programme_id": programme.id, "organisation_id": but_of or 0, "now": now}
    ):
        yield (
            performance,
            Seats(
                ceiling=places or programme.audience_ceiling,
                taken=int(taken),
                by_guests=int(by_guests),
                consent=consent,
            ),
        )


def has_neighbours(programme: Programme, performance: Performance, *, now: datetime) -> bool:
    """Whether some school within reach of a show still has to see it, and so could be its guest; three queries at
    most. Where nobody knows where the show is: yes."""
    partnership, there = partnerships.get(programme.partnership_id), _stop(performance)
    if there.place is None:
        return True
    reach = partnership.guest_minutes * METRES_A_MINUTE
    rows = db.session.scalars(
        select(School).where(
            School.la_code.in_(select(Authority.la_code).where(Authority.partnership_id == partnership.id)),
            School.organisation_id != performance.organisation_id,
            ~schools.has_closed(School, day_of(now)),
            School.easting.between(there.place.easting - reach, there.place.easting + reach),
            School.northing.between(there.place.northing - reach, there.place.northing + reach),
        )
    ).all()
    ways = roads.roads_of_partnership(partnership)
    near = [
        row
        for row in rows
        if ways.minutes(roads.stop_at(row.organisation_id, row.easting, row.northing), there)
        <= partnership.guest_minutes
    ]
    return bool(near) and any(a.is_open for a in accounts.of_organisations(programme, near, now=now).values())


def minutes_between(programme: Programme, organisation: Organisation, performance: Performance) -> int:
    """Minutes on the road from a school to a show."""
    ways = roads.roads_of_partnership(partnerships.get(programme.partnership_id))
    return ways.minutes(
        Stop(organisation.organisation_id, school_locations.located(organisation).place), _stop(performance)
    )


def nearest(
    programme: Programme,
    organisation: Organisation,
    *,
    pupils: int,
    now: datetime,
    not_on: Collection[int] = (),
    after: datetime | None = None,
) -> list[tuple[datetime, str]]:
    """What a guest that lost its place could have instead: up to three neighbours' shows, and two times at
    its own school.

    Each as (start, where and how far), neighbours first. For letters. `not_on`: the ids of tour days to leave
    out; `after`: nothing before that day.
    """
    first = day_of(after or now)
    neighbours = [
        h
        for h in within_reach(programme, organisation, now=now, at_least=max(1, pupils))
        if h.performance.tour_day_id not in not_on and day_of(h.performance.starts_at) >= first
    ]
    days = () if programme.closed_at is not None else slots.offers(programme, organisation, now=now).days
    own = sorted(
        (d for d in days if d.gaps and d.day >= first and d.tour_day_id not in not_on), key=lambda d: d.rank
    )
    return [(h.performance.starts_at, h.words) for h in neighbours[:3]] + [
        (day.best().starts_at, "at your own school") for day in own[:2]
    ]


def _stop(performance: Performance) -> Stop:
    return roads.stop_at(performance.organisation_id, performance.easting, performance.northing)


_LIVE = and_(Booking.performance_id == Performance.id, Booking.ended_at.is_(None))
_SEATS = select(func.coalesce(func.sum(Booking.seats), 0)).where(_LIVE).correlate(Performance)

# Made once: the page of neighbours and each guest's letter ask it.
SHOWS = (
    select(
        Performance,
        _SEATS.scalar_subquery().label("taken"),
        _SEATS.where(Booking.role == GUEST).scalar_subquery().label("by_guests"),
        GuestSeats,
        TrainingSession.places,
    )
    .join(Performance.host)
    .outerjoin(GuestSeats, GuestSeats.performance_id == Performance.id)
    .outerjoin(TrainingSession, TrainingSession.performance_id == Performance.id)
    .options(contains_eager(Performance.host))
    .where(
        Performance.programme_id == bindparam("programme_id"),
        Performance.organisation_id != bindparam("organisation_id"),
        Performance.starts_at > bindparam("now"),
        Performance.released_at.is_(None),
        Performance.held_until.is_(None),
        select(Booking.id).where(_LIVE, Booking.role == HOST).correlate(Performance).exists(),
    )
    .order_by(Performance.starts_at, Performance.id)
    .execution_options(populate_existing=True)
)
