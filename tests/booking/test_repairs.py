"""Small repairs that the diary offers: two of one date that would drive less in each other's place."""

from datetime import date, time, timedelta
from itertools import combinations
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from test_diary_moves import NOW, all_sent, book, key, propose
from test_undone_at_once import CHANGES, DATES, DRAWN, since, tour

import make
from outreach.booking.agenda import moving, repairs, swapping, tour_diary
from outreach.booking.agenda.repairs import Repair
from outreach.booking.desk.proposing import ReplyByWrong
from outreach.county import school_days
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.tour import hours
from outreach.tour.performances import Performance

DAY = date(2027, 3, 9)


class County:
    """Two troupes, one at each end of the county, and on one day each plays beside the other's base."""

    def __init__(self) -> None:
        with transaction():
            whose = make.partnership()
            self.programme = make.programme(whose)
            self.west = make.troupe(whose, name="Alder", base_easting=430000, base_northing=210000)
            self.east = make.troupe(whose, name="Birch", base_easting=470000, base_northing=210000)
            self.days = [make.tour_day(self.programme, troupe, DAY) for troupe in (self.west, self.east)]
            self.near_west = make.school(name="Farleigh High School", easting=432000, northing=210000)
            self.near_east = make.school(name="Thornleigh School", easting=468000, northing=210000)

    def booked(self) -> tuple[Any, Any]:
        one = book(self.programme, self.near_east, key(self.days[0], "0930"))
        other = book(self.programme, self.near_west, key(self.days[1], "1100"))
        all_sent()
        return one, other

    def offered(self, now: Any = NOW) -> list[Repair]:
        found = tour_diary.diary_of_programme(self.programme, DAY, DAY, now=now)
        return repairs.of_diary(found, now=now)


@pytest.fixture
def county(app: Flask) -> County:
    return County()


# Base to school, 38 km: 54 minutes, there and back; in each other's place 2 km: 9 minutes.
SAVED = 4 * 54 - 4 * 9


def test_two_that_play_beside_each_others_base_are_offered_to_swap_with_what_that_saves(
    county: County,
) -> None:
    one, other = county.booked()
    [repair] = county.offered()
    assert {repair.one.id, repair.other.id} == {one.performance_id, other.performance_id}
    assert (repair.day, repair.saved) == (DAY, SAVED)
    look = swapping.look(*(moving.find(b.performance, now=NOW) for b in (one, other)), now=NOW)
    assert (look.saved, look.breaks) == (SAVED, "")
    with transaction():
        swapping.swap(one.performance, other.performance, look.key, who="Priya", now=NOW)
    assert [day_of(b.performance.starts_at) for b in (one, other)] == [DAY, DAY], "both keep their day"
    assert county.offered() == []


def test_times_kept_are_offered_too_while_their_schools_may_answer(county: County) -> None:
    book(county.programme, county.near_east, key(county.days[0], "0930"))
    kept = propose(county.programme, county.near_west, key(county.days[1], "1100"))
    [repair] = county.offered()
    assert repair.saved == SAVED and kept.performance_id in (repair.one.id, repair.other.id)
    with transaction():
        kept.reply_by = NOW.date() - timedelta(days=1)
    assert county.offered() == []


def test_no_show_is_in_two_of_them_since_each_that_is_done_changes_the_next(county: County) -> None:
    one = book(county.programme, county.near_east, key(county.days[0], "0930"))
    other = book(county.programme, county.near_west, key(county.days[1], "0930"))
    with transaction():
        third = make.school(name="Rushton High School", easting=432500, northing=210000)
    far = book(county.programme, third, key(county.days[1], "1330"))
    for booked in (other, far):
        look = swapping.look(*(moving.find(b.performance, now=NOW) for b in (one, booked)), now=NOW)
        assert look.saved >= repairs.WORTH_MINUTES and not look.breaks
    assert len(county.offered()) == 1


def test_nobody_is_asked_for_less_than_it_is_worth(county: County) -> None:
    """Each base two kilometres from the middle: a school four kilometres nearer saves each troupe ten minutes."""
    county.booked()
    with transaction():
        county.west.base_easting, county.east.base_easting = 448000, 452000
    assert [repair.saved for repair in county.offered()] == [20]
    with transaction():
        county.east.base_easting = 451000
    assert county.offered() == []


