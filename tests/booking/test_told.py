"""What people read of a booking that changes: sentences, numbers, and whom to ring."""

from datetime import time, timedelta
from typing import Any

import life
import pytest
from flask import Flask

import make
from outreach.booking import bookings, holds, numbers, promises, told
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post.outbox import Letter
from outreach.tour.performances import SlotTaken

SAID: dict[str, Any] = {
    "pupils": {"8": 148, "10": 20},
    "hall": "Main hall",
    "step_free": None,
    "entrance": "",
    "parking": "",
    "arrival_note": "",
    "access_needs": {},
}


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({}, []),
        ({"pupils": {"8": 140, "10": 20}}, ["Year 8: 140 pupils, before 148."]),
        (
            {"pupils": {"9": 1, "10": 21}},
            ["Year 8: 0 pupils, before 148.", "Year 9: 1 pupil, before 0.", "Year 10: 21 pupils, before 20."],
        ),
        ({"hall": "Gym"}, ["Hall: Gym, before Main hall."]),
        ({"hall": ""}, ["Hall: not named any more, before Main hall."]),
        ({"step_free": True}, ["What is said of the way into the hall, with steps or without."]),
        ({"arrival_note": "By the gate"}, ["The note for the company."]),
        ({"entrance": "Gate B"}, ["Which entrance the company takes: Gate B."]),
        ({"parking": "By the gym"}, ["Where the company parks: By the gym."]),
        ({"access_needs": {"wheelchair": 1, "quiet": 0}}, ["Access: 1 wheelchair place."]),
        (
            {"access_needs": {"wheelchair": 2, "sight": 1}},
            ["Access: 2 wheelchair places, 1 seat at the front for low vision."],
        ),
    ],
)
def test_a_change_is_said_in_a_sentence_each(changed: dict[str, Any], sentences: list[str]) -> None:
    assert told.changes_in_words(SAID, SAID | changed) == sentences


def test_what_was_never_named_before_is_not_said_to_have_been() -> None:
    assert told.changes_in_words(SAID | {"hall": ""}, SAID) == ["Hall: Main hall."]
    asked = SAID | {"access_needs": {"quiet": 1}}
    assert told.changes_in_words(asked, SAID) == ["Access: nothing is asked for any more."]


@pytest.fixture
def c(app: Flask) -> Any:
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    return c


def promise(**said: Any) -> Promise:
    silent = Colleague(name="Ann Lea", address="a.lea@redmere.example", duty="safeguarding lead")
    rung = Colleague(name="Sam", address="sam@redmere.example", duty="on the day", phone="01632 960 205")
    return Promise(**{"pupils": {8: 148}, "hall": "Main hall", "people": (silent, rung)} | said)


def test_a_letter_says_how_many_come_of_which_year_group_and_gives_the_first_number_to_ring(c) -> None:
    with transaction():
        said = promise(pupils={9: 20, 8: 100}, access_needs={"wheelchair": 2})
        bookings.change(c.booking, said, who="x", now=make.NOW + timedelta(hours=1))
    visit = told.visit_of(c.booking)
    assert (visit.pupils, visit.access) == (((8, 100), (9, 20)), ("2 wheelchair places",))
    people = [_named("", "1st"), _named("01632 960 205", "2nd"), _named("01632 960 206", "3rd")]
    assert told.visit_with(c.booking, people, {8: 5, 9: 0}).phone == "01632 960 205"
    assert told.visit_with(c.booking, people, {8: 5, 9: 0}).pupils == ((8, 5),)
    assert told.visit_with(c.booking, [], {8: 5}).phone == ""


def _named(phone: str, name: str) -> promises.VisitContact:
    return promises.VisitContact(name=name, address=f"{name}@x.example", phone=phone, duty="colleague")


