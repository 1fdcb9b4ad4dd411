"""The whole life of an entry: every step sends exactly these messages, to exactly these people, in this
order."""

from datetime import date, datetime, time, timedelta

import life
import pytest
from flask import Flask
from life import BLUE, FELL, HALE, OFFICE, RED, REPLY_BY, STORIES, WHITFIELD, Message, Step
from sqlalchemy import func, select
from test_holds import at_once

import make
from outreach.booking import bookings, holds, promises, proposals
from outreach.booking.bookings import CancelReasonMissing
from outreach.booking.calling_off import affected, call_offs, scope
from outreach.booking.calling_off import deeds as calling_off
from outreach.booking.calling_off.deeds import NotAsSeen, NothingToCallOff
from outreach.booking.calling_off.scope import DayIsOver
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import (
    AlreadyProposed,
    NothingToPropose,
    NotKeptAnyMore,
    ProposalAddressDead,
    ProposalToNobody,
    ReplyByWrong,
)
from outreach.booking.promises import Booking
from outreach.booking.proposals import NoSuchProposal, Proposal, ProposalEnded
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import copies, links
from outreach.post.outbox import Letter
from outreach.tour import days, slots
from outreach.tour.performances import Performance, SlotTaken

each_story = pytest.mark.parametrize("name", STORIES)


def told(name: str, la_code: str = "931") -> list[tuple[Step, list[Message]]]:
    return list(life.tell(STORIES[name], life.lay(la_code)))


def sent_at(story: list[tuple[Step, list[Message]]], step: str) -> dict[str, Message]:
    return next({m.to: m for m in sent} for this, sent in story if this.name == step)


@each_story
def test_each_step_tells_whom_it_concerns_and_nobody_else(app: Flask, name: str) -> None:
    assert [(step.name, [m.short for m in sent]) for step, sent in told(name)] == [
        (step.name, step.sends) for step in STORIES[name]
    ]


def test_one_booking_is_one_entry_whatever_becomes_of_it(app: Flask) -> None:
    uids: dict[str, set[str]] = {}
    for _step, sent in told("a booking") + told("a proposal that is taken", "932"):
        for m in sent:
            uids.setdefault(m.to, set()).add(m.uid)
    assert {to: len(found) for to, found in uids.items()} == {
        FELL.address: 2,
        WHITFIELD.address: 2,
        HALE.address: 1,
        RED: 2,
        BLUE: 1,
        OFFICE: 1,
    }
    assert uids[FELL.address] == uids[WHITFIELD.address] > uids[OFFICE]
    assert uids[FELL.address].isdisjoint(uids[RED])


def test_every_message_says_when_and_where_it_is_now(app: Flask) -> None:
    story = told("a booking")
    place = {m.location.split(", ")[1] for m in sent_at(story, "change numbers").values()}
    assert place == {"Main hall"}
    for m in sent_at(story, "change place").values():
        assert "Sports hall" in m.location
        assert m.starts in ("20270309T090000", "20270309T080000")
    assert sent_at(story, "move")[FELL.address].starts == "20270316T100000"
    assert sent_at(story, "move")[RED].starts == "20270316T090000"
    assert sent_at(story, "move back")[FELL.address].starts == "20270309T090000"


def test_a_resend_is_the_same_calendar_text(app: Flask) -> None:
    story = told("a booking")
    assert sent_at(story, "resend to one")[FELL.address].ics == sent_at(story, "book")[FELL.address].ics
    assert sent_at(story, "resend to the troupe")[RED].ics == sent_at(story, "book")[RED].ics


def test_a_troupe_loses_the_show_where_it_had_it(app: Flask) -> None:
    story = told("a booking")
    had = sent_at(story, "move back")[RED]
    lost = sent_at(story, "move to another van’s day")[RED]
    assert (lost.starts, lost.ends) == (had.starts, had.ends) == ("20270309T080000", "20270309T104500")
    assert sent_at(story, "move to another van’s day")[BLUE].starts == "20270310T080000"


def test_a_cancel_keeps_time_place_and_people(app: Flask) -> None:
    for name, before, la_code in (
        ("a booking", "move to another van’s day", "931"),
        ("a proposal that lapses", "propose", "932"),
    ):
        story = told(name, la_code)
        *_, (_step, last) = [(step, sent) for step, sent in story if sent]
        for m in last:
            was = sent_at(story, before)[m.to]
            assert (m.starts, m.ends, m.location, m.attendees) == (
                was.starts,
                was.ends,
                was.location,
                was.attendees,
            )


