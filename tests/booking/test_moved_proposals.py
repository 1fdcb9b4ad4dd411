"""Another time is kept for a school instead: in place, told or not, and the past stays as it was told."""

from datetime import date, datetime, time, timedelta

import life
import pytest
from flask import Flask
from life import FELL, REPLY_BY
from test_holds import at_once

import make
from outreach.booking import bookings, invite_answers, proposal_moves, proposals
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import AlreadyProposed, NotKeptAnyMore, ReplyByWrong
from outreach.booking.proposals import Proposal
from outreach.coverage import standings
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import copies
from outreach.post.incoming.inbox import CalendarAnswer, Incoming
from outreach.tour import slots
from outreach.tour.performances import SlotTaken

LATER = make.NOW + timedelta(days=1)


@pytest.fixture
def c(app: Flask):
    found = life.lay()
    life.propose("fell", "office")(found, make.NOW)
    return found


def there(c, day: str = "next_week", at: time = time(10), now: datetime = LATER) -> slots.Slot:
    return life.slot(c, getattr(c, day), at, now, instead_of=c.proposal.performance_id)


def move(c, slot: slots.Slot, now: datetime = LATER, **said) -> bool:
    with transaction():
        return proposing.move(c.proposal, slot, who="Priya Nandakumar", now=now, **said)


def test_the_new_time_is_kept_and_the_old_one_is_free(c) -> None:
    old = life.slot(c, c.wednesday, time(9), LATER, school=c.neighbour)
    assert old is not None
    was = c.proposal.performance.starts_at
    assert move(c, there(c))
    assert c.proposal.starts_at == c.proposal.performance.starts_at == wall(life.NEXT_WEEK, time(10))
    assert life.slot(c, c.tuesday, time(9), LATER, school=c.neighbour).starts_at == was
    assert slots.find(c.programme, c.neighbour, f"{c.next_week.id}-1000", now=LATER) is None


def test_the_note_stands_in_the_letter_and_in_its_preview(c) -> None:
    life.hand_over(make.NOW)
    said = proposing.preview_move(c.proposal, there(c), note="We are near you that day.", now=LATER)
    move(c, there(c), note="We are near you that day.")
    letters = life.hand_over(LATER)
    assert [m.short for m in letters] == [
        (FELL.address, "REQUEST", 1, "TENTATIVE"),
        (life.OFFICE, "REQUEST", 1, "TENTATIVE"),
    ]
    text = copies.read(letters[0].raw).text
    assert "We are near you that day." in text and "no longer Tuesday 9 March at 9:00am" in text
    assert "We are near you that day." in said.text and "Tuesday 16 March at 10:00am" in said.text


def test_whoever_never_had_the_first_letter_reads_a_proposal(c) -> None:
    move(c, there(c))
    (first, _) = life.hand_over(LATER)
    assert "A time for ‘Someone to Tell’, kept for you" in copies.read(first.raw).text
    assert first.starts == "20270316T100000"


def test_a_move_to_where_it_stands_tells_nobody(c) -> None:
    life.hand_over(make.NOW)
    assert move(c, there(c, "tuesday", time(9))) is False
    assert (life.hand_over(LATER), c.proposal.sequence) == ([], 0)


def test_what_moved_without_our_words_moves_in_the_calendar_and_is_right_in_the_next_letter(c) -> None:
    life.hand_over(make.NOW)
    move(c, there(c), tell=False)
    assert {(m.kind, m.starts) for m in life.hand_over(LATER)} == {
        ("proposal moved in short", "20270316T100000")
    }
    life.accept()(c, LATER + timedelta(hours=1))
    fell = next(m for m in life.hand_over(LATER) if m.to == FELL.address)
    assert (fell.sequence, fell.starts) == (2, "20270316T100000")


def test_a_time_taken_meanwhile_leaves_the_old_one_kept(c) -> None:
    wanted = there(c)
    life.book(c, LATER, day=c.next_week, at=time(10), school=c.neighbour)
    with pytest.raises(SlotTaken):
        move(c, wanted)
    db.session.refresh(c.proposal)
    assert c.proposal.performance.starts_at == c.proposal.starts_at == wall(life.TUESDAY, time(9))
    assert c.proposal.is_open(LATER)


@pytest.mark.parametrize("how", ["accepted", "refused", "lapsed"])
def test_nothing_is_moved_that_is_not_kept_any_more(c, how: str) -> None:
    wanted, now = there(c), LATER
    if how == "accepted":
        life.accept()(c, LATER)
    elif how == "refused":
        life.refuse(c, LATER)
    else:
        now = wall(REPLY_BY + timedelta(days=1), time(0, 1))
    with pytest.raises(NotKeptAnyMore):
        move(c, wanted, now=now)


def test_the_day_to_reply_by_stays_unless_another_is_chosen(c) -> None:
    move(c, there(c))
    assert c.proposal.reply_by == REPLY_BY
    move(c, there(c, "wednesday", time(9)), reply_by=date(2027, 2, 20), now=LATER + timedelta(hours=1))
    assert c.proposal.reply_by == date(2027, 2, 20)
    assert [m.was_reply_by for m in proposal_moves.of_event(c.proposal.uid)] == [REPLY_BY, REPLY_BY]


