"""Days as people type them into one box: what is meant, and what is no day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.ground import wording
from outreach.ground.school_year import year_of
from outreach.ground.typed_days import NotADay, Which, day_with_year, read_day, written

THURSDAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("today", date(2026, 11, 26)),
        ("Tomorrow", date(2026, 11, 27)),
        ("Friday", date(2026, 11, 27)),
        ("monday", date(2026, 11, 30)),
        ("on Mon", date(2026, 11, 30)),
        ("this Friday", date(2026, 11, 27)),
        ("Thursday", date(2026, 12, 3)),
        ("next Monday", date(2026, 11, 30)),
        ("next Friday", date(2026, 12, 4)),
        ("next Thurs", date(2026, 12, 3)),
        ("next week", date(2026, 11, 30)),
        ("in 3 days", date(2026, 11, 29)),
        ("in a week", date(2026, 12, 3)),
        ("in two weeks", date(2026, 12, 10)),
        ("26 Nov", date(2026, 11, 26)),
        ("2 Nov", date(2027, 11, 2)),
        ("2nd november", date(2027, 11, 2)),
        ("Dec 3rd", date(2026, 12, 3)),
        ("Thu 3 Dec", date(2026, 12, 3)),
        ("3dec", date(2026, 12, 3)),
        ("15/2", date(2027, 2, 15)),
        ("29 Feb", date(2028, 2, 29)),
        (" 15/2/2027 ", date(2027, 2, 15)),
        ("15.02.27", date(2027, 2, 15)),
        ("2027-02-15", date(2027, 2, 15)),
        ("Monday, 15th February 2027", date(2027, 2, 15)),
        ("1 May 2020", date(2020, 5, 1)),
        ("15 2 2027", date(2027, 2, 15)),
    ],
)
def test_a_day_as_it_is_typed(typed: str, meant: date) -> None:
    assert read_day(typed, today=THURSDAY) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "soon",
        "Monday week",
        "31 Nov",
        "31/11/2026",
        "30 Feb",
        "2 Novella street",
        "13/13",
        "0/1",
        "1/1/1999",
        "²/2",
    ],
)
def test_what_is_no_day_says_how_one_is_typed(typed: str) -> None:
    with pytest.raises(NotADay, match="Enter it like 2 Nov, Monday or 15/2/2027"):
        read_day(typed, today=THURSDAY)


def test_a_week_day_that_the_date_is_not_is_asked_about() -> None:
    with pytest.raises(NotADay, match="3 December 2026 is a Thursday, not a Tuesday"):
        read_day("Tuesday 3 December", today=THURSDAY)


def test_a_week_day_is_the_next_one_and_next_that_of_the_week_after_whatever_today_is() -> None:
    for ahead in range(14):
        today = THURSDAY + timedelta(days=ahead)
        meant = read_day("Wednesday", today=today)
        assert today < meant <= today + timedelta(days=7) and meant.weekday() == 2
        following = read_day("next Wednesday", today=today)
        assert following.isocalendar()[1] == (today + timedelta(days=7)).isocalendar()[1]


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_day_or_a_sentence(typed: str) -> None:
    try:
        assert read_day(typed, today=THURSDAY).year >= 2000
    except NotADay as no:
        assert no.message


DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@given(DAYS, DAYS, st.sampled_from(Which))
def test_every_day_is_read_as_it_was_written(day: date, today: date, which: Which) -> None:
    ways = (
        written(day),
        wording.day_short(day),
        f"{day:%A} {day.day} {day:%B %Y}",
        f"{day:%a} {day.day} {day:%b %Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day} {day.month} {day.year}",
        day.isoformat(),
    )
    for way in ways:
        assert read_day(way, today=today, which=which) == day
    if day >= today and year_of(day) == year_of(today):
        assert read_day(wording.day(day, today=today), today=today) == day


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_day_without_its_year_is_the_next_such(day: date, today: date) -> None:
    meant = read_day(f"{day.day} {day:%b}", today=today)
    assert today <= meant <= today + timedelta(days=366) and (meant.day, meant.month) == (day.day, day.month)


def test_a_list_bears_its_year() -> None:
    assert day_with_year("Tue 9th Mar 27") == date(2027, 3, 9)
    assert day_with_year("9 March") is None
    assert day_with_year("09/03/2027 at 9:30am") == date(2027, 3, 9)


@pytest.mark.parametrize(
    ("typed", "last", "nearest"),
    [
        ("26 Nov", date(2026, 11, 26), date(2026, 11, 26)),
        ("2 Nov", date(2026, 11, 2), date(2026, 11, 2)),
        ("27 Nov", date(2025, 11, 27), date(2026, 11, 27)),
        ("1 Jun", date(2026, 6, 1), date(2026, 6, 1)),
        ("15/2", date(2026, 2, 15), date(2027, 2, 15)),
        ("29 Feb", date(2024, 2, 29), date(2028, 2, 29)),
        ("Thursday", date(2026, 11, 26), date(2026, 11, 26)),
        ("Wednesday", date(2026, 11, 25), date(2026, 11, 25)),
        ("Friday", date(2026, 11, 20), date(2026, 11, 27)),
        ("last Thursday", date(2026, 11, 19), date(2026, 11, 19)),
        ("last Monday", date(2026, 11, 23), date(2026, 11, 23)),
        ("next Monday", date(2026, 11, 30), date(2026, 11, 30)),
        ("yesterday", date(2026, 11, 25), date(2026, 11, 25)),
        ("1 September 1967", date(1967, 9, 1), date(1967, 9, 1)),
    ],
)
def test_of_what_has_been_the_last_such_day_is_meant_and_of_what_may_have_been_the_nearest(
    typed: str, last: date, nearest: date
) -> None:
    assert read_day(typed, today=THURSDAY, which=Which.LAST) == last
    assert read_day(typed, today=THURSDAY, which=Which.NEAREST) == nearest


@given(DAYS, DAYS)
def test_a_day_without_its_year_lies_within_a_year_of_today_on_the_side_that_is_meant(
    day: date, today: date
) -> None:
    if (day.month, day.day) == (2, 29):
        return
    typed, year = f"{day.day}/{day.month}", timedelta(days=366)
    assert today - year < read_day(typed, today=today, which=Which.LAST) <= today
    assert abs(read_day(typed, today=today, which=Which.NEAREST) - today) <= timedelta(days=183)
