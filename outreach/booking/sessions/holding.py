"""A coordinator's verbs for a training session: held at a venue or online, changed, moved, called off.

A session is a performance whose host is a venue: the venue's booking promises nobody and names nobody, and its places
are everybody's to take without asking, as a host's that are offered. So whoever comes is a guest of it, and is told of
every change as guests are.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Self
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from outreach.booking import bookings, guest_places, guests_told, in_hall, promises, subscribed, told
from outreach.booking.guest_places import OPEN, GuestSeats, Seats
from outreach.booking.numbers import Promise
from outreach.booking.promises import COORDINATOR, HOST, Booking
from outreach.county import partnerships, school_locations, venues
from outreach.county.schools import FIRST_OF_ONLINE
from outreach.county.venues import Venue
from outreach.ground import history
from outreach.ground.db import broken_guard, db
from outreach.ground.errors import Refusal
from outreach.ground.timespans import local, wall
from outreach.ground.wording import clock, clock_span, count, day_short, number
from outreach.post import letters
from outreach.tour import agreements, freed_seats, nights, performances, roads
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance, Slot, SlotTaken
from outreach.tour.programmes import Programme, ProgrammeClosed
from outreach.tour.sessions import TrainingSession

MOST_PLACES = venues.MOST_PLACES
LONGEST_LINK, LONGEST_JOINING = 1_000, 2_000


@dataclass(frozen=True, kw_only=True)
class SessionSaid:
    """What a coordinator says of a session. `link`: of the meeting, '' where there is none; `joining`: what whoever
    comes is told."""

    places: int
    link: str = ""
    joining: str = ""


class NotForPupils(Refusal):
    """A session is held in a programme for adults."""


class NowhereToGo(Refusal):
    """A session online without the link of the meeting, or with one that is none."""

    field = "link"


class PlacesMakeNoSense(Refusal):
    """No place at all, more than the venue holds, or fewer than are taken."""

    field = "places"


class JoiningTooLong(Refusal):
    field = "joining"


class VenueRetired(Refusal):
    field = "venue"

    @classmethod
    def named(cls, venue: Venue) -> Self:
        return cls(f"{venue.name} is retired. Choose another venue, or bring it back first.")


class NotTheirDay(Refusal):
    """The trainer gives that day to nobody, or to another programme; or its hours are over before the session."""

    field = "starts"


class TrainerBusy(Refusal):
    """The trainer is elsewhere then, or could not be there in time."""

    field = "starts"


def hold(
    programme: Programme,
    venue: Venue,
    tour_day: TourDay,
    starts: time,
    said: SessionSaid,
    *,
    who: str,
    now: datetime,
) -> TrainingSession:
    """A new session on a tour day of its trainer's. The trainer is told. Raises the refusals of this file."""
    if programme.closed_at is not None:
        raise ProgrammeClosed("This programme is closed. Open it again before you add a session.")
    if not programme.for_adults:
        raise NotForPupils("Sessions are held in a programme for adults. Pupils see shows.")
    performances.lock_organisation(venue.organisation_id)
    performances.lock_days([tour_day.id])
    db.session.refresh(venue)
    kept = _checked(said, venue)
    slot = _slot(programme, venue, tour_day, starts, now=now)
    try:
        performance = performances.claim(slot, venue, programme_id=programme.id, held_until=None, now=now)
    except SlotTaken as no:
        raise _taken(tour_day) from no
    session = TrainingSession(
        performance=performance,
        performance_id=performance.id,
        partnership_id=programme.partnership_id,
        created_at=now,
        created_by=who,
        **asdict(kept),
    )
    db.session.add(session)
    db.session.flush()
    bookings.make(programme, venue, performance, Promise(pupils={}), who=who, now=now)
    _open_to_all(session, who=who, now=now)
    told.troupe(performance, performance.troupe_id, "REQUEST", now=now)
    subscribed.show(performance, now=now)
    subscribed.beside([], [in_hall.stretch(performance)], now=now)
    return session