def test_who_is_taken_out_is_named_alone(app: Flask) -> None:
    story = told("a booking")
    assert sent_at(story, "remove a colleague")[HALE.address].attendees == (HALE.address,)
    assert set(sent_at(story, "add the colleague again")[HALE.address].attendees) == {
        FELL.address,
        WHITFIELD.address,
        HALE.address,
    }
    stamps = [sent_at(story, s)[HALE.address] for s in ("remove a colleague", "add the colleague again")]
    assert stamp(stamps[0]) < stamp(stamps[1])


def stamp(m: Message) -> str:
    return next(line for line in m.ics.decode().splitlines() if line.startswith("DTSTAMP:"))


def test_numbers_are_text_alone_with_a_later_stamp(app: Flask) -> None:
    story = told("a booking")
    before, after = sent_at(story, "book")[RED], sent_at(story, "change numbers")[RED]
    assert (before.sequence, before.starts, before.location) == (after.sequence, after.starts, after.location)
    assert stamp(before) < stamp(after)
    assert "140 pupils in Year 8" in copies.read(after.raw).text


def test_a_proposal_is_not_to_be_taken_for_a_booking(app: Flask) -> None:
    (step, sent), *_ = told("a proposal that lapses")
    for m in sent:
        copy = copies.read(m.raw)
        assert "SUMMARY:Proposed: ‘Someone to Tell’" in m.ics.replace(b"\r\n ", b"").decode()
        assert "Nothing is booked yet" in copy.text
        assert "/i/" in copy.text
        assert b"/i/" not in m.ics


# What a proposal keeps, and how it ends


@pytest.fixture
def c(app: Flask):
    return life.lay()


def offer(c, *, at: time = time(9), reply_by: date = REPLY_BY, people=None, school=None, now=make.NOW):
    return proposing.ProposalDraft(
        programme=c.programme,
        organisation=school or c.school,
        slot=life.slot(c, c.tuesday, at, now, school=school),
        reply_by=reply_by,
        people=[c.fell] if people is None else people,
    )


def propose(c, now=make.NOW, **changes) -> Proposal:
    with transaction():
        return proposing.propose(offer(c, now=now, **changes), who="Priya Nandakumar", now=now)


def accept(c, proposal: Proposal, now: datetime = make.NOW, **said) -> Booking:
    with transaction():
        return proposing.accept(proposal, life.promise(**said), who="Joanna Fell", now=now)


def end_all(now: datetime) -> None:
    while True:
        with transaction():
            if not proposing.end_next(now=now):
                return


def test_nobody_else_gets_a_time_that_is_kept(c) -> None:
    wanted = life.slot(c, c.tuesday, time(9), make.NOW, school=c.neighbour)
    propose(c)
    assert slots.find(c.programme, c.neighbour, wanted.key, now=make.NOW) is None
    with pytest.raises(SlotTaken), transaction():
        holds.hold(c.programme, c.neighbour, [wanted], who="Office", now=make.NOW)
    later = make.NOW + timedelta(days=10)
    with pytest.raises(SlotTaken), transaction():
        holds.hold(c.programme, c.neighbour, [wanted], who="Office", now=later)


def test_a_school_may_look_at_other_times_and_keeps_what_is_kept_for_it(c) -> None:
    proposal = propose(c)
    with transaction():
        holds.hold(
            c.programme, c.school, [life.slot(c, c.tuesday, time(13), make.NOW)], who="Jo", now=make.NOW
        )
        holds.give_back(c.programme.id, c.school.organisation_id, who="Jo", now=make.NOW)
    assert proposal.performance.released_at is None
    assert accept(c, proposal).performance_id == proposal.performance_id


@pytest.mark.parametrize("how", ["refused", "taken back", "lapsed"])
def test_a_time_not_kept_any_more_is_free(c, how: str) -> None:
    proposal = propose(c)
    now = make.NOW + timedelta(hours=1)
    with transaction():
        if how == "refused":
            proposing.refuse(proposal, reason="", who="Joanna Fell", now=now)
        elif how == "taken back":
            proposing.withdraw(proposal, who="Priya", now=now)
    if how == "lapsed":
        now = wall(REPLY_BY + timedelta(days=1), time(0))
        end_all(now)
    assert life.slot(c, c.tuesday, time(9), now, school=c.neighbour)
    assert proposals.open_of(c.programme.id, c.school.organisation_id, now=now) is None


