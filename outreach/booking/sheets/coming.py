"""A troupe's days, each with its shows: what the company sees first."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from outreach.booking.promises import Booking, of_performances
from outreach.ground.db import db
from outreach.tour import agreements, turning
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance


@dataclass(frozen=True, kw_only=True)
class ComingShow:
    """A show that is booked: its host, and how many come with the guests. `sets_up_at`, `away_at`: from and until the
    hall is turned round where two are in one."""

    performance: Performance
    sets_up_at: datetime
    away_at: datetime
    bookings: tuple[Booking, ...]

    @property
    def pupils(self) -> int:
        return sum(b.seats for b in self.bookings)

    @property
    def guests(self) -> int:
        return len(self.bookings) - 1


@dataclass(frozen=True, kw_only=True)
class ComingDay:
    """A tour day: its shows by start, and how many times are kept for schools that have not said yes; `taken`: the
    troupe plays for another partnership."""

    tour_day: TourDay
    shows: tuple[ComingShow, ...]
    kept: int
    taken: bool

    @property
    def day(self) -> date:
        return self.tour_day.day


def of_troupe(troupe_id: int, first: date, last: date = date.max) -> list[ComingDay]:
    """The days that stand from `first` to `last`, both included, by date. Four queries, however many."""
    tour_days = list(
        db.session.scalars(
            select(TourDay)
            .where(
                TourDay.troupe_id == troupe_id, TourDay.ended_at.is_(None), TourDay.day.between(first, last)
            )
            .options(joinedload(TourDay.programme))
            .order_by(TourDay.day)
        )
    )
    performances = list(
        db.session.scalars(
            select(Performance)
            .where(
                Performance.tour_day_id.in_([d.id for d in tour_days]),
                Performance.released_at.is_(None),
                Performance.held_until.is_(None),
            )
            .options(joinedload(Performance.host))
            .order_by(Performance.starts_at, Performance.id)
        )
    )
    until = tour_days[-1].day if tour_days else first
    taken = agreements.taken_days([troupe_id], first, until, now=agreements.NO_HOLDS)
    booked = of_performances(p.id for p in performances)
    found: list[ComingDay] = []
    for tour_day in tour_days:
        here = [p for p in performances if p.tour_day_id == tour_day.id]
        promised = [p for p in here if p.id in booked]
        shows = tuple(
            ComingShow(performance=p, sets_up_at=sets_up_at, away_at=away_at, bookings=tuple(booked[p.id]))
            for p, (sets_up_at, away_at) in zip(promised, turning.at_work(promised), strict=True)
        )
        found.append(
            ComingDay(
                tour_day=tour_day,
                shows=shows,
                kept=len(here) - len(shows),
                taken=(troupe_id, tour_day.day) in taken,
            )
        )
    return found
