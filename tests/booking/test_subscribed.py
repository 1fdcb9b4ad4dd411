"""What stands in subscribed calendars after each thing that happens to a show, and in nobody else's."""

import re
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import life
import pytest
import subscribed_calendars
from flask import Flask
from icalendar import Event

import make
import session_life
from at_work import at_work
from outreach.booking import bookings, colleagues, holds, promises, subscribed
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import MoreThanItHas, Promise
from outreach.booking.promises import Booking
from outreach.booking.sessions import holding, places
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.feeds.entries import COORDINATOR, SCHOOL, TROUPE, FeedEntry
from outreach.tour import slots
from session_life import booked, take

DAY = date(2027, 3, 9)
LATER = make.NOW + timedelta(days=1)
FELL = Colleague(
    name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="01632 960 204"
)
SAM = Colleague(name="Sam Whitfield", address="s.whitfield@redmere.example", duty="on the day")


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Two troupes with a tour day each, one of them without an address; a booking of the first at 9."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.red, c.blue = make.troupe(c.partnership), make.troupe(c.partnership)
        c.red.calendar_address = "red.van@lantern-row.example"
        c.day = make.tour_day(c.programme, c.red, DAY)
        c.other_day = make.tour_day(c.programme, c.blue, date(2027, 3, 16))
        c.school = make.school(number_of_pupils=700, name="Redmere Academy")
    c.booking = book(c)
    return c


def book(c, key: str = "", school: School | None = None, pupils: dict[int, int] | None = None) -> Booking:
    of = school or c.school
    with transaction():
        slot = slots.find(c.programme, of, key or f"{c.day.id}-0900", now=make.NOW)
        held = holds.hold(c.programme, of, [slot], who="Joanna Fell", now=make.NOW)
        promise = Promise(pupils=pupils or {8: 100, 9: 100}, people=(FELL, SAM), hall="Main hall")
        return bookings.book(c.programme, of, [(held[0].id, promise)], who="Joanna Fell", now=make.NOW)[0]


def move(c, key: str, now: datetime = LATER) -> None:
    with transaction():
        slot = slots.find(c.programme, c.school, key, now=now, instead_of=c.booking.performance_id)
        bookings.move(c.booking, slot, who="Joanna Fell", now=now)


def seen(kind: str, subject: int, now: datetime = LATER) -> list[Event]:
    return subscribed_calendars.seen(kind, subject, now)


def said(kind: str, subject: int) -> list[tuple[str, datetime, str]]:
    """(status, start, title) of the entries of one feed."""
    return [(str(e["STATUS"]), e.decoded("DTSTART"), str(e["SUMMARY"])) for e in seen(kind, subject)]


def everywhere(c) -> list[list[tuple[str, datetime, str]]]:
    return [
        said(SCHOOL, c.school.organisation_id),
        said(COORDINATOR, c.partnership.id),
        said(TROUPE, c.red.id),
    ]


TITLE = "‘Someone to Tell’ at Redmere Academy"


def test_a_booking_stands_in_the_calendars_of_school_partnership_and_troupe_alone(c) -> None:
    show = [("CONFIRMED", wall(DAY, time(9)), TITLE)]
    arrival = [("CONFIRMED", wall(DAY, time(8)), TITLE)]
    assert everywhere(c) == [show, show, arrival]
    assert {(e.kind, e.subject) for e in db.session.query(FeedEntry)} == {
        (SCHOOL, c.school.organisation_id),
        (COORDINATOR, c.partnership.id),
        (TROUPE, c.red.id),
    }


def test_an_entry_says_where_when_and_for_whom_and_names_nobody(c) -> None:
    (school,) = seen(SCHOOL, c.school.organisation_id)
    assert str(school["DESCRIPTION"]).splitlines()[:2] == [
        "For Years 8 and 9.",
        "The company arrives at 8:00am and leaves by 10:45am.",
    ]
    assert str(school["LOCATION"]).startswith("Redmere Academy, Main hall")
    (troupe,) = seen(TROUPE, c.red.id)
    assert str(troupe["DESCRIPTION"]).splitlines() == [
        "Show: 9:00am to 10:15am.",
        f"{c.booking.seats} pupils.",
        f"Reference: {c.booking.reference}.",
    ]
    assert troupe["URL"] == f"http://outreach.example/company/days/{c.day.id}"
    assert troupe.decoded("DTEND") == wall(DAY, time(10, 45))
    for row in db.session.query(FeedEntry):
        for never in ("Fell", "Whitfield", "@", "/i/", "01632", c.booking.organizer_token):
            assert never not in row.text


