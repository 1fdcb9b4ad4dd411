"""A school's lunch that is said, or changed, while a time is kept for it: it is not promised across that lunch."""

import threading
import time as waiting
from datetime import date, time
from typing import Any

import pytest
from flask import Flask

import make
from outreach.booking import bookings, colleagues, holds, promises
from outreach.booking.agenda import moving
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.holds import OverLunchByNow
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.county import school_lunch
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.tour import performances, slots
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme

NOW = make.NOW
DAY = date(2027, 3, 9)
JO = Colleague(name="Joanna Fell", address="j.fell@redmere.example", duty=colleagues.LEAD)
PROMISE = Promise(pupils={8: 100, 9: 100}, hall="Main hall", people=(JO,))


class County:
    """A troupe with a day, and a school of which no lunch is known when the time is kept."""

    def __init__(self) -> None:
        with transaction():
            self.partnership = make.partnership()
            self.programme = make.programme(self.partnership)
            self.day = make.tour_day(self.programme, make.troupe(self.partnership), DAY)
            self.school = make.school(name="Redmere School")

    def hold(self, at: str) -> Performance:
        with transaction():
            (held,) = holds.hold(self.programme, self.school, [self.slot(at)], who="Jo", now=NOW)
        return held

    def slot(self, at: str) -> Any:
        found = slots.find(self.programme, self.school, f"{self.day.id}-{at}", now=NOW)
        assert found is not None
        return found

    def propose(self, at: str) -> Any:
        with transaction():
            draft = ProposalDraft(
                programme=self.programme,
                organisation=self.school,
                slot=self.slot(at),
                people=[make.contact(self.school)],
                reply_by=date(2027, 2, 5),
            )
            return proposing.propose(draft, who="Priya", now=NOW)

    def lunch(self, begins: time = time(12), ends: time = time(13), *, hall: bool = True) -> None:
        with transaction():
            say(self.school, begins, ends, hall=hall)

    def book(self, held: Performance) -> Booking:
        with transaction():
            (made,) = bookings.book(self.programme, self.school, [(held.id, PROMISE)], who="Jo", now=NOW)
        return made

    def accept(self, proposal: Any) -> Booking:
        with transaction():
            return proposing.accept(proposal, PROMISE, who="Jo", now=NOW)

    def booked(self) -> int:
        db.session.rollback()
        return len(promises.live(self.programme.id, self.school.organisation_id))


@pytest.fixture
def county(app: Flask) -> County:
    return County()


def say(school: School, begins: time, ends: time, *, hall: bool) -> None:
    performances.lock_organisation(school.organisation_id)
    school_lunch.say(school, begins, ends, is_dining_hall=hall, set_may_stay=False, who="Priya", now=NOW)


def held_to(show: Performance) -> tuple[Any, Any, Any]:
    return show.lunch_from_at, show.lunch_until_at, show.lunch_keeps_out


AT_NOON = wall(DAY, time(11, 45)), wall(DAY, time(13, 15)), "all"


@pytest.mark.both_databases
def test_a_time_that_was_held_before_lunch_was_said_is_not_promised_across_it(county: County) -> None:
    held = county.hold("1115")
    county.lunch()
    with pytest.raises(OverLunchByNow, match="the hall is needed for lunch from 11:45am to 1:15pm"):
        county.book(held)
    assert county.booked() == 0
    county.lunch(time(13, 15), time(14), hall=False)
    assert held_to(county.book(held).performance)[1:] == (wall(DAY, time(14)), "show")


@pytest.mark.both_databases
def test_a_time_that_was_proposed_before_lunch_was_said_is_not_taken_across_it(county: County) -> None:
    kept = county.propose("1115")
    county.lunch()
    with pytest.raises(OverLunchByNow):
        county.accept(kept)
    assert county.booked() == 0 and kept.is_open(NOW)


def test_what_keeps_out_of_the_lunch_said_since_is_promised_and_held_to_it(county: County) -> None:
    held = county.hold("0930")
    county.lunch()
    assert held_to(county.book(held).performance) == AT_NOON


def test_the_usual_lunch_of_a_partnership_counts_as_it_is_when_the_promise_is_made(county: County) -> None:
    held = county.hold("1115")
    with transaction():
        county.partnership.lunch_begins, county.partnership.lunch_ends = time(12, 15), time(13, 15)
    with pytest.raises(OverLunchByNow, match="lunch at your school is from 12:15pm to 1:15pm"):
        county.book(held)


def test_a_proposal_that_lies_across_lunch_as_somebody_there_agreed_is_taken(county: County) -> None:
    kept = county.propose("0930")
    county.lunch()
    with transaction():
        moving.move(
            kept.performance,
            f"{county.day.id}-1115",
            agreed="The head: lunch is in the gym",
            who="P",
            now=NOW,
        )
    booking = county.accept(kept)
    assert booking.performance.lunch_overruled == "The head: lunch is in the gym"


@pytest.mark.both_databases
def test_who_promises_while_another_says_the_lunch_waits_and_is_refused(app: Flask, county: County) -> None:
    held = county.hold("1115")
    outcome: list[str] = []
    ids = county.programme.id, county.school.organisation_id, held.id
    db.session.remove()
    said = threading.Event()

    def book() -> None:
        with app.app_context():
            said.wait()
            try:
                with transaction():
                    programme = db.session.get_one(Programme, ids[0])
                    school = db.session.get_one(School, ids[1])
                    bookings.book(programme, school, [(ids[2], PROMISE)], who="Jo", now=NOW)
                outcome.append("booked")
            except OverLunchByNow:
                outcome.append("refused")

    other = threading.Thread(target=book)
    other.start()
    with transaction():
        say(db.session.get_one(School, ids[1]), time(12), time(13), hall=True)
        said.set()
        waiting.sleep(0.5)
        assert outcome == []
    other.join(timeout=60)
    assert outcome == ["refused"]
