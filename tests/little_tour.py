"""A little county for plans: schools around a town, one troupe, a week of tour days; all rows from
tests/make.py."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import make
from outreach.booking.proposals import Proposal
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.planning.planner_worker import work_next
from outreach.planning.rules import PlanRules
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.planning import planner
from outreach.tour.programmes import Programme

MONDAY = date(2027, 3, 1)
"""The first tour day: six weeks after make.NOW."""


class Tour:
    """Schools stand on a line east of the troupe's base, 5 km apart; each needs one show."""

    def __init__(self, *, schools: int = 4, days: int = 3, **programme: Any) -> None:
        self.partnership: Partnership = make.partnership()
        self.programme: Programme = make.programme(self.partnership, **programme)
        self.troupe: Troupe = make.troupe(
            self.partnership, base_name="Marlford", base_easting=450000, base_northing=200000
        )
        self.schools: list[School] = [self.school(n) for n in range(schools)]
        self.days: list[TourDay] = [
            make.tour_day(self.programme, self.troupe, day) for day in weekdays(MONDAY, days)
        ]

    def school(self, n: int, **changes: Any) -> School:
        facts = {
            "name": f"School {n + 1}",
            "easting": 455000 + 5000 * n,
            "northing": 200000,
            "number_of_pupils": 500,
            "statutory_low_age": 11,
            "statutory_high_age": 16,
            "district_code": "E07000001",
            "district_name": "North Marl",
        }
        found = make.school(**facts | changes)
        make.contact(found)
        return found


def weekdays(first: date, count: int) -> Iterable[date]:
    day = first
    while count:
        if day.weekday() < 5:
            yield day
            count -= 1
        day += timedelta(days=1)


QUICK = PlanRules(seconds=60)
"""A small plan is proven within a second, on a busy machine within a minute."""


class Clock:
    """Goes on by a second at each look."""

    def __init__(self) -> None:
        self.at = make.NOW

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def draw_up(clock: Clock | None = None, solver: Any = planner.solve, told: Any = lambda: False) -> bool:
    return work_next("a planner", clock=clock or Clock(), commits=transaction, solver=solver, told=told)


def stands(tour: Tour, school: Any, at: time, day: date = MONDAY) -> Any:
    """A show of the tour's own troupe on one of its days."""
    starts = wall(day, at)
    row = Performance(
        partnership_id=tour.programme.partnership_id,
        programme_id=tour.programme.id,
        tour_day_id=next(d.id for d in tour.days if d.day == day),
        troupe_id=tour.troupe.id,
        organisation_id=school.organisation_id,
        easting=school.easting,
        northing=school.northing,
        get_in_at=starts - timedelta(minutes=60),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=75),
        away_at=starts + timedelta(minutes=105),
        created_at=make.EARLIER,
        uid=f"uid {school.organisation_id} {at} {day}",
        organizer_token=f"token {school.organisation_id} {at} {day}",
    )
    return make.placed(row)


def proposed(tour: Tour, school: Any, day: date, at: time = time(10), ended_as: str = "") -> Proposal:
    show = stands(tour, school, at, day)
    row = Proposal(
        programme_id=tour.programme.id,
        organisation_id=school.organisation_id,
        performance_id=show.id,
        starts_at=show.starts_at,
        reply_by=date(2027, 2, 12),
        recorded_at=make.EARLIER,
        ended_as=ended_as,
        ended_at=make.NOW if ended_as else None,
    )
    db.session.add(row)
    if ended_as:
        show.released_at = make.NOW
    db.session.flush()
    return row