def test_each_calendar_has_a_uid_of_its_own_that_is_not_the_invites(c) -> None:
    uids = [e.uid for e in db.session.query(FeedEntry)]
    assert len(set(uids)) == 3
    assert c.booking.uid not in uids and c.booking.performance.uid not in uids


def test_booking_writes_all_its_entries_in_one_statement_and_reads_nothing_for_them(
    c, count_queries: Any
) -> None:
    with transaction():
        other = make.school(number_of_pupils=700)
    with count_queries() as queries:
        book(c, f"{c.day.id}-1300", other)
    about = [q for q in queries if "feed" in q]
    assert len(about) == 1 and about[0].startswith("INSERT INTO feed_entry")


def test_a_refused_booking_leaves_no_entry(c) -> None:
    before = everywhere(c)
    with transaction():
        other = make.school(number_of_pupils=700)
    with pytest.raises(MoreThanItHas):
        book(c, f"{c.day.id}-1300", other, pupils={8: 240})
    assert everywhere(c) == before


def test_a_move_moves_the_same_entries(c) -> None:
    before = {e["UID"] for e in seen(SCHOOL, c.school.organisation_id)}
    move(c, f"{c.day.id}-1300")
    show = [("CONFIRMED", wall(DAY, time(13)), TITLE)]
    assert everywhere(c) == [show, show, [("CONFIRMED", wall(DAY, time(12)), TITLE)]]
    (event,) = seen(SCHOOL, c.school.organisation_id)
    assert {event["UID"]} == before
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == LATER


def test_a_move_to_another_troupe_is_cancelled_for_the_first_where_it_stood(c) -> None:
    move(c, f"{c.other_day.id}-0900")
    assert said(TROUPE, c.red.id) == [("CANCELLED", wall(DAY, time(8)), f"Cancelled: {TITLE}")]
    assert said(TROUPE, c.blue.id) == [("CONFIRMED", wall(date(2027, 3, 16), time(8)), TITLE)]
    move(c, f"{c.day.id}-0900")
    assert said(TROUPE, c.red.id) == [("CONFIRMED", wall(DAY, time(8)), TITLE)]
    assert [status for status, _, _ in said(TROUPE, c.blue.id)] == ["CANCELLED"]
    assert [status for status, _, _ in said(SCHOOL, c.school.organisation_id)] == ["CONFIRMED"]


def test_a_change_shows_where_it_is_read(c) -> None:
    with transaction():
        promise = Promise(pupils={9: 100}, people=(FELL, SAM), hall="Main hall")
        bookings.change(c.booking, promise, who="Joanna Fell", now=LATER)
    for feed in ((SCHOOL, c.school.organisation_id), (COORDINATOR, c.partnership.id)):
        (event,) = seen(*feed)
        assert str(event["DESCRIPTION"]).startswith("For Year 9.")
        assert event["DTSTAMP"].dt == LATER
    (event,) = seen(TROUPE, c.red.id)
    assert "100 pupils." in event["DESCRIPTION"]


def test_a_change_of_the_people_alone_leaves_the_troupes_entry_as_it_was(c) -> None:
    before = seen(TROUPE, c.red.id)
    with transaction():
        promise = Promise(pupils=promises.pupils_of(c.booking), people=(FELL,), hall=c.booking.hall)
        bookings.change(c.booking, promise, who="Joanna Fell", now=LATER)
    assert seen(TROUPE, c.red.id) == before


def test_people_come_and_go_and_no_calendar_is_touched(c) -> None:
    rows = [(r.id, r.text) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)]
    with transaction():
        added = colleagues.add(
            c.booking,
            Colleague(name="Ann", address="ann@redmere.example", duty="colleague"),
            who="x",
            now=LATER,
        )
        colleagues.end(c.booking, added.id, who="x", now=LATER)
    assert [(r.id, r.text) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)] == rows


def test_a_cancelled_show_is_cancelled_everywhere_for_sixty_days(c) -> None:
    with transaction():
        bookings.cancel(c.booking, reason="Exams", by="school", who="Joanna Fell", now=LATER)
    show = [("CANCELLED", wall(DAY, time(9)), f"Cancelled: {TITLE}")]
    assert everywhere(c) == [show, show, [("CANCELLED", wall(DAY, time(8)), f"Cancelled: {TITLE}")]]
    for feed in ((SCHOOL, c.school.organisation_id), (COORDINATOR, c.partnership.id), (TROUPE, c.red.id)):
        assert len(seen(*feed, now=LATER + timedelta(days=59))) == 1
        assert seen(*feed, now=LATER + timedelta(days=60)) == []