def change(
    session: TrainingSession,
    said: SessionSaid,
    *,
    venue: Venue | None = None,
    tour_day: TourDay | None = None,
    starts: time | None = None,
    who: str,
    now: datetime,
) -> None:
    """What is said of a session from now on; elsewhere (`venue`) or at another time (`tour_day`, `starts`) in place:
    whoever comes keeps the places and is told, as is the trainer. The same again tells nobody.

    Raises the refusals of this file, promises.BookingEnded, bookings.ShowIsOver.
    """
    performance = session.performance
    was_at = _venue_of(performance)
    there, new_day = venue or was_at, tour_day or performance.tour_day
    for number_of in sorted({was_at.organisation_id, there.organisation_id}):
        performances.lock_organisation(number_of)
    performances.lock_days_of(performance, besides=[new_day.id])
    for row in (session, there):
        db.session.refresh(row)
    host = host_of(performance)
    if performance.ends_at <= now:
        raise bookings.ShowIsOver
    kept = _checked(said, there, stands=there is was_at)
    seats = guest_places.seats_of(performance, session.places)
    if kept.places < seats.taken:
        raise _fewer_than_taken(seats)
    before, stood = as_said(session), in_hall.stretch(performance)
    slot = _slot(
        host.programme,
        there,
        new_day,
        starts or local(performance.starts_at).time(),
        now=now,
        instead_of=performance,
    )
    elsewhere = there is not was_at
    moves = (slot.tour_day_id, slot.starts_at, slot.ends_at) != (
        performance.tour_day_id,
        performance.starts_at,
        performance.ends_at,
    )
    if kept == before and not elsewhere and not moves:
        return
    told_before = _as_history(session, was_at, performance)
    changes = _changes_in_words(before, kept, was_at, there)
    try:
        if elsewhere:
            host.organisation = there
            _is_at(performance, there, slot if not moves else None)
        _say(session, kept)
        if moves:
            bookings.put_on(host, slot, who=who, now=now, for_guests=" ".join(changes), stood=stood)
        elif elsewhere:
            performances.rehost(performance, there.organisation_id, None)
    except SlotTaken as no:
        raise _taken(new_day) from no
    _put_down(session, seats)
    if kept.places > before.places:
        freed_seats.note([performance.id], now=now)
    _open_to_all(session, who=who, now=now)
    after = _as_history(session, there, performance)
    told_before, after = history.differences(told_before, after)
    history.record("changed", host, who=who, now=now, before=told_before, after=after)
    if not moves:
        _tell(performance, host, before, kept, changes, elsewhere=elsewhere, now=now)
        if elsewhere:
            subscribed.beside([stood], [in_hall.stretch(performance)], now=now)


def call_off(session: TrainingSession, *, reason: str, who: str, now: datetime) -> None:
    """The session does not take place: whoever was to come is told why, and the trainer's time is free again. Twice is
    once. Raises bookings.CancelReasonMissing, bookings.ShowIsOver."""
    standing = [b for b in promises.ended_with(session.performance_id) if b.role == HOST]
    bookings.cancel(standing[0], reason=reason, by=COORDINATOR, who=who, now=now)


def host_of(performance: Performance) -> Booking:
    """The venue's own booking. Raises promises.BookingEnded once the session was called off."""
    standing = promises.of_performance(performance.id)
    if not standing or standing[0].role != HOST:
        raise promises.BookingEnded
    return standing[0]


def as_said(session: TrainingSession) -> SessionSaid:
    """What a coordinator said of a session, as it stands."""
    return SessionSaid(places=session.places, link=session.link, joining=session.joining)


def _checked(said: SessionSaid, venue: Venue, *, stands: bool = False) -> SessionSaid:
    """As it is kept. `stands`: the session is there already, so that it may stay though the venue was retired."""
    link, joining = said.link.strip(), said.joining.strip()
    if link[:8].lower() == "https://":  # a scheme has no case
        link = f"https://{link[8:]}"
    if not venue.is_open and not stands:
        raise VenueRetired.named(venue)
    if venue.is_online and not link:
        raise NowhereToGo("Choose a venue, or enter the link of the meeting.")
    if link and not _is_link(link):
        raise NowhereToGo("Enter the whole link of the meeting. It begins with https://")
    if len(joining) > LONGEST_JOINING:
        raise JoiningTooLong(f"Joining instructions must be {number(LONGEST_JOINING)} characters or fewer.")
    if not 0 < said.places <= MOST_PLACES:
        raise PlacesMakeNoSense(f"Enter how many places there are, between 1 and {number(MOST_PLACES)}.")
    if venue.capacity is not None and said.places > venue.capacity:
        raise PlacesMakeNoSense(
            f"{venue.name} holds {number(venue.capacity)}. Enter that many places or fewer."
        )
    return SessionSaid(places=said.places, link=link, joining=joining)


def _is_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
        named = bool(parts.hostname and "." in parts.hostname)
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and link.startswith("https://")
        and named
        and len(link) <= LONGEST_LINK
        and link.isprintable()
        and not any(c.isspace() for c in link)
    )


