"""A report that is missing is asked for once, after the show, on a school day, of somebody who can be
reached."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from asking.chasing.scene import at, posted
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.ground.db import db, transaction
from outreach.post import copies, outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.visits import reminding
from outreach.visits.reminding import ReportReminder

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
    assert letter.subject == "‘Someone to Tell’ at Redmere, Thursday 11 March: did it take place?"


def reported(booking: Booking) -> None:
    make.report(booking, "company", datetime(2027, 3, 12, 9, 0, tzinfo=UTC), 200)


def cancelled(booking: Booking) -> None:
    make.cancellation(booking, datetime(2027, 3, 10, 9, 0, tzinfo=UTC))


def nobody_there(booking: Booking) -> None:
    for address in ("dsl@redmere.example", "office@redmere.example"):
        outbox.mark_dead(address, "550", make.NOW)


def closed(booking: Booking) -> None:
    booking.organisation.status = "Closed"


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


EVENING = datetime(2027, 3, 11, 17, 0, tzinfo=UTC)


def ask_in_the_evening(programme: Programme, now: datetime) -> list[str]:
    """Who is asked by a round at that moment."""
    due = [
        (missing.booking.id, missing.person.address)
        for missing in reminding.due_this_evening(programme, now=now)
    ]
    for booking_id, _ in due:
        with transaction():
            assert reminding.send_due(programme, booking_id, now=now)
    return [address for _, address in due]


@pytest.mark.both_databases
def test_whoever_met_the_company_is_asked_on_the_evening_of_the_show_once_and_the_lead_once_more(
    app: Flask,
) -> None:
    with transaction():
        programme, booking = past_show()
    asked = [ask_in_the_evening(programme, EVENING + timedelta(minutes=n)) for n in (-1, 0, 1, 60)]
    assert asked == [[], ["office@redmere.example"], [], []]
    letter = db.session.query(Letter).one()
    assert letter.subject == "‘Someone to Tell’ at Redmere, Thursday 11 March: how did it go?"
    assert f"/booked/{booking.reference}/report" in copies.read(letter.raw).text
    assert {day for day in range(12, 26) if run(programme, date(2027, 3, day))} == {15}
    assert [row.nth for row in db.session.query(ReportReminder).order_by(ReportReminder.id)] == [
        "evening",
        "missing",
    ]


def test_one_person_is_asked_in_the_evening_and_once_more(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
        outbox.mark_dead("dsl@redmere.example", "550", make.NOW)
    assert ask_in_the_evening(programme, EVENING) == ["office@redmere.example"]
    assert run(programme, MONDAY) == 1
    assert [letter.recipient for letter in db.session.query(Letter)] == ["office@redmere.example"] * 2


def test_a_show_of_the_evening_is_asked_about_when_it_is_over_and_not_a_day_later(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
        late = make.booking(
            make.show(programme, make.school(name="Latchford"), SHOW.replace(hour=18, minute=0)), {8: 90}
        )
        make.visit_contact(
            late, name="", duty="on the day", address="office@latchford.example", added_at=make.EARLIER
        )
    over = late.performance.ends_at
    assert ask_in_the_evening(programme, over - timedelta(minutes=1)) == ["office@redmere.example"]
    assert reminding.due_this_evening(programme, now=over + timedelta(days=1)) == []
    assert ask_in_the_evening(programme, over + timedelta(hours=11)) == ["office@latchford.example"]


@pytest.mark.parametrize("hinder", [cancelled, nobody_there, closed])
def test_nobody_is_asked_in_the_evening(app: Flask, hinder) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, booking = past_show()
        hinder(booking)
    assert ask_in_the_evening(programme, EVENING) == []


def test_a_school_is_asked_though_the_company_has_said_and_not_once_it_has_said_itself(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        make.report(booking, "company", SHOW + timedelta(hours=3), 200)
    assert len(reminding.due_this_evening(programme, now=EVENING)) == 1
    with transaction():
        settings.settle(programme, Schedule(), who="Priya", now=make.NOW)
    assert reminding.due_this_evening(programme, now=EVENING) == [], "switched off"
    with transaction():
        settings.settle(programme, Schedule(reports_on=True), who="Priya", now=make.NOW)
        make.report(booking, "school", SHOW + timedelta(hours=4), 200)
    assert reminding.due_this_evening(programme, now=EVENING) == []


def test_an_evenings_letter_that_waits_is_taken_back_once_the_school_has_said(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    ask_in_the_evening(programme, EVENING)
    with transaction():
        make.report(booking, "company", SHOW + timedelta(hours=3), 200)
        assert not reminding.withdraw_one(now=EVENING)
        make.report(booking, "school", SHOW + timedelta(hours=4), 200)
    with transaction():
        assert reminding.withdraw_one(now=EVENING)
    assert db.session.query(Letter).one().status == "withdrawn"


@pytest.mark.both_databases
def test_the_database_lets_nobody_be_asked_twice_for_the_same(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    ask_in_the_evening(programme, EVENING)
    (row,) = db.session.query(ReportReminder)
    for nth in ("evening", "at noon"):
        with pytest.raises(IntegrityError), transaction():
            again = make.letter(row.address, None)
            db.session.add(
                ReportReminder(
                    booking_id=booking.id,
                    address=row.address,
                    letter_id=again.id,
                    nth=nth,
                    recorded_at=EVENING,
                )
            )


def test_what_is_due_in_the_evening_takes_the_same_queries_for_one_show_and_for_five(
    app: Flask, count_queries
) -> None:  # type: ignore[no-untyped-def]
    with transaction():
        programme, _ = past_show()
    counted = []
    for more in (0, 4):
        with transaction():
            for n in range(more):
                booking = make.booking(make.show(programme, make.school(), SHOW), {8: 120})
                make.visit_contact(
                    booking, name="", duty="colleague", address=f"x{n}@redmere.example", added_at=make.EARLIER
                )
        assert programme.id
        with count_queries() as queries:
            assert len(reminding.due_this_evening(programme, now=EVENING)) == more + 1
        counted.append(len(queries))
    assert counted[0] == counted[1]
