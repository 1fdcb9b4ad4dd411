"""Reminder that pupils can answer: after the show and about three months later, once each, while their wave is open."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import asked
import make
from asking.chasing.scene import at, posted
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.booking.promises import Booking
from outreach.cli import post
from outreach.county import school_days
from outreach.ground import clock, history
from outreach.ground.db import db, transaction
from outreach.outcomes import declines, reminding, waves
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.visits import stopping
from outreach.visits.before import reminding as before_visits

THE_NEXT_DAY, LATER = date(2027, 3, 10), date(2027, 6, 8)
"""The show is on Tuesday 9 March; pupils answer until Friday 12 March, and again from 8 June on."""


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    with transaction():
        return laid()


def laid(**changes: Any) -> SimpleNamespace:
    here = asked.lay(**changes)
    booking = db.session.query(Booking).filter_by(performance_id=here.show.id).one()
    make.visit_contact(booking, address="office@redmere.example", name="", duty="on the day")
    make.visit_contact(booking, address="DSL@redmere.example", name="Joanna Fell", duty="safeguarding lead")
    return SimpleNamespace(programme=here.programme, school=here.school, booking=booking, waves=here.waves)


def run(c: SimpleNamespace, day: date, hour: int = 6) -> int:
    """How many shows the round of one day writes about."""
    written = 0
    for booking_id in {one.booking.id for one in reminding.due(c.programme, now=at(day, hour))}:
        with transaction():
            written += reminding.send_due(c.programme, booking_id, now=at(day, hour))
    return written


def rounds(c: SimpleNamespace, first: date, last: date) -> list[date]:
    """The days on which a round of every day wrote; all of it is posted at once."""
    found = []
    for n in range((last - first).days + 1):
        if run(c, day := first + timedelta(days=n)):
            found.append(day)
            with transaction():
                posted(at(day, 7))
    return found


def letters() -> list[Letter]:
    db.session.rollback()
    return list(
        db.session.scalars(select(Letter).where(Letter.kind == "questions for pupils").order_by(Letter.id))
    )


def test_the_lead_hears_after_the_show_and_three_months_later_once_each(c: SimpleNamespace) -> None:
    assert rounds(c, date(2027, 3, 1), date(2027, 7, 30)) == [THE_NEXT_DAY, LATER]
    after, later = letters()
    assert {letter.recipient for letter in (after, later)} == {"DSL@redmere.example"}
    assert after.subject == "‘Someone to Tell’, Tuesday 9 March: your pupils can answer until Friday 12 March"
    assert later.subject == "‘Someone to Tell’, Tuesday 9 March: your pupils can answer until Monday 21 June"
    said = copies.read(after.raw).text
    assert f"/booked/{c.booking.reference}/questions/after/poster" in said
    assert "6 short questions, two minutes, no names." in said and "whose family said no" in said
    assert "saw Someone to Tell on Tuesday 9 March" in " ".join(copies.read(later.raw).text.split())
    assert "questions/later/poster" in copies.read(later.raw).text
    told = [d for d in history.history_of("booking", c.booking.reference) if "pupils can answer" in d.what]
    assert [d.after for d in told] == ["later", "after"]


def test_after_a_friday_it_goes_on_monday_while_pupils_still_answer(app: Flask) -> None:
    with transaction():
        c = laid(starts_at=datetime.fromisoformat("2027-03-12T09:30:00+00:00"))
    assert rounds(c, date(2027, 3, 12), date(2027, 3, 31)) == [date(2027, 3, 15)]


def test_what_no_school_day_lies_in_is_not_told_of(app: Flask) -> None:
    with transaction():
        c = laid(starts_at=datetime.fromisoformat("2027-03-25T09:30:00+00:00"))
        for day in (date(2027, 3, 26), date(2027, 3, 27), date(2027, 3, 28)):
            school_days.rule_out(c.school, day, "INSET", who="J", now=make.EARLIER)
    assert rounds(c, date(2027, 3, 25), date(2027, 4, 30)) == []


def declined(c: SimpleNamespace) -> None:
    declines.decline(c.programme, c.school.organisation_id, who="Joanna Fell", now=make.NOW)


def stopped(c: SimpleNamespace) -> None:
    stopping.stop(c.programme, c.school.organisation_id, who="the link", now=make.NOW)


def cancelled(c: SimpleNamespace) -> None:
    make.cancellation(c.booking, make.NOW)


def without_a_code(c: SimpleNamespace) -> None:
    for some in waves.codes_of([wave.id for wave in c.waves.values()]).values():
        for code in some:
            waves.stop(code, who="Priya", now=make.NOW)


def switched_off(c: SimpleNamespace) -> None:
    settings.settle(c.programme, Schedule(visits_on=False), who="Priya", now=make.NOW)


def nobody_there(c: SimpleNamespace) -> None:
    for address in ("dsl@redmere.example", "office@redmere.example"):
        make.dead_address(address)


def did_not_take_place(c: SimpleNamespace) -> None:
    db.session.get_one(Booking, c.booking.id).outcome = "did not take place"


HINDERS = [declined, stopped, cancelled, without_a_code, switched_off, nobody_there, did_not_take_place]


@pytest.mark.parametrize("hinder", HINDERS)
def test_nobody_is_told(c: SimpleNamespace, hinder: Any) -> None:
    with transaction():
        hinder(c)
    assert rounds(c, date(2027, 3, 1), date(2027, 7, 30)) == []


def test_who_wants_it_after_all_is_told(c: SimpleNamespace) -> None:
    with transaction():
        declined(c)
        declines.withdraw(c.programme, c.school.organisation_id, who="Joanna Fell", now=make.NOW)
    assert run(c, THE_NEXT_DAY) == 1


def test_where_the_lead_cannot_be_reached_another_is_told(c: SimpleNamespace) -> None:
    with transaction():
        make.dead_address("dsl@redmere.example")
    assert run(c, THE_NEXT_DAY) == 1
    assert [letter.recipient for letter in letters()] == ["office@redmere.example"]


def test_a_guest_is_told_unless_its_host_declined(c: SimpleNamespace) -> None:
    with transaction():
        neighbour = make.school(name="Littlemere")
        guest = make.booking(c.booking.performance, {8: 5}, of=neighbour, role="guest")
        make.visit_contact(guest, address="head@littlemere.example", duty="safeguarding lead")
    assert run(c, THE_NEXT_DAY) == 2
    with transaction():
        declined(c)
    assert run(c, LATER) == 0


@pytest.mark.parametrize("hinder", [declined, stopped, cancelled, without_a_code])
def test_a_letter_that_waits_is_taken_back(
    c: SimpleNamespace, hinder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(c, THE_NEXT_DAY)
    with transaction():
        assert not before_visits.withdraw_one(now=at(THE_NEXT_DAY))
        assert not reminding.withdraw_one(now=at(THE_NEXT_DAY))
        hinder(c)
    monkeypatch.setattr(clock, "now", lambda: at(THE_NEXT_DAY))
    post._see_to_what_is_due()
    assert [letter.status for letter in letters()] == ["withdrawn"]


def test_what_waits_until_the_wave_is_over_does_not_go(c: SimpleNamespace) -> None:
    run(c, THE_NEXT_DAY)
    with transaction():
        assert reminding.withdraw_one(now=at(date(2027, 3, 13), 0))
    assert letters()[0].give_up_at == asked.CLOSED_BY


def test_its_link_stops_all_reminders_of_visits(c: SimpleNamespace) -> None:
    run(c, THE_NEXT_DAY)
    stop = dict(copies.read(letters()[0].raw).headers)["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    found = before_visits.whose(stop)
    assert found is not None and found.id == c.booking.id


def test_a_dry_run_says_whom_it_would_tell_and_a_round_says_what_it_did(
    app: Flask, c: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(THE_NEXT_DAY))
    chase = app.test_cli_runner().invoke
    said = chase(args=["asking", "chase", "--dry-run"]).output
    assert "  would tell Redmere" in said and "(DSL@redmere.example) that its pupils can answer\n" in said
    assert letters() == []
    assert "1 school told that pupils can answer" in chase(args=["asking", "chase"]).output
    assert "nothing is due today" in chase(args=["asking", "chase"]).output
    assert len(letters()) == 1


def test_what_is_due_takes_the_same_queries_for_one_show_and_for_three(
    c: SimpleNamespace, count_queries: Any
) -> None:
    counted = []
    for more in (0, 2):
        with transaction():
            for _ in range(more):
                show = make.show(c.programme, make.school(), asked.SHOW)
                booking = make.booking(show, {8: 20})
                make.visit_contact(booking, address=f"lead{show.id}@redmere.example")
                waves.make(show, who="P", now=make.EARLIER)
        assert c.programme.id
        with count_queries() as queries:
            assert len(reminding.due(c.programme, now=at(THE_NEXT_DAY))) == more + 1
        counted.append(len(queries))
    assert counted[0] == counted[1] == 9