ON_A_SCHOOL_DAY = date(2027, 1, 22)
"""The last one with ten days, the programme's notice, before a show on the day that was the one to reply
by."""


def test_the_day_to_reply_by_lies_before_the_new_show(c) -> None:
    with transaction():
        soon = make.tour_day(c.programme, c.blue, REPLY_BY)
    slot = life.slot(c, soon, time(9), LATER, instead_of=c.proposal.performance_id)
    assert proposing.kept_until(c.proposal, slot, now=LATER) == ON_A_SCHOOL_DAY
    for reply_by in (make.NOW.date() - timedelta(days=1), REPLY_BY):
        with pytest.raises(ReplyByWrong):
            move(c, slot, reply_by=reply_by)
    assert move(c, slot)
    assert c.proposal.reply_by == ON_A_SCHOOL_DAY


def test_a_standing_of_a_past_day_knows_the_day_to_reply_by_of_then(c) -> None:
    with transaction():
        soon = make.tour_day(c.programme, c.blue, REPLY_BY)
    slot = life.slot(c, soon, time(9), LATER, instead_of=c.proposal.performance_id)
    move(c, slot)

    def detail(day: date) -> str:
        found = standings.standings_of_programme(c.programme.id, as_of=day, now=LATER + timedelta(minutes=1))
        return next(s.detail for s in found.target if s.organisation_id == c.school.organisation_id)

    assert detail(make.NOW.date()) == "reply by 2 February 2027"
    assert detail(LATER.date()) == "reply by 22 January 2027"


def test_an_answer_in_the_calendar_to_the_first_time_is_not_one_to_the_booking(c) -> None:
    life.hand_over(make.NOW)
    with transaction():
        mail = Incoming(digest="1", raw=b"", received_at=make.NOW, kind="answer")
        db.session.add(mail)
        db.session.flush()
        db.session.add(
            CalendarAnswer(
                incoming_id=mail.id,
                uid=c.proposal.uid,
                address=FELL.address,
                sequence=0,
                dtstamp=make.NOW,
                partstat="ACCEPTED",
                authenticated=True,
                recorded_at=make.NOW,
            )
        )
    move(c, there(c))
    life.accept()(c, LATER + timedelta(hours=1))
    said = invite_answers.answers_to_booking(c.booking)[FELL.address]
    assert (said.stands, said.to_starts_at) == (False, wall(life.TUESDAY, time(9)))


@pytest.mark.parametrize("first", ["yes", "move"])
def test_a_move_and_a_yes_at_once_go_one_after_the_other(c, app: Flask, first: str) -> None:
    """Whoever comes second sees what the first did: moved and then booked there, or booked and not moved."""
    c.app = app
    proposal_id, slot = c.proposal.id, there(c)

    def say_yes() -> None:
        proposing.accept(
            db.session.get_one(Proposal, proposal_id), life.promise(), who="Joanna Fell", now=LATER
        )

    def shift() -> None:
        proposing.move(db.session.get_one(Proposal, proposal_id), slot, who="Priya", now=LATER)

    raised = at_once(c, *((say_yes, shift) if first == "yes" else (shift, say_yes)))
    assert [type(error) for error in raised] == ([NotKeptAnyMore] if first == "yes" else [])
    (booking,) = db.session.query(bookings.Booking).all()
    kept = wall(life.TUESDAY, time(9)) if first == "yes" else wall(life.NEXT_WEEK, time(10))
    assert booking.performance.starts_at == db.session.get_one(Proposal, proposal_id).starts_at == kept


# Two times for a school that is too big for one show


def test_a_school_too_big_for_one_show_has_two_times_kept_and_no_third(c) -> None:
    with transaction():
        c.programme.audience_ceiling = 200

    def offer(day, at):
        return proposing.ProposalDraft(
            programme=c.programme,
            organisation=c.school,
            slot=life.slot(c, day, at, make.NOW),
            people=[c.fell],
            reply_by=REPLY_BY,
        )

    with transaction():
        second = proposing.propose(offer(c.next_week, time(9)), who="Priya", now=make.NOW)
    assert [p.id for p in proposals.all_open(c.programme.id, c.school.organisation_id, now=make.NOW)] == [
        c.proposal.id,
        second.id,
    ]
    with pytest.raises(AlreadyProposed), transaction():
        proposing.propose(offer(c.wednesday, time(9)), who="Priya", now=make.NOW)
    with transaction():
        proposing.accept(
            c.proposal, life.promise(pupils={8: 148}), who="Joanna Fell", now=make.NOW + timedelta(hours=1)
        )
        proposing.accept(
            second, life.promise(pupils={9: 151}), who="Joanna Fell", now=make.NOW + timedelta(hours=2)
        )
    assert len(db.session.query(bookings.Booking).all()) == 2
