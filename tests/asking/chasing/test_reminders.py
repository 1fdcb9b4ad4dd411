"""Reminders: on school days, twice at most, to whoever was asked, and none once the school has said anything."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

import make
from outreach.asking import invitations, rounds
from outreach.asking.chasing import reminders, settings
from outreach.asking.chasing.chases import Chase
from outreach.asking.chasing.recalling import recall
from outreach.asking.chasing.settings import Schedule
from outreach.county import contacts, school_days
from outreach.county.contacts import Contact
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import outbox
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import Letter
from outreach.tour import targets
from outreach.tour.programmes import Programme

ASKED = date(2027, 1, 5)
"""A Tuesday; the first reminder is due ten days on, Friday 15 January, the second on Monday 25 January."""

PRIYA: dict[str, Any] = {"who": "Priya Nandakumar"}
ON = Schedule(reminders_on=True)


def at(day: date, hour: int = 8) -> datetime:
    return wall(day, time(hour))


@dataclass
class County:
    programme: Programme
    schools: list[School]
    contacts: list[Contact]

    @property
    def urns(self) -> list[int]:
        return [s.urn for s in self.schools]


def county(schools: int = 1, *, asked: date | None = ASKED, plan: Schedule = ON) -> County:
    """Schools with one contact each, all asked by a round on `asked`, the letters handed over an hour later."""
    partnership = make.partnership()
    programme = make.programme(partnership, reply_by=date(2027, 3, 19))
    make.tour_day(programme, make.troupe(partnership), date(2027, 3, 9))
    rows = [make.school(name=f"Redmere {n:03}") for n in range(schools)]
    here = County(programme, rows, [make.contact(s) for s in rows])
    settings.settle(programme, plan, who="Priya", now=make.EARLIER)
    if asked is not None:
        rounds.send_round(programme, here.urns, who="Priya", now=at(asked))
        posted(at(asked, 9))
    return here


def posted(now: datetime) -> None:
    """The postman has been: what waited was handed over."""
    for letter in db.session.query(Letter).filter_by(status="waiting"):
        letter.status, letter.handed_at = "sent", now
    db.session.flush()


def run(programme: Programme, day: date, *, post: bool = True) -> list[int]:
    """The day's run at eight and the postman at nine: which schools were reminded."""
    written = []
    due = [reminder.school.urn for reminder in reminders.due(programme, now=at(day))]
    for urn in due:
        with transaction():
            if reminders.send_due(programme, urn, now=at(day)):
                written.append(urn)
    if post:
        with transaction():
            posted(at(day, 9))
    return written


