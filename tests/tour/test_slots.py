"""What a school could have: hours, notice, the other shows, the road, and how slots are ranked."""

from datetime import date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

import make
from outreach.county.partnerships import InsetDay
from outreach.county.schools import SchoolDay
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import performances, slots
from outreach.tour.slots import Offers

DAY = date(2027, 3, 9)


@pytest.fixture
def county(app: Flask):
    """A programme (45 + 30 minutes, 60 to set up, 30 to pack) with one tour day and a school that asks."""

    class County:
        pass

    c = County()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership, earliest_start=time(9), latest_finish=time(15))
        c.troupe = make.troupe(c.partnership)
        c.tour_day = make.tour_day(c.programme, c.troupe, DAY)
        c.school = make.school(town="Kestermere", easting=450000, northing=210000)
    return c


def starts(offers: Offers) -> list[str]:
    return [f"{s.starts:%H:%M}" for d in offers.days for s in d.slots]


def take(c, school, at: time, *, held_until: datetime | None = None) -> None:
    """Put another school's show on the day."""
    with transaction():
        slot = slots.find(c.programme, school, f"{c.tour_day.id}-{at:%H%M}", now=make.NOW)
        assert slot
        performances.claim(slot, school, programme_id=c.programme.id, held_until=held_until, now=make.NOW)


def test_an_empty_day_offers_every_quarter_of_an_hour_inside_all_hours(county) -> None:
    found = starts(slots.offers(county.programme, county.school, now=make.NOW))
    # 9:00 at the earliest; the show takes 75 minutes and must be over by 15:00.
    assert (found[0], found[-1], len(found)) == ("09:00", "13:45", 20)


def test_slots_keep_inside_the_hours_of_the_troupe(county) -> None:
    with transaction():
        county.tour_day.leaves, county.tour_day.returns = time(8, 30), time(13, 0)
    found = starts(slots.offers(county.programme, county.school, now=make.NOW))
    # set-up from 8:30 means 9:30; away by 13:00 means a start by 11:15
    assert (found[0], found[-1]) == ("09:30", "11:15")


def test_the_way_from_and_to_the_base_counts(county) -> None:
    with transaction():
        county.tour_day.leaves, county.tour_day.returns = time(8), time(13)
        county.troupe.base_easting, county.troupe.base_northing = 450000, 234000  # 24 km: 36 minutes
    found = starts(slots.offers(county.programme, county.school, now=make.NOW))
    assert (found[0], found[-1]) == ("09:45", "10:30")


def test_a_neighbours_show_leaves_the_times_that_the_road_allows(county) -> None:
    with transaction():
        other = make.school(town="Redmere", easting=458000, northing=210000)  # 8 km: 16 minutes
    take(county, other, time(9, 0))  # there 8:00 to 10:45
    found = starts(slots.offers(county.programme, county.school, now=make.NOW))
    # 10:45 + 16 on the road + 60 to set up = 12:01, so the next quarter
    assert found == ["12:15", "12:30", "12:45", "13:00", "13:15", "13:30", "13:45"]


def test_a_day_with_its_shows_is_full(county) -> None:
    with transaction():
        one, two = make.school(), make.school()
    take(county, one, time(9))
    take(county, two, time(13))
    (day,) = slots.offers(county.programme, county.school, now=make.NOW).days
    assert (day.slots, day.why_not) == ((), "full")


def test_another_schools_hold_counts_until_it_lapses(county) -> None:
    with transaction():
        other = make.school()
    take(county, other, time(9), held_until=make.NOW + timedelta(minutes=15))
    assert "09:00" not in starts(slots.offers(county.programme, county.school, now=make.NOW))
    later = make.NOW + timedelta(minutes=15)
    assert "09:00" in starts(slots.offers(county.programme, county.school, now=later))


def test_a_schools_own_hold_does_not_stand_in_its_way(county) -> None:
    take(county, county.school, time(9), held_until=make.NOW + timedelta(minutes=15))
    assert "09:00" in starts(slots.offers(county.programme, county.school, now=make.NOW))