def test_a_school_that_books_again_has_the_cancelled_show_and_the_new_one(c) -> None:
    with transaction():
        bookings.cancel(c.booking, reason="Exams", by="school", who="Joanna Fell", now=LATER)
    book(c, f"{c.day.id}-1300")
    assert [(status, at) for status, at, _ in said(SCHOOL, c.school.organisation_id)] == [
        ("CANCELLED", wall(DAY, time(9))),
        ("CONFIRMED", wall(DAY, time(13))),
    ]


# Guests


@pytest.fixture
def guests(c) -> SimpleNamespace:
    """A small school is guest at the show."""
    with transaction():
        c.small = make.school(easting=451000, name="Littlemere School")
        c.guest = make.booking(c.booking.performance, {8: 9}, of=c.small)
        subscribed.show(c.booking.performance, now=make.NOW)
    return c


def test_a_guest_has_the_show_at_its_host_and_the_others_have_it_once(guests) -> None:
    assert said(SCHOOL, guests.small.organisation_id) == [("CONFIRMED", wall(DAY, time(9)), TITLE)]
    assert guests.guest.reference in seen(SCHOOL, guests.small.organisation_id)[0]["DESCRIPTION"]
    assert [len(feed) for feed in everywhere(guests)] == [1, 1, 1]


def test_a_guest_that_leaves_is_cancelled_for_itself_alone(guests) -> None:
    before = everywhere(guests)
    with transaction():
        bookings.cancel(guests.guest, reason="Exams", by="coordinator", who="Priya", now=LATER)
    assert [status for status, _, _ in said(SCHOOL, guests.small.organisation_id)] == ["CANCELLED"]
    assert everywhere(guests) == before


def test_the_troupe_reads_how_many_come_and_from_where(guests) -> None:
    seats = guests.booking.seats
    assert (
        f"{seats + 9} pupils, with guests from Littlemere School."
        in seen(TROUPE, guests.red.id)[0]["DESCRIPTION"]
    )
    with transaction():
        bookings.cancel(guests.guest, reason="Exams", by="coordinator", who="Priya", now=LATER)
    assert f"{seats} pupils.\n" in seen(TROUPE, guests.red.id)[0]["DESCRIPTION"]


def test_a_host_that_moves_or_cancels_takes_its_guest_along(guests) -> None:
    move(guests, f"{guests.day.id}-1300")
    assert said(SCHOOL, guests.small.organisation_id) == [("CONFIRMED", wall(DAY, time(13)), TITLE)]
    with transaction():
        bookings.cancel(guests.booking, reason="Exams", by="company", who="Lantern Row", now=LATER)
    assert [status for status, _, _ in said(SCHOOL, guests.small.organisation_id)] == ["CANCELLED"]
    assert {feed[0][0] for feed in everywhere(guests)} == {"CANCELLED"}


# Every story of an entry's life


@pytest.mark.parametrize("story", life.STORIES)
def test_after_every_step_of_every_story_all_calendars_say_what_is_so(app: Flask, story: str) -> None:
    c = life.lay()
    for n, (step, _) in enumerate(life.tell(life.STORIES[story], c)):
        at = make.NOW + timedelta(hours=n, minutes=2)
        db.session.expire_all()
        for kind, subject in {(e.kind, e.subject) for e in db.session.query(FeedEntry)} | {
            (SCHOOL, c.school.organisation_id)
        }:
            shown = {
                str(e["UID"]): (str(e["STATUS"]), e.decoded("DTSTART"), e.decoded("DTEND"))
                for e in seen(kind, subject, at)
                if kind != TROUPE or e["STATUS"] != "CANCELLED"
            }
            assert shown == so(kind, subject), f"{step.name}: {kind}"


