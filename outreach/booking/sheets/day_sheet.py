"""One day of a troupe, whole: when to leave, every stop with whom to ask for, who comes and who needs what,
and the roads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from outreach.booking import contact_days, guest_places, named, promises, told
from outreach.booking.named import NamedPerson
from outreach.booking.promises import GUEST, HOST, Booking, BookingRevision, PromisedPupils, VisitContact
from outreach.county import partnerships
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.geography import Place
from outreach.tour import legs, nights, roads, sessions, turning
from outreach.tour.days import TourDay
from outreach.tour.legs import Drive
from outreach.tour.performances import Performance
from outreach.tour.sessions import TrainingSession

LEAD, ON_THE_DAY = "safeguarding lead", "on the day"


@dataclass(frozen=True, kw_only=True)
class PersonToAskFor:
    """Somebody to ask for; `phone` is their own, else the school's, '' when neither is known."""

    name: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A school that comes to a neighbour's show: how many, how they travel, what the host agreed, who needs
    what."""

    booking: Booking
    organisation: Organisation
    pupils: Mapping[int, int]
    travel: str
    agreed: str
    access: tuple[str, ...]
    meets: PersonToAskFor | None
    lead: PersonToAskFor | None


@dataclass(frozen=True, kw_only=True)
class SheetStop:
    """One show. `sets_up_at`, `away_at`: from and until the hall is turned round where two are in one; `comes_at`,
    `goes_at`: of all that are. `pupils` are those of the host alone; `discussion_at` is None where the programme has
    none; `session`: the places of one, its link and how one joins; None of a show in a hall of a school's."""

    performance: Performance
    booking: Booking
    sets_up_at: datetime
    away_at: datetime
    comes_at: datetime
    goes_at: datetime
    discussion_at: datetime | None
    pupils: Mapping[int, int]
    guests: tuple[Guest, ...]
    access: tuple[str, ...]
    meets: PersonToAskFor | None
    lead: PersonToAskFor | None
    session: TrainingSession | None = None

    @property
    def organisation(self) -> Organisation:
        return self.performance.host

    @property
    def seats(self) -> int:
        return self.booking.seats + sum(g.booking.seats for g in self.guests)

    @property
    def year_groups(self) -> list[int]:
        """Every year group that comes, for the boxes to fill in."""
        coming: tuple[SheetStop | Guest, ...] = (self, *self.guests)
        return sorted({y for who in coming for y, n in who.pupils.items() if n})

    @property
    def address(self) -> str:
        return self.organisation.address

    @property
    def place(self) -> Place | None:
        """Where a map shows it; None where no point of its own is on file."""
        show = self.performance
        if not self.organisation.place_known or show.easting is None or show.northing is None:
            return None
        return Place(easting=show.easting, northing=show.northing)


@dataclass(frozen=True, kw_only=True)
class DaySheet:
    """A day's sheet. `drives` are one more than the stops, None where a drive is not known; `kept` times are
    proposed. `names_nobody`: whom to ask for is left out, as this is none of the days on which the company sees it."""

    tour_day: TourDay
    stops: tuple[SheetStop, ...]
    drives: tuple[Drive | None, ...]
    kept: int
    names_nobody: bool = False

    @property
    def names_from(self) -> date:
        """The first day on which the company sees whom to ask for."""
        return contact_days.first_day(self.tour_day.day)

    @property
    def names_until(self) -> date:
        return contact_days.last_day(self.tour_day.day)

    @property
    def seats(self) -> int:
        return sum(stop.seats for stop in self.stops)

    @property
    def road_minutes(self) -> int:
        return sum(d.minutes for d in self.drives if d)

    @property
    def size(self) -> str:
        """How small it must be printed to stand on one sheet of A4: '', 'long' or 'longest', by what was
        typed a show."""
        typed = sum(
            len(stop.booking.arrival_note)
            + len(stop.booking.entrance)
            + len(stop.booking.parking)
            + (len(stop.session.joining) + len(stop.session.link) if stop.session else 0)
            + len(stop.booking.hall)
            + len(stop.organisation.name)
            + sum(map(len, stop.access))
            + sum(
                150 + len(g.organisation.name) + len(g.agreed) + len(g.travel) + sum(map(len, g.access))
                for g in stop.guests
            )
            for stop in self.stops
        )
        for size, most in (("longest", 650), ("long", 300)):
            if typed > most * len(self.stops):
                return size
        return ""


