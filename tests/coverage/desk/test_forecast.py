"""The forecast by worked examples, and held to a slow reading of its own words over random years. No
database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from how_many import so_many
from outreach.county.school_days import SchoolCalendar
from outreach.coverage.desk import forecast, trend
from outreach.coverage.desk.forecast import Guide, NotForeseen
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


TOUR = [(d, 2) for d in SCHOOL_DAYS]


def ahead(
    *,
    target: int,
    seen: list[date],
    booked: list[date] | None = None,
    today: date = TODAY,
    left: list[int] | None = None,
    left_out: NotForeseen | None = None,
    tour: list[tuple[date, int]] | None = None,
    places_of_one: int = 2,
):
    """Who is neither seen, booked nor left out needs one place each; the troupe has two on every school
    day."""
    booked, left_out = sorted(booked or []), left_out or NotForeseen()
    if left is None:
        left = [1] * (target - len(seen) - len(booked) - left_out.organisations)
    return forecast.forecast_of_programme(
        today=today,
        school_days=SCHOOL_DAYS,
        target=target,
        seen=sorted(seen),
        booked=booked,
        left=left,
        left_out=left_out,
        tour=TOUR if tour is None else tour,
        places_of_one=places_of_one,
    )


def school_days(after: date, n: int) -> date:
    """The n-th school day after a day."""
    return [d for d in SCHOOL_DAYS if d > after][n - 1]


def back(n: int, today: date = TODAY) -> date:
    """The n-th school day before a day; that day itself is the first."""
    return [d for d in SCHOOL_DAYS if d <= today][-n]


def places(n: int, until: date = date(2027, 4, 28)) -> list[tuple[date, int]]:
    """That many free places on the tour days until one, which is a tour day; no two on one day."""
    days = [d for d in SCHOOL_DAYS if TODAY < d <= until]
    return [(d, 1) for d in days[: n - 1]] + [(days[-1], 1 + max(0, n - len(days)))] if n else [(until, 0)]


def test_the_last_30_school_days_lead_to_one_number_that_is_called_a_guide_and_to_no_range() -> None:
    """15 schools in the last 30 school days; half-term and weekends do not count against them."""
    found = ahead(target=66, seen=[back(60), *(back(2 * n) for n in range(1, 16))], tour=places(52))
    passed = sum(TODAY < d <= date(2027, 4, 28) for d in SCHOOL_DAYS)
    assert found.guide == Guide(recent=15, over=30, by_the_end=16 + passed // 2)
    assert forecast.headline(found) == "50 schools, 52 places left until 28 April"
    assert forecast.reasons(found) == (
        "A guide: the pace of the last 30 school days (15 schools) would lead to "
        f"{16 + passed // 2} of 66 by 28 April."
    )


def test_the_guide_passes_neither_the_places_nor_who_can_be_reached() -> None:
    seen = [back(2 * n) for n in range(1, 16)]
    few = ahead(target=84, seen=seen, booked=[date(2027, 3, 9)], tour=places(5))
    assert few.guide is not None and few.guide.by_the_end == 15 + 1 + 5
    slow = ahead(target=84, seen=[back(30)], booked=[date(2027, 3, 9)] * 9, tour=places(20))
    assert forecast.reasons(slow) == (
        "A guide: the pace of the last 30 school days (1 school) would reach no more than what is booked."
    )
    done = ahead(target=20, seen=seen, left_out=NotForeseen(said_no=2), tour=places(100))
    assert done.guide is not None and done.guide.by_the_end == 18


def test_under_ten_school_days_and_without_a_day_to_come_there_is_no_guide() -> None:
    silent, said = (ahead(target=40, seen=[back(n), back(1), back(2)]) for n in (9, 10))
    assert silent.guide is None and forecast.reasons(silent) == ""
    assert said.guide is not None and (said.guide.recent, said.guide.over) == (3, 10)
    assert "A guide:" in forecast.reasons(said)
    assert ahead(target=40, seen=[back(20)], tour=[(back(12), 3)]).guide is None


def test_places_that_are_missing_are_said_with_the_tour_to_add() -> None:
    found = ahead(target=70, seen=[back(n) for n in range(1, 7)], tour=places(41))
    assert forecast.headline(found) == (
        "64 schools, 41 places left until 28 April: 23 would miss it; add 12 tour days"
    )
    assert found.tour_ends == date(2027, 4, 28)


@pytest.mark.parametrize(
    ("places_of_one", "days"),
    [(1, "23 tour days"), (3, "8 tour days"), (23, "1 tour day"), (30, "1 tour day")],
)
def test_days_to_add_are_rounded_up(places_of_one: int, days: str) -> None:
    found = ahead(target=64, seen=[], tour=places(41), places_of_one=places_of_one)
    assert forecast.headline(found).endswith(f"23 would miss it; add {days}")


def test_a_school_that_needs_two_shows_takes_two_places() -> None:
    """Four schools of one place and two of two: six places are enough for five of them, and two are
    missing."""
    found = ahead(target=6, seen=[], left=[2, 1, 1, 2, 1, 1], tour=places(6))
    assert (found.needed, found.places, found.unplaced, found.to_add) == (8, 6, 1, 1)
    assert forecast.headline(found) == (
        "6 schools need 8 places, 6 are left until 28 April: 1 would miss it; add 1 tour day"
    )
    one = ahead(target=1, seen=[], left=[2], tour=places(1))
    assert forecast.headline(one).startswith(
        "1 school needs 2 places, 1 is left until 28 April: 1 would miss it"
    )
    none = ahead(target=1, seen=[], left=[2], tour=places(0))
    assert forecast.headline(none).startswith("1 school needs 2 places, none is left until 28 April")


def test_once_the_tour_is_over_no_day_is_named_and_the_days_that_are_missing_are() -> None:
    found = ahead(target=12, seen=[back(12), back(11), back(10)], tour=[(back(12), 3), (back(9), 0)])
    assert forecast.headline(found) == "9 schools, no tour day left: 9 would miss it; add 5 tour days"


def test_without_any_tour_day_it_says_how_many_are_needed() -> None:
    found = ahead(target=9, seen=[], tour=[])
    assert forecast.headline(found) == "No school has seen it yet, and none is booked"
    assert forecast.reasons(found) == (
        "No tour day is given yet: 9 schools need 9 places, 5 tour days at 2 shows a day."
    )


def test_who_said_no_or_cannot_be_reached_is_left_out_and_said() -> None:
    out = NotForeseen(said_no=2, unreachable=1, reported=1)
    found = ahead(target=14, seen=[back(n) for n in range(1, 16) if n % 5 == 0], left_out=out, tour=places(7))
    assert (found.aim, found.left, found.to_add) == (10, 7, 0)
    assert forecast.reasons(found).endswith(
        "Left out: 2 said no, 1 cannot be reached and 1 waits for a report."
    )
    done = ahead(target=4, seen=[back(9), back(8)], left_out=NotForeseen(said_no=2))
    assert forecast.headline(done) == "2 of 4 schools have seen it: no other waits for a show"


def test_no_school_in_the_last_30_school_days_is_said() -> None:
    found = ahead(target=5, seen=[back(60), back(50), back(45)], booked=[date(2027, 3, 9)], tour=places(20))
    assert forecast.headline(found) == "1 school, 20 places left until 28 April"
    assert forecast.reasons(found) == "No school was reached in the last 30 school days."


def test_what_is_booked_counts_on_its_day() -> None:
    days = [date(2027, 1, 25), date(2027, 1, 25), date(2027, 2, 1)]
    found = ahead(target=4, seen=[back(3)], booked=days)
    assert found.with_booked == (
        Point(day=TODAY, organisations=1),
        Point(day=date(2027, 1, 24), organisations=1),
        Point(day=date(2027, 1, 31), organisations=3),
        Point(day=date(2027, 2, 1), organisations=4),
    )
    assert found.reached_by_booked
    assert forecast.headline(found) == "With what is booked, the last school is reached on Monday 1 February"


def test_nothing_seen_and_nothing_booked_says_what_places_there_are() -> None:
    found = ahead(target=9, seen=[], tour=places(20))
    assert forecast.headline(found) == "9 schools, 20 places left until 28 April"
    assert forecast.reasons(found) == ""


def test_all_seen() -> None:
    found = ahead(target=2, seen=[back(4), back(2)])
    assert forecast.headline(found) == "All 2 schools have seen it"
    assert forecast.headline(ahead(target=1, seen=[back(4)])) == "The one school has seen it"


@pytest.mark.parametrize("today", [LAST, date(2027, 8, 20), date(2028, 3, 1)])
def test_once_the_year_is_over_nothing_is_foretold(today: date) -> None:
    found = ahead(target=84, seen=[back(9)], today=today)
    assert found.is_over
    assert forecast.headline(found) == "The year is over: 83 of 84 schools did not see it"
    assert forecast.reasons(found) == ""


def test_adults_attend() -> None:
    found = ahead(target=3, seen=[], tour=[])
    assert (
        forecast.headline(found, seen="been trained", missed="not trained")
        == "No school has been trained yet, and none is booked"
    )
    over = ahead(target=3, seen=[], today=LAST)
    assert forecast.headline(over, seen="been trained", missed="not trained").endswith(
        "3 of 3 schools not trained"
    )


def test_a_show_after_the_last_school_day_still_counts() -> None:
    found = ahead(target=2, seen=[], booked=[date(2027, 7, 23)], today=date(2027, 7, 20), tour=[])
    assert (found.ends, found.tour_ends, found.booked) == (date(2027, 7, 23), date(2027, 7, 23), 1)


def test_without_term_dates_every_weekday_that_is_no_bank_holiday_is_a_school_day() -> None:
    days = days_of_year([], 2026)
    assert date(2026, 12, 25) not in days and date(2026, 12, 24) in days and days[-1] == date(2027, 8, 31)


def test_a_day_on_which_one_authority_has_school_is_a_school_day() -> None:
    other = SchoolCalendar(authority_terms=((date(2026, 10, 26), date(2026, 10, 30)),))
    days = days_of_year([SchoolCalendar(authority_terms=TERMS), other], 2026)
    assert date(2026, 10, 27) in days and date(2026, 10, 27) not in SCHOOL_DAYS


year_days = some.dates(date(2026, 9, 1), date(2027, 8, 31))


tour_days = some.dictionaries(year_days, some.integers(0, 3), max_size=25)


def most_served(left: list[int], places: int) -> int:
    """Hand out places one after the other to whom needs the fewest."""
    waiting, served = sorted(left), 0
    while waiting and waiting[0] <= places:
        places -= waiting.pop(0)
        served += 1
    return served


@settings(deadline=None, max_examples=so_many(250))
@given(
    today=year_days,
    seen=some.lists(year_days, max_size=40),
    booked=some.lists(year_days, max_size=20),
    left=some.lists(some.integers(1, 3), max_size=30),
    out=some.integers(0, 5),
    tour=tour_days,
    places_of_one=some.integers(1, 4),
)
def test_forecast_is_what_its_words_say(
    today: date,
    seen: list[date],
    booked: list[date],
    left: list[int],
    out: int,
    tour: dict[date, int],
    places_of_one: int,
) -> None:
    seen, booked = [d for d in seen if d <= today], [d for d in booked if d >= today]
    aim = len(seen) + len(booked) + len(left)
    found = ahead(
        target=aim + out,
        seen=seen,
        booked=booked,
        today=today,
        left=left,
        left_out=NotForeseen(said_no=out),
        tour=sorted(tour.items()),
        places_of_one=places_of_one,
    )
    free = sum(n for d, n in tour.items() if d > today)
    assert (found.places, found.unplaced) == (free, len(left) - most_served(left, free))
    assert free + found.to_add * places_of_one >= sum(left)
    assert not found.to_add or free + (found.to_add - 1) * places_of_one < sum(left)
    assert found.tour_ends == (max([*tour, *booked]) if tour or booked else None)
    assert found.booked == len(seen) + len(booked) <= found.aim == aim
    assert forecast.headline(found)
    stretch = [d for d in SCHOOL_DAYS if seen and min(seen) <= d <= today][-30:]
    ends = max([*tour, *booked, date.min])
    assert (found.guide is None) == (len(stretch) < 10 or ends <= today)
    if found.guide is not None:
        recent = sum(stretch[0] <= d <= today for d in seen)
        k = sum(today < d <= ends for d in SCHOOL_DAYS)
        hoped = max(len(seen) + len(booked), len(seen) + k * recent // len(stretch))
        by_then = min(hoped, len(seen) + len(booked) + most_served(left, free))
        assert found.guide == Guide(recent=recent, over=len(stretch), by_the_end=by_then)


def test_weeks_end_on_sundays_and_the_last_point_is_today() -> None:
    points = trend.days_of_trend(
        [date(2026, 9, 13), date(2026, 9, 14), date(2026, 9, 24)], year=2026, today=date(2026, 9, 23)
    )
    assert [(p.day.isoformat(), p.organisations) for p in points] == [
        ("2026-09-01", 0),
        ("2026-09-06", 0),
        ("2026-09-13", 1),
        ("2026-09-20", 2),
        ("2026-09-23", 2),
    ]


def test_trend_of_a_year_to_come_is_empty_and_of_one_gone_by_ends_with_it() -> None:
    assert trend.days_of_trend([], year=2027, today=TODAY) == []
    assert trend.days_of_trend([TODAY], year=2026, today=date(2028, 1, 1))[-1] == Point(
        day=date(2027, 8, 31), organisations=1
    )


@settings(deadline=None, max_examples=so_many(100))
@given(days=some.lists(year_days, max_size=30), today=year_days)
def test_each_point_of_the_trend_counts_the_days_up_to_it(days: list[date], today: date) -> None:
    for point in trend.days_of_trend(sorted(days), year=2026, today=today):
        assert point.organisations == sum(d <= point.day for d in days)
