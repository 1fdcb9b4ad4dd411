"""Dates that move into another year's terms: by examples, and what must hold of every date."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from how_many import so_many
from outreach.county.school_days import SchoolCalendar
from outreach.tour.yearly.new_dates import in_authorities, of_year, reply_by, same_week

OLD = [
    (date(2026, 9, 2), date(2026, 10, 23)),
    (date(2026, 11, 2), date(2026, 12, 18)),
    (date(2027, 1, 4), date(2027, 2, 12)),
    (date(2027, 2, 22), date(2027, 3, 25)),
    (date(2027, 4, 12), date(2027, 5, 28)),
    (date(2027, 6, 7), date(2027, 7, 21)),
]
NEW = [
    (date(2027, 9, 6), date(2027, 10, 22)),
    (date(2027, 11, 1), date(2027, 12, 17)),
    (date(2028, 1, 5), date(2028, 2, 11)),
    (date(2028, 2, 21), date(2028, 3, 31)),
    (date(2028, 4, 18), date(2028, 5, 26)),
    (date(2028, 6, 5), date(2028, 7, 21)),
]
TODAY = date(2027, 7, 1)


def county(*more: tuple[date, date], inset: frozenset[date] = frozenset()) -> SchoolCalendar:
    return SchoolCalendar(authority_terms=tuple([*OLD, *NEW, *more]), authority_inset=inset)


def test_a_day_keeps_its_weekday_and_the_week_of_its_term() -> None:
    # The second week of the fourth term: 1 to 5 March, and 28 February to 3 March a year on.
    assert same_week(date(2027, 3, 2), OLD, NEW) == date(2028, 2, 29)
    # The first week of the fifth: Easter is late, and the term begins six days later.
    assert same_week(date(2027, 4, 15), OLD, NEW) == date(2028, 4, 20)


def test_a_day_that_its_term_does_not_have_any_more_is_told() -> None:
    # Monday of the first week, but the new term begins on a Wednesday; and the eighth week of a term of
    # seven.
    assert same_week(date(2027, 1, 4), OLD, NEW) is None
    assert same_week(date(2026, 10, 21), OLD, NEW) is None


def test_terms_that_are_cut_otherwise_answer_to_the_nearest() -> None:
    three = [
        (date(2027, 9, 6), date(2027, 12, 17)),
        (date(2028, 1, 5), date(2028, 3, 31)),
        (date(2028, 4, 18), date(2028, 7, 21)),
    ]
    assert same_week(date(2026, 9, 15), OLD, three) == date(2027, 9, 21)


def test_without_terms_a_day_moves_by_whole_weeks() -> None:
    assert same_week(date(2027, 3, 2), [], []) == date(2028, 2, 29)
    assert same_week(date(2027, 3, 2), OLD, []) == date(2028, 2, 29)
    assert in_authorities(date(2027, 3, 2), {}) == date(2028, 2, 29)


def test_the_first_authority_that_has_such_a_day_decides() -> None:
    without = SchoolCalendar(authority_terms=tuple(OLD))
    late = SchoolCalendar(authority_terms=(*OLD, (date(2028, 1, 3), date(2028, 2, 11))))
    assert in_authorities(date(2027, 1, 4), {"1": county(), "2": late}) == date(2028, 1, 3)
    assert in_authorities(date(2027, 3, 2), {"1": without, "2": county()}) == date(2028, 2, 29)


def test_a_term_is_of_the_year_it_ends_in() -> None:
    early = (date(2027, 8, 30), date(2027, 10, 22))
    assert of_year([early, *OLD], 2027) == [early]


def test_the_reply_by_date_lies_on_a_school_day_of_every_authority() -> None:
    assert reply_by(date(2027, 2, 5), {"1": county()}, today=TODAY) == date(2028, 2, 4)
    closed = county(inset=frozenset({date(2028, 2, 4)}))
    assert reply_by(date(2027, 2, 5), {"1": county(), "2": closed}, today=TODAY) == date(2028, 2, 3)


def test_a_reply_by_date_that_would_be_past_is_four_weeks_on() -> None:
    assert reply_by(date(2026, 10, 9), {"1": county()}, today=date(2027, 11, 10)) == date(2027, 12, 8)


def test_a_reply_by_date_in_the_holidays_goes_back_to_the_last_school_day() -> None:
    assert reply_by(date(2027, 2, 17), {"1": county()}, today=TODAY) == date(2028, 2, 11)


@settings(deadline=None, max_examples=so_many(200))
@given(some.dates(date(2026, 9, 1), date(2027, 8, 31)), some.dates(date(2027, 5, 1), date(2028, 5, 1)))
def test_whatever_the_dates_the_new_day_is_a_school_day_of_the_new_year_to_come(
    day: date, today: date
) -> None:
    found = reply_by(day, {"1": county()}, today=today)
    assert date(2027, 9, 1) <= found <= date(2028, 8, 31)
    assert found > today and county().why_closed(found) == ""
    moved = same_week(day, OLD, NEW)
    if moved is not None:
        assert moved.weekday() == day.weekday()
        assert abs(moved - day - timedelta(weeks=52)) <= timedelta(weeks=2)