def _slot(
    programme: Programme,
    venue: Venue,
    tour_day: TourDay,
    starts: time,
    *,
    now: datetime,
    instead_of: Performance | None = None,
) -> Slot:
    """The session's time on a day, behind its lock; nothing to set up online. Raises NotTheirDay, TrainerBusy."""
    db.session.refresh(tour_day)
    if tour_day.ended_at is not None or tour_day.programme_id != programme.id:
        raise NotTheirDay(
            f"{tour_day.troupe.name} does not give {day_short(tour_day.day)} to this programme. Choose another day."
        )
    performances.clear_expired([tour_day.id], now=now)
    slot = Slot(
        tour_day_id=tour_day.id,
        troupe_id=tour_day.troupe_id,
        day=tour_day.day,
        start_minute=starts.hour * 60 + starts.minute,
        show_minutes=programme.show_minutes,
        get_in_minutes=0 if venue.is_online else programme.get_in_minutes,
        get_out_minutes=0 if venue.is_online else programme.get_out_minutes,
        extra_minutes=0,
        why="",
    )
    stays = instead_of is not None and (
        instead_of.tour_day_id == tour_day.id
        and instead_of.organisation_id == venue.organisation_id
        and told.times_of(instead_of) == told.times_of(slot)
    )
    if stays:
        return slot
    if (
        slot.start_minute + slot.show_minutes + slot.get_out_minutes >= 24 * 60
        or slot.get_in_minutes > slot.start_minute
    ):
        raise NotTheirDay(
            "With set-up and pack-up, the session would fall into another day. Choose another time."
        )
    if slot.starts_at <= now:
        raise NotTheirDay("That time is past. Choose one that is still to come.")
    if agreements.is_taken(tour_day.troupe_id, tour_day.day, now=now):
        raise TrainerBusy(
            f"{tour_day.troupe.name} plays elsewhere on {day_short(tour_day.day)}. Choose another day."
        )
    _check_free(programme, venue, tour_day, slot, instead_of)
    return slot


def _check_free(
    programme: Programme, venue: Venue, tour_day: TourDay, slot: Slot, instead_of: Performance | None
) -> None:
    """Raises TrainerBusy, NotTheirDay."""
    standing = [p for p in _standing(tour_day) if instead_of is None or p.id != instead_of.id]
    ways = roads.roads_of_partnership(partnerships.get(programme.partnership_id))
    place = school_locations.located(venue).place
    here = roads.stop_at(
        venue.organisation_id, place.easting if place else None, place.northing if place else None
    )
    trainer = tour_day.troupe.name
    for other in standing:
        minutes = ways.minutes(roads.stop_at(other.organisation_id, other.easting, other.northing), here)
        road = timedelta(minutes=minutes)
        if other.organisation_id == venue.organisation_id and not venue.is_online:
            turn = timedelta(minutes=programme.turn_minutes)
            if other.starts_at < slot.ends_at + turn and slot.starts_at < other.ends_at + turn:
                raise TrainerBusy(
                    f"{trainer} has a session at {other.host.name} from {clock_span(other.starts_at, other.ends_at)} "
                    f"that day, and needs {count(programme.turn_minutes, 'minute')} between two. Choose another time "
                    "or day."
                )
        elif other.get_in_at < slot.away_at + road and slot.get_in_at < other.away_at + road:
            by_road = f", and the road takes {count(minutes, 'minute')}" if minutes else ""
            raise TrainerBusy(
                f"{trainer} is at {other.host.name} from {clock_span(other.get_in_at, other.away_at)} that "
                f"day{by_road}. Choose another time or day."
            )
    if venue.is_online:
        _check_drive_beside(standing, slot, ways, trainer)
    if len(standing) >= tour_day.shows_at_most:
        raise TrainerBusy(
            f"{trainer} has {count(len(standing), 'session')} on {day_short(tour_day.day)} already, as many as that "
            "day takes. Choose another day."
        )
    out, home = nights.ways([tour_day])[tour_day.id]
    leaves = slot.get_in_at - timedelta(minutes=ways.minutes(out, here) if out else 0)
    back = slot.away_at + timedelta(minutes=ways.minutes(here, home) if home else 0)
    if leaves < wall(tour_day.day, tour_day.leaves) or back > wall(tour_day.day, tour_day.returns):
        raise NotTheirDay(
            f"{trainer} is out from {clock(tour_day.leaves)} to {clock(tour_day.returns)} that day; this session would "
            f"need {clock_span(leaves, back)}, with set-up and the road. Choose another time or day."
        )


