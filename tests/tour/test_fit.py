"""One more show on a day: the extra road it costs and why in words, and what stands in its way."""

from datetime import date, time
from types import SimpleNamespace

import pytest
from flask import Flask

import make
from outreach.county.partnerships import InsetDay
from outreach.county.schools import SchoolDay, SchoolHours
from outreach.ground.db import db, transaction
from outreach.ground.geography import Place
from outreach.tour import fit, slots
from outreach.tour.fit import DayOffer, Stand

DAY = date(2027, 3, 9)
EARLY, LATE = (300, 400), (1000, 1100)
"""From 5:00am until 6:40am, and from 4:40pm: the whole day between is free."""


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A school and a day of three shows at most of a troupe whose base is not known."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership, earliest_start=time(9), latest_finish=time(15))
        c.troupe = make.troupe(c.partnership)
        c.day = make.tour_day(c.programme, c.troupe, DAY, shows_at_most=3)
        c.school = make.school(easting=450000, northing=210000)
    return c


def at(
    minutes: tuple[int, int],
    east: int | None,
    north: int = 0,
    *,
    town: str = "Redmere",
    urn: int = 1,
    certain: bool = True,
) -> Stand:
    """A show that stands so many metres from the school; None: nobody knows where."""
    place = None if east is None else Place(easting=450000 + east, northing=210000 + north)
    return Stand(urn=urn, get_in=minutes[0], away=minutes[1], place=place, town=town, certain=certain)


def offer(c: SimpleNamespace, *stands: Stand) -> DayOffer:
    ((day, _),) = slots.tour_days(c.programme, now=make.NOW, only_days=[c.day.id])
    return fit.Judge(c.programme, c.partnership, c.school).day(day, list(stands))


NEAR, PAST = "The company is at {} that day", "On the company’s way past you"


@pytest.mark.parametrize(
    ("stands", "extra", "why"),
    [
        # 6 minutes and 75 seconds a kilometre: 11.2 km take 20 minutes
        ([at(EARLY, 11_200)], 20, NEAR.format("Redmere")),
        ([at(EARLY, 11_201)], 21, ""),
        ([at(EARLY, 4_000, town="")], 11, "The company is near you that day"),
        ([at(LATE, 4_000)], 11, NEAR.format("Redmere")),
        # 21 minutes there and 21 on, of which the van drives 22 in any case, or 21
        ([at(EARLY, -6_400, 10_150), at(LATE, 6_400, 10_150, urn=2)], 20, PAST),
        ([at(EARLY, -6_000, 10_392), at(LATE, 6_000, 10_392, urn=2)], 21, ""),
        ([at(EARLY, 12_000), at(LATE, 4_000, town="Witney", urn=2)], 16, NEAR.format("Witney")),
        # where nobody knows the place of a show, nobody knows that it is near
        ([at(EARLY, None), at(LATE, 12_000, urn=2)], 27, ""),
        # a time that is only kept for somebody is no show of the company's yet
        ([at(EARLY, 4_000, certain=False)], 11, ""),
        ([at(EARLY, 4_000, certain=False), at(LATE, 8_000, town="Witney", urn=2)], 16, NEAR.format("Witney")),
        ([at(EARLY, -6_400, 10_150), at(LATE, 6_400, 10_150, urn=2, certain=False)], 20, ""),
    ],
)
def test_the_extra_road_and_why_it_is_little(
    c: SimpleNamespace, stands: list[Stand], extra: int, why: str
) -> None:
    (gap,) = offer(c, *stands).gaps
    assert (gap.extra_minutes, gap.why) == (extra, why)


def test_a_second_show_at_the_school_itself_costs_no_road(c: SimpleNamespace) -> None:
    (gap,) = offer(c, at(EARLY, 0, urn=c.school.urn), at(LATE, 12_000)).gaps
    assert (gap.extra_minutes, gap.why) == (0, "The company is at your school that day")


def test_an_empty_day_from_an_unknown_base_counts_as_an_hour_of_road(c: SimpleNamespace) -> None:
    (gap,) = offer(c).gaps
    assert (gap.extra_minutes, gap.why) == (60, "")


@pytest.mark.parametrize(("metres", "near"), [(11_200, True), (11_201, False)])
def test_who_stays_the_night_twenty_minutes_away_is_near(c: SimpleNamespace, metres: int, near: bool) -> None:
    with transaction():
        c.day.stays_easting, c.day.stays_northing = 450000 + metres, 210000
    (gap,) = offer(c).gaps
    assert gap.extra_minutes == (20 if near else 21)
    assert gap.why == ("The company stays the night near you" if near else "")


@pytest.mark.parametrize("stays", [None, 490000])
def test_a_base_nearby_is_no_night_near_the_school(c: SimpleNamespace, stays: int | None) -> None:
    with transaction():
        c.troupe.base_easting, c.troupe.base_northing = 451000, 210000
        c.day.stays_easting, c.day.stays_northing = stays, stays and 210000
    (gap,) = offer(c).gaps
    assert gap.why == ""


@pytest.mark.parametrize(
    ("opens", "closes", "first", "last"),
    [
        (time(8), time(16), time(9), time(13, 45)),
        (time(10), time(14), time(10), time(12, 45)),
    ],
)
def test_a_show_keeps_the_hours_of_the_school_and_of_the_programme(
    c: SimpleNamespace, opens: time, closes: time, first: time, last: time
) -> None:
    with transaction():
        db.session.add(SchoolHours(urn=c.school.urn, opens=opens, closes=closes))
    found = offer(c).slots
    assert (found[0].starts, found[-1].starts) == (first, last)


def test_what_trains_staff_comes_on_an_inset_day_and_on_no_other_day_that_is_ruled_out(
    c: SimpleNamespace,
) -> None:
    with transaction():
        c.programme.for_adults = True
        db.session.add(InsetDay(la_code="931", day=DAY))
    assert offer(c).why_not == ""
    with transaction():
        db.session.add(SchoolDay(urn=c.school.urn, day=DAY, is_open=False, reason="mock exams"))
    assert offer(c).why_not == "mock exams"


def lacks(found: DayOffer) -> tuple[int, bool, str]:
    return found.short, found.by_road, found.barred


def test_minutes_are_lacking_only_where_time_and_road_are_to_blame(c: SimpleNamespace) -> None:
    morning = at((9 * 60, 12 * 60), 0)
    assert lacks(offer(c, morning)) == (0, False, "")
    with transaction():
        c.troupe.lunch_minutes = 60
    assert lacks(offer(c, morning)) == (0, False, "lunch")


def test_rest_and_the_latest_return_are_named_only_where_they_alone_are_in_the_way(
    c: SimpleNamespace,
) -> None:
    with transaction():
        c.troupe.latest_return = time(9)
    assert offer(c).barred == "latest return"
    with transaction():
        c.day.returns = time(10, 44)  # a minute too early whatever the latest return
    assert offer(c).barred == ""
    with transaction():
        c.troupe.latest_return = None
    assert lacks(offer(c)) == (1, False, "")
