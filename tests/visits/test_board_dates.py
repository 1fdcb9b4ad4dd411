"""Dates of reports: entered, refused, removed; and what the board's calendars say of them."""

from datetime import date, timedelta

import pytest
from flask import Flask
from icalendar import Calendar, Event

import make
from outreach.county.partnerships import Partnership
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of
from outreach.post.feeds import entries
from outreach.post.feeds.entries import BOARD, FeedEntry
from outreach.tour.programmes import Programme
from outreach.visits import board_dates
from outreach.visits.board_dates import BoardDate, DateTwice, DayIsPast, DayTooFarAhead, NoSuchDate
from post.strict import feed_problems

TODAY = day_of(make.NOW)
DAY = date(2027, 7, 6)
LATER = make.NOW + timedelta(days=1)


@pytest.fixture
def partnership(app: Flask) -> Partnership:
    with transaction():
        return make.partnership()


def add(
    of: Partnership, title: str = "Spring report", day: date = DAY, programme: Programme | None = None
) -> BoardDate:
    with transaction():
        return board_dates.add(of.id, title, day, programme=programme, who="Priya Nandakumar", now=make.NOW)


def seen(of: Partnership) -> list[Event]:
    ics = b"".join(entries.body(BOARD, of.id, "Reports", now=LATER))
    assert feed_problems(ics) == []
    return list(Calendar.from_ical(ics).walk("VEVENT"))


def test_a_date_is_a_whole_day_in_the_boards_calendar(partnership: Partnership) -> None:
    add(partnership)
    (event,) = seen(partnership)
    assert (event.decoded("DTSTART"), event.decoded("DTEND")) == (DAY, DAY + timedelta(days=1))
    assert (event["SUMMARY"], event["STATUS"], event["TRANSP"]) == (
        "Spring report",
        "CONFIRMED",
        "TRANSPARENT",
    )
    assert {e.kind for e in db.session.query(FeedEntry)} == {BOARD}


def test_a_date_of_one_programme_names_it(partnership: Partnership) -> None:
    with transaction():
        programme = make.programme(partnership)
    add(partnership, programme=programme)
    assert seen(partnership)[0]["DESCRIPTION"] == "‘Someone to Tell’, 2026/27"


def test_today_may_be_entered_and_yesterday_not(partnership: Partnership) -> None:
    add(partnership, day=TODAY)
    with pytest.raises(DayIsPast, match="That day is past"):
        add(partnership, day=TODAY - timedelta(days=1))


def test_a_day_far_ahead_is_a_slip_of_the_year(partnership: Partnership) -> None:
    with pytest.raises(DayTooFarAhead, match="Check the year"):
        add(partnership, day=date(2072, 7, 6))


def test_the_same_report_on_the_same_day_stands_once(partnership: Partnership) -> None:
    made = add(partnership)
    with pytest.raises(DateTwice, match="‘Spring report’ on 6 July 2027 is in the list already."):
        add(partnership)
    add(partnership, day=DAY + timedelta(days=1))
    with transaction():
        board_dates.end(made, who="Priya Nandakumar", now=make.NOW)
    add(partnership)


def test_a_removed_date_is_cancelled_in_the_calendars_and_gone_from_the_list(
    partnership: Partnership,
) -> None:
    made = add(partnership)
    for _ in range(2):
        with transaction():
            board_dates.end(made, who="Priya Nandakumar", now=LATER)
    (event,) = seen(partnership)
    assert (event["SUMMARY"], event["STATUS"], event["SEQUENCE"]) == (
        "Cancelled: Spring report",
        "CANCELLED",
        1,
    )
    assert board_dates.coming(partnership.id, today=TODAY) == []
    assert [h.what for h in history.history_of("report date", made.id)] == ["removed", "added"]
    with pytest.raises(NoSuchDate):
        board_dates.get(partnership.id, made.id)


def test_the_dates_to_come_are_listed_by_day(partnership: Partnership) -> None:
    late, soon = add(partnership, "Summer report"), add(partnership, day=date(2027, 4, 6))
    assert [d.id for d in board_dates.coming(partnership.id, today=TODAY)] == [soon.id, late.id]
    assert [d.id for d in board_dates.coming(partnership.id, today=date(2027, 4, 7))] == [late.id]


def test_another_partnership_has_dates_of_its_own(partnership: Partnership) -> None:
    made = add(partnership)
    with transaction():
        other = make.partnership(la_codes=("932",))
    assert board_dates.coming(other.id, today=TODAY) == [] and seen(other) == []
    with pytest.raises(NoSuchDate, match="There is no such date here."):
        board_dates.get(other.id, made.id)
    add(other)


def test_dates_are_made_anew_with_the_rest_and_stay_as_they_are(app: Flask, partnership: Partnership) -> None:
    add(partnership)
    summer = add(partnership, "Summer report")
    with transaction():
        board_dates.end(summer, who="Priya Nandakumar", now=make.NOW)
    before = [(r.id, r.text) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)]
    done = app.test_cli_runner().invoke(args=["feeds", "rebuild"])
    assert done.output.strip().splitlines()[-1] == "0 entries changed."
    assert [(r.id, r.text) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)] == before
