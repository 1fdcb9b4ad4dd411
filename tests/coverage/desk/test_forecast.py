"""The forecast by worked examples, and held to a slow reading of its own words over random years. No database."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from outreach.county.school_days import SchoolCalendar
from outreach.coverage.desk import forecast, trend
from outreach.coverage.desk.outlook import days_of_year
from outreach.coverage.desk.trend import Point

TERMS = (
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
)
SCHOOL_DAYS = days_of_year([SchoolCalendar(authority_terms=TERMS)], 2026)
TODAY = date(2027, 1, 19)
LAST = date(2027, 7, 21)


def ahead(*, target: int, seen: list[date], booked: list[date] | None = None, today: date = TODAY):
    return forecast.of(
        today=today, school_days=SCHOOL_DAYS, target=target, seen=sorted(seen), booked=sorted(booked or [])
    )  # fmt: skip


def school_days(after: date, n: int) -> date:
    """The n-th school day after a day."""
    return [d for d in SCHOOL_DAYS if d > after][n - 1]


def back(n: int, today: date = TODAY) -> date:
    """The n-th school day before a day; that day itself is the first."""
    return [d for d in SCHOOL_DAYS if d <= today][-n]


def test_one_school_each_second_school_day_reaches_ten_more_after_twenty_school_days() -> None:
    """15 schools in the last 30 school days; half-term and weekends do not count against them."""
    found = ahead(target=25, seen=[back(2 * n) for n in range(1, 16)])
    assert (found.recent, found.over) == (15, 30)
    assert found.reached_on == school_days(TODAY, 20) == date(2027, 2, 23)
    assert found.missing == 0
    assert forecast.headline(found) == "At this pace, the last school is reached on Tuesday 23 February"
    assert forecast.reasons(found) == (
        "The pace is that of the 15 schools in the last 30 school days, 2.5 a school week; holidays are left out."
    )


def test_what_happened_before_the_last_six_school_weeks_makes_no_pace() -> None:
    found = ahead(target=40, seen=[back(31), back(60), back(30)])
    assert (found.seen, found.recent, found.over) == (3, 1, 30)


def test_not_this_year_says_how_many_schools() -> None:
    """One school in thirty school days; 115 are left until 21 July, so three more: 84 - 4 - 3 miss it."""
    left = sum(d > TODAY for d in SCHOOL_DAYS)
    found = ahead(target=84, seen=[back(60), back(50), back(45), back(20)])
    assert found.reached_on is None and found.ends == LAST
    assert found.missing == 84 - 4 - left // 30
    assert forecast.headline(found) == f"At this pace, {found.missing} schools would miss it this year"


def test_one_school_would_miss_it() -> None:
    found = ahead(target=5, seen=[back(60), back(50), back(45)], booked=[date(2027, 3, 9)])
    assert forecast.headline(found) == "With what is booked, 1 school would miss it this year"
    assert forecast.reasons(found) == (
        "No school was reached in the last 30 school days, so there is no pace to go by. "
        "If all that is booked takes place, 4 have seen it by 9 March 2027."
    )


def test_what_is_booked_counts_on_its_day_even_where_the_pace_is_slower() -> None:
    days = [date(2027, 1, 25), date(2027, 1, 25), date(2027, 2, 1)]
    found = ahead(target=4, seen=[back(3)], booked=days)
    assert found.with_booked == (
        Point(day=TODAY, schools=1), Point(day=date(2027, 1, 24), schools=1),
        Point(day=date(2027, 1, 31), schools=3), Point(day=date(2027, 2, 1), schools=4),
    )  # fmt: skip
    assert found.reached_by_booked and found.reached_on == date(2027, 2, 1)
    assert forecast.headline(found) == "With what is booked, the last school is reached on Monday 1 February"


def test_first_week_of_a_tour_is_no_pace_of_two_shows_on_one_day() -> None:
    """Two schools on the first day of the tour are two in a school week, not ten."""
    found = ahead(target=90, seen=[TODAY, TODAY])
    assert (found.recent, found.over) == (2, 5)


def test_nothing_seen_and_nothing_booked_is_said_so() -> None:
    found = ahead(target=9, seen=[])
    assert forecast.headline(found) == "No school has seen it yet, and none is booked"
    assert (found.missing, forecast.reasons(found)) == (9, "")


def test_nothing_booked_any_more_is_said_so() -> None:
    found = ahead(target=9, seen=[back(40)])
    assert forecast.headline(found) == "Nothing is booked: 8 schools would miss it this year"


def test_all_seen() -> None:
    found = ahead(target=2, seen=[back(4), back(2)])
    assert (found.reached_on, found.missing) == (TODAY, 0)
    assert forecast.headline(found) == "All 2 schools have seen it"
    assert forecast.headline(ahead(target=1, seen=[back(4)])) == "The one school has seen it"


@pytest.mark.parametrize("today", [LAST, date(2027, 8, 20), date(2028, 3, 1)])
def test_once_the_year_is_over_nothing_is_foretold(today: date) -> None:
    found = ahead(target=84, seen=[back(9)], today=today)
    assert found.is_over and found.expected == (Point(day=today, schools=1),)
    assert forecast.headline(found) == "The year is over: 83 of 84 schools did not see it"
    assert forecast.reasons(found) == ""


def test_adults_attend() -> None:
    found = ahead(target=3, seen=[])
    assert (
        forecast.headline(found, seen="attended", saw="attend")
        == "No school has attended yet, and none is booked"
    )
    over = ahead(target=3, seen=[], today=LAST)
    assert forecast.headline(over, seen="attended", saw="attend").endswith("3 of 3 schools did not attend")


def test_a_show_after_the_last_school_day_still_counts() -> None:
    found = ahead(target=2, seen=[], booked=[date(2027, 7, 23)], today=date(2027, 7, 20))
    assert (found.ends, found.missing) == (date(2027, 7, 23), 1)


def test_without_term_dates_every_weekday_that_is_no_bank_holiday_is_a_school_day() -> None:
    days = days_of_year([], 2026)
    assert date(2026, 12, 25) not in days and date(2026, 12, 24) in days and days[-1] == date(2027, 8, 31)


def test_a_day_on_which_one_authority_has_school_is_a_school_day() -> None:
    other = SchoolCalendar(authority_terms=((date(2026, 10, 26), date(2026, 10, 30)),))
    days = days_of_year([SchoolCalendar(authority_terms=TERMS), other], 2026)
    assert date(2026, 10, 27) in days and date(2026, 10, 27) not in SCHOOL_DAYS


year_days = some.dates(date(2026, 9, 1), date(2027, 8, 31))


@settings(deadline=None, max_examples=200)
@given(
    today=year_days, seen=some.lists(year_days, max_size=40), booked=some.lists(year_days, max_size=20),
    missing=some.integers(0, 30),
)  # fmt: skip
def test_forecast_is_what_its_words_say(
    today: date, seen: list[date], booked: list[date], missing: int
) -> None:
    seen, booked = [d for d in seen if d <= today], [d for d in booked if d >= today]
    target = len(seen) + len(booked) + missing
    found = ahead(target=target, seen=seen, booked=booked, today=today)
    best = len(seen) + sum(d <= today for d in booked)  # a show of this afternoon
    slow_reached = today if best == target else None
    day = today
    while day < found.ends:
        day += timedelta(days=1)
        k = sum(today < d <= day for d in SCHOOL_DAYS)
        by_pace = len(seen) + (k * found.recent // found.over)
        best = max(best, len(seen) + sum(d <= day for d in booked), by_pace)
        if best >= target and slow_reached is None:
            slow_reached = day
        for point in found.expected:
            if point.day == day:
                assert point.schools == min(best, target)
    assert found.reached_on == slow_reached
    if day > today:
        assert found.missing == max(0, target - best)
    numbers = [p.schools for p in found.expected]
    assert numbers == sorted(numbers) and found.booked == len(seen) + len(booked) <= target
    assert forecast.headline(found)


def test_weeks_end_on_sundays_and_the_last_point_is_today() -> None:
    points = trend.of(
        [date(2026, 9, 13), date(2026, 9, 14), date(2026, 9, 24)], year=2026, today=date(2026, 9, 23)
    )
    assert [(p.day.isoformat(), p.schools) for p in points] == [
        ("2026-09-01", 0), ("2026-09-06", 0), ("2026-09-13", 1), ("2026-09-20", 2), ("2026-09-23", 2),
    ]  # fmt: skip


def test_trend_of_a_year_to_come_is_empty_and_of_one_gone_by_ends_with_it() -> None:
    assert trend.of([], year=2027, today=TODAY) == []
    assert trend.of([TODAY], year=2026, today=date(2028, 1, 1))[-1] == Point(day=date(2027, 8, 31), schools=1)


@settings(deadline=None, max_examples=100)
@given(days=some.lists(year_days, max_size=30), today=year_days)
def test_each_point_of_the_trend_counts_the_days_up_to_it(days: list[date], today: date) -> None:
    for point in trend.of(sorted(days), year=2026, today=today):
        assert point.schools == sum(d <= point.day for d in days)
