"""A show with a guest: kept when the host moves, ended when the host cancels, and free to leave after a
move."""

from datetime import date, datetime, time
from types import SimpleNamespace

import pytest
from flask import Flask

import make
from outreach.booking import bookings, promises
from outreach.booking.numbers import Promise
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.performances import SlotTaken

DAY = date(2027, 3, 9)
GUEST = "office@littlemere.example"


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """A host of 148 pupils with a guest of 9, each with somebody who has it in the calendar; two tour
    days."""
    c = SimpleNamespace()
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        troupe = make.troupe(partnership)
        c.days = [make.tour_day(programme, troupe, day) for day in (DAY, date(2027, 3, 16))]
        c.programme, host, guest = programme, make.school(), make.school(easting=451000)
        show = make.show(programme, host, wall(DAY, time(9)), tour_day_id=c.days[0].id, troupe_id=troupe.id)
        c.host = make.booking(show, {8: 148})
        c.guest = make.booking(show, {8: 9}, of=guest)
        for booking, address in ((c.host, "office@redmere.example"), (c.guest, GUEST)):
            make.visit_contact(
                booking,
                name="The office",
                duty="on the day",
                address=address,
                added_at=make.EARLIER,
            )
    return c


def move(c, *, now: datetime = make.NOW, by: str = "school", to: str = "") -> None:
    with transaction():
        slot = slots.find(
            c.programme,
            c.host.organisation,
            to or f"{c.days[1].id}-1000",
            now=now,
            instead_of=c.host.performance_id,
            whatever_the_notice=True,
        )
        assert slot
        bookings.move(c.host, slot, who="Priya Nandakumar", now=now, by=by)


def told_guest() -> list[tuple[str, str, int]]:
    return [
        (letter.kind, letter.method, letter.sequence)
        for letter in db.session.query(Letter).filter_by(recipient=GUEST).order_by(Letter.id)
    ]


def test_host_that_moves_keeps_its_guest_and_tells_it(c) -> None:
    move(c)
    assert [b.id for b in promises.of_performance(c.host.performance_id)] == [c.host.id, c.guest.id]
    assert (c.guest.sequence, c.guest.place_sequence, promises.pupils_of(c.guest)) == (1, 1, {8: 9})
    assert [(method, sequence) for _, method, sequence in told_guest()] == [("REQUEST", 1)]


def test_guest_may_leave_after_a_move_whatever_the_notice(c) -> None:
    too_late = wall(date(2027, 3, 8), time(12))
    with pytest.raises(bookings.TooLateToCancel), transaction():
        bookings.cancel(c.guest, reason="Exams", by="school", who="Office", now=too_late)
    move(c, now=too_late, by="coordinator")
    eve = wall(date(2027, 3, 15), time(12))
    with transaction():
        bookings.cancel(c.guest, reason="Exams", by="school", who="Office", now=eve)
    assert [b.id for b in promises.of_performance(c.host.performance_id)] == [c.host.id]
    assert c.host.performance.released_at is None


def test_host_that_cancels_ends_its_guests_promise_with_that_cause(c) -> None:
    with transaction():
        bookings.cancel(c.host, reason="The hall is flooded", by="school", who="Office", now=make.NOW)
    said = promises.cancellation_of(c.guest)
    assert (said.cancelled_by, said.reason) == ("host", "the host had to cancel")
    assert promises.cancellation_of(c.host).cancelled_by == "school"
    assert c.host.performance.released_at is not None


def test_show_that_is_over_is_moved_by_nobody(c) -> None:
    with pytest.raises(bookings.ShowIsOver):
        move(c, now=c.host.performance.ends_at, by="coordinator")
    assert c.host.performance.tour_day_id == c.days[0].id


def test_show_is_not_moved_to_an_hour_that_is_past(c) -> None:
    with pytest.raises(SlotTaken):
        move(c, now=wall(DAY, time(9, 30)), by="coordinator", to=f"{c.days[0].id}-0915")
    assert c.host.performance.starts_at == wall(DAY, time(9))


def test_guests_are_not_told_that_the_host_cancelled_when_the_company_did(c) -> None:
    with transaction():
        bookings.cancel(c.host, reason="Illness", by="company", who="Priya Nandakumar", now=make.NOW)
    assert promises.cancellation_of(c.guest).cancelled_by == "company"


def test_guests_go_where_the_host_goes_when_its_hall_changes(c) -> None:
    with transaction():
        promise = Promise(pupils={8: 148}, hall="Sports hall")
        bookings.change(c.host, promise, who="Joanna Fell", now=make.NOW)
    assert (c.guest.sequence, c.guest.place_sequence) == (1, 1)
    assert [(method, sequence) for _, method, sequence in told_guest()] == [("REQUEST", 1)]
    letter = db.session.query(Letter).filter_by(recipient=GUEST).one()
    assert "Sports hall" in copies.read(letter.raw).text
    assert b"Sports hall" in copies.read(letter.raw).calendar
