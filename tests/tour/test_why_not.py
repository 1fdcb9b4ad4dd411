"""'Why not 12 March?': every rule says its own word, and the numbers are those that slots are made of."""

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.county.partnerships import InsetDay
from outreach.county.schools import SchoolHours
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import slots, why_not
from outreach.tour.days import TourDay
from outreach.tour.days_off import DayOff

DAY = date(2027, 3, 12)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A school, a troupe's day with one show of two at 10:15, 24 km (36 minutes) away."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership)
        c.day = make.tour_day(c.programme, c.troupe, DAY)
        c.school, c.other = make.school(), make.school(easting=474000)
        c.show = make.show(
            c.programme, c.other, wall(DAY, time(10, 15)), tour_day_id=c.day.id, troupe_id=c.troupe.id
        )
        for made in db.session.query(TourDay).filter(TourDay.id != c.day.id):
            made.ended_at = make.EARLIER  # the one that make.show gave its show at first
        c.person = make.person(c.partnership)
        c.stranger = make.person(make.partnership(("932",)))
    return c


def held(c: SimpleNamespace, day: date = DAY, now: datetime = make.NOW) -> list[str]:
    return [v.said for v in why_not.verdicts_on_day(c.programme, c.school, day, now=now) if v.holds]


def test_a_day_that_is_offered_has_nothing_in_the_way_and_says_its_first_start(c) -> None:
    assert held(c) == []
    last = why_not.verdicts_on_day(c.programme, c.school, DAY, now=make.NOW)[-1]
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW).days
    assert (last.rule, last.first_start) == ("Time and road", offer.slots[0].starts)


def test_day_without_a_troupe(c) -> None:
    assert held(c, DAY + timedelta(days=3)) == ["No troupe gives this day to the programme."]


def test_inset_day_and_holiday(c) -> None:
    with transaction():
        db.session.add(InsetDay(la_code="931", day=DAY))
    assert held(c) == ["INSET day."]
    assert held(c, date(2027, 3, 29))[0] == "Bank holiday."


def test_full_day(c) -> None:
    with transaction():
        c.day.shows_at_most = 1
    assert held(c) == ["1 of 1 show booked or kept."]


def test_minutes_short_on_the_road_are_exactly_those_that_are_lacking(c) -> None:
    # away at 12:00, 36 minutes, set-up 60: 13:36, so 13:45; the last start of the school is 13:45
    assert held(c) == []
    with transaction():
        c.partnership.road_base_minutes = 16  # 46 minutes: 13:46, so 14:00
    assert held(c) == ["15 minutes short on the road."]
    with transaction():
        c.partnership.road_base_minutes = 15
    assert held(c) == []


def test_minutes_short_whatever_the_road(c) -> None:
    with transaction():
        c.programme.latest_finish = time(13)
    assert held(c)[0].endswith("short between the shows, its hours and the school’s.")


def test_no_lunch(c) -> None:
    # away from the other at 12:00, 36 minutes on the road, half an hour to eat: set up from 1:06pm, so a
    # start at 2:15pm
    with transaction():
        c.troupe.lunch_minutes = 30
    assert held(c) == ["No start leaves the troupe 30 minutes between 11:00am and 2:30pm."]
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW).days
    assert (offer.slots, offer.why_not) == ((), "the company would have no lunch that day")
    with transaction():
        c.programme.latest_finish = time(16)
        db.session.add(SchoolHours(urn=c.school.urn, opens=time(9), closes=time(16)))
    assert held(c) == []
    assert "The troupe has 30 minutes between 11:00am and 2:30pm." in [
        v.said for v in why_not.verdicts_on_day(c.programme, c.school, DAY, now=make.NOW)
    ]


