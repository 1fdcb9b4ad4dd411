"""When schools have school days: the rules alone, the queries behind them, and a real county's years."""

import json
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

import make
from outreach.county import authorities, school_days
from outreach.county.school_days import SchoolCalendar
from outreach.ground import history, whose
from outreach.ground.db import db, transaction

SPRING = ((date(2027, 1, 4), date(2027, 2, 12)), (date(2027, 2, 22), date(2027, 3, 25)))
TUESDAY = date(2027, 3, 9)


@pytest.fixture
def queries(app: Flask):
    """The statements that the database is sent."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", whose.MARK)):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_weekday_in_term_is_a_school_day() -> None:
    assert SchoolCalendar(authority_terms=SPRING).why_closed(TUESDAY) == ""


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2027, 2, 16), "school holiday"),
        (date(2027, 3, 6), "a weekend"),
        (date(2027, 3, 26), "bank holiday"),
        (date(2027, 3, 8), "your INSET day"),
        (date(2027, 3, 10), "a day you ruled out"),
        (date(2027, 3, 11), "Year 11 mock exams"),
        (date(2027, 2, 17), ""),
        (date(2027, 3, 7), ""),
    ],
)
def test_each_reason_for_no_school_is_said(day: date, why: str) -> None:
    calendar = SchoolCalendar(
        authority_terms=SPRING,
        authority_inset=frozenset({date(2027, 3, 8)}),
        own_days={
            date(2027, 3, 10): (False, ""),
            date(2027, 3, 11): (False, "Year 11 mock exams"),
            date(2027, 2, 17): (True, ""),
            date(2027, 3, 7): (True, "Open day"),
        },
    )
    assert calendar.why_closed(day) == why


def test_a_school_with_terms_of_its_own_goes_by_them_in_that_year_alone() -> None:
    calendar = SchoolCalendar(
        authority_terms=(*SPRING, (date(2028, 1, 5), date(2028, 2, 11))),
        authority_inset=frozenset({date(2027, 2, 15)}),
        own_terms=((date(2027, 1, 11), date(2027, 2, 19)),),
    )
    assert calendar.why_closed(date(2027, 1, 5)) == "school holiday"
    assert calendar.why_closed(date(2027, 2, 16)) == ""
    assert calendar.why_closed(date(2027, 2, 15)) == ""
    assert calendar.why_closed(date(2028, 1, 4)) == "school holiday"
    assert calendar.why_closed(date(2028, 1, 5)) == ""


def test_without_any_term_dates_weekdays_count_but_for_bank_holidays() -> None:
    calendar = SchoolCalendar(authority_terms=SPRING)
    assert calendar.why_closed(date(2027, 11, 9)) == ""
    assert calendar.why_closed(date(2027, 12, 27)) == "bank holiday"
    assert calendar.why_closed(date(2027, 11, 13)) == "a weekend"


def test_a_term_that_begins_in_the_last_days_of_august_is_of_the_year_it_ends_in() -> None:
    calendar = SchoolCalendar(authority_terms=(*SPRING, (date(2027, 8, 26), date(2027, 10, 15))))
    assert calendar.why_closed(date(2027, 8, 27)) == ""
    assert calendar.why_closed(date(2027, 8, 24)) == "school holiday"
    assert calendar.why_closed(date(2027, 10, 19)) == "school holiday"


def test_calendars_of_one_and_of_three_schools_take_two_queries(app: Flask, queries: list[str]) -> None:
    with transaction():
        make.partnership(school_opens=time(8, 45), school_closes=time(15, 10))
        schools = [make.school() for _ in range(3)]
        far = make.school(la_code="999")
        school_days.rule_out(schools[1], TUESDAY, "Open evening", who="Joanna Fell", now=make.NOW)
        school_days.set_hours(schools[2], time(8, 30), time(14, 45), who="Joanna Fell", now=make.NOW)
        school_days.add_own_term(
            schools[2], date(2027, 3, 15), date(2027, 3, 25), who="Joanna Fell", now=make.NOW
        )
        urns = [s.urn for s in (*schools, far)]
    for wanted in (urns[:1], urns):
        queries.clear()
        calendars = school_days.load([*wanted, 1])
        assert len(queries) == 2
        assert sorted(calendars) == sorted(wanted)
    assert [calendars[u].why_closed(TUESDAY) for u in urns] == ["", "Open evening", "school holiday", ""]
    assert [calendars[u].hours() for u in urns] == [
        (time(8, 45), time(15, 10)),
        (time(8, 45), time(15, 10)),
        (time(8, 30), time(14, 45)),
        (time(9), time(15)),
    ]
    assert school_days.load([]) == {}


def test_why_closed_names_only_the_days_without_school(app: Flask) -> None:
    with transaction():
        of = make.partnership()
        authorities.add_inset_day(
            authorities.get(of.id, "931"), date(2027, 3, 8), who="Priya Nandakumar", now=make.NOW
        )
        school = make.school()
    days = [date(2027, 3, 5) + timedelta(days=n) for n in range(5)]
    assert school_days.why_closed(school, days) == {
        date(2027, 3, 6): "a weekend",
        date(2027, 3, 7): "a weekend",
        date(2027, 3, 8): "your INSET day",
    }
    assert school_days.hours(school) == (time(9), time(15))


def test_a_school_rules_a_day_out_opens_it_and_takes_it_back(app: Flask) -> None:
    with transaction():
        make.partnership()
        school = make.school()
    steps = [
        (
            lambda: school_days.rule_out(school, TUESDAY, who="Joanna Fell", now=make.NOW),
            "a day you ruled out",
        ),
        (
            lambda: school_days.rule_out(school, TUESDAY, who="Joanna Fell", now=make.NOW),
            "a day you ruled out",
        ),
        (lambda: school_days.open_up(school, TUESDAY, who="Joanna Fell", now=make.NOW), ""),
        (
            lambda: school_days.rule_out(
                school, TUESDAY, school_days.INSET_DAY, who="Joanna Fell", now=make.NOW
            ),
            "your INSET day",
        ),
        (lambda: school_days.withdraw(school, TUESDAY, who="Joanna Fell", now=make.NOW), ""),
    ]
    for step, why in steps:
        with transaction():
            step()
        assert school_days.load_one(school).why_closed(TUESDAY) == why
    assert [h.what for h in history.history_of("school", school.urn)] == [
        "took back a day of its own",
        "ruled out a day",
        "opened a day",
        "ruled out a day",
    ]
    assert school_days.own_days(school) == []


def test_taking_back_a_day_nobody_spoke_of_is_refused(app: Flask) -> None:
    with transaction():
        school = make.school()
        with pytest.raises(school_days.NoSuchOwnDay):
            school_days.withdraw(school, TUESDAY, who="Joanna Fell", now=make.NOW)


def test_a_reason_as_long_as_a_story_is_refused(app: Flask) -> None:
    with transaction():
        school = make.school()
        with pytest.raises(school_days.ReasonTooLong):
            school_days.rule_out(school, TUESDAY, "x" * 201, who="Joanna Fell", now=make.NOW)


@pytest.mark.parametrize("closes", [time(8), time(9), time(10, 59)])
def test_a_school_day_without_room_for_a_show_is_refused(app: Flask, closes: time) -> None:
    with transaction():
        school = make.school()
        with pytest.raises(school_days.SchoolDayTooShort):
            school_days.set_hours(school, time(9), closes, who="Joanna Fell", now=make.NOW)


def test_overlapping_terms_of_its_own_are_refused(app: Flask) -> None:
    with transaction():
        school = make.school()
        school_days.add_own_term(school, date(2027, 1, 4), date(2027, 2, 12), who="Joanna Fell", now=make.NOW)
        with pytest.raises(authorities.TermsOverlap):
            school_days.add_own_term(
                school, date(2027, 2, 12), date(2027, 3, 1), who="Joanna Fell", now=make.NOW
            )
    assert [t.first_day for t in school_days.own_terms(school)] == [date(2027, 1, 4)]


def _bank_holidays(published: Path) -> set[date]:
    feed = json.loads((published / "calendar/bank_holidays_gov_uk.json").read_text())
    return {date.fromisoformat(e["date"]) for e in feed["england-and-wales"]["events"]}


def test_bank_holidays_of_england_are_those_of_gov_uk(published: Path) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(5 * 366)]
    years = range(2024, 2029)
    assert {d for d in days if d.year in years and school_days.bank_holiday(d)} == {
        d for d in _bank_holidays(published) if d.year in years
    }


def test_published_years_read_as_their_schools_know_them_day_by_day(app: Flask, published: Path) -> None:
    years = json.loads((published / "calendar/oxfordshire_term_dates.json").read_text())["years"]
    lines = [f"{first} to {last}" for year in years for first, last in year["terms"]]
    lines += [day for year in years for day in year["countywide_inset"]]
    with transaction():
        of = make.partnership(la_codes=())
        oxfordshire = authorities.add(of, "931", "Oxfordshire", who="Priya Nandakumar", now=make.NOW)
        added = authorities.add_lines(oxfordshire, "\n".join(lines), who="Priya Nandakumar", now=make.NOW)
        school = make.school()
    assert (added.terms, added.inset_days, added.known) == (24, 2, 0)
    calendar = school_days.load_one(school)
    spans = [tuple(map(date.fromisoformat, term)) for year in years for term in year["terms"]]
    inset = {date.fromisoformat(day) for year in years for day in year["countywide_inset"]}
    days = [min(inset) + timedelta(days=n) for n in range((spans[-1][1] - min(inset)).days + 1)]
    said = {
        day: "a weekend"
        if day.weekday() >= 5
        else "bank holiday"
        if day in _bank_holidays(published)
        else "your INSET day"
        if day in inset
        else ""
        if any(first <= day <= last for first, last in spans)
        else "school holiday"
        for day in days
    }
    assert {day: calendar.why_closed(day) for day in days} == said
    assert len(days) > 4 * 350 and set(said.values()) > {"bank holiday", "your INSET day", "school holiday"}
    assert calendar.why_closed(date(2028, 11, 7)) == ""
