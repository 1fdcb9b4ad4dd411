"""Answers of those who wait for places at a session: on the list, off it, and off it with its session;
what a body that closes waits for is its successor's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from outreach.asking import invitations
from outreach.asking.invitations import OTHER_DATE, WAITING_LIST
from outreach.booking import guest_places, guest_questions, guests_told, named, promises
from outreach.booking.desk import handing_on
from outreach.booking.guest_places import SESSION_OVER, WITHDRAWN, GuestPlace
from outreach.booking.guests import joining
from outreach.booking.promises import Booking
from outreach.booking.sessions import places
from outreach.county.schools import Organisation
from outreach.ground import history
from outreach.ground.db import db
from outreach.ground.wording import count
from outreach.post.guests import notes
from outreach.post.guests.notes import WaitWords
from outreach.tour import performances, sessions
from outreach.tour.performances import Performance
from outreach.tour.sessions import TrainingSession


@dataclass(frozen=True, kw_only=True)
class WaitsTakenOver:
    """How many waits of somebody who closed went to the one that follows, and how many ended."""

    handed: int = 0
    ended: int = 0


def waits(place: GuestPlace, *, who: str, now: datetime) -> None:
    """It waits for so many places."""
    said = f"{count(place.seats, 'place')}, {sessions.which(place.performance)}"
    invitations.answer(place.programme, place.organisation, WAITING_LIST, said, who=who, now=now)


def leave(place: GuestPlace, *, who: str, now: datetime) -> None:
    """It waits for that session no more; what has become a booking stays one."""
    waited = place.ended_at is None
    joining.withdraw(place, who=who, now=now)
    if waited:
        _waits_no_more(place, who=who, now=now)


def move(booking: Booking, to: Performance, *, who: str, now: datetime, by: str = promises.SCHOOL) -> None:
    """Its places are at another session; where it waited for that one, it waits no more. Raises what places.move
    does."""
    waited = guest_places.open_of(booking.programme_id, booking.organisation_id)
    places.move(booking, to, who=who, now=now, by=by)
    if waited is not None and waited.ended_at is not None:
        _waits_no_more(waited, who=who, now=now)


def over(programme_id: int, *, now: datetime) -> list[int]:
    """The waits of a programme whose session is over, or begins on this day; one query."""
    return list(
        db.session.scalars(
            select(GuestPlace.id)
            .where(
                GuestPlace.programme_id == programme_id,
                GuestPlace.ended_at.is_(None),
                guest_places.session_is_over(now),
            )
            .order_by(GuestPlace.id)
        )
    )


def end(place_id: int, *, who: str, now: datetime) -> bool:
    """A wait ends with its session; False where it had ended already."""
    place = guest_places.get(place_id)
    performances.lock_organisation(place.organisation_id)
    db.session.refresh(place)
    if place.ended_at is not None:
        return False
    guest_questions.end(place, SESSION_OVER, who=who, now=now)
    said = f"waited for {sessions.which(place.performance)}, which is over"
    invitations.answer(place.programme, place.organisation, OTHER_DATE, said, who=who, now=now)
    return True


def to_come(organisation_ids: Collection[int], *, now: datetime) -> list[GuestPlace]:
    """What some bodies wait for, in whatever programme, the next session first."""
    found = db.session.scalars(
        select(GuestPlace)
        .join(Performance, Performance.id == GuestPlace.performance_id)
        .join(TrainingSession, TrainingSession.performance_id == Performance.id)
        .where(GuestPlace.organisation_id.in_(organisation_ids), GuestPlace.ended_at.is_(None))
        .options(contains_eager(GuestPlace.performance), joinedload(GuestPlace.organisation))
        .order_by(Performance.starts_at, GuestPlace.id)
    )
    return [place for place in found if not place.is_over(now)]


def close(old: Organisation, new: Organisation | None, *, who: str, now: datetime) -> WaitsTakenOver:
    """What a body waits for that closes is the wait of the one that follows, in its turn; where none does, or that one
    waits or comes already, it ends. Whoever was named is told. After its bookings were handed on."""
    handed = ended = 0
    for place in to_come([old.organisation_id], now=now):
        for number in sorted({old.organisation_id, *([new.organisation_id] if new is not None else [])}):
            performances.lock_organisation(number)
        performances.lock_days_of(place.performance)
        db.session.refresh(place)
        if place.ended_at is not None:
            continue
        if new is not None and _may_wait(place, new):
            _hand_on(place, old, new, who=who, now=now)
            handed += 1
        else:
            guest_questions.end(place, WITHDRAWN, who=who, now=now)
            _waits_no_more(place, who=who, now=now)
            _tell_the_end(place, old, new, now=now)
            ended += 1
    return WaitsTakenOver(handed=handed, ended=ended)


def _may_wait(place: GuestPlace, new: Organisation) -> bool:
    """It waits for one session of a programme, and comes to a session once."""
    return (
        new.is_open
        and guest_places.open_of(place.programme_id, new.organisation_id) is None
        and all(
            b.performance_id != place.performance_id
            for b in promises.live(place.programme_id, new.organisation_id)
        )
    )


def _hand_on(place: GuestPlace, old: Organisation, new: Organisation, *, who: str, now: datetime) -> None:
    place.organisation = new
    for person in named.waiting_for_place(place.id):
        person.organisation_id = new.organisation_id
    db.session.flush()
    handing_on.links_follow(old, new, place.programme_id)
    for subject in (old, new):
        history.record(
            "wait handed on",
            history.Subject("school", subject.organisation_id, place.programme.partnership_id),
            who=who,
            now=now,
            after={"from": old.name, "to": new.name},
        )
    waits(place, who=who, now=now)
    which, number = sessions.which(place.performance), place.programme.words.seats(place.seats)
    words = WaitWords(
        subject=f"{new.name} waits for your places now",
        said=f"{new.name} has the place of {old.name}, and waits in its turn for {number} on {which}. It is booked by "
        "itself once so many are free.",
    )
    guests_told.tell_guest(place, notes.HANDED_ON, wait=words, now=now)


def _tell_the_end(place: GuestPlace, old: Organisation, new: Organisation | None, *, now: datetime) -> None:
    why = (
        f"{new.name}, which has its place, waits or comes already"
        if new is not None
        else "nothing follows it"
    )
    which = sessions.which(place.performance)
    words = WaitWords(
        subject=f"{old.name} waits for places no more",
        said=f"{old.name} is closed, and {why}. It waits no more for {which}.",
    )
    guests_told.tell_guest(place, notes.WAIT_ENDED, wait=words, now=now)


def _waits_no_more(place: GuestPlace, *, who: str, now: datetime) -> None:
    said = f"does not wait for {sessions.which(place.performance)} any more"
    invitations.answer(place.programme, place.organisation, OTHER_DATE, said, who=who, now=now)
