"""Limits of a company's weeks: set at either door, kept apart, and the week's page says what is over and by how much."""

import re
from datetime import date, time
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

import make
from booking import sheet_days
from outreach.booking.sheets import week_sheet
from outreach.booking.sheets.against_limits import DAYS, KILOMETRES, MINUTES, Held
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post import troupe_links
from outreach.tour.companies import MOST
from outreach.tour.limits import Limits, limits_of
from outreach.web import limits as pages

pytestmark = pytest.mark.any_database


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    """Tuesday of 7 hours 54 minutes and 58 straight kilometres; Wednesday as long as a show, next to the base."""
    with transaction():
        c = sheet_days.lay()
        c.company = c.troupe.company
        c.wednesday = make.tour_day(
            c.programme, c.troupe, date(2027, 3, 10), leaves=time(6), returns=time(19)
        )
        near = make.school(name="Near School", easting=450000, northing=200000)
        make.booking(sheet_days.show_on(c.wednesday, near, time(10)), {8: 90})
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.home = f"/t/{troupe_links.token_of(link, 'for tests')}"
    stopped.now = c.now
    return c


def set_to(c: Any, **said: int) -> None:
    with transaction():
        for name, value in said.items():
            setattr(db.session.merge(c.company), name, value)


def said(c: Any, day: date = date(2027, 3, 9)) -> list[tuple[str, str]]:
    found = pages.of_week(week_sheet.week_of_troupe(db.session.merge(c.troupe), day))
    return [(one.words, one.tag) for one in found]


def words(page: str) -> str:
    main = page[page.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main.replace("&#39;", "’")).split())


def test_without_a_limit_nothing_is_held_against_one(client: FlaskClient, c: Any) -> None:
    assert said(c) == []
    assert "No limit of hours or kilometres is set." in words(client.get(f"{c.home}/week").text)


def test_what_is_over_is_said_with_by_how_much(c: Any) -> None:
    """Wednesday: in at 9am, 6 minutes before; away at 11:15am, 6 minutes after: 2 hours 57 minutes."""
    set_to(c, hours_a_day=7, hours_a_week=10, kilometres_a_week=50, days_in_a_row=1)
    assert said(c) == [
        ("The week: 10 hours 51 minutes of 10 hours", "51 minutes over"),
        ("The week: 58 km of 50", "8 km over"),
        ("Tuesday 9 March: 7 hours 54 minutes of 7 hours", "54 minutes over"),
        ("2 days in a row on Wednesday 10 March, of 1", "1 day over"),
    ]


def test_what_is_near_is_said_and_what_is_well_within_only_where_it_is_of_the_whole_week(c: Any) -> None:
    set_to(c, hours_a_day=8, hours_a_week=38, kilometres_a_week=63, days_in_a_row=2)
    assert said(c) == [
        ("The week: 10 hours 51 minutes of 38 hours", ""),
        ("The week: 58 km of 63", "near the limit"),
        ("Tuesday 9 March: 7 hours 54 minutes of 8 hours", "near the limit"),
        ("2 days in a row on Wednesday 10 March, of 2", "near the limit"),
    ]


@pytest.mark.both_databases
def test_days_in_a_row_go_over_weeks_and_a_day_without_a_show_ends_them(c: Any) -> None:
    def play(*days: date) -> None:
        with transaction():
            for day in days:
                given = make.tour_day(c.programme, c.troupe, day, leaves=time(6), returns=time(19))
                make.booking(sheet_days.show_on(given, make.school(), time(10)), {8: 1})

    set_to(c, days_in_a_row=5)
    play(date(2027, 3, 4), date(2027, 3, 6), date(2027, 3, 7))
    assert said(c) == [("2 days in a row on Wednesday 10 March, of 5", "")]
    play(date(2027, 3, 8))
    assert said(c) == [("5 days in a row on Wednesday 10 March, of 5", "near the limit")]
    with transaction():
        make.tour_day(c.programme, c.troupe, date(2027, 3, 5))  # given, and nothing is played
    assert said(c) == [("5 days in a row on Wednesday 10 March, of 5", "near the limit")]
    play(date(2027, 3, 11), date(2027, 3, 13))
    assert said(c) == [("6 days in a row on Thursday 11 March, of 5", "1 day over")]


