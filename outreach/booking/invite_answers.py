"""Answers to a booking's invite, and to which time: carried in what we send next, and said on pages.

An answer changes what we know of the person, never the booking. One that was given below the SEQUENCE at
which time or place last changed is an answer to the old time, and counts for nothing now.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from outreach.booking import proposal_moves
from outreach.booking.promises import Booking, BookingRevision, VisitContact
from outreach.ground.db import db
from outreach.post import letterbook
from outreach.post.incoming import inbox
from outreach.post.incoming.headers import bare
from outreach.post.incoming.inbox import CalendarAnswer
from outreach.tour.performances import Performance

ACCEPTED, TENTATIVE, DECLINED = "ACCEPTED", "TENTATIVE", "DECLINED"


@dataclass(frozen=True, kw_only=True)
class NewestAnswer:
    """One person's newest answer. `stands`: it was given to the time and place that hold now.

    Else `to_starts_at` is the start it was given to, where that is known; equal to the start now when only
    the place has changed since.
    """

    partstat: str
    comment: str
    at: datetime
    authenticated: bool
    stands: bool
    to_starts_at: datetime | None


def carried(uid: str, since: int) -> dict[str, str]:
    """The answers that still hold, as PARTSTAT by address as mail writes it; one query.

    `since` is the SEQUENCE at which time or place last changed: answers below it are left out.
    """
    return {
        address: answer.partstat
        for address, answer in inbox.answers_of([uid]).get(uid, {}).items()
        if answer.sequence >= since
    }


def answers_to_booking(booking: Booking) -> dict[str, NewestAnswer]:
    """What each person last answered, by address as mail writes it; three queries more when somebody answered
    an old time."""
    found = inbox.answers_of([booking.uid]).get(booking.uid, {})
    old = any(answer.sequence < booking.place_sequence for answer in found.values())
    starts = _starts_by_sequence(booking) if old else []
    return {address: _said(booking, answer, starts) for address, answer in found.items()}


def by_person(booking: Booking, people: Iterable[VisitContact]) -> dict[int, NewestAnswer]:
    """The same by the id of whoever has the booking in the calendar; who never answered is left out."""
    said = answers_to_booking(booking)
    return {person.id: said[bare(person.address)] for person in people if bare(person.address) in said}


def of_troupe(performance: Performance) -> str:
    """The PARTSTAT of the company's own entry of a show, by its calendar address; NEEDS-ACTION without
    one."""
    address = performance.tour_day.troupe.calendar_address or ""
    return partstat_of(carried(performance.uid, performance.sequence) if address else {}, address)


def _said(booking: Booking, answer: CalendarAnswer, starts: list[tuple[int, datetime]]) -> NewestAnswer:
    stands = answer.sequence >= booking.place_sequence
    return NewestAnswer(
        partstat=answer.partstat,
        comment=answer.comment,
        at=answer.dtstamp,
        authenticated=answer.authenticated,
        stands=stands,
        to_starts_at=booking.performance.starts_at if stands else _start_at(answer.sequence, starts),
    )


def _start_at(sequence: int, starts: list[tuple[int, datetime]]) -> datetime | None:
    return next((start for known, start in reversed(starts) if known <= sequence), None)


def _starts_by_sequence(booking: Booking) -> list[tuple[int, datetime]]:
    """(SEQUENCE, the start that its invite named), rising: each invite named what the promise said when it
    was made.

    An invite older than the promise was its proposal: for the slot that the promise then took, or, before
    that one was kept instead, for the one before it.
    """
    moves = proposal_moves.of_event(booking.uid)
    said = db.session.execute(
        select(BookingRevision.recorded_at, BookingRevision.starts_at)
        .where(BookingRevision.booking_id == booking.id)
        .order_by(BookingRevision.id)
    ).all()
    return [
        (
            sequence,
            next((r.starts_at for r in reversed(said) if r.recorded_at <= made_at), None)
            or next((m.was_starts_at for m in moves if m.sequence > sequence), said[0].starts_at),
        )
        for sequence, made_at in letterbook.revisions_of(booking.uid)
        if said
    ]


def partstat_of(answers: Mapping[str, str], address: str) -> str:
    """What one person's PARTSTAT is in the next revision."""
    return answers.get(bare(address), "NEEDS-ACTION")