def _check_drive_beside(standing: Iterable[Performance], slot: Slot, ways: roads.Roads, trainer: str) -> None:
    """From the stop before a meeting online to the one after it the trainer drives before it or after it, and not
    during it. Raises TrainerBusy."""
    places = [p for p in standing if p.organisation_id < FIRST_OF_ONLINE]
    before = max((p for p in places if p.away_at <= slot.get_in_at), key=lambda p: p.away_at, default=None)
    after = min((p for p in places if p.get_in_at >= slot.away_at), key=lambda p: p.get_in_at, default=None)
    if before is None or after is None:
        return
    here, there = (roads.stop_at(p.organisation_id, p.easting, p.northing) for p in (before, after))
    minutes = ways.minutes(here, there)
    if max(slot.get_in_at - before.away_at, after.get_in_at - slot.away_at) < timedelta(minutes=minutes):
        raise TrainerBusy(
            f"{trainer} drives {count(minutes, 'minute')} from {before.host.name} to {after.host.name} around then. "
            "Choose another time or day."
        )


def _standing(tour_day: TourDay) -> Iterable[Performance]:
    return db.session.scalars(
        select(Performance)
        .where(Performance.tour_day_id == tour_day.id, Performance.released_at.is_(None))
        .options(joinedload(Performance.host))
        .order_by(Performance.get_in_at, Performance.id)
    ).all()


def _taken(tour_day: TourDay) -> TrainerBusy:
    return TrainerBusy(
        f"{tour_day.troupe.name} has just been given something else to do then. Choose another time."
    )


def _fewer_than_taken(seats: Seats) -> PlacesMakeNoSense:
    return PlacesMakeNoSense(
        f"{count(seats.taken, 'place')} {'is' if seats.taken == 1 else 'are'} taken already. Enter that many or more."
    )


def _venue_of(performance: Performance) -> Venue:
    return db.session.get_one(Venue, performance.organisation_id)


def _is_at(performance: Performance, venue: Venue, slot: Slot | None) -> None:
    """Where it is from now on, and from set-up to pack-up when, unless it moves besides: written at once with what
    follows, so that the road is judged once."""
    place = school_locations.located(venue).place
    with db.session.no_autoflush:
        performance.host, performance.organisation_id = venue, venue.organisation_id
        performance.easting = place.easting if place else None
        performance.northing = place.northing if place else None
        if slot is not None:
            performance.get_in_at, performance.away_at = slot.get_in_at, slot.away_at


def _say(session: TrainingSession, kept: SessionSaid) -> None:
    session.places, session.link, session.joining = kept.places, kept.link, kept.joining


def _put_down(session: TrainingSession, seats: Seats) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        if broken_guard(error) != SESSION_PLACES:
            raise
        raise _fewer_than_taken(seats) from error


SESSION_PLACES = "session_places"
"""The database's guard: never fewer places than are taken, whoever writes."""


def _open_to_all(session: TrainingSession, *, who: str, now: datetime) -> None:
    """Its places are there to be taken without asking."""
    row = db.session.get(GuestSeats, session.performance_id, populate_existing=True)
    if row is not None and (row.how, row.seats) == (OPEN, session.places):
        return
    if row is None:
        row = GuestSeats(performance_id=session.performance_id, terms="")
        db.session.add(row)
    row.how, row.seats, row.who, row.recorded_at = OPEN, session.places, who, now
    db.session.flush()


def _tell(
    performance: Performance,
    host: Booking,
    before: SessionSaid,
    after: SessionSaid,
    changes: list[str],
    *,
    elsewhere: bool,
    now: datetime,
) -> None:
    """Guests and trainer hear what is another way at the same time; of places the trainer alone."""
    another_place = elsewhere or before.link != after.link
    everybody = (
        guests_told.host_elsewhere(performance) if another_place else promises.of_performance(performance.id)
    )
    if elsewhere:
        guests_told.who_asks_hears(performance, now=now)
    if changes:
        for guest in everybody:
            people = promises.people_of(guest)
            told.organisation(
                guest, people, letters.changed, now=now, expires_at=told.expiry(guest), changes=changes
            )
    if before.places != after.places:
        changes = [*changes, f"Places: {number(after.places)}, before {number(before.places)}."]
    told.troupe(performance, performance.troupe_id, "REQUEST", changes=changes, now=now)
    subscribed.show(performance, now=now)


def _changes_in_words(before: SessionSaid, after: SessionSaid, was_at: Venue, there: Venue) -> list[str]:
    """What is another way for whoever comes, a sentence each."""
    said = []
    if was_at is not there:
        said.append(f"New place: {there.name}, before {was_at.name}.")
    if before.link != after.link:
        said.append("The link of the meeting." if after.link else "There is no link any more.")
    if before.joining != after.joining:
        said.append("How to join.")
    return said


def _as_history(session: TrainingSession, venue: Venue, performance: Performance) -> dict[str, object]:
    return asdict(as_said(session)) | {"venue": venue.name, "starts_at": performance.starts_at.isoformat()}