def test_a_proposal_holds_to_the_last_minute_of_the_day_to_reply_by(c) -> None:
    proposal = propose(c)
    last = wall(REPLY_BY, time(23, 59))
    end_all(last)
    assert accept(c, proposal, now=last).reference


def test_a_proposal_is_late_a_minute_after_though_nobody_has_ended_it(c) -> None:
    proposal = propose(c)
    with pytest.raises(ProposalEnded):
        accept(c, proposal, now=wall(REPLY_BY + timedelta(days=1), time(0)))
    assert db.session.query(Booking).count() == 0


def test_the_booking_carries_the_event_of_its_proposal_on(c) -> None:
    proposal = propose(c)
    token = proposal.organizer_token
    booking = accept(c, proposal)
    assert (booking.uid, booking.organizer_token) == (proposal.uid, token)
    assert (booking.sequence, booking.place_sequence, booking.role) == (1, 1, "host")
    assert promises.pupils_of(booking) == {8: 148, 9: 151}
    assert proposal.ended_as == "accepted"
    letter = db.session.query(Letter).filter_by(stream=booking.uid, recipient=WHITFIELD.address).one()
    assert "is booked" in copies.read(letter.raw).text


def test_an_accepted_proposal_whose_letter_never_went_sends_one_letter(c) -> None:
    """Tentative and confirmed within one round of the postman: only the last word goes."""
    accept(c, propose(c))
    assert [m.short for m in life.hand_over(make.NOW)] == [
        (FELL.address, "REQUEST", 1, "CONFIRMED"),
        (WHITFIELD.address, "REQUEST", 1, "CONFIRMED"),
        (RED, "REQUEST", 0, "CONFIRMED"),
    ]


def test_a_proposal_taken_back_before_its_letter_went_sends_nothing(c) -> None:
    proposal = propose(c)
    with transaction():
        proposing.withdraw(proposal, who="Priya", now=make.NOW + timedelta(minutes=1))
    assert life.hand_over(make.NOW) == []


def test_a_school_with_year_groups_left_keeps_its_proposal_when_it_books_some(c) -> None:
    proposal = propose(c)
    life.book(c, make.NOW + timedelta(hours=1), day=c.next_week, pupils={8: 150})
    end_all(make.NOW + timedelta(hours=2))
    assert proposal.ended_at is None
    accept(c, proposal, pupils={9: 150})
    assert len(promises.live(c.programme.id, c.school.organisation_id)) == 2


def test_the_link_of_a_proposal_opens_until_thirty_days_after_the_day_to_reply_by(c) -> None:
    proposal = propose(c)
    link = db.session.query(links.PersonalLink).filter_by(address=FELL.address).one()
    assert link.expires_at == wall(REPLY_BY + timedelta(days=31), time(0))
    booking = accept(c, proposal)
    db.session.refresh(link)
    assert link.expires_at == booking.performance.ends_at + timedelta(weeks=7)


def test_who_is_chosen_twice_gets_one_letter(c) -> None:
    propose(c, people=[c.fell, c.fell])
    assert [m.to for m in life.hand_over(make.NOW)] == [FELL.address]


def test_a_preview_writes_nothing_and_says_what_the_letter_says(c) -> None:
    with transaction():
        said = proposing.preview(offer(c), who="Priya", now=make.NOW)
    assert db.session.query(Letter).count() == db.session.query(Proposal).count() == 0
    propose(c)
    (m,) = life.hand_over(make.NOW)
    words = copies.read(m.raw).text
    assert words.splitlines()[0] == said.text.splitlines()[0]
    assert "Tuesday 9 March, 9:00am to" in words and "Tuesday 9 March, 9:00am to" in said.text


# Refusals


def test_a_second_proposal_to_one_school_is_refused(c) -> None:
    propose(c)
    with pytest.raises(AlreadyProposed, match="9 March 2027, 9:00am is kept for"):
        propose(c, at=time(13))


