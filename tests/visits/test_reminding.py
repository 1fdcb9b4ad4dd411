"""A report that is missing is asked for once, after the show, on a school day, of somebody who can be
reached."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask

import make
from asking.chasing.scene import at, posted
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.visits import reminding

SHOW = datetime(2027, 3, 11, 9, 30, tzinfo=UTC)
"""A Thursday; two days on is a Saturday, so the report is asked for on Monday 15 March."""

MONDAY = date(2027, 3, 15)


def past_show(plan: Schedule = Schedule(reports_on=True)) -> tuple[Programme, Booking]:  # noqa: B008
    partnership = make.partnership()
    programme = make.programme(partnership)
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    booking = make.booking(make.show(programme, make.school(name="Redmere"), SHOW), {8: 120, 9: 110})
    for duty, address in (
        ("on the day", "office@redmere.example"),
        ("safeguarding lead", "dsl@redmere.example"),
    ):
        make.visit_contact(booking, name="", duty=duty, address=address, added_at=make.EARLIER)
    db.session.flush()
    return programme, booking


def run(programme: Programme, day: date) -> int:
    """How many letters the run of one day writes."""
    written = 0
    for booking_id in [missing.booking.id for missing in reminding.due(programme, now=at(day))]:
        with transaction():
            written += reminding.send_due(programme, booking_id, now=at(day))
    return written


def test_the_safeguarding_lead_is_asked_once_on_the_first_school_day_after_two_days(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    asked = {day: run(programme, date(2027, 3, day)) for day in range(11, 26)}
    assert {day for day, n in asked.items() if n} == {15}
    letter = db.session.query(Letter).one()
    assert (letter.recipient, letter.stream) == ("dsl@redmere.example", booking.uid)
    assert letter.subject == "‘Someone to Tell’ at Redmere: did it take place?"


def reported(booking: Booking) -> None:
    make.report(booking, "company", datetime(2027, 3, 12, 9, 0, tzinfo=UTC), 200)


def cancelled(booking: Booking) -> None:
    make.cancellation(booking, datetime(2027, 3, 10, 9, 0, tzinfo=UTC))


def nobody_there(booking: Booking) -> None:
    for address in ("dsl@redmere.example", "office@redmere.example"):
        outbox.mark_dead(address, "550", make.NOW)


def closed(booking: Booking) -> None:
    booking.school.status = "Closed"


@pytest.mark.parametrize("hinder", [reported, cancelled, nobody_there, closed])
def test_nobody_is_asked(app: Flask, hinder) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, booking = past_show()
        hinder(booking)
    assert sum(run(programme, date(2027, 3, day)) for day in range(11, 26)) == 0


def test_whoever_can_be_reached_is_asked_where_the_lead_cannot(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
        outbox.mark_dead("dsl@redmere.example", "550", make.NOW)
    run(programme, MONDAY)
    assert db.session.query(Letter).one().recipient == "office@redmere.example"


def test_nothing_is_asked_while_it_is_off_or_of_a_show_long_past(app: Flask) -> None:
    with transaction():
        programme, _ = past_show(Schedule())
    assert run(programme, MONDAY) == 0
    with transaction():
        settings.settle(programme, Schedule(reports_on=True), who="Priya", now=make.NOW)
    assert run(programme, date(2027, 4, 26)) == 0
    assert run(programme, date(2027, 4, 20)) == 1


def test_a_letter_that_waits_is_taken_back_once_the_report_came(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    run(programme, MONDAY)
    with transaction():
        assert not reminding.withdraw_one(now=at(MONDAY, 9))
        make.report(booking, "school", at(MONDAY, 9), 200)
    with transaction():
        assert reminding.withdraw_one(now=at(MONDAY, 10))
    assert db.session.query(Letter).one().status == "withdrawn"
    assert run(programme, date(2027, 3, 16)) == 0


def test_a_letter_that_waits_over_a_weekend_goes_on_monday_instead(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
    run(programme, date(2027, 3, 19))
    with transaction():
        assert reminding.withdraw_one(now=at(date(2027, 3, 20)))
    assert run(programme, date(2027, 3, 22)) == 1
    with transaction():
        posted(at(date(2027, 3, 22), 9))
    assert run(programme, date(2027, 3, 23)) == 0


def test_what_is_due_takes_the_same_queries_for_one_show_and_for_five(app: Flask, count_queries) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, _ = past_show()
    counted = []
    for more in (0, 4):
        with transaction():
            for n in range(more):
                booking = make.booking(make.show(programme, make.school(), SHOW), {8: 120})
                make.visit_contact(
                    booking,
                    name="",
                    duty="colleague",
                    address=f"x{n}@redmere.example",
                    added_at=make.EARLIER,
                )
        assert programme.id
        with count_queries() as queries:
            assert len(reminding.due(programme, now=at(MONDAY))) == more + 1
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_guests_report_is_asked_for_of_the_guest_and_its_hosts_of_the_host(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        guest = make.booking(
            booking.performance, {8: 9}, of=make.school(name="Littlemere", number_of_pupils=63)
        )
        make.visit_contact(
            guest,
            name="",
            duty="safeguarding lead",
            address="dsl@littlemere.example",
            added_at=make.EARLIER,
        )
        make.report(booking, "school", datetime(2027, 3, 12, 9, 0, tzinfo=UTC), 200)
    assert [run(programme, day) for day in (MONDAY, date(2027, 3, 16))] == [1, 0]
    letter = db.session.query(Letter).one()
    assert (letter.recipient, letter.stream) == ("dsl@littlemere.example", guest.uid)
