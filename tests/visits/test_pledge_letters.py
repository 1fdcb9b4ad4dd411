"""What a school did besides its show is asked twice: five school days after it and six weeks after, each once."""

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
from outreach.ground.db import broken_guard, db, transaction
from outreach.post import outbox
from outreach.post.outbox import Letter
from outreach.tour.programmes import Programme
from outreach.visits import pledge_letters, pledges, reports, stopping
from outreach.visits.pledges import LESSON, PASSED_ON, PLEDGES, POLICY
from outreach.visits.reports import ReportAccount

SHOW = datetime(2027, 3, 4, 9, 30, tzinfo=UTC)
"""A Thursday: five school days on is Thursday 11 March, six weeks on Thursday 15 April, in the summer term."""

FIRST, LAST = date(2027, 3, 11), date(2027, 4, 15)


def past_show(
    starts_at: datetime = SHOW, plan: Schedule = Schedule(pledges_on=True)
) -> tuple[Programme, Booking]:  # noqa: B008
    programme = make.programme(make.partnership())
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    booking = another(programme, starts_at)
    return programme, booking


def another(programme: Programme, starts_at: datetime, school: Any = None) -> Booking:
    """A show that took place, with somebody to ask."""
    school = school or make.school(name="Redmere")
    booking = make.booking(make.show(programme, school, starts_at), {8: 120})
    for duty, address in (
        ("on the day", "office@redmere.example"),
        ("safeguarding lead", "dsl@redmere.example"),
    ):
        make.visit_contact(booking, name="", duty=duty, address=address, added_at=make.EARLIER)
    reports.report(
        booking, "company", ReportAccount(took_place=True), who="Rees", now=starts_at + timedelta(hours=3)
    )
    db.session.flush()
    return booking


def run(programme: Programme, day: date) -> int:
    """How many letters the run of one day writes."""
    written = 0
    for organisation_id in {
        one.organisation.organisation_id for one in pledge_letters.due(programme, now=at(day))
    }:
        with transaction():
            before = db.session.query(Letter).count()
            pledge_letters.send_due(programme, organisation_id, now=at(day))
            written += db.session.query(Letter).count() - before
    return written


def days(first: date, n: int) -> list[date]:
    return [first + timedelta(days=k) for k in range(n)]


def test_the_lead_is_asked_five_school_days_after_the_show_and_six_weeks_after_it(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    asked = {day: run(programme, day) for day in days(date(2027, 3, 4), 70)}
    assert [day for day, n in asked.items() if n] == [FIRST, LAST]
    letters = db.session.query(Letter).order_by(Letter.id).all()
    assert {(one.recipient, one.stream) for one in letters} == {("dsl@redmere.example", booking.uid)}
    assert letters[0].subject == "‘Someone to Tell’ at Redmere, Thursday 4 March: what was done besides?"
    assert [one.kind for one in letters] == ["since the show, first", "since the show, last"]


def test_school_days_are_counted_and_a_holiday_waits(app: Flask) -> None:
    """Shown on 22 March, three school days before Easter: the fifth after it is 13 April; six weeks on is a bank
    holiday."""
    with transaction():
        programme, _ = past_show(datetime(2027, 3, 22, 9, 30, tzinfo=UTC))
    asked = [day for day in days(date(2027, 3, 22), 60) if run(programme, day)]
    assert asked == [date(2027, 4, 13), date(2027, 5, 4)]


def test_over_a_summer_holiday_it_is_asked_once_in_september_by_a_link_that_opens(app: Flask) -> None:
    with transaction():
        programme, _ = past_show(datetime(2027, 7, 20, 9, 30, tzinfo=UTC))
        for first, last in ((date(2027, 9, 6), date(2027, 10, 22)), (date(2027, 11, 1), date(2027, 12, 17))):
            db.session.add(make.Term(la_code="931", first_day=first, last_day=last))
    asked = [day for day in days(date(2027, 7, 20), 80) if run(programme, day)]
    assert asked == [date(2027, 9, 6)]
    link = db.session.query(make.PersonalLink).one()
    assert link.expires_at == at(date(2027, 9, 6)) + timedelta(weeks=2)


def report_failed(booking: Booking) -> None:
    account = ReportAccount(took_place=False, why_not="Snow")
    for side in ("company", "school"):
        reports.report(booking, side, account, who="x", now=SHOW + timedelta(hours=4))


def report_taken_back(booking: Booking) -> None:
    row = reports.newest(booking, "company")
    assert row is not None
    reports.withdraw(booking, "company", row.id, reason="x", who="x", now=SHOW + timedelta(hours=4))


def nobody_there(booking: Booking) -> None:
    for address in ("dsl@redmere.example", "office@redmere.example"):
        outbox.mark_dead(address, "550", make.NOW)


def closed(booking: Booking) -> None:
    booking.organisation.status = "Closed"


def all_said(booking: Booking) -> None:
    pledges.answer(booking, dict.fromkeys(PLEDGES, "done"), who="x", now=SHOW + timedelta(hours=4))


@pytest.mark.parametrize("hinder", [report_failed, report_taken_back, nobody_there, closed, all_said])
def test_nobody_is_asked(app: Flask, hinder: Any) -> None:
    with transaction():
        programme, booking = past_show()
        hinder(booking)
    assert sum(run(programme, day) for day in days(date(2027, 3, 4), 70)) == 0


def test_nothing_is_asked_while_it_is_off_nor_long_after_its_day(app: Flask) -> None:
    with transaction():
        programme, _ = past_show(plan=Schedule())
    assert run(programme, FIRST) == 0
    with transaction():
        settings.settle(programme, Schedule(pledges_on=True), who="Priya", now=make.NOW)
    assert run(programme, FIRST + timedelta(days=15)) == 0
    assert run(programme, FIRST + timedelta(days=14)) == 1
    assert run(programme, date(2027, 4, 30)) == 0, "15 days after the last was due"


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ({LESSON: "planned"}, "concerns", "lesson"),
        (dict.fromkeys((p for p in PLEDGES if p != POLICY), "done"), "", "policy"),
        (
            dict.fromkeys((p for p in PLEDGES if p not in (LESSON, POLICY)), "not done")
            | {LESSON: "planned"},
            "",
            "lesson",
        ),
    ],
)
def test_only_what_is_open_is_asked(app: Flask, said: dict[str, str], first: str, last: str) -> None:
    with transaction():
        programme, booking = past_show()
        pledges.answer(booking, said, who="x", now=SHOW + timedelta(hours=4))
    found = {}
    for day in (FIRST, LAST):
        due = pledge_letters.due(programme, now=at(day))
        found[day] = due[0].open if due else ()
    assert bool(found[FIRST]) == bool(first) and bool(found[LAST]) == bool(last)
    assert (LESSON in found[FIRST], LESSON in found[LAST]) == (False, "lesson" in last)
    assert (PASSED_ON in found[FIRST]) == ("concerns" in first)


