"""A little county for plans: schools around a town, one troupe, a week of tour days; all rows from tests/make.py."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import make
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.coverage.plans.rules import Rules
from outreach.tour.companies import Troupe
from outreach.tour.days import TourDay
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
            "name": f"School {n + 1}", "easting": 455000 + 5000 * n, "northing": 200000,
            "number_of_pupils": 500, "statutory_low_age": 11, "statutory_high_age": 16,
            "district_code": "E07000001", "district_name": "North Marl",
        }  # fmt: skip
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


QUICK = Rules(seconds=2)