def test_a_swap_that_one_has_no_time_for_is_not_offered(county: County) -> None:
    """The hours of the first troupe end too soon for a school that opens later."""
    with transaction():
        county.days[0].returns = time(12, 30)
    one, other = county.booked()
    with transaction():
        school_days.set_hours(county.near_west, time(11), time(16), who="Jo", now=NOW)
    assert county.offered() == []
    with pytest.raises(swapping.CannotSwap, match="Farleigh High School has no time"):
        swapping.look(*(moving.find(b.performance, now=NOW) for b in (one, other)), now=NOW)


def test_a_swap_that_breaks_a_rule_of_the_company_is_not_offered(county: County) -> None:
    county.booked()
    assert len(county.offered()) == 1
    with transaction():
        county.west.latest_return = time(8)
    assert county.offered() == [], "though a coordinator may put up with it"


def test_what_has_begun_and_whose_base_nobody_knows_is_left_alone(county: County) -> None:
    one, _ = county.booked()
    assert len(county.offered(now=one.performance.starts_at - timedelta(minutes=1))) <= 1
    assert county.offered(now=one.performance.starts_at) == []
    with transaction():
        county.west.base_easting = county.west.base_northing = None
    assert county.offered() == []


def test_no_query_where_the_roads_promise_nothing_and_as_many_for_one_as_for_three(
    county: County, count_queries: Any
) -> None:
    whose = db.session.get_one(
        Partnership, county.programme.partnership_id
    )  # a page of the desk has it at hand

    def asked() -> tuple[int, int]:
        assert whose.id
        found = tour_diary.diary_of_programme(county.programme, DAY, DAY + timedelta(days=4), now=NOW)
        with count_queries() as queries:
            offered = repairs.of_diary(found, now=NOW)
        return len(offered), len(queries)

    assert asked() == (0, 0)
    county.booked()
    one = asked()
    for n in range(1, 4):
        with transaction():
            days = [
                make.tour_day(county.programme, troupe, DAY + timedelta(days=n))
                for troupe in (county.west, county.east)
            ]
            schools = [
                make.school(easting=468000 - 800 * n, northing=210000),
                make.school(easting=432000 + 800 * n, northing=210000),
            ]
        for school, day in zip(schools, days, strict=True):
            book(county.programme, school, key(day, "1000"))
    assert asked() == (repairs.AT_MOST, one[1]) and one == (1, 4)


@settings(DRAWN, max_examples=15)
@given(st.randoms(use_true_random=False), st.lists(st.sampled_from(CHANGES), max_size=1, unique=True))
def _as_looked_at_one_by_one(dice: Random, changes: list[str]) -> None:
    with tour(dice) as made:
        for what in changes:
            if made.shows:
                since(made, what, dice)
        db.session.expire_all()
        known = hours.hours_of_days(made.days)
        looked: dict[tuple[int, ...], int] = {}
        for one, other in combinations(sorted(made.shows, key=_as_drawn), 2):
            ways = [known[show.tour_day_id] for show in (one, other)]
            if day_of(one.starts_at) != day_of(other.starts_at) or not all(
                w.leaves_from and w.returns_to for w in ways
            ):
                continue
            try:
                look = swapping.look(*(moving.find(show, now=NOW) for show in (one, other)), now=NOW)
            except (swapping.CannotSwap, ReplyByWrong):
                continue
            if look.saved >= repairs.WORTH_MINUTES and not look.breaks:
                looked[tuple(sorted((one.id, other.id)))] = look.saved
        diary = tour_diary.diary_of_programme(made.programme, DATES[0], DATES[-1], now=NOW)
        offered = {
            tuple(sorted((each.one.id, each.other.id))): each.saved
            for each in repairs.of_diary(diary, now=NOW)
        }
        assert offered.items() <= looked.items()
        if all(
            show.host.place_known for show in made.shows
        ):  # else it is elsewhere by now than when it booked
            assert max(offered.values(), default=0) == max(looked.values(), default=0)
        COUNTED.append(len(offered))


def _as_drawn(show: Performance) -> Any:
    return show.tour_day.day, show.troupe.name, show.troupe_id, show.get_in_at


COUNTED: list[int] = []


def test_what_is_offered_is_what_looking_at_every_pair_finds(app: Flask) -> None:
    COUNTED.clear()
    _as_looked_at_one_by_one()
    assert sum(COUNTED) > 5
