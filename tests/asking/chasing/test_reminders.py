"""Reminders: on school days, twice at most, to whoever was asked, and none once the school has said
anything."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

import make
from asking.chasing.scene import ASKED, ON, PRIYA, County, at, county, posted, run
from outreach.asking import invitations, rounds
from outreach.asking.chasing import askings, reminders, settings
from outreach.asking.chasing.chases import Chase
from outreach.asking.chasing.settings import DaysWrong, Schedule
from outreach.asking.chasing.withdrawing import withdraw_one
from outreach.asking.invitations import ReplyByPast
from outreach.asking.rounds import RoundToNobody
from outreach.booking.holds import ProgrammeClosed
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts, school_days
from outreach.ground.db import db, transaction
from outreach.post import outbox
from outreach.post.incoming.inbox import Incoming
from outreach.post.outbox import Letter
from outreach.tour import target_decisions
from outreach.tour.programmes import Programme


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
    assert sorted(run(c.programme, date(2027, 1, 15), post=False)) == c.organisation_ids
    assert run(c.programme, date(2027, 1, 15)) == []
    assert run(c.programme, date(2027, 1, 15)) == []


def test_a_run_that_was_missed_is_made_up_for_on_the_next_school_day(app: Flask) -> None:
    with transaction():
        c = county()
    assert run(c.programme, date(2027, 1, 16)) == []  # a Saturday
    assert run(c.programme, date(2027, 1, 20)) == c.organisation_ids
    assert days_reminded(c.programme, date(2027, 1, 21)) == [date(2027, 2, 1)]


def test_nothing_goes_by_itself_until_somebody_switches_it_on(app: Flask) -> None:
    with transaction():
        c = county(plan=Schedule())
    assert days_reminded(c.programme, last=date(2027, 2, 1)) == []
    coming, _ = reminders.coming(c.programme, now=at(date(2027, 1, 6)))
    assert [(r.nth, r.due) for r in coming] == [(1, date(2027, 1, 15))]
    with transaction():
        settings.settle(c.programme, ON, who="Priya", now=at(date(2027, 2, 1)))
    assert run(c.programme, date(2027, 2, 2)) == c.organisation_ids


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
    target_decisions.exclude(
        c.programme, c.schools[0], reason="a hospital", who="Priya", now=at(date(2027, 1, 11))
    )


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
            partnership_id=c.programme.partnership_id,
            digest="1",
            raw=b"",
            received_at=at(date(2027, 1, 11)),
            kind="person",
            sender=c.contacts[0].address.upper(),
            task="mail",
            why="Joanna wrote to us.",
        )
    )


def kept_for_it(c: County) -> None:
    from outreach.booking.proposals import Proposal

    db.session.add(
        Proposal(
            programme_id=c.programme.id,
            organisation_id=c.schools[0].organisation_id,
            starts_at=datetime(2027, 3, 9, 9, 30, tzinfo=UTC),
            reply_by=date(2027, 3, 1),
            recorded_at=at(date(2027, 1, 11)),
        )
    )


STOPS = [
    booked,
    booked_one_year_group,
    booked_and_cancelled,
    said("declined"),
    said("other date"),
    said("waiting list"),
    said("somebody else"),
    said("refused slot"),
    bounced,
    came_back,
    excluded,
    closed_school,
    closed_programme,
    past_reply_by,
    left_the_school,
    wrote_to_us,
    kept_for_it,
]
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
    assert sorted(run(c.programme, date(2027, 1, 15), post=False)) == c.organisation_ids
    with transaction():
        stop(c)
    waiting = db.session.query(Letter).filter(Letter.status == "waiting")
    with transaction():
        assert withdraw_one(now=at(date(2027, 1, 15), 9))
        assert not withdraw_one(now=at(date(2027, 1, 15), 9))
    both = stop in (closed_programme, past_reply_by)
    assert [x.recipient for x in waiting] == ([] if both else [c.contacts[1].address])
    [first, *_] = db.session.query(Chase).filter(Chase.withdrawn_at.is_not(None)).order_by(Chase.id)
    assert first.organisation_id == c.organisation_ids[0] and first.withdrawn_why
    assert db.session.get_one(Letter, first.letter_id).status == "withdrawn"


def test_a_reminder_that_waits_over_the_weekend_goes_on_monday_instead(app: Flask) -> None:
    with transaction():
        c = county()
    run(c.programme, date(2027, 1, 15), post=False)
    with transaction():
        assert withdraw_one(now=at(date(2027, 1, 16)))
    assert run(c.programme, date(2027, 1, 18)) == c.organisation_ids
    assert [x.reason for x in db.session.query(Chase).filter(Chase.withdrawn_at.is_(None))] == [
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
        assert not withdraw_one(now=at(date(2027, 1, 15), 9))
    assert db.session.query(Chase).one().withdrawn_at is None


def test_a_school_that_answered_and_was_asked_anew_is_reminded_anew(app: Flask) -> None:
    with transaction():
        c = county()
    days_reminded(c.programme, last=date(2027, 1, 25))
    with transaction():
        booked_one_year_group(c)
        db.session.query(Booking).one().created_at = at(date(2027, 1, 26))
        rounds.send_round(c.programme, c.organisation_ids, who="Priya", now=at(date(2027, 1, 27)))
        posted(at(date(2027, 1, 27), 9))
    assert days_reminded(c.programme, date(2027, 1, 27)) == [date(2027, 2, 8), date(2027, 2, 22)]
    assert [reason for reason, _ in reasons()] == ["first reminder", "second reminder"] * 2
    last = db.session.query(Letter).order_by(Letter.id.desc()).first()
    assert last is not None and last.subject == "Last reminder: book ‘Someone to Tell’ for your Year 9"


def test_an_invitation_by_hand_makes_the_next_reminder_wait_and_no_third_one(app: Flask) -> None:
    with transaction():
        c = county()
    run(c.programme, date(2027, 1, 15))
    with transaction():
        invitations.invite(c.programme, c.schools[0], c.contacts[0], now=at(date(2027, 1, 21)), **PRIYA)
        posted(at(date(2027, 1, 21), 9))
    assert days_reminded(c.programme, date(2027, 1, 16)) == [date(2027, 2, 1)]


def test_somebody_elses_name_starts_their_own_asking(app: Flask) -> None:
    with transaction():
        c = county()
        said("somebody else")(c)
        colleague = make.contact(c.schools[0], address="new@redmere.example", role="PSHE lead")
        invitations.invite(c.programme, c.schools[0], colleague, now=at(date(2027, 1, 12)), **PRIYA)
        posted(at(date(2027, 1, 12), 9))
    assert days_reminded(c.programme, last=date(2027, 1, 31)) == [date(2027, 1, 22)]
    assert reasons() == [("first reminder", "new@redmere.example")]


def by_hand(
    c: County, day: date, organisation_ids: list[int] | None = None, **more: Any
) -> reminders.RemindersSent:
    with transaction():
        return reminders.send(
            c.programme, organisation_ids or c.organisation_ids, now=at(day, 10), **PRIYA, **more
        )


def left_out(found: reminders.RemindersSent | reminders.ReminderPreview) -> dict[str, str]:
    return {row.organisation.name: row.why for row in found.left_out}


def test_the_preview_names_who_is_reminded_and_why_the_others_are_not(app: Flask) -> None:
    with transaction():
        c = county(6, plan=Schedule())
        never = make.school(name="Redmere 900")
        elsewhere = make.school(name="Elsewhere", la_code="999")
        invitations.answer(c.programme, c.schools[1], "declined", "exams", who="J", now=at(date(2027, 1, 7)))
        target_decisions.exclude(
            c.programme, c.schools[2], reason="a hospital", who="Priya", now=make.EARLIER
        )
        school_days.rule_out(c.schools[3], date(2027, 1, 8), who="Priya", now=make.EARLIER)
        invitations.invite(c.programme, c.schools[4], c.contacts[4], now=at(date(2027, 1, 7), 16), **PRIYA)
        posted(at(date(2027, 1, 7), 17))
    found = reminders.preview(
        c.programme,
        [*c.organisation_ids, never.organisation_id, elsewhere.organisation_id, 5],
        now=at(date(2027, 1, 8)),
        target=set(c.organisation_ids[:5]) | {never.organisation_id},
    )
    assert [(r.organisation.name, r.contact.address, r.nth) for r in found.recipients] == [
        ("Redmere 000", c.contacts[0].address, 1)
    ]
    assert found.letter is not None and "We wrote to you on Tuesday 5 January" in found.letter.text
    assert left_out(found) == {
        "Redmere 001": "declined: exams, on 7 January 2027",
        "Redmere 002": "excluded: a hospital",
        "Redmere 003": "no school day there today (a day it ruled out): it is in again on 11 January 2027",
        "Redmere 004": "written to less than a day ago, on 7 January 2027",
        "Redmere 005": "not in the target of this programme",
        "Redmere 900": "not asked yet: invite it first",
    }


def test_reminding_by_hand_goes_before_the_schedule_and_counts_as_one_of_the_two(app: Flask) -> None:
    with transaction():
        c = county()
    assert [(r.organisation.organisation_id, r.nth) for r in by_hand(c, date(2027, 1, 8)).written] == [
        (c.organisation_ids[0], 1)
    ]
    with transaction():
        posted(at(date(2027, 1, 8), 11))
    assert days_reminded(c.programme, date(2027, 1, 9)) == [date(2027, 1, 18)]
    with pytest.raises(RoundToNobody):
        by_hand(c, date(2027, 2, 3))
    found = reminders.preview(c.programme, c.organisation_ids, now=at(date(2027, 2, 3)))
    assert left_out(found) == {"Redmere 000": "reminded 2 times already, last on 18 January 2027"}
    assert found.letter is None


def test_reminding_sent_twice_is_refused_and_writes_nothing_more(app: Flask) -> None:
    with transaction():
        c = county(3)
    by_hand(c, date(2027, 1, 8))
    with pytest.raises(RoundToNobody):
        by_hand(c, date(2027, 1, 8))
    assert len(reasons()) == 3


def test_an_address_that_changed_since_the_preview_is_not_reminded(app: Flask) -> None:
    with transaction():
        c = county(2)
    seen = {c.organisation_ids[0]: c.contacts[0].address, c.organisation_ids[1]: "old@redmere.example"}
    sent = by_hand(c, date(2027, 1, 8), seen=seen)
    assert [r.organisation.organisation_id for r in sent.written] == [c.organisation_ids[0]]
    assert left_out(sent) == {"Redmere 001": "the address changed since the list was shown"}


def test_nobody_is_reminded_after_the_reply_by_date_or_of_a_closed_programme(app: Flask) -> None:
    with transaction():
        c = county()
    with pytest.raises(ReplyByPast):
        by_hand(c, date(2027, 3, 22))
    with transaction():
        c.programme.closed_at = at(date(2027, 1, 7))
    with pytest.raises(ProgrammeClosed):
        by_hand(c, date(2027, 1, 8))
    assert reasons() == []


def test_another_partnerships_schools_are_not_reminded(app: Flask) -> None:
    with transaction():
        c = county()
        other = make.partnership(("999",))
        theirs = make.programme(other, reply_by=date(2027, 3, 19))
        make.invitation(theirs, c.schools[0], at(ASKED), address=c.contacts[0].address)
        settings.settle(theirs, ON, who="X", now=make.EARLIER)
    assert reminders.preview(theirs, c.organisation_ids, now=at(date(2027, 1, 8))).recipients == ()
    assert run(theirs, date(2027, 1, 18)) == []


def test_two_runs_at_once_write_once_to_each_person(app: Flask) -> None:
    with transaction():
        c = county(4)
    programme_id, organisation_ids = c.programme.id, c.organisation_ids
    ready, wrote = threading.Barrier(3), []

    def one() -> None:
        with app.app_context():
            ready.wait()
            for organisation_id in organisation_ids:
                with transaction():
                    programme = db.session.get_one(Programme, programme_id)
                    wrote.append(reminders.send_due(programme, organisation_id, now=at(date(2027, 1, 15))))

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert sum(wrote) == 4
    assert len(set(reasons())) == len(reasons()) == 4


@pytest.mark.parametrize("address", ["same", "another"])
def test_the_database_itself_refuses_a_reminder_twice(app: Flask, address: str) -> None:
    with transaction():
        c = county()
    run(c.programme, date(2027, 1, 15))
    chase = db.session.query(Chase).one()
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            Chase(
                programme_id=chase.programme_id,
                organisation_id=chase.organisation_id,
                asking_id=chase.asking_id,
                reason=chase.reason,
                address=chase.address if address == "same" else "other@redmere.example",
                letter_id=make.letter("a@b.example", None).id,
                recorded_at=make.NOW,
                who="X",
            )
        )
        db.session.flush()


@pytest.mark.parametrize("name", [n for n in Schedule.__dataclass_fields__ if n.endswith("_days")])
def test_a_wait_of_no_days_or_of_a_year_is_refused(app: Flask, name: str) -> None:
    with transaction():
        c = county()
    for days in (0, 91):
        with pytest.raises(DaysWrong) as refused, transaction():
            settings.settle(c.programme, replace(ON, **{name: days}), who="Priya", now=make.NOW)
        assert refused.value.field == name
    assert settings.schedule_of_programme(c.programme.id) == ON


def test_who_is_chased_takes_the_same_queries_for_one_school_and_for_thirty(
    app: Flask, count_queries: Any
) -> None:
    with transaction():
        c = county(30)
    counted = []
    for organisation_ids in (c.organisation_ids[:1], c.organisation_ids, None):
        db.session.expire_all()
        with count_queries() as queries:
            askings.read(c.programme, organisation_ids, now=at(date(2027, 1, 8)))
        counted.append(len(queries))
    assert counted == [16, 16, 16]


@pytest.mark.parametrize("ended", [{"ended_at": at(date(2027, 1, 15)), "ended_as": "lapsed"}, {}])
def test_after_a_time_that_lapsed_the_days_of_waiting_begin_anew(app: Flask, ended: dict[str, Any]) -> None:
    """Asked on 5 January, a first reminder would be due on the 15th; a time was kept for the school until the
    14th, and the service has ended it, or not yet."""
    with transaction():
        c = county()
        db.session.add(
            Proposal(
                programme_id=c.programme.id,
                organisation_id=c.organisation_ids[0],
                starts_at=at(date(2027, 3, 9)),
                who="Priya",
                reply_by=date(2027, 1, 14),
                recorded_at=at(date(2027, 1, 7)),
                **ended,
            )
        )
    assert days_reminded(c.programme, last=date(2027, 1, 26)) == [date(2027, 1, 25)]
