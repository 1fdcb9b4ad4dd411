"""Letters between a guest's school and its host when one of them moves, changes or cancels."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time

from outreach.booking import guest_hosts, guest_places, guest_questions, promises, sessions_to_come, told
from outreach.booking.guest_places import BOOKED, HOST_LEFT, OPEN, GuestPlace
from outreach.booking.promises import COMPANY, HOST, Booking, VisitContact
from outreach.county.schools import Organisation
from outreach.ground.db import db
from outreach.ground.timespans import local
from outreach.post import letters
from outreach.post.guests import notes
from outreach.post.guests.notes import GuestNote, WaitWords
from outreach.tour import freed_seats, sessions
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

Nearest = Sequence[tuple[datetime, str]]


def host_moved(
    performance: Performance, guests: Iterable[Booking], *, was_starts_at: datetime, now: datetime
) -> None:
    """Each guest is asked whether it still comes, its place kept; who still waits for an answer hears of the
    new time.

    Whoever meant to be there a quarter of an hour before the start still does.
    """
    for place in guest_places.of_bookings(b.id for b in guests).values():
        place.moved_at, place.coming_at = now, None
        place.arrives = _moved(place.arrives, local(was_starts_at), local(performance.starts_at))
    who_asks_hears(performance, now=now)


def who_asks_hears(performance: Performance, *, now: datetime) -> None:
    """Whoever waits for seats reads when and where it is now."""
    for place in guest_places.asked_of(performance.id):
        tell_guest(place, notes.HOST_MOVED, now=now)


def _moved(arrives: time | None, was: datetime, starts: datetime) -> time | None:
    """As long before the new start as it was before the old, by the wall clock; None where that is another
    day."""
    if arrives is None:
        return None
    ahead = (was.hour - arrives.hour) * 60 + was.minute - arrives.minute
    minute = starts.hour * 60 + starts.minute - ahead
    return time(minute // 60, minute % 60) if 0 <= minute < 24 * 60 else None


def host_elsewhere(performance: Performance) -> list[Booking]:
    """The host's new hall is where its guests and the company go, too: SEQUENCE + 1 for all of them, the host
    first."""
    everybody = promises.of_performance(performance.id)
    for promise in everybody:
        promise.sequence += 1
        promise.place_sequence = promise.sequence
    performance.sequence += 1
    db.session.flush()
    return everybody


def host_left(performance: Performance, *, by: str, not_on: Collection[int] = (), now: datetime) -> None:
    """Who waits for an answer of a show that is no more: told at once, with what there is instead."""
    for place in guest_places.asked_of(performance.id):
        guest_questions.end(place, HOST_LEFT, now=now)
        near = _nearest(place.organisation, place.performance, place.seats, by=by, not_on=not_on, now=now)
        tell_guest(place, notes.HOST_LEFT, nearest=near, now=now)


def booked_otherwise(programme: Programme, organisation: Organisation, *, now: datetime) -> None:
    """A school that books a show of its own asks no neighbour for seats any more; the neighbour hears of
    it."""
    place = guest_places.open_of(programme.id, organisation.organisation_id)
    if place is not None:
        guest_questions.end(place, BOOKED, now=now)
        tell_host(place, notes.WITHDRAWN, now=now)


def instead(guest: Booking, *, by: str, not_on: Collection[int] = (), now: datetime) -> Nearest:
    """What a guest whose host has cancelled could have; for its letter. The show it had must be given back
    before."""
    return _nearest(guest.organisation, guest.performance, guest.seats, by=by, not_on=not_on, now=now)


def _nearest(
    organisation: Organisation,
    lost: Performance,
    pupils: int,
    *,
    by: str,
    not_on: Collection[int],
    now: datetime,
) -> Nearest:
    """When the company cannot play, nothing else of that day is offered either, nor of other days called off
    with it."""
    programme = lost.tour_day.programme
    without = {*not_on, lost.tour_day_id} if by == COMPANY else set(not_on)
    if programme.for_adults and sessions.of_performance(lost.id) is not None:
        return sessions_to_come.with_places(programme, organisation, at_least=pupils, not_on=without, now=now)
    return guest_hosts.nearest(
        programme, organisation, pupils=pupils, not_on=without, after=lost.starts_at, now=now
    )


def guest_left(guest: Booking, *, now: datetime) -> None:
    """The host hears that its guest does not come; the seats are free again."""
    _consent_follows(guest)
    if guest.programme.for_adults:
        freed_seats.note(guest_places.freed_with(guest), now=now)
    _tell_host_of(guest, notes.LEFT, now=now)


def guest_changed(guest: Booking, *, now: datetime) -> None:
    """The host hears how many come now, and how."""
    _consent_follows(guest)
    _tell_host_of(guest, notes.CHANGED, now=now)


def _consent_follows(guest: Booking) -> None:
    """What a guest gives back is the host's to give again, unless it stands offered to whoever comes."""
    there = guest_places.seats_of(guest.performance, guest.programme.audience_ceiling)
    if there.consent is not None and there.how != OPEN and there.consent.seats > there.by_guests:
        there.consent.seats = there.by_guests
        db.session.flush()


