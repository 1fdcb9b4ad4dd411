"""Two shows in one hall: the set stays between them, and page, letter, calendar and every sheet say the same of it."""

from datetime import date, datetime, time, timedelta
from email import message_from_bytes, policy
from types import SimpleNamespace

import pytest
import subscribed_calendars
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

import make
from outreach.booking import bookings, holds, in_hall
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.sheets import day_sheet, week_sheet
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.post.feeds.entries import SCHOOL, TROUPE
from outreach.post.outbox import SENT, Letter
from outreach.tour import slots

DAY = date(2027, 3, 9)
VAN = "red.van@lantern-row.example"
FELL = Colleague(
    name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="01632 960 204"
)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Year 8 at 9:00 and, in the same hall, Year 9 at 10:45: half an hour between, set-up 60 minutes, pack-up 30."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership)
        c.troupe.calendar_address = VAN
        c.day = make.tour_day(c.programme, c.troupe, DAY)
        c.next_day = make.tour_day(c.programme, c.troupe, DAY + timedelta(days=1))
        c.school = make.school(number_of_pupils=700, name="Redmere Academy")
    c.first = book(c, "0900", {8: 100})
    with transaction():  # its letters have gone, so that what comes after says what has changed
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at = SENT, make.NOW
    c.second = book(c, "1045", {9: 100})
    return c


def book(c, at: str, pupils: dict[int, int]) -> Booking:
    with transaction():
        slot = slots.find(c.programme, c.school, f"{c.day.id}-{at}", now=make.NOW)
        (held,) = holds.hold(c.programme, c.school, [slot], who="Joanna Fell", now=make.NOW)
        promise = Promise(pupils=pupils, people=(FELL,), hall="Main hall")
        return bookings.book(c.programme, c.school, [(held.id, promise)], who="Joanna Fell", now=make.NOW)[0]


def at(*clock: int) -> datetime:
    return wall(DAY, time(*clock))


FIRST, SECOND = (at(8), at(10, 15)), (at(10, 15), at(12, 30))
ALONE = (at(9, 45), at(12, 30))
"""At work for the second with the first before it, and without."""


def newest(address: str, uid: str, kind: str) -> str:
    """A part of the newest letter to an address about an event: its 'plain' text, or its 'calendar'."""
    rows = db.session.scalars(
        select(Letter).where(Letter.recipient == address, Letter.stream == uid).order_by(Letter.id)
    ).all()
    mail = message_from_bytes(rows[-1].raw, policy=policy.default)
    (part,) = [p for p in mail.walk() if p.get_content_type() == f"text/{kind}"]
    return str(part.get_content())


def invited(booking: Booking) -> tuple[datetime, datetime, int]:
    """The troupe's newest entry by mail: from, to, SEQUENCE."""
    (event,) = Calendar.from_ical(newest(VAN, booking.performance.uid, "calendar")).walk("VEVENT")
    return event.decoded("DTSTART"), event.decoded("DTEND"), int(event["SEQUENCE"])


def subscribed(c) -> list[tuple[datetime, datetime]]:
    seen = subscribed_calendars.seen(TROUPE, c.troupe.id, make.NOW)
    return [(e.decoded("DTSTART"), e.decoded("DTEND")) for e in seen if e["STATUS"] == "CONFIRMED"]


def test_calendars_letters_and_sheets_say_the_same_of_the_hall(c, client: FlaskClient) -> None:
    work = [FIRST, SECOND]
    assert [one[:2] for one in in_hall.at_work([c.first.performance, c.second.performance])] == work
    assert [invited(each)[:2] for each in (c.first, c.second)] == work
    assert subscribed(c) == work
    stops = day_sheet.sheet_of_day(c.day).stops
    assert [(stop.sets_up_at, stop.away_at) for stop in stops] == work
    shows = [one.show for one in week_sheet.week_of_troupe(c.troupe, DAY).shows]
    assert [(show.sets_up_at, show.away_at) for show in shows] == work
    said = [str(e["DESCRIPTION"]) for e in subscribed_calendars.seen(SCHOOL, c.school.urn, make.NOW)]
    assert ["arrives at 8:00am and stays: it turns the hall round from 10:15am" in one for one in said] == [
        True,
        False,
    ]
    assert [
        "is there already, turns the hall round from 10:15am and leaves by 12:30pm" in one for one in said
    ] == [False, True]
    assert "Is there already, turns the hall round from 10:15am, leaves by 12:30pm" in newest(
        FELL.address, c.second.uid, "plain"
    )
    with transaction():
        link = links.mint(
            organisation_id=c.school.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.partnership.id,
            address=FELL.address,
            now=make.NOW,
            expires_at=make.NOW + timedelta(days=200),
        )
        priya = make.person(c.partnership)
    pages = [f"/i/{link.token}/booked/{c.second.reference}{more}" for more in ("", "/sheet")]
    make.signed_in(client, priya)
    for page in (*pages, f"/desk/bookings/{c.second.reference}"):
        text = client.get(page).text
        assert "10:15am" in text and "12:30pm" in text and "9:45am" not in text, page


def test_the_troupe_hears_that_pack_up_ends_with_the_show_once_a_second_follows(c) -> None:
    letter = " ".join(newest(VAN, c.first.performance.uid, "plain").split())
    assert "for this you are at work from 8:00am to 10:15am" in letter
    assert invited(c.first) == (*FIRST, 1)


def test_the_second_is_set_up_in_full_again_once_the_first_is_off(c) -> None:
    with transaction():
        bookings.cancel(c.first, reason="Exams", by="school", who="Joanna Fell", now=make.NOW)
    assert invited(c.second) == (*ALONE, 1)
    assert subscribed(c) == [ALONE]


def test_the_second_is_set_up_in_full_again_once_the_first_is_moved_and_not_when_it_is_moved_back(c) -> None:
    for day, stands, sequence in ((c.next_day, ALONE, 1), (c.day, SECOND, 2)):
        with transaction():
            slot = slots.find(
                c.programme,
                c.school,
                f"{day.id}-0900",
                now=make.NOW,
                instead_of=c.first.performance_id,
            )
            bookings.move(c.first, slot, who="Joanna Fell", now=make.NOW)
        assert invited(c.second) == (*stands, sequence)


def test_nobody_is_told_where_the_hall_is_another_schools_or_there_is_time_to_pack_up(c) -> None:
    with transaction():
        bookings.cancel(c.second, reason="Exams", by="school", who="Joanna Fell", now=make.NOW)
    before = invited(c.first)
    book(c, "1330", {9: 100})
    assert invited(c.first) == before == (at(8), at(10, 45), 2)
