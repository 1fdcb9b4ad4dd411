"""Attendees' answers written down: each to the revision it was given to, and what a newer one overtakes."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from outreach.ground import history
from outreach.ground.db import db
from outreach.post.incoming import headers, inbox, matching
from outreach.post.incoming.calendar_parts import CalendarEvent
from outreach.post.incoming.inbox import DECLINE, CalendarAnswer, CounterProposal, Incoming
from outreach.post.incoming.matching import SentToPerson, SentVisit
from outreach.post.incoming.parsed_mail import Read

WORDS = {"ACCEPTED": "said yes", "TENTATIVE": "said perhaps", "DECLINED": "said no"}
"""The answers that are written down; NEEDS-ACTION says nothing, and who sends somebody else (DELEGATED)
writes to us."""


def whole(mail: Read) -> list[CalendarEvent]:
    """The events of a mail, each with the one person who answers. What speaks of single dates of a series is
    left out beside the whole; no visit of ours is a series."""
    events = [e for e in mail.events if not e.single] or list(mail.events)
    return [_with_person(event, mail) for event in events]


def _with_person(event: CalendarEvent, mail: Read) -> CalendarEvent:
    """ATTENDEE, else From. Some programs name everybody who was invited: then it is the one who wrote."""
    if event.address:
        return event
    for name, address, partstat in event.attendees:
        if address and address == mail.sender:
            return replace(event, name=name, address=address, partstat=partstat)
    if event.attendees and event.method in ("REPLY", "COUNTER"):
        return event
    return replace(event, name=mail.sender_name, address=mail.sender)


def take(
    incoming: Incoming, event: CalendarEvent, visit: SentVisit, *, sequence: int, who: str, now: datetime
) -> CalendarAnswer:
    """Write one answer down, to the revision `sequence`."""
    row = CalendarAnswer(
        incoming_id=incoming.id,
        uid=visit.uid,
        address=event.address,
        sequence=sequence,
        dtstamp=stamp(event, now),
        partstat=event.partstat,
        comment=event.comment,
        # What our mail server vouches for is who sent it: that says nothing of whoever it speaks for.
        authenticated=incoming.authenticated == headers.PASS and incoming.sender == event.address,
        recorded_at=now,
    )
    db.session.add(row)
    db.session.flush()
    history.record("answered", visit, who=who, now=now, after=f"{event.address}: {event.partstat}")
    return row


def overtake(
    incoming: Incoming, event: CalendarEvent, visit: SentVisit, *, sequence: int, now: datetime
) -> None:
    """An earlier no of the same person leaves the inbox; so does their wish, once they say yes."""
    by = event.address
    for mail in db.session.scalars(
        select(Incoming)
        .join(CalendarAnswer, CalendarAnswer.incoming_id == Incoming.id)
        .where(
            CalendarAnswer.uid == visit.uid,
            CalendarAnswer.address == by,
            Incoming.task == DECLINE,
            Incoming.settled_at.is_(None),
            Incoming.id != incoming.id,
        )
        .order_by(Incoming.id)
    ).unique():
        inbox.settle(mail, "overtaken", who=by, now=now)
    if event.partstat == "ACCEPTED":
        for counter in _wishes(visit.uid, by):
            if (counter.sequence, counter.dtstamp) < (sequence, stamp(event, now)):
                inbox.end_counter(counter, "overtaken", who=by, now=now)


def sequence_of(event: CalendarEvent, visit: SentVisit, held: SentToPerson | None) -> int | None:
    """Which revision it answers; None when it claims one that we never sent them.

    The start that an answer repeats is believed before its SEQUENCE, which some programs raise by themselves:
    where an older revision alone named that start, it is that one. It tells too where SEQUENCE is missing,
    which is else 0 (RFC 5545 3.8.7.4), or beyond ours.
    """
    highest = held.sequence if held else visit.sequence
    claimed = event.sequence if event.sequence is not None and event.sequence <= highest else None
    named = None
    if event.starts_at is not None and claimed != 0:
        named = matching.sequence_of_start(visit, event.starts_at, held.address if held else "")
    if claimed is not None:
        return claimed if named is None else min(claimed, named)
    if named is not None:
        return named
    return 0 if event.sequence is None else None


def stamp(event: CalendarEvent, now: datetime) -> datetime:
    """DTSTAMP; a clock that runs ahead must not outdo every later answer, so it is at most now."""
    return min(event.dtstamp or now, now)


def is_newest(event: CalendarEvent, visit: SentVisit, *, sequence: int, now: datetime) -> bool:
    """By (SEQUENCE, DTSTAMP), and of equals the one that came last (RFC 5546 2.1.5)."""
    last = inbox.answers_of([visit.uid]).get(visit.uid, {}).get(event.address)
    return last is None or (last.sequence, last.dtstamp) <= (sequence, stamp(event, now))


def newest_wish(counter: CounterProposal, *, now: datetime) -> bool:
    """Of several wishes of one person only the newest stands; True when it is this one."""
    open_ones = _wishes(counter.uid, counter.address)
    newest = max(open_ones, key=lambda c: (c.sequence, c.dtstamp, c.id))
    for other in open_ones:
        if other is not newest and other is not counter:
            inbox.end_counter(other, "overtaken", who=counter.address, now=now)
    if newest is not counter:
        counter.ended_at, counter.ended_as, counter.ended_by = now, "overtaken", counter.address
    return newest is counter


def _wishes(uid: str, address: str) -> list[CounterProposal]:
    return [c for c in inbox.open_counters([uid]).get(uid, []) if c.address == address]