def test_nothing_is_proposed_to_a_school_that_has_booked_all_it_can(c) -> None:
    life.book(c, make.NOW)
    with pytest.raises(NothingToPropose, match="booked already"):
        propose(c, at=time(13))


def test_a_proposal_goes_to_somebody(c) -> None:
    with pytest.raises(ProposalToNobody):
        propose(c, people=[])


def test_a_proposal_goes_to_no_dead_address(c) -> None:
    with transaction():
        make.dead_address(FELL.address)
    with pytest.raises(ProposalAddressDead, match=FELL.address):
        propose(c)


@pytest.mark.parametrize("reply_by", [make.NOW.date() - timedelta(days=1), life.TUESDAY])
def test_the_day_to_reply_by_lies_between_today_and_the_show(c, reply_by: date) -> None:
    with pytest.raises(ReplyByWrong):
        propose(c, reply_by=reply_by)


def test_a_slot_that_went_meanwhile_is_not_proposed(c) -> None:
    mine = offer(c)
    propose(c, school=c.neighbour, people=[c.fell])
    with pytest.raises(SlotTaken), transaction():
        proposing.propose(mine, who="Priya", now=make.NOW)
    assert db.session.scalar(select(func.count()).select_from(Performance)) == 1


def test_what_has_ended_is_neither_taken_nor_refused_nor_taken_back(c) -> None:
    proposal = propose(c)
    with transaction():
        proposing.refuse(proposal, reason="Exams", who="Jo", now=make.NOW)
    with pytest.raises(ProposalEnded):
        accept(c, proposal)
    with pytest.raises(ProposalEnded), transaction():
        proposing.refuse(proposal, reason="Exams", who="Jo", now=make.NOW)
    with pytest.raises(NotKeptAnyMore, match="said no meanwhile"), transaction():
        proposing.withdraw(proposal, who="Priya", now=make.NOW)


def test_a_refused_acceptance_leaves_the_proposal_open(c) -> None:
    proposal = propose(c)
    with pytest.raises(bookings.numbers.NobodyComes):
        accept(c, proposal, pupils={8: 0})
    with pytest.raises(bookings.colleagues.NobodyNamed):
        accept(c, proposal, people=())
    assert proposals.open_of(c.programme.id, c.school.organisation_id, now=make.NOW) is proposal


def test_a_proposal_is_its_own_schools_alone(c) -> None:
    proposal = propose(c)
    assert proposals.get(proposal.id, c.programme.id, c.school.organisation_id) is proposal
    for asked in (
        (proposal.id, c.programme.id, c.neighbour.organisation_id),
        (proposal.id + 1, c.programme.id, c.school.organisation_id),
    ):
        with pytest.raises(NoSuchProposal):
            proposals.get(*asked)


# Two at once: `at_once` lets the second begin while the first has not committed


def accept_afresh(proposal_id: int, now: datetime) -> None:
    proposing.accept(db.session.get_one(Proposal, proposal_id), life.promise(), who="A", now=now)


def test_two_who_say_yes_at_once_make_one_booking(c, app: Flask) -> None:
    c.app, kept = app, propose(c).id
    raised = at_once(c, lambda: accept_afresh(kept, make.NOW), lambda: accept_afresh(kept, make.NOW))
    assert [type(e) for e in raised] == [ProposalEnded], raised
    assert db.session.query(Booking).count() == 1


def test_a_time_taken_back_while_the_school_says_yes_is_booked_or_free_never_both(c, app: Flask) -> None:
    c.app, kept = app, propose(c).id
    raised = at_once(
        c,
        lambda: accept_afresh(kept, make.NOW),
        lambda: proposing.withdraw(db.session.get_one(Proposal, kept), who="Priya", now=make.NOW),
    )
    assert [str(e) for e in raised] == ["The school has booked that time meanwhile."], raised
    booking = db.session.query(Booking).one()
    assert (booking.ended_at, booking.performance.released_at) == (None, None)


def test_a_day_called_off_while_a_school_says_yes_is_looked_at_again(c, app: Flask) -> None:
    c.app, kept, day_id, own = app, propose(c).id, c.tuesday.id, c.partnership.id
    seen = affected.look(scope.of_day(c.tuesday), now=make.NOW).references
    db.session.rollback()
    raised = at_once(
        c,
        lambda: accept_afresh(kept, make.NOW),
        lambda: calling_off.call_off(
            scope.of_day(days.get(own, day_id)),
            key="one",
            reason="Illness",
            seen=seen,
            who="Priya",
            now=make.NOW,
        ),
    )
    assert [type(e) for e in raised] == [NotAsSeen], raised
    assert db.session.query(Booking).one().ended_at is None


