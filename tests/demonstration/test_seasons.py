"""The made-up year: term dates that look like a county's, and a tour that has begun on any day of any
year."""

from datetime import date, timedelta

import pytest

from outreach.demonstration import seasons
from outreach.ground import school_year


def every_day() -> list[date]:
    return [date(2023, 9, 1) + timedelta(days=n) for n in range(4 * 366)]


def test_on_every_day_a_tour_has_days_behind_and_days_that_can_still_be_booked():
    for today in every_day():
        season = seasons.on(today)
        assert len(season.behind) == seasons.DAYS_BEHIND
        assert max(season.behind) < today
        assert len(season.early) == seasons.DAYS_EARLY
        assert max(season.early) < min(season.behind)
        assert len(season.ahead) >= 10
        assert min(season.ahead) > today
        assert sum(day >= today + timedelta(days=10) for day in season.ahead) >= 6, today
        assert school_year.year_of(season.reply_by) == season.academic_year
        assert season.reply_by > today
        assert season.reply_by in seasons.school_days(season.academic_year), today


@pytest.mark.parametrize(
    ("today", "year"),
    [
        (date(2026, 6, 30), 2025),
        (date(2026, 7, 1), 2026),
        (date(2026, 8, 31), 2026),
        (date(2026, 9, 1), 2026),
    ],
)
def test_in_july_and_august_the_next_academic_year_is_in_hand(today: date, year: int):
    season = seasons.on(today)
    assert season.academic_year == year
    assert {school_year.year_of(day) for day in season.ahead} == {year}


@pytest.mark.parametrize("year", range(2020, 2045))
def test_a_school_year_has_about_190_days_in_six_terms_that_do_not_touch(year: int):
    terms = seasons.terms(year)
    assert len(terms) == 6
    assert all(first < last for first, last in terms)
    assert all(
        last + timedelta(days=3) < first for (_, last), (first, _) in zip(terms, terms[1:], strict=False)
    )
    assert 184 <= len(list(seasons.school_days(year))) <= 197
    assert terms[0][0] >= date(year, 9, 1)
    assert terms[5][1] <= date(year + 1, 7, 24)


def test_terms_of_2026_are_those_that_counties_have_published():
    assert seasons.terms(2026) == [
        (date(2026, 9, 1), date(2026, 10, 23)),
        (date(2026, 11, 2), date(2026, 12, 18)),
        (date(2027, 1, 4), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
        (date(2027, 4, 12), date(2027, 5, 28)),
        (date(2027, 6, 7), date(2027, 7, 21)),
    ]