def days_reminded(programme: Programme, first: date = ASKED, last: date = date(2027, 3, 19)) -> list[date]:
    """The days on which anybody is reminded, with a run a day."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [day for day in days if run(programme, day)]


def reasons() -> list[tuple[str, str]]:
    return [(c.reason, c.address) for c in db.session.query(Chase).order_by(Chase.id)]


def test_a_silent_school_is_reminded_twice_on_school_days_and_never_a_third_time(app: Flask) -> None:
    with transaction():
        c = county()
    assert days_reminded(c.programme) == [date(2027, 1, 15), date(2027, 1, 25)]
    address = c.contacts[0].address
    assert reasons() == [("first reminder", address), ("second reminder", address)]
    subjects = [x.subject for x in db.session.query(Letter).filter_by(recipient=address).order_by(Letter.id)]
    assert subjects == [
        "Book ‘Someone to Tell’ for your Years 8 and 9",
        "Reminder: book ‘Someone to Tell’ for your Years 8 and 9",
        "Last reminder: book ‘Someone to Tell’ for your Years 8 and 9",
    ]


def test_days_on_which_the_school_is_not_in_are_passed_over(app: Flask) -> None:
    with transaction():
        c = county(asked=date(2027, 2, 2))
        school_days.rule_out(c.schools[0], date(2027, 2, 22), "INSET", who="Priya", now=make.EARLIER)
    # Ten days on is the last day of the half term; from there the holiday, then the school's own INSET day.
    assert days_reminded(c.programme, date(2027, 2, 2)) == [date(2027, 2, 12), date(2027, 2, 23)]


def test_a_run_twice_a_day_writes_once(app: Flask) -> None:
    with transaction():
        c = county(3)
    assert sorted(run(c.programme, date(2027, 1, 15), post=False)) == c.urns
    assert run(c.programme, date(2027, 1, 15)) == []
    assert run(c.programme, date(2027, 1, 15)) == []


def test_a_run_that_was_missed_is_made_up_for_on_the_next_school_day(app: Flask) -> None:
    with transaction():
        c = county()
    assert run(c.programme, date(2027, 1, 16)) == []  # a Saturday
    assert run(c.programme, date(2027, 1, 20)) == c.urns
    assert days_reminded(c.programme, date(2027, 1, 21)) == [date(2027, 2, 1)]


def test_nothing_goes_by_itself_until_somebody_switches_it_on(app: Flask) -> None:
    with transaction():
        c = county(plan=Schedule())
    assert days_reminded(c.programme, last=date(2027, 2, 1)) == []
    coming, _ = reminders.coming(c.programme, now=at(date(2027, 1, 6)))
    assert [(r.nth, r.due) for r in coming] == [(1, date(2027, 1, 15))]
    with transaction():
        settings.settle(c.programme, ON, who="Priya", now=at(date(2027, 2, 1)))
    assert run(c.programme, date(2027, 2, 2)) == c.urns


def booked(c: County) -> None:
    show = make.show(c.programme, c.schools[0], datetime(2027, 3, 9, 9, 30, tzinfo=UTC))
    make.booking(show, {8: 120, 9: 120}, at=at(date(2027, 1, 11)))


def booked_one_year_group(c: County) -> None:
    show = make.show(c.programme, c.schools[0], datetime(2027, 3, 9, 9, 30, tzinfo=UTC))
    make.booking(show, {8: 150}, at=at(date(2027, 1, 11)))


def booked_and_cancelled(c: County) -> None:
    show = make.show(c.programme, c.schools[0], datetime(2027, 3, 9, 9, 30, tzinfo=UTC))
    make.cancellation(make.booking(show, {8: 120, 9: 120}, at=at(date(2027, 1, 11))), at(date(2027, 1, 12)))


def said(kind: str) -> Any:
    def say(c: County) -> None:
        invitations.answer(c.programme, c.schools[0], kind, "exams", who="J", now=at(date(2027, 1, 11)))

    say.__name__ = f"said_{kind.replace(' ', '_')}"
    return say


def bounced(c: County) -> None:
    outbox.mark_dead(c.contacts[0].address.upper(), "550", at(date(2027, 1, 11)))


def came_back(c: County) -> None:
    db.session.query(Letter).filter_by(
        recipient=c.contacts[0].address, kind="invitation"
    ).one().status = "bounced"


def excluded(c: County) -> None:
    targets.exclude(c.programme, c.schools[0], reason="a hospital", who="Priya", now=at(date(2027, 1, 11)))


def closed_school(c: County) -> None:
    c.schools[0].status = "Closed"


def closed_programme(c: County) -> None:
    c.programme.closed_at = at(date(2027, 1, 11))


def past_reply_by(c: County) -> None:
    c.programme.reply_by = date(2027, 1, 14)


def left_the_school(c: County) -> None:
    contacts.end(c.contacts[0], who="Priya", now=at(date(2027, 1, 11)))
    make.contact(c.schools[0], address="new@redmere.example")


def wrote_to_us(c: County) -> None:
    db.session.add(
        Incoming(
            partnership_id=c.programme.partnership_id, digest="1", raw=b"", received_at=at(date(2027, 1, 11)),
            kind="person", sender=c.contacts[0].address.upper(), task="mail", why="Joanna wrote to us.",
        )
    )  # fmt: skip


def kept_for_it(c: County) -> None:
    from outreach.booking.proposals import Proposal

    db.session.add(
        Proposal(
            programme_id=c.programme.id, urn=c.schools[0].urn, starts_at=datetime(2027, 3, 9, 9, 30, tzinfo=UTC),
            reply_by=date(2027, 3, 1), recorded_at=at(date(2027, 1, 11)),
        )
    )  # fmt: skip


STOPS = [
    booked, booked_one_year_group, booked_and_cancelled, said("declined"), said("other date"), said("waiting list"),
    said("somebody else"), said("refused slot"), bounced, came_back, excluded, closed_school, closed_programme,
    past_reply_by, left_the_school, wrote_to_us, kept_for_it,
]  # fmt: skip
each_stop = pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.__name__)


@each_stop
def test_no_reminder_goes_once(app: Flask, stop: Any) -> None:
    with transaction():
        c = county()
        stop(c)
    assert days_reminded(c.programme, last=date(2027, 2, 10)) == []
    assert reasons() == []


@each_stop
def test_a_reminder_that_waits_is_taken_back_when_its_reason_goes(app: Flask, stop: Any) -> None:
    with transaction():
        c = county(2)
    assert sorted(run(c.programme, date(2027, 1, 15), post=False)) == c.urns
    with transaction():
        stop(c)
    waiting = db.session.query(Letter).filter(Letter.status == "waiting")
    with transaction():
        assert recall(now=at(date(2027, 1, 15), 9))
        assert not recall(now=at(date(2027, 1, 15), 9))
    both = stop in (closed_programme, past_reply_by)
    assert [x.recipient for x in waiting] == ([] if both else [c.contacts[1].address])
    [first, *_] = db.session.query(Chase).filter(Chase.recalled_at.is_not(None)).order_by(Chase.id)
    assert first.urn == c.urns[0] and first.recalled_why
    assert db.session.get_one(Letter, first.letter_id).status == "withdrawn"


def test_a_reminder_that_waits_over_the_weekend_goes_on_monday_instead(app: Flask) -> None:
    with transaction():
        c = county()
    run(c.programme, date(2027, 1, 15), post=False)
    with transaction():
        assert recall(now=at(date(2027, 1, 16)))
    assert run(c.programme, date(2027, 1, 18)) == c.urns
    assert [x.reason for x in db.session.query(Chase).filter(Chase.recalled_at.is_(None))] == [
        "first reminder"
    ]


def test_a_letter_in_a_postmans_hands_is_not_taken_back(app: Flask) -> None:
    with transaction():
        c = county()
    run(c.programme, date(2027, 1, 15), post=False)
    with transaction():
        db.session.query(Letter).filter_by(kind="reminder").one().lease_until = at(date(2027, 1, 15), 10)
        booked(c)
    with transaction():
        assert not recall(now=at(date(2027, 1, 15), 9))
    assert db.session.query(Chase).one().recalled_at is None