@pytest.mark.parametrize(
    ("unit", "figure", "is_near", "over"),
    [
        (MINUTES, 919, False, 0),
        (MINUTES, 920, True, 0),
        (KILOMETRES, 1000, True, 0),
        (KILOMETRES, 1001, False, 1),
        (DAYS, 999, False, 0),
        (DAYS, 1000, True, 0),
    ],
)
def test_near_is_from_92_in_100_on_and_of_days_in_a_row_the_limit_itself(unit, figure, is_near, over) -> None:
    found = Held(day=None, unit=unit, figure=figure, limit=1000)
    assert (found.near, found.over) == (is_near, over)


def test_the_company_sets_them_by_its_link(client: FlaskClient, c: Any) -> None:
    page = client.get(f"{c.home}/week").text
    assert f'href="{c.home}/limits"' in page
    answer = client.post(
        f"{c.home}/limits", data={"hours_a_day": "7", "hours_a_week": "", "days_in_a_row": "6"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{c.home}/week")
    assert limits_of(db.session.merge(c.company)) == Limits(hours_a_day=7, days_in_a_row=6)
    shown = words(client.get(f"{c.home}/week").text)
    assert "Tuesday 9 March: 7 hours 54 minutes of 7 hours 54 minutes over" in shown
    (entry,) = db.session.scalars(db.select(History).where(History.what == "changed limits"))
    assert (entry.before, entry.after) == (
        {"hours_a_day": None, "days_in_a_row": None},
        {"hours_a_day": 7, "days_in_a_row": 6},
    )


def test_a_coordinator_sets_them_and_what_makes_no_sense_stays_in_its_box(
    client: FlaskClient, c: Any
) -> None:
    with transaction():
        person = make.person(c.partnership)
    make.signed_in(client, person)
    path = f"/desk/companies/{c.company.id}/limits"
    assert path in client.get(f"/desk/companies/{c.company.id}").text
    answer = client.post(path, data={"hours_a_day": "25", "hours_a_week": "38"})
    assert answer.status_code == 422 and "must be between 1 and 24." in answer.text
    assert 'value="25"' in answer.text and 'value="38"' in answer.text
    assert limits_of(db.session.merge(c.company)) == Limits()
    assert client.post(path, data={"hours_a_week": "38"}).status_code == 303
    assert limits_of(db.session.merge(c.company)) == Limits(hours_a_week=38)


def test_another_partnerships_coordinator_finds_no_such_company(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(make.partnership(("932",)))
    make.signed_in(client, person)
    path = f"/desk/companies/{c.company.id}/limits"
    assert client.get(path).status_code == client.post(path, data={"hours_a_day": "1"}).status_code == 404


def test_what_somebody_changed_meanwhile_is_told_first(client: FlaskClient, c: Any) -> None:
    opened = re.findall(r'name="opened" value="([^"]*)"', client.get(f"{c.home}/limits").text)[0]
    client.post(f"{c.home}/limits", data={"hours_a_day": "9"})
    late = client.post(f"{c.home}/limits", data={"hours_a_day": "8", "opened": opened})
    assert late.status_code == 422
    assert limits_of(db.session.merge(c.company)) == Limits(hours_a_day=9)


def test_who_presses_twice_is_not_told_that_somebody_changed_it(client: FlaskClient, c: Any) -> None:
    opened = re.findall(r'name="opened" value="([^"]*)"', client.get(f"{c.home}/limits").text)[0]
    typed = {"hours_a_day": "9", "days_in_a_row": "", "opened": unescape(opened)}
    assert [client.post(f"{c.home}/limits", data=typed).status_code for _ in range(2)] == [303, 303]
    assert limits_of(db.session.merge(c.company)) == Limits(hours_a_day=9)
    assert db.session.query(History).filter_by(what="changed limits").count() == 1


def test_of_which_kilometres_a_limit_is_says_the_form_as_the_week_does(client: FlaskClient, c: Any) -> None:
    said = words(client.get(f"{c.home}/limits").text)
    assert "Of the road where the table has them, else as the crow flies" in said


@pytest.mark.both_databases
@pytest.mark.parametrize(("column", "most"), MOST.items())
@pytest.mark.parametrize("beyond", [0, 1])
def test_the_database_takes_no_limit_that_makes_no_sense(c: Any, column: str, most: int, beyond: int) -> None:
    set_to(c, **{column: most})
    with pytest.raises(IntegrityError), transaction():
        setattr(db.session.merge(c.company), column, beyond and most + 1)