def so(kind: str, subject: int) -> dict[str, tuple[str, datetime, datetime]]:
    """What the rows of the promises say that a feed should: UID -> (status, start, end). A troupe's: what it
    plays."""
    said = {}
    for b in db.session.query(Booking):
        show, over = b.performance, b.ended_at is not None
        status = "CANCELLED" if over else "CONFIRMED"
        mine = (kind == SCHOOL and b.organisation_id == subject) or (
            kind == COORDINATOR and b.role == "host" and b.programme.partnership_id == subject
        )
        if mine:
            said[f"{b.uid}-{kind}"] = (status, show.starts_at, show.ends_at)
        if kind == TROUPE and b.role == "host" and show.troupe_id == subject and not over:
            said[f"{show.uid}-troupe"] = (status, *at_work(show))
    return said


# Made anew


def rebuilt(app: Flask) -> str:
    done = app.test_cli_runner().invoke(args=["feeds", "rebuild"])
    assert done.exit_code == 0, done.output
    return done.output.strip().splitlines()[-1]


def test_making_all_anew_changes_nothing_where_nothing_has_changed(app: Flask, guests) -> None:
    with transaction():
        bookings.cancel(guests.guest, reason="Exams", by="coordinator", who="Priya", now=LATER)
        added = colleagues.add(
            guests.booking,
            Colleague(name="Ann", address="ann@redmere.example", duty="colleague"),
            who="x",
            now=LATER,
        )
        colleagues.end(guests.booking, added.id, who="x", now=LATER)
    before = [(r.id, r.text, r.gone_at) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)]
    assert rebuilt(app) == "0 entries changed."
    db.session.rollback()
    assert [(r.id, r.text, r.gone_at) for r in db.session.query(FeedEntry).order_by(FeedEntry.id)] == before


def test_another_title_reaches_the_calendars_by_making_them_anew(app: Flask, c) -> None:
    with transaction():
        bookings.cancel(c.booking, reason="Exams", by="school", who="Joanna Fell", now=LATER)
    book(c, f"{c.day.id}-1300")
    gone = {r.kind: r.gone_at for r in db.session.query(FeedEntry) if r.gone_at}
    with transaction():
        c.programme.title = "Somebody to Tell"
    assert rebuilt(app) == "6 entries changed."
    for feed in everywhere(c):
        assert [title for _, _, title in feed] == [
            "Cancelled: ‘Somebody to Tell’ at Redmere Academy",
            "‘Somebody to Tell’ at Redmere Academy",
        ]
    assert {r.kind: r.gone_at for r in db.session.query(FeedEntry) if r.gone_at} == gone


def test_what_was_lost_is_made_anew(app: Flask, c) -> None:
    before = everywhere(c)
    with transaction():
        db.session.query(FeedEntry).delete()
    assert everywhere(c) == [[], [], []]
    assert rebuilt(app) == "3 entries changed."
    assert everywhere(c) == before


def test_a_bodys_calendar_holds_its_own_sessions_moved_and_given_up_ones_right(app: Flask) -> None:
    c = session_life.lay()
    mine = booked(take(c, c.unit, 12))
    take(c, c.team, 5, who="bo")
    take(c, c.school, 3, c.online.performance, who="cy")
    of = (SCHOOL, c.unit.organisation_id)
    tuesday, wednesday = c.hall.performance.starts_at, c.online.performance.starts_at

    def stands() -> list[tuple[str, datetime]]:
        return [(status, starts_at) for status, starts_at, _ in said(*of)]

    (entry,) = seen(*of)
    assert stands() == [("CONFIRMED", tuesday)]
    text = f"{entry['SUMMARY']} {entry['LOCATION']} {entry['DESCRIPTION']}"
    assert "Kestermere Town Hall" in text and "12 staff" in text
    assert not re.search("Health Team|Littlemere|Ann|pupil", text), text
    with transaction():
        places.move(mine, c.online.performance, who="Ann", now=session_life.now())
    (moved,) = seen(*of)
    assert stands() == [("CONFIRMED", wednesday)] and moved["UID"] == entry["UID"]
    assert moved["SEQUENCE"] > entry["SEQUENCE"] and c.online.link in str(moved["LOCATION"])
    with transaction():
        bookings.cancel(mine, reason="Duty", by="school", who="Ann", now=session_life.now())
    assert stands() == [("CANCELLED", wednesday)]
    take(c, c.unit, 6)
    with transaction():
        holding.call_off(c.hall, reason="The trainer is ill", who="Priya", now=session_life.now())
    assert stands() == [("CANCELLED", tuesday), ("CANCELLED", wednesday)]
    assert [status for status, _, _ in said(SCHOOL, c.school.organisation_id)] == ["CONFIRMED"]
