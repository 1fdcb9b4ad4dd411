"""Entries of a show in the calendars that people subscribe to: its schools', its troupe's, its
partnership's."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from outreach.booking import handovers, in_hall, promises, told
from outreach.booking.in_hall import Stretch
from outreach.booking.promises import HOST, Booking
from outreach.county import partnerships
from outreach.ground import wording
from outreach.ground.db import db
from outreach.post import letters, links
from outreach.post.calendars import Appointment
from outreach.post.feeds import entries
from outreach.post.feeds.entries import COORDINATOR, SCHOOL, TROUPE, Entry
from outreach.post.stationery import LetterVisit, settings
from outreach.tour import performances
from outreach.tour.performances import Performance, TroupeEvent


def show(
    performance: Performance, *, now: datetime, just_made: tuple[Booking, LetterVisit] | None = None
) -> int:
    """Put a show's entries as it stands, one for each calendar; how many of them that changed.

    A school sees its own promise (whoever subscribed before it was handed on, too), the partnership and the
    troupe the show itself, the troupe from get-in to away. `just_made`: the only promise for it, made in this
    very transaction, so that nothing need be looked up.
    """
    made = [just_made] if just_made else [(b, _visit(b)) for b in promises.ended_with(performance.id)]
    handed = {} if just_made else handovers.of_bookings([booking.id for booking, _ in made])
    put: list[Entry] = []
    for booking, visit in made:
        partnership_id = booking.programme.partnership_id
        sender = told.sender_of(partnerships.get(partnership_id))
        seen = letters.appointment(visit, sender, now=now)
        over = booking.ended_at
        rows = handed.get(booking.id)
        holders = handovers.holders(rows, booking.organisation_id) if rows else [booking.organisation_id]
        nobodys = booking.programme.for_adults and booking.organisation.is_venue
        for organisation_id in () if nobodys else holders:
            put.append(Entry(kind=SCHOOL, subject=organisation_id, appointment=seen, cancelled_at=over))
        if booking.role == HOST:
            put.append(Entry(kind=COORDINATOR, subject=partnership_id, appointment=seen, cancelled_at=over))
            put.append(
                Entry(
                    kind=TROUPE,
                    subject=performance.troupe_id,
                    cancelled_at=performance.released_at,
                    appointment=_for_troupe(
                        performance, visit, seen, [b for b, _ in made if b.ended_at is None]
                    ),
                )
            )
    return entries.put(put, now=now, new=just_made is not None)


def beside(before: Sequence[Stretch], after: Sequence[Stretch], *, now: datetime) -> None:
    """Shows stood so `before` and stand so `after`, none where they are off: for those that share a hall with them on
    the day, and are set up or cleared at another time by that, the troupe's entry moves, and it is told. One query
    where there are none."""
    touched = [*before, *after]
    places = {(show.tour_day_id, show.organisation_id) for show in touched}
    others = in_hall.beside(places, but={show.id for show in touched})
    if not others:
        return
    stand = [in_hall.stretch(other) for other in others]
    were, are = in_hall.times_of([*stand, *before]), in_hall.times_of([*stand, *after])
    for other in others:
        work = are[other.id]
        if work == were[other.id]:
            continue
        other.sequence += 1
        at = f"from {wording.clock(work.begins_at)} to {wording.clock(work.away_at)}"
        changes = [f"What else you play in this hall that day is another way: for this you are at work {at}."]
        told.troupe(other, other.troupe_id, "REQUEST", changes=changes, now=now)
        show(other, now=now)


OVER_LATELY = timedelta(days=14)


def lately_over(*, now: datetime) -> list[int]:
    """The ids of the shows whose end is past, by two weeks at most: whose entries still speak of what is to
    come."""
    return list(
        db.session.scalars(
            select(Booking.performance_id)
            .distinct()
            .join(Performance, Performance.id == Booking.performance_id)
            .where(
                Performance.ends_at <= now,
                Performance.ends_at > now - OVER_LATELY,
                Booking.ended_at.is_(None),
            )
            .order_by(Booking.performance_id)
        )
    )


def leave(left: TroupeEvent, *, now: datetime) -> None:
    """Another troupe plays it now: in the calendar of the one before, it is cancelled where it last stood.

    Where that other one had it before, what was cancelled there gives way to the show itself.
    """
    entries.withdraw(TROUPE, left.troupe_id, left.uid, sequence=left.sequence, now=now)
    entries.forget(TROUPE, left.performance.troupe_id, performances.events_before(left.performance))


def shows() -> list[int]:
    """The ids of every performance that somebody was ever promised, in order."""
    return list(
        db.session.scalars(select(Booking.performance_id).distinct().order_by(Booking.performance_id))
    )


def _visit(booking: Booking) -> LetterVisit:
    # Nobody is named in these calendars.
    return told.visit_with(booking, (), promises.pupils_of(booking))


def _for_troupe(
    performance: Performance, visit: LetterVisit, seen: Appointment, coming: Sequence[Booking]
) -> Appointment:
    """From get-in to away, with the way to its day sheet: who asks for what, and whom to ring, stands there
    alone."""
    return replace(
        seen,
        uid=performance.uid,
        sequence=performance.sequence,
        created_at=performance.created_at,
        starts_at=visit.get_in_at,
        ends_at=visit.away_at,
        description="\n".join(
            [
                f"{wording.capfirst(visit.words.show)}: {wording.clock_span(visit.starts_at, visit.ends_at)}.",
                *([_who_comes(coming)] if coming else []),
                f"Reference: {visit.reference}.",
            ]
        ),
        url=links.day_page(settings().public_url, performance.tour_day_id),
    )


def _who_comes(coming: Sequence[Booking]) -> str:
    """'221 pupils, with guests from Littlemere School.'"""
    said = coming[0].programme.words.count(sum(b.seats for b in coming))
    guests = [b.organisation.name for b in coming if b.role != HOST]
    return f"{said}, with guests from {wording.and_list(guests)}." if guests else f"{said}."