def test_a_letter_that_waits_is_taken_back_once_all_is_said_and_goes_on_a_school_day_alone(
    app: Flask,
) -> None:
    with transaction():
        programme, booking = past_show()
    assert run(programme, date(2027, 3, 12)) == 1, "a Friday; the day's post has gone"
    with transaction():
        assert pledge_letters.withdraw_waiting(now=at(date(2027, 3, 13))), "a Saturday"
    assert [run(programme, day) for day in days(date(2027, 3, 13), 3)] == [0, 0, 1]
    with transaction():
        assert not pledge_letters.withdraw_waiting(now=at(date(2027, 3, 15), 9))
        all_said(booking)
    with transaction():
        assert pledge_letters.withdraw_waiting(now=at(date(2027, 3, 15), 10))
    assert {one.status for one in db.session.query(Letter)} == {"withdrawn"}
    assert run(programme, date(2027, 3, 16)) == 0


@pytest.mark.both_databases
def test_a_school_that_wants_no_more_reminders_gets_none_of_what_it_promised(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        other = another(programme, SHOW)
    assert run(programme, FIRST) == 2
    with transaction():
        stopping.stop(programme, booking.organisation_id, who="the stop link", now=at(FIRST, 9))
    with transaction():
        assert pledge_letters.withdraw_waiting(now=at(FIRST, 10))
    asked = {letter.stream: letter.status for letter in db.session.query(Letter)}
    assert asked == {booking.uid: "withdrawn", other.uid: "waiting"}
    assert [one.booking.id for one in pledge_letters.due(programme, now=at(LAST))] == [other.id]
    with transaction():
        stopping.begin_again(programme, booking.organisation_id, who="the stop link", now=at(LAST))
    assert len(pledge_letters.due(programme, now=at(LAST))) == 2


def test_two_shows_of_one_day_are_asked_about_once(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        another(programme, SHOW + timedelta(hours=3), booking.organisation)
    assert [run(programme, day) for day in (FIRST, FIRST + timedelta(days=1), LAST)] == [1, 0, 1]


def test_what_is_handed_over_is_not_written_again(app: Flask) -> None:
    with transaction():
        programme, _ = past_show()
    assert run(programme, FIRST) == 1
    with transaction():
        posted(at(FIRST, 9))
        assert not pledge_letters.withdraw_waiting(now=at(date(2027, 3, 13)))
    assert run(programme, date(2027, 3, 15)) == 0


def test_the_database_takes_each_letter_of_a_show_once(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
    run(programme, FIRST)
    with transaction():
        other = make.letter("x@redmere.example", None, partnership_id=programme.partnership_id).id
    with pytest.raises(IntegrityError) as refused, transaction() as session:
        session.execute(
            text(
                "INSERT INTO pledge_letter (partnership_id, booking_id, nth, address, letter_id, recorded_at)"
                " VALUES (:partnership, :booking, 'first', 'x', :letter, '2027-03-11 09:00:00')"
            ),
            {"partnership": programme.partnership_id, "booking": booking.id, "letter": other},
        )
    assert "pledge_letter" in broken_guard(refused.value)


def test_what_is_due_takes_the_same_queries_for_one_show_and_for_five(app: Flask, count_queries: Any) -> None:
    with transaction():
        programme, _ = past_show()
    counted = []
    for more in (0, 4):
        with transaction():
            for _ in range(more):
                another(programme, SHOW, make.school())
        assert programme.id
        with count_queries() as queries:
            assert len(pledge_letters.due(programme, now=at(FIRST))) == more + 1
        counted.append(len(queries))
    assert counted == [9, 9]


def test_a_place_for_pupils_who_missed_it_is_no_show_to_ask_about(app: Flask) -> None:
    with transaction():
        programme, booking = past_show()
        host = make.school(name="Fargate")
        show = make.show(programme, host, SHOW + timedelta(days=1))
        catch_up = make.booking(show, {8: 5}, of=booking.organisation, catch_up=True)
        make.visit_contact(catch_up, name="", duty="on the day", address="a@b.example", added_at=make.EARLIER)
        reports.report(
            catch_up, "school", ReportAccount(took_place=True), who="x", now=SHOW + timedelta(days=1, hours=3)
        )
    asked = {
        one.booking.id for day in days(SHOW.date(), 60) for one in pledge_letters.due(programme, now=at(day))
    }
    assert asked == {booking.id}