def test_a_day_the_school_ruled_out_says_so(county) -> None:
    with transaction():
        db.session.add(
            SchoolDay(urn=county.school.organisation_id, day=DAY, is_open=False, reason="mock exams")
        )
    (day,) = slots.offers(county.programme, county.school, now=make.NOW).days
    assert (day.slots, day.why_not) == ((), "mock exams")


def test_an_inset_day_is_for_the_training_of_staff_alone(county) -> None:
    with transaction():
        db.session.add(InsetDay(la_code="931", day=DAY))
    assert [d.why_not for d in slots.offers(county.programme, county.school, now=make.NOW).days] == [
        "your INSET day"
    ]
    with transaction():
        county.programme.for_adults = True
    assert slots.offers(county.programme, county.school, now=make.NOW).days[0].slots


def test_days_inside_the_notice_are_not_offered_but_to_a_coordinator(county) -> None:
    now = wall(DAY - timedelta(days=9), time(12))
    assert slots.offers(county.programme, county.school, now=now).days == ()
    assert slots.offers(county.programme, county.school, now=now, whatever_the_notice=True).days[0].slots
    assert (
        slots.offers(county.programme, county.school, now=wall(DAY - timedelta(days=10), time(12)))
        .days[0]
        .slots
    )


def test_a_neighbours_day_comes_first_then_the_earliest(county) -> None:
    with transaction():
        make.tour_day(county.programme, county.troupe, date(2027, 3, 2))
        make.tour_day(county.programme, county.troupe, date(2027, 3, 16))
        neighbour = make.school(town="Kestermere", easting=451000, northing=210000)
    take(county, neighbour, time(9))
    near = slots.offers(county.programme, county.school, now=make.NOW).near
    assert [(s.day, s.why) for s in near] == [
        (DAY, "The company is at Kestermere that day"),
        (date(2027, 3, 2), ""),
        (date(2027, 3, 16), ""),
    ]


def test_a_school_too_big_for_one_show_sees_two_on_one_day(county) -> None:
    ((first, second),) = slots.offers(county.programme, county.school, now=make.NOW, two_shows=True).first
    # the set stays and the hall is turned round: 9:00 + 75 + 30
    assert (first.starts, second.starts) == (time(9, 0), time(10, 45))


def test_a_half_full_day_has_no_pair_and_its_one_time_comes_first(county) -> None:
    with transaction():
        other = make.school()
    take(county, other, time(9))
    ((one,),) = slots.offers(county.programme, county.school, now=make.NOW, two_shows=True).first
    assert (one.day, one.starts) == (DAY, time(12))


@pytest.mark.parametrize("key", ["", "x", "1", "-", "0-0900", "1-2", "²-0900", "1-٠٩٠٠", "9" * 400, "1-0901"])
def test_a_key_that_is_no_slot_finds_nothing(county, key: str) -> None:
    assert slots.find(county.programme, county.school, key, now=make.NOW) is None


def test_instants_are_right_on_both_sides_of_the_change_of_the_clocks(county) -> None:
    with transaction():
        county.programme.reply_by = date(2027, 3, 1)
        winter = make.tour_day(county.programme, county.troupe, date(2027, 3, 24))
        summer = make.tour_day(county.programme, county.troupe, date(2027, 4, 13))
    found = {
        d.tour_day_id: d.slots[0] for d in slots.offers(county.programme, county.school, now=make.NOW).days
    }
    assert found[winter.id].starts_at.isoformat() == "2027-03-24T09:00:00+00:00"
    assert found[summer.id].starts_at.isoformat() == "2027-04-13T08:00:00+00:00"