def _tell_host_of(guest: Booking, kind: str, *, now: datetime) -> None:
    place = guest_places.of_booking(guest)
    if place is not None:
        pupils = promises.pupils_of(guest)
        place.pupils, place.seats = pupils, sum(pupils.values()) or place.seats
        tell_host(place, kind, now=now)


def tell_host(
    place: GuestPlace, kind: str, *, to: Sequence[VisitContact] | None = None, now: datetime
) -> None:
    """One note to each who has the host's booking in the calendar, or to some of them; none where the host is no
    more."""
    host = next((b for b in promises.of_performance(place.performance_id) if b.role == HOST), None)
    if host is None:
        return
    show, asks = place.performance, kind == notes.ASKS
    note = GuestNote(
        kind=kind,
        place_id=place.id,
        organisation_id=host.organisation_id,
        programme_id=place.programme_id,
        programme_title=place.programme.title,
        for_adults=place.programme.for_adults,
        organisation_name=show.host.name,
        other_name=place.organisation.name,
        starts_at=show.starts_at,
        ends_at=show.ends_at,
        pupils=tuple(place.by_year.items()),
        page=f"/booked/{host.reference}/guests" + (f"/{place.id}" if asks else ""),
        why=place.reason if asks else "",
        travel=place.travel.words() if kind != notes.LEFT else "",
        said=place.message if asks else "",
        seats=place.seats,
    )
    sender = told.sender_of_programme(place.programme)
    for person in promises.people_of(host) if to is None else to:
        notes.tell(note, person.addressee(), sender, now=now, expires_at=told.expiry(host))


def tell_guest(
    place: GuestPlace,
    kind: str,
    *,
    nearest: Nearest = (),
    to: Sequence[VisitContact] | None = None,
    wait: WaitWords | None = None,
    now: datetime,
) -> None:
    """One note to each whom the school named when it asked, or to some of them. `wait`: what it says of a wait for
    places, where that is more than what the kind says."""
    show = place.performance
    note = GuestNote(
        kind=kind,
        place_id=place.id,
        organisation_id=place.organisation_id,
        programme_id=place.programme_id,
        programme_title=place.programme.title,
        for_adults=place.programme.for_adults,
        organisation_name=place.organisation.name,
        other_name=show.host.name,
        starts_at=show.starts_at,
        ends_at=show.ends_at,
        pupils=tuple(place.by_year.items()),
        page="/sessions" if place.programme.for_adults else "/hosts",
        said=place.said,
        seats=place.seats_given or 0,
        nearest=tuple(nearest),
        wait=wait or _of_a_wait(place, kind),
    )
    sender = told.sender_of_programme(place.programme)
    for person in place.people if to is None else to:
        notes.tell(
            note, person.addressee(), sender, now=now, expires_at=show.ends_at + letters.LINK_AFTER_SHOW
        )


def _of_a_wait(place: GuestPlace, kind: str) -> WaitWords | None:
    """What becomes of a wait whose session moves, or does not take place; None at a show, where a host is asked."""
    if sessions.of_performance(place.performance_id) is None:
        return None
    which, number = sessions.which(place.performance), place.programme.words.seats(place.seats)
    if kind == notes.HOST_LEFT:
        return WaitWords(
            subject="The session for which you wait does not take place",
            said=f"You waited for {number} on {which}. That session does not take place, so you wait no more.",
        )
    return WaitWords(
        subject="The session for which you wait has moved",
        said=f"The session for which you wait is on {which} now. You still wait for {number}, and are booked by "
        "yourself once so many are free. If it does not suit, leave the list on your page.",
    )
