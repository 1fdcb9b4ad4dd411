"""What subscribed calendars show, and what the rows of the promises say that they should."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from icalendar import Calendar, Event
from sqlalchemy import select

from at_work import at_work
from outreach.booking import handovers, promises
from outreach.booking.handovers import Handover
from outreach.booking.promises import HOST, Booking
from outreach.booking.shows_listed import OFF, STANDS
from outreach.ground.db import db
from outreach.post.feeds import entries
from outreach.post.feeds.entries import COORDINATOR, SCHOOL, TROUPE
from outreach.tour.days import TourDay
from outreach.tour.programmes import Programme
from post.strict import feed_problems


class Shown(NamedTuple):
    """One entry of a feed; `comes`: the year groups that a school reads, the number that a troupe reads."""

    status: str
    starts_at: datetime
    ends_at: datetime
    comes: tuple[int, ...]


def seen(kind: str, subject: int, now: datetime) -> list[Event]:
    """The entries of one feed, by start."""
    db.session.rollback()
    ics = b"".join(entries.body(kind, subject, "Shows", now=now))
    assert feed_problems(ics) == []
    return sorted(Calendar.from_ical(ics).walk("VEVENT"), key=lambda e: e["DTSTART"].dt)


def shown(kind: str, subject: int, now: datetime) -> dict[str, Shown]:
    """By UID, without what is over: a troupe that lost a show to another one sees that it did."""
    return {
        str(event["UID"]): Shown(
            str(event["STATUS"]), event.decoded("DTSTART"), event.decoded("DTEND"), _comes(kind, event)
        )
        for event in seen(kind, subject, now)
        if event["STATUS"] != "CANCELLED"
    }


def of_troupe(subject: int, now: datetime) -> dict[str, tuple[str, int, datetime, datetime]]:
    """By UID: how each entry stands in the words of the feed's list of shows, its SEQUENCE, from when until when."""
    return {
        str(event["UID"]): (
            OFF if event["STATUS"] == "CANCELLED" else STANDS,
            int(event["SEQUENCE"]),
            event.decoded("DTSTART"),
            event.decoded("DTEND"),
        )
        for event in seen(TROUPE, subject, now)
    }


def _comes(kind: str, event: Event) -> tuple[int, ...]:
    said = str(event["DESCRIPTION"])
    if kind == TROUPE:
        (pupils,) = re.findall(r"^([\d,]+) pupils?[.,]", said, re.M)
        return (int(pupils.replace(",", "")),)
    (groups,) = re.findall(r"^For Years? (.*)\.$", said, re.M)
    return tuple(int(y) for y in re.findall(r"\d+", groups))


def so(kind: str, subject: int) -> dict[str, Shown]:
    """The same by the rows: every promise that stands."""
    return dict(_stands(kind, subject))


def _stands(kind: str, subject: int) -> Iterator[tuple[str, Shown]]:
    for b in db.session.scalars(select(Booking).where(Booking.ended_at.is_(None)).order_by(Booking.id)):
        show = b.performance
        handed = handovers.of_bookings([b.id]).get(b.id, [])
        holds = kind == SCHOOL and subject in handovers.holders(handed, b.organisation_id)
        ours = kind == COORDINATOR and b.role == HOST and b.programme.partnership_id == subject
        groups = tuple(sorted(promises.pupils_of(b)))
        if holds or ours:
            yield f"{b.uid}-{kind}", Shown("CONFIRMED", show.starts_at, show.ends_at, groups)
        if kind == TROUPE and b.role == HOST and show.troupe_id == subject:
            everybody = sum(each.seats for each in promises.of_performance(show.id))
            yield f"{show.uid}-{kind}", Shown("CONFIRMED", *at_work(show), (everybody,))


def feeds(programme: Programme) -> set[tuple[str, int]]:
    """(kind, subject) of every feed that a show of the programme stands in, or ever stood in."""
    mine = Booking.programme_id == programme.id
    schools = set(db.session.scalars(select(Booking.organisation_id).where(mine)))
    schools |= set(db.session.scalars(select(Handover.from_organisation_id).join(Booking).where(mine)))
    schools |= set(db.session.scalars(select(Handover.to_organisation_id).join(Booking).where(mine)))
    troupes = set(db.session.scalars(select(TourDay.troupe_id).where(TourDay.programme_id == programme.id)))
    return (
        {(SCHOOL, organisation_id) for organisation_id in schools}
        | {(TROUPE, troupe_id) for troupe_id in troupes}
        | {(COORDINATOR, programme.partnership_id)}
    )
