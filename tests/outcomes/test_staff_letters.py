"""Staff are asked twice what came of a show: the school day after it, and about three months later, each once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import make
from asking.chasing.scene import at, posted
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.ground.db import db, transaction
from outreach.outcomes import staff_answers, staff_letters
from outreach.outcomes.staff_answers import Said
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.visits import reports
from outreach.visits.reports import ReportAccount

SHOW = datetime(2027, 3, 4, 9, 30, tzinfo=UTC)
"""A Thursday; thirteen weeks on is in the half term, so that staff are asked on the first day after it."""

SOON, LATER = date(2027, 3, 5), date(2027, 6, 7)


def past_show(
    starts_at: datetime = SHOW, plan: Schedule = Schedule(staff_on=True)
) -> tuple[Programme, Booking]:  # noqa: B008
    programme = make.programme(make.partnership())
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    return programme, another(programme, starts_at)


def another(programme: Programme, starts_at: datetime = SHOW, school: Any = None) -> Booking:
    """A show that took place, with a lead to ask."""
    school = school or make.school(name="Redmere")
    booking = make.booking(make.show(programme, school, starts_at), {8: 120})
    make.visit_contact(
        booking,
        name="",
        duty="safeguarding lead",
        address=f"dsl{booking.id}@redmere.example",
        added_at=make.EARLIER,
    )
    said = ReportAccount(took_place=True)
    reports.report(booking, "company", said, who="Rees", now=starts_at + timedelta(hours=3))
    db.session.flush()
    return booking


def run(programme: Programme, day: date) -> int:
    """How many letters the run of one day writes."""
    before = db.session.query(Letter).count()
    for organisation_id in {
        one.organisation.organisation_id for one in staff_letters.due(programme, now=at(day))
    }:
        with transaction():
            staff_letters.send_due(programme, organisation_id, now=at(day))
    return db.session.query(Letter).count() - before


def days(first: date, n: int) -> list[date]:
    return [first + timedelta(days=k) for k in range(n)]


def answer(booking: Booking, day: date) -> None:
    with transaction():
        staff_answers.answer(booking, Said(impact=4), form_key=f"form {day}", now=at(day))


def test_the_lead_is_asked_the_school_day_after_and_three_months_later(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    asked = {day: run(programme, day) for day in days(date(2027, 3, 4), 140)}
    assert {day: n for day, n in asked.items() if n} == {SOON: 1, LATER: 1}
    sent = db.session.query(Letter).order_by(Letter.id).all()
    assert [one.kind for one in sent] == ["staff asked, soon", "staff asked, later"]
    assert [one.subject for one in sent] == [
        "‘Someone to Tell’ at Redmere, Thursday 4 March: what came of it?",
        "‘Someone to Tell’ at Redmere, Thursday 4 March: what came of it, three months on?",
    ]
    assert {one.stream for one in sent} == {booking.uid}


def test_who_answered_is_not_asked_and_a_letter_that_waits_is_taken_back(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    assert run(programme, SOON) == 1
    answer(booking, SOON)
    with transaction():
        assert staff_letters.withdraw_waiting(now=at(SOON))
        assert not staff_letters.withdraw_waiting(now=at(SOON))
    assert db.session.query(Letter).one().status == outbox.WITHDRAWN
    assert [run(programme, day) for day in days(SOON, 20)] == [0] * 20
    assert run(programme, LATER) == 1, "what was said after the show is not what is asked later"


def test_a_letter_that_has_gone_is_not_taken_back_nor_written_again(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    run(programme, SOON)
    with transaction():
        posted(at(SOON))
    answer(booking, SOON)
    with transaction():
        assert not staff_letters.withdraw_waiting(now=at(SOON))
    assert run(programme, SOON + timedelta(days=3)) == 0


@pytest.mark.parametrize("what", ["off", "not reported", "too late", "another day of the school"])
def test_nobody_is_asked(app: Flask, what: str) -> None:
    with transaction():
        programme, booking = past_show(plan=Schedule(staff_on=what != "off"))
        if what == "not reported":
            booking.outcome = None
    day = {"too late": SOON + timedelta(days=22), "another day of the school": date(2027, 3, 6)}
    assert run(programme, day.get(what, SOON)) == 0


def test_two_shows_of_one_day_are_one_letter(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        another(programme, SHOW + timedelta(hours=3), booking.organisation)
    assert run(programme, SOON) == 1


def test_a_catch_up_at_a_neighbours_show_is_not_asked_about(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        later = SHOW + timedelta(days=7)
        theirs = another(programme, later, make.school(name="Neighbour"))
        caught_up = make.booking(
            theirs.performance, {8: 5}, of=booking.organisation, role="guest", catch_up=True
        )
        make.visit_contact(
            caught_up, name="", duty="safeguarding lead", address="guest@b.example", added_at=make.EARLIER
        )
        reports.report(
            caught_up, "school", ReportAccount(took_place=True), who="x", now=later + timedelta(hours=3)
        )
        db.session.flush()
    asked = {
        one.booking.id for day in days(SHOW.date(), 60) for one in staff_letters.due(programme, now=at(day))
    }
    assert asked == {booking.id, theirs.id}


def test_the_database_keeps_one_letter_of_each_kind(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
    run(programme, SOON)
    again = text(
        "INSERT INTO staff_letter (partnership_id, booking_id, moment, address, letter_id, recorded_at) "
        "SELECT partnership_id, booking_id, moment, address, letter_id + 1, recorded_at FROM staff_letter"
    )
    with pytest.raises(IntegrityError), transaction() as session:
        make.letter("x@redmere.example", None)
        session.execute(again)


def test_what_is_due_takes_as_many_queries_for_many_as_for_one(app: Flask, count_queries: Any) -> None:
    with transaction():
        programme, _ = past_show()
    sent = []
    for more in (0, 4):
        with transaction():
            for _ in range(more):
                another(programme)
        assert programme.id
        with count_queries() as queries:
            found = staff_letters.due(programme, now=at(SOON))
        sent.append((len(found), len(queries)))
    assert [n for n, _ in sent] == [1, 5]
    assert sent[0][1] == sent[1][1]
