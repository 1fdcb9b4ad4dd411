"""The bookings of a partnership, to be looked through: coming, past, cancelled; found by school or
reference."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import contains_eager, selectinload

from outreach.booking.promises import Booking
from outreach.county.schools import VENUE, Organisation
from outreach.ground.db import db, made_once, plain_rows
from outreach.ground.timespans import day_of
from outreach.ground.wording import words_of
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

COMING, PAST, CANCELLED = "coming", "past", "cancelled"

ORDERS = {
    "date": (Performance.starts_at, Booking.id),
    "school": (func.lower(Organisation.name), Performance.starts_at),
    "booked": (Booking.created_at.desc(), Booking.id.desc()),
}
"""By what a list can be ordered; 'date' is turned round for what is past."""


def counts(
    partnership_id: int,
    *,
    programme_id: int | None = None,
    find: str = "",
    only: ColumnElement[bool] | None = None,
    now: datetime,
) -> dict[str, int]:
    """How many bookings are coming, past and cancelled; `only` those of which it holds (of Booking and
    Performance)."""
    some = select(func.count()).select_from(Booking)
    return {
        when: db.session.scalar(
            _chosen(
                some,
                partnership_id=partnership_id,
                when=when,
                programme_id=programme_id,
                find=find,
                only=only,
                now=now,
            )
        )
        or 0
        for when in (COMING, PAST, CANCELLED)
    }


def listing(
    partnership_id: int,
    when: str,
    *,
    programme_id: int | None = None,
    find: str = "",
    only: ColumnElement[bool] | None = None,
    order: str = "date",
    now: datetime,
    first: int = 0,
    most: int = 50,
) -> list[Booking]:
    """Some of them, with school, show, programme and troupe; a constant number of queries."""
    query = _chosen(
        select(Booking),
        partnership_id=partnership_id,
        when=when,
        programme_id=programme_id,
        find=find,
        only=only,
        now=now,
    )
    by = ORDERS.get(order, ORDERS["date"])
    if order not in ("school", "booked") and when != COMING:
        by = (Performance.starts_at.desc(), Booking.id.desc())
    return list(
        db.session.scalars(
            query.options(
                contains_eager(Booking.organisation),
                contains_eager(Booking.programme),
                contains_eager(Booking.performance)
                .selectinload(Performance.tour_day)
                .selectinload(TourDay.troupe),
                contains_eager(Booking.performance).selectinload(Performance.host),
            )
            .order_by(*by)
            .offset(first)
            .limit(most)
        )
    )


def last_shows(programme_id: int, *, now: datetime) -> dict[int, datetime]:
    """When the last of a school's coming shows begins, by URN; whoever has none coming is left out. One
    query."""
    return {
        organisation_id: starts_at for organisation_id, starts_at in plain_rows(*_last(programme_id, now))
    }


@made_once
def _last(programme_id: int, now: datetime) -> Select[int, datetime]:
    return (
        select(Booking.organisation_id, func.max(Performance.starts_at))
        .join(Performance, Performance.id == Booking.performance_id)
        .where(Booking.programme_id == programme_id, Booking.ended_at.is_(None), Performance.ends_at > now)
        .group_by(Booking.organisation_id)
        .order_by(Booking.organisation_id)
    )


def free_places(programme_id: int, *, now: datetime) -> list[tuple[date, int]]:
    """(day, shows that could still be booked) of every tour day of a programme that stands, in order; 0 of
    today and before.

    What is kept for a school until it answers, or held while it fills in the form, is free: no promise stands
    on it yet. One query.
    """
    today = day_of(now)
    return [
        (day, max(0, most - shows) if day > today else 0)
        for day, most, shows in plain_rows(*_places(programme_id))
    ]


@made_once
def _places(programme_id: int) -> Select[date, int, int]:
    """Each tour day with its shows at most, and those that are booked."""
    booked = (
        select(Performance.tour_day_id, func.count(Performance.id.distinct()).label("shows"))
        .join(Booking, Booking.performance_id == Performance.id)
        .where(
            Performance.programme_id == programme_id,
            Performance.released_at.is_(None),
            Booking.ended_at.is_(None),
        )
        .group_by(Performance.tour_day_id)
        .subquery()
    )
    return (
        select(TourDay.day, TourDay.shows_at_most, func.coalesce(booked.c.shows, 0))
        .outerjoin(booked, booked.c.tour_day_id == TourDay.id)
        .where(TourDay.programme_id == programme_id, TourDay.ended_at.is_(None))
        .order_by(TourDay.day, TourDay.id)
    )


def past_shows(
    programme_id: int, organisation_ids: Iterable[int], *, now: datetime
) -> list[tuple[int, datetime, str]]:
    """(URN, start, reference) of the promises of some schools whose show is over, in the order of the shows;
    one query."""
    found = plain_rows(*_past(programme_id, set(organisation_ids), now))
    return [(organisation_id, starts_at, reference) for organisation_id, starts_at, reference in found]


@made_once
def _past(programme_id: int, organisation_ids: Collection[int], now: datetime) -> Select[int, datetime, str]:
    return (
        select(Booking.organisation_id, Performance.starts_at, Booking.reference)
        .join(Performance, Performance.id == Booking.performance_id)
        .where(
            Booking.programme_id == programme_id,
            Booking.organisation_id.in_(organisation_ids),
            Booking.ended_at.is_(None),
            Performance.ends_at <= now,
        )
        .order_by(Performance.starts_at, Booking.id)
    )


def of_organisation(organisation_id: int, partnership_id: int) -> list[Booking]:
    """Every booking that a school ever made with this partnership, the latest show first."""
    return of_organisations([organisation_id], partnership_id)


def of_organisations(organisation_ids: Iterable[int], partnership_id: int) -> list[Booking]:
    """The same of several: a school and those it came from. Two queries."""
    return list(
        db.session.scalars(
            select(Booking)
            .join(Programme, Programme.id == Booking.programme_id)
            .join(Performance, Performance.id == Booking.performance_id)
            .options(contains_eager(Booking.programme), contains_eager(Booking.performance))
            .options(selectinload(Booking.organisation))
            .where(
                Booking.organisation_id.in_(set(organisation_ids)), Programme.partnership_id == partnership_id
            )
            .order_by(Performance.starts_at.desc(), Booking.id.desc())
        )
    )


def _chosen(
    query: Select[Any],
    *,
    partnership_id: int,
    when: str,
    programme_id: int | None,
    find: str,
    only: ColumnElement[bool] | None,
    now: datetime,
) -> Select[Any]:
    # A venue's booking promises nobody: the session has a page of its own.
    wanted: list[ColumnElement[bool]] = [
        Programme.partnership_id == partnership_id,
        Organisation.kind != VENUE,
    ]
    if only is not None:
        wanted.append(only)
    if when == CANCELLED:
        wanted.append(Booking.ended_at.is_not(None))
    else:
        wanted.append(Booking.ended_at.is_(None))
        wanted.append(Performance.ends_at > now if when == COMING else Performance.ends_at <= now)
    if programme_id is not None:
        wanted.append(Booking.programme_id == programme_id)
    words = words_of(find).split()[:8]
    if find.strip() and not words:
        wanted.append(false())
    for word in words:
        wanted.append(
            or_(
                Organisation.found_by.contains(f" {word}", autoescape=True),
                Booking.reference.icontains(word, autoescape=True),
            )
        )
    return (
        query.join(Organisation, Organisation.organisation_id == Booking.organisation_id)
        .join(Performance, Performance.id == Booking.performance_id)
        .join(Programme, Programme.id == Booking.programme_id)
        .where(*wanted)
    )