def test_no_rest_after_a_late_evening(c) -> None:
    with transaction():
        c.show.released_at = make.EARLIER
        c.troupe.rest_hours = 15
        eve = make.tour_day(c.programme, c.troupe, DAY - timedelta(days=1), returns=time(22, 30))
    # 22:30 and 15 hours: 1:30pm, and an hour of set-up
    assert held(c) == ["15 hours after the evening before are over at 1:30pm."]
    with transaction():
        c.troupe.latest_return = time(20)  # whatever the hours of the day before
    assert held(c) == []
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW, only_days=[c.day.id]).days
    assert offer.slots[0].starts == time(12)
    with transaction():
        c.troupe.latest_return, eve.ended_at = None, make.EARLIER
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW).days
    assert offer.slots[0].starts == time(9)


def test_latest_return(c) -> None:
    with transaction():
        c.show.released_at = make.EARLIER
        c.troupe.latest_return = time(10)
    assert held(c) == ["It is back by 10:00am."]


def test_a_night_away_shortens_the_road_of_the_next_morning_alone(c) -> None:
    with transaction():
        c.show.released_at = make.EARLIER
        c.troupe.base_easting, c.troupe.base_northing = 450000, 290000  # 80 km: 106 minutes
        eve = make.tour_day(c.programme, c.troupe, DAY - timedelta(days=1))
        eve.stays_at, eve.stays_easting, eve.stays_northing = "Mill Lodge", 450000, 211000  # 1 km: 8 minutes
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW, only_days=[c.day.id]).days
    # 8 minutes there and 106 on, where 106 + 1 km of road (105) would be driven without a show
    assert (offer.best().extra_minutes, offer.best().why) == (9, "The company stays the night near you")
    said = [v.said for v in why_not.verdicts_on_day(c.programme, c.school, DAY, now=make.NOW)]
    assert "Leaves from Mill Lodge, where it stayed." in said
    assert "Stays the night at Mill Lodge." in [
        v.said for v in why_not.verdicts_on_day(c.programme, c.school, eve.day, now=make.NOW)
    ]
    with transaction():
        eve.day -= timedelta(days=1)  # a night later it has been at home
    (offer,) = slots.offers(c.programme, c.school, now=make.NOW, only_days=[c.day.id]).days
    assert offer.best().extra_minutes == 212


def test_day_off(c) -> None:
    with transaction():
        c.show.released_at, c.day.ended_at = make.EARLIER, make.EARLIER
        db.session.add(DayOff(troupe_id=c.troupe.id, day=DAY, recorded_at=make.EARLIER, who="Red van"))
    assert held(c) == ["It has the day off.", "No troupe gives this day to the programme."]


def test_the_same_number_of_questions_for_one_troupe_and_for_three(c, count_queries) -> None:
    def asked() -> int:
        db.session.expire_all()
        with count_queries() as queries:
            why_not.verdicts_on_day(c.programme, c.school, DAY, now=make.NOW)
        return len(queries)

    one = asked()
    with transaction():
        for _ in range(2):
            make.tour_day(c.programme, make.troupe(c.partnership), DAY)
    assert asked() == one


def test_notice_and_past(c) -> None:
    assert held(c, now=wall(date(2027, 3, 8), time(9))) == [
        "A school books 10 days ahead: from 18 March 2027 on. You need not."
    ]
    assert held(c, now=wall(date(2027, 3, 13), time(9)))[0] == "The day is past."


def test_page_says_it_for_ones_own_schools_alone(c, client: FlaskClient) -> None:
    at = f"/desk/schools/{c.school.organisation_id}/why-not"
    desk = make.signed_in(client, c.person)
    assert desk.get(at).status_code == 200
    assert "Nothing stands in the way" in desk.get(f"{at}?day=2027-03-12").text
    assert "Nothing stands in the way" in desk.get(f"{at}?day=Fri 12 March").text
    answer = desk.get(f"{at}?day=30 February")
    assert answer.status_code == 422 and "That is not a date." in answer.text
    assert make.signed_in(client, c.stranger).get(f"{at}?day=2027-03-12").status_code == 404