# A day called off


def call_off(c, *, now=make.NOW, reason="Illness", seen=None):
    return life.call_off_day(c.tuesday, reason=reason, now=now, seen=seen)


def test_a_day_called_off_is_out_of_the_offer_and_can_be_given_again(c) -> None:
    booking = life.book(c, make.NOW)
    call_off(c)
    assert promises.cancellation_of(booking).cancelled_by == "company"
    assert slots.find(c.programme, c.neighbour, f"{c.tuesday.id}-1300", now=make.NOW) is None
    with transaction():
        make.tour_day(c.programme, c.red, life.TUESDAY)


def test_a_slot_in_hand_on_a_day_called_off_is_lost(c) -> None:
    with transaction():
        held = life.slot(c, c.tuesday, time(9), make.NOW)
        (show,) = holds.hold(c.programme, c.school, [held], who="Jo", now=make.NOW)
    assert affected.look(scope.of_day(c.tuesday), now=make.NOW).holding == 1
    call_off(c)
    with pytest.raises(holds.NothingHeld), transaction():
        bookings.book(c.programme, c.school, [(show.id, life.promise())], who="Jo", now=make.NOW)


def test_shows_that_have_begun_stay_when_the_rest_of_the_day_is_called_off(c) -> None:
    morning = life.book(c, make.NOW)
    life.neighbour_books(c, make.NOW)
    midday = wall(life.TUESDAY, time(12))
    found = call_off(c, now=midday)
    assert [line.booking_id for line in call_offs.lines(found)] == [c.of_neighbour.id]
    assert (morning.ended_at, c.of_neighbour.ended_at) == (None, midday)
    assert (c.tuesday.ended_at, c.tuesday.shows_at_most) == (None, 1)


def test_a_day_is_called_off_only_as_it_was_seen(c) -> None:
    seen = affected.look(scope.of_day(c.tuesday), now=make.NOW).references
    booking = life.book(c, make.NOW)
    with pytest.raises(NotAsSeen):
        call_off(c, seen=seen)
    assert booking.ended_at is None


def test_a_day_is_called_off_with_a_reason(c) -> None:
    with pytest.raises(CancelReasonMissing):
        call_off(c, reason="  ")


def test_a_day_that_is_over_is_not_called_off(c) -> None:
    with pytest.raises(DayIsOver):
        call_off(c, now=wall(life.TUESDAY, time(18)))


def test_a_day_called_off_twice_is_refused_in_words(c) -> None:
    call_off(c)
    with pytest.raises(NothingToCallOff):
        call_off(c)


def test_looking_at_two_shows_takes_the_same_queries_as_at_one(c, count_queries) -> None:
    life.book_first(c, make.NOW)
    taken = []
    for happens in (life.join_as_guest, life.neighbour_books):
        happens(c, make.NOW)
        db.session.rollback()
        day = days.get(c.partnership.id, c.tuesday.id)
        with count_queries() as queries:
            found = affected.look(scope.of_day(day), now=make.NOW)
            assert all(h.organisation.name and h.performance.starts_at and h.people for h in found.hits)
        taken.append((found.shows, len(queries)))
    assert taken == [(1, 8), (2, 8)]


def test_an_empty_day_called_off_writes_to_nobody(c) -> None:
    call_off(c)
    assert db.session.query(Letter).count() == 0
    assert c.tuesday.ended_at == make.NOW


def test_the_service_ends_what_lapsed_before_it_sends(c, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(c)
    life.hand_over(make.NOW)
    monkeypatch.setattr(clock, "now", lambda: wall(REPLY_BY + timedelta(days=1), time(6)))
    said = app.test_cli_runner().invoke(args=["post", "send"])
    assert (said.exit_code, "Sent 1" in said.output) == (0, True), said.output
    db.session.expire_all()
    gone = db.session.query(Letter).order_by(Letter.id.desc()).first()
    assert (gone.method, gone.status, gone.recipient) == ("CANCEL", "sent", FELL.address)