@pytest.mark.parametrize("days", [1, 3, 40])
def test_the_number_of_queries_does_not_grow_with_the_days(county, days: int) -> None:
    with transaction():
        for n in range(days):
            make.tour_day(county.programme, county.troupe, date(2027, 4, 12) + timedelta(days=n))
    programme, school = county.programme, county.school
    _ = programme.title, school.name
    asked: list[str] = []
    listen = lambda *a: asked.append(a[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        slots.offers(programme, school, now=make.NOW, two_shows=True)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert len(asked) == 4, asked


def test_five_slots_come_first_the_least_road_first_and_each_of_another_week_where_there_are_so_many(
    county,
) -> None:
    with transaction():
        neighbour = make.school(town="Witney", easting=451000, northing=210000)
        for day in (date(2027, 3, 2), date(2027, 3, 10), date(2027, 3, 11), date(2027, 3, 16)):
            make.tour_day(county.programme, county.troupe, day)
        make.tour_day(county.programme, make.troupe(county.partnership), date(2027, 3, 2))
    take(county, neighbour, time(9))
    first = slots.offers(county.programme, county.school, now=make.NOW).first
    # of three weeks the best day each, then two more days; the second troupe's 2 March is the same day to a
    # school
    assert [(s.day, s.why) for (s,) in first] == [
        (DAY, "The company is at Witney that day"),
        (date(2027, 3, 2), "Earliest day left"),
        (date(2027, 3, 10), "Whole day free"),
        (date(2027, 3, 11), "Whole day free"),
        (date(2027, 3, 16), "Only day left that week"),
    ]
    with transaction():
        for day in (date(2027, 2, 23), date(2027, 3, 23)):
            make.tour_day(county.programme, county.troupe, day)
    first = slots.offers(county.programme, county.school, now=make.NOW).first
    assert [s.day for (s,) in first] == [
        DAY,
        date(2027, 2, 23),
        date(2027, 3, 2),
        date(2027, 3, 16),
        date(2027, 3, 23),
    ]


def test_three_days_are_the_nearest_and_five_pairs_are_named_however_many_there_are(county) -> None:
    with transaction():
        for n in range(1, 9):
            make.tour_day(county.programme, county.troupe, DAY + timedelta(days=n))
    found = slots.offers(county.programme, county.school, now=make.NOW, two_shows=True)
    assert (len(found.days), len(found.near), len(found.first)) == (9, 3, 5)
    assert [slot.day for slot in found.near] == [DAY + timedelta(days=n) for n in range(3)]
    # the best of both weeks, and the next best days
    assert [first.day.day for first, _ in found.first] == [9, 10, 11, 12, 15]
    assert all(len(one) == 1 for one in slots.offers(county.programme, county.school, now=make.NOW).first)


def test_a_slot_ends_when_its_show_does(county) -> None:
    (day,) = slots.offers(county.programme, county.school, now=make.NOW).days
    assert [(slot.starts, slot.ends) for slot in day.slots[:2]] == [
        (time(9), time(10, 15)),
        (time(9, 15), time(10, 30)),
    ]


def test_days_that_are_left_out_are_not_offered(county) -> None:
    with transaction():
        other = make.tour_day(county.programme, county.troupe, DAY + timedelta(days=1))
    found = slots.offers(county.programme, county.school, now=make.NOW, not_on=[county.tour_day.id])
    assert [day.tour_day_id for day in found.days] == [other.id]


def test_pairs_with_the_least_road_come_first(county) -> None:
    with transaction():
        near = make.troupe(county.partnership, base_easting=451000, base_northing=210000)
        for n in (2, 1):
            make.tour_day(county.programme, near, DAY + timedelta(days=n))
    pairs = slots.offers(county.programme, county.school, now=make.NOW, two_shows=True).first
    assert [first.day.day for first, _ in pairs] == [10, 11, 9]


def test_a_key_finds_what_a_school_may_book_by_itself_unless_more_is_asked(county) -> None:
    key = f"{county.tour_day.id}-0900"
    near = wall(DAY - timedelta(days=9), time(12))
    assert slots.find(county.programme, county.school, key, now=near) is None
    assert slots.find(county.programme, county.school, key, now=near, whatever_the_notice=True)
    with transaction():
        county.troupe.latest_return = time(9)
    assert slots.find(county.programme, county.school, key, now=make.NOW) is None
    assert slots.find(county.programme, county.school, key, now=make.NOW, whatever_the_rest=True)
