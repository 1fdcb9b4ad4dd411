"""How many concerns count, and as whose: each school's newest word on each of its shows."""

from datetime import UTC, date, datetime, timedelta

from flask import Flask

import make
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.coverage.board import concerns
from outreach.ground.db import transaction
from outreach.tour.programmes import Programme
from outreach.visits.reports import VisitReport

DAY = date(2027, 1, 19)
NEXT = datetime(2027, 1, 20, 9, tzinfo=UTC)


def show(programme: Programme, school: School, day: int, year_group: int = 8) -> Booking:
    return make.booking(
        make.show(programme, school, datetime(2027, 1, day, 9, 30, tzinfo=UTC)), {year_group: 50}
    )


def said(booking: Booking, raised: int | None, *, hours: int = 8) -> VisitReport:
    """A report so many hours after the start."""
    return make.report(
        booking, "school", booking.performance.starts_at + timedelta(hours=hours), 50, concerns=raised
    )


def counted(programme: Programme) -> dict[int, int]:
    return concerns.by_school(standings.standings_of_programme(programme.id, as_of=DAY, now=NEXT), now=NEXT)


def test_the_newest_word_that_stands_counts_for_each_show(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme, other = make.programme(partnership), make.programme(partnership, title="Another")
        twice, back, early, silent, elsewhere = (make.school() for _ in range(5))
        for year_group, (first, second) in ((8, (4, 6)), (9, (1, 2))):
            shown = show(programme, twice, year_group + 3, year_group)
            said(shown, first)
            said(shown, second, hours=9)
        shown = show(programme, back, 13)
        said(shown, 2)
        make.withdrawal(said(shown, 30, hours=9), shown.performance.starts_at + timedelta(hours=10))
        said(show(programme, early, 14), 9, hours=-20)  # of an earlier time of the show
        shown = show(programme, silent, 15)
        said(shown, 5)
        said(shown, None, hours=9)
        said(show(other, elsewhere, 15), 7)
    assert counted(programme) == {twice.organisation_id: 8, back.organisation_id: 2}


def test_concerns_of_a_former_self_are_those_of_the_school_that_it_became(app: Flask) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        old, new, outside = (make.school() for _ in range(3))
        make.decision(programme, outside, "exclude")
        said(show(programme, old, 11), 3)
        said(show(programme, new, 12), 4)
        said(show(programme, outside, 13), 5)
        old.status = "Closed"
        make.record(old, datetime(2027, 1, 14, tzinfo=UTC), status="Closed")
        make.succession(old, new, datetime(2027, 1, 14, tzinfo=UTC))
    assert counted(programme) == {new.organisation_id: 7}