def sheet_of_day(tour_day: TourDay) -> DaySheet:
    """The sheet of a tour day as it stands now; a constant number of queries."""
    shows = list(
        db.session.scalars(
            select(Performance)
            .where(
                Performance.tour_day_id == tour_day.id,
                Performance.released_at.is_(None),
                Performance.held_until.is_(None),
            )
            .options(joinedload(Performance.host))
            .order_by(Performance.get_in_at, Performance.id)
        )
    )
    promised = promises.of_performances(show.id for show in shows)
    booked = [show for show in shows if any(b.role == HOST for b in promised.get(show.id, ()))]
    bookings = [b for show in booked for b in promised[show.id]]
    people, pupils = _people_of(bookings), _pupils_of(bookings)
    how = guest_places.of_bookings(b.id for b in bookings if b.role == GUEST)
    theirs = _organisations_of(bookings)
    held = sessions.of_performances([show.id for show in booked]) if tour_day.programme.for_adults else {}
    running = timedelta(minutes=tour_day.programme.running_minutes)
    stops = []
    for show, (sets_up_at, away_at) in zip(booked, turning.at_work(booked), strict=True):
        host, *guests = promised[show.id]
        ends = show.starts_at + running
        comes_at, goes_at = turning.stay(show, booked)
        stops.append(
            SheetStop(
                performance=show,
                booking=host,
                sets_up_at=sets_up_at,
                away_at=away_at,
                comes_at=comes_at,
                goes_at=goes_at,
                discussion_at=ends if ends < show.ends_at else None,
                pupils=pupils.get(host.id, {}),
                access=told.access_words(host.access_needs),
                meets=_person(people.get(host.id, ()), ON_THE_DAY, show.host),
                lead=_person(people.get(host.id, ()), LEAD, show.host),
                session=held.get(show.id),
                guests=tuple(
                    Guest(
                        booking=guest,
                        organisation=theirs[guest.organisation_id],
                        pupils=pupils.get(guest.id, {}),
                        travel=how[guest.id].travel.words() if guest.id in how else "",
                        agreed=how[guest.id].said if guest.id in how else "",
                        access=told.access_words(guest.access_needs),
                        meets=_person(people.get(guest.id, ()), ON_THE_DAY, theirs[guest.organisation_id]),
                        lead=_person(people.get(guest.id, ()), LEAD, theirs[guest.organisation_id]),
                    )
                    for guest in guests
                ),
            )
        )
    return DaySheet(
        tour_day=tour_day,
        stops=tuple(stops),
        drives=tuple(_drives(tour_day, booked)),
        kept=len(shows) - len(booked),
    )


def for_company(tour_day: TourDay, *, now: datetime) -> DaySheet:
    """The same as its company sees it."""
    whole = sheet_of_day(tour_day)
    if contact_days.are_on(tour_day.day, now=now):
        return whole
    return replace(whole, names_nobody=True, stops=tuple(_without_people(stop) for stop in whole.stops))


def _without_people(stop: SheetStop) -> SheetStop:
    guests = tuple(replace(guest, meets=None, lead=None) for guest in stop.guests)
    return replace(stop, meets=None, lead=None, guests=guests)


def _drives(tour_day: TourDay, booked: Sequence[Performance]) -> list[Drive | None]:
    ways = roads.roads_of_partnership(partnerships.get(tour_day.programme.partnership_id))
    return legs.of_day(booked, ways, *nights.doors([tour_day])[tour_day.id])


def _person(
    people: Iterable[VisitContact | NamedPerson], duty: str, organisation: Organisation
) -> PersonToAskFor | None:
    found = next((p for p in people if p.duty == duty), None)
    return (
        PersonToAskFor(name=found.name, phone=found.phone or organisation.telephone)
        if found is not None
        else None
    )


def _people_of(bookings: Iterable[Booking]) -> dict[int, list[VisitContact | NamedPerson]]:
    """Who is named with each booking, in the order they were named; two queries."""
    ids = [b.id for b in bookings]
    found: dict[int, list[VisitContact | NamedPerson]] = {
        booking_id: list(people) for booking_id, people in promises.people_of_each(ids).items()
    }
    # Whom the school named from outside its domain gets no mail yet, but is whom the company asks for.
    for booking_id, waiting in named.waiting_for_bookings(ids).items():
        found.setdefault(booking_id, []).extend(waiting)
    return found


def _pupils_of(bookings: Iterable[Booking]) -> dict[int, dict[int, int]]:
    """What each booking promises now by year group; one query."""
    newest = (
        select(func.max(BookingRevision.id))
        .where(BookingRevision.booking_id.in_([b.id for b in bookings]))
        .group_by(BookingRevision.booking_id)
    )
    rows = db.session.execute(
        select(BookingRevision.booking_id, PromisedPupils.year_group, PromisedPupils.pupils)
        .join(PromisedPupils, PromisedPupils.revision_id == BookingRevision.id)
        .where(BookingRevision.id.in_(newest), PromisedPupils.pupils > 0)
        .order_by(BookingRevision.booking_id, PromisedPupils.year_group)
    )
    found: dict[int, dict[int, int]] = {}
    for booking_id, year_group, pupils in rows:
        found.setdefault(booking_id, {})[year_group] = int(pupils)
    return found


def _organisations_of(bookings: Iterable[Booking]) -> dict[int, Organisation]:
    """Whose some bookings are, by number; one query."""
    rows = db.session.scalars(
        select(Organisation).where(Organisation.organisation_id.in_({b.organisation_id for b in bookings}))
    )
    return {row.organisation_id: row for row in rows}