def test_a_troupe_has_host_and_guest_added_up(c) -> None:
    with transaction():
        c.booking.access_needs = {"wheelchair": 1, "quiet": 2}
        guest = make.booking(c.booking.performance, {8: 9, 10: 4}, of=c.neighbour)
        guest.access_needs = {"wheelchair": 2}
    pupils = promises.pupils_of(c.booking)
    entry = told.troupe_entry(c.booking.performance, c.red.id, now=make.NOW + timedelta(hours=1))
    assert entry is not None
    assert dict(entry.visit.pupils) == pupils | {8: pupils[8] + 9, 10: 4}
    assert entry.visit.access == ("3 wheelchair places", "2 seats near the door, or a quiet room")
    assert len(entry.visit.guests) == 1 and entry.visit.guests[0].endswith(": 13 pupils")
    assert entry.visit.phone == ""
    assert entry.visit.tour_day_id == c.booking.performance.tour_day_id, (
        "its letter leads to the sheet of that day"
    )


def test_a_troupes_letter_that_is_sent_again_is_written_down(c) -> None:
    life.hand_over(make.NOW)
    with transaction():
        letter = told.troupe_again(c.booking, who="Priya", now=make.NOW + timedelta(hours=2))
    assert letter is not None and letter.recipient == life.RED
    (row, *_) = history.history_of("booking", c.booking.reference)
    assert (row.what, row.after, row.who) == ("sent again", life.RED, "Priya")


def test_a_troupe_without_an_address_gets_no_letter(c) -> None:
    before = db.session.query(Letter).count()
    with transaction():
        c.red.calendar_address = ""
    with transaction():
        told.troupe(c.booking.performance, c.red.id, "REQUEST", now=make.NOW + timedelta(hours=1))
        assert told.troupe_again(c.booking, who="Priya", now=make.NOW) is None
    assert db.session.query(Letter).count() == before


def test_a_moved_show_is_said_with_both_times(c) -> None:
    was = c.booking.performance.starts_at
    life.move("next_week", time(10))(c, make.NOW + timedelta(hours=1))
    words = told.moved_in_words(was, c.booking.performance)
    assert words.startswith("New time: Tuesday 16 March at 10:00am, before Tuesday 9 March at ")


@pytest.mark.parametrize(("role", "said"), [("Deputy head", "Deputy head"), ("", "safeguarding lead")])
def test_somebody_is_written_to_by_their_role_else_by_what_they_do_for_the_visit(
    role: str, said: str
) -> None:
    of = promises.VisitContact(
        address="j.fell@redmere.example", name="J", role=role, duty="safeguarding lead"
    )
    assert of.addressee().role == said


@pytest.mark.parametrize(
    ("refusal", "facts", "words"),
    [
        (bookings.HostMovesIt, (), "A guest goes where its host goes"),
        (bookings.ShowIsOver, (), "The performance is over"),
        (bookings.TooLateToChange, (), "The performance has begun"),
        (promises.BookingEnded, (), "This booking was cancelled"),
        (holds.NothingHeld, (), "No time is kept for you any more"),
        (holds.AlreadyBooked, (), "Your school is booked already"),
        (holds.ProgrammeClosed, (), "Booking for this programme has ended"),
        (holds.SchoolClosed, (), "Your school is closed in the register"),
        (holds.NotForYou, (), "not for the year groups of your school"),
        (holds.OneShowIsEnough, (), "Two shows at once are for a school that is too big"),
        (numbers.NobodyComes, (), "Enter how many pupils will come"),
        (numbers.NotForThatYear, (7,), "not for Year 7 of your school"),
        (
            numbers.MoreThanItHas,
            (8, 150, 1166),
            "150 pupils in Year 8 by our count; you entered 1,166",
        ),
        (numbers.TooManyForOneShow, (250, 1251), "takes 250 pupils at most; you entered 1,251"),
        (numbers.SeatsTaken, (250, 18), "18 seats of this one are taken by others. At most 232"),
        (numbers.SeatsTaken, (250, 260), "At most 0 of yours"),
        (numbers.MoreThanTheHostGave, (), "Your host has not agreed to so many"),
        (SlotTaken, (), "That time has just been taken."),
    ],
)
def test_whatever_is_refused_is_said_in_words(
    refusal: type[Exception], facts: tuple[int, ...], words: str
) -> None:
    assert words in str(refusal(*facts))
