"""What cannot be played is called off: a half, a day, a troupe for two weeks, snow; at once and once,
whatever happens meanwhile."""

import os
from datetime import UTC, date, time, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import life
import pytest
from calendars_of_people import PersonsCalendar
from flask import Flask
from sqlalchemy.exc import IntegrityError
from test_holds import at_once

import make
from at_work import at_work
from begun import begun_and_done
from outreach.booking import bookings, promises, proposals
from outreach.booking.bookings import CancelReasonMissing
from outreach.booking.calling_off import affected, call_offs, deeds, instead, replacing, undoing
from outreach.booking.calling_off.call_offs import AFTERNOON, MORNING, CallOff, CallOffLine
from outreach.booking.calling_off.deeds import NotAsSeen, NothingToCallOff
from outreach.booking.calling_off.scope import DayIsOver, LastBeforeFirst, Scope, SpanTooLong
from outreach.booking.desk import proposing
from outreach.booking.proposals import Proposal
from outreach.county import school_days
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, local, wall
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour import days, slots
from outreach.tour.days import TourDay

NOW, BEFORE = make.NOW, make.NOW - timedelta(days=3)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = life.lay()
    c.app = app
    return c


def full(c: SimpleNamespace) -> None:
    """Tuesday morning booked with a guest, its afternoon kept for the neighbour; all of it handed over."""
    life.book_first(c, BEFORE)
    life.join_as_guest(c, BEFORE + timedelta(hours=1))
    life.neighbour_is_asked(c, BEFORE + timedelta(hours=2))
    life.hand_over(BEFORE + timedelta(hours=3))


def off(c: SimpleNamespace, **changes: Any) -> Scope:
    return Scope(
        **{
            "partnership_id": c.partnership.id,
            "first": life.TUESDAY,
            "last": life.TUESDAY,
            "troupe_id": c.red.id,
        }
        | changes
    )


def together(what: Scope, now=NOW) -> dict[str, str]:
    found = affected.look(what, now=now)
    return {ref: i.planned.key for ref, i in instead.other_times_for(found, now=now).items() if i.planned}


def call_off(what: Scope, *, now=NOW, key: str = "one", **said: Any) -> CallOff:
    with transaction():
        seen = said.pop("seen", None)
        seen = affected.look(what, now=now).references if seen is None else seen
        return deeds.call_off(
            what,
            key=key,
            **{"reason": "Illness in the cast", "seen": seen, "who": "Priya", "now": now} | said,
        )


def sent(now=NOW) -> list[tuple[str, str, int, str]]:
    return [m.short for m in life.hand_over(now + timedelta(minutes=1))]


def text_to(address: str, kind: str = "") -> str:
    query = db.session.query(Letter).filter_by(recipient=address).order_by(Letter.id)
    return " ".join(copies.read(m.raw).text for m in query if not kind or m.kind == kind)


def day(c: SimpleNamespace, on: date, troupe: Any = None, **hours: Any) -> TourDay:
    with transaction():
        return make.tour_day(c.programme, troupe or c.red, on, **hours)


# A day


def test_everybody_gets_the_end_and_those_who_can_another_time_in_one_go(c) -> None:
    full(c)
    done = call_off(off(c), chosen=together(off(c)))
    found = sent()
    cancelled = {(to, m, s) for to, m, s, status in found if m == "CANCEL"}
    assert {to for to, _, _ in cancelled} == {*life.BOTH, life.GUEST, life.NEIGHBOUR, life.RED}
    assert {(to, s, status) for to, m, s, status in found if m == "REQUEST"} == {
        (life.FELL.address, 0, "TENTATIVE"),
        (life.WHITFIELD.address, 0, "TENTATIVE"),
        (life.NEIGHBOUR, 0, "TENTATIVE"),
    }
    lines = call_offs.lines(done)
    assert len(lines) == 3 and c.tuesday.ended_at == NOW
    kept = [line.new_proposal for line in lines if line.new_proposal]
    assert len({p.performance_id for p in kept}) == 2 and all(p.is_open(NOW) for p in kept)
    assert all(p.performance.tour_day_id != c.tuesday.id for p in kept)


def test_both_letters_say_both(c) -> None:
    full(c)
    done = call_off(off(c), chosen=together(off(c)))
    new = next(line.new_proposal for line in call_offs.lines(done) if line.booking_id == c.booking.id)
    day_said = f"{local(new.starts_at):%A} {local(new.starts_at).day} {local(new.starts_at):%B}"
    end, offer = text_to(life.FELL.address, "cancelled"), text_to(life.FELL.address, "proposed")
    assert "was cancelled by the company. The reason given: Illness in the cast." in end
    assert f"Instead we keep {day_said}" in end
    assert (
        "Tuesday 9 March at 9:00am is called off: the company cannot play. The reason given: Illness" in offer
    )
    assert f"Instead we keep {day_said}" in offer
    assert "These are the nearest that are left" in text_to(life.GUEST, "cancelled")


def test_without_another_time_the_letter_names_the_nearest_that_are_left(c) -> None:
    full(c)
    call_off(off(c))
    said = text_to(life.FELL.address, "cancelled")
    assert "These are the nearest that are left" in said and "Tuesday 16 March" in said
    assert "Instead we keep" not in said


def test_a_school_says_yes_to_the_time_that_was_kept_instead(c) -> None:
    full(c)
    done = call_off(off(c), chosen=together(off(c)))
    new = next(line.new_proposal for line in call_offs.lines(done) if line.booking_id == c.booking.id)
    with transaction():
        again = proposing.accept(new, life.promise(), who="Joanna Fell", now=NOW + timedelta(hours=1))
    assert [b.id for b in promises.live(c.programme.id, c.school.organisation_id)] == [again.id]


def test_a_form_sent_twice_calls_off_once(c) -> None:
    full(c)
    first = call_off(off(c), chosen=together(off(c)))
    letters = db.session.query(Letter).count()
    again = call_off(off(c), seen=["whatever it says"], chosen={}, reason="Another")
    assert (again.id, again.reason, db.session.query(Letter).count()) == (
        first.id,
        "Illness in the cast",
        letters,
    )


def test_two_at_once_end_it_once(c) -> None:
    """The same form pressed twice, or two coordinators: whoever waits finds it done, or nothing left."""
    full(c)
    seen, what, chosen = affected.look(off(c), now=NOW).references, off(c), together(off(c))
    db.session.rollback()

    def press(key: str) -> Any:
        return lambda: deeds.call_off(
            what, key=key, reason="Ill", seen=seen, chosen=chosen, who="Priya", now=NOW
        )

    assert at_once(c, press("one"), press("one")) == []
    assert db.session.query(CallOff).count() == 1
    (raised,) = at_once(c, lambda: None, press("two"))
    assert isinstance(raised, NothingToCallOff)
    assert db.session.query(CallOffLine).count() == 3


def test_the_database_lets_nothing_be_called_off_twice(c) -> None:
    full(c)
    done = call_off(off(c))
    line = call_offs.lines(done)[0]
    for values in (
        {"booking_id": line.booking_id},
        {"proposal_id": next(n.proposal_id for n in call_offs.lines(done) if n.proposal_id)},
        {"booking_id": line.booking_id, "proposal_id": line.proposal_id or 1},
        {},
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.add(
                CallOffLine(
                    call_off_id=done.id,
                    organisation_id=line.organisation_id,
                    starts_at=line.starts_at,
                    **values,
                )
            )
            db.session.flush()
        db.session.rollback()
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            CallOff(
                partnership_id=c.partnership.id,
                troupe_id=c.red.id,
                first=life.TUESDAY,
                last=life.TUESDAY,
                part="day",
                reason="x",
                what="x",
                who="x",
                key="one",
                recorded_at=NOW,
            )
        )
        db.session.flush()


def test_who_booked_since_the_look_is_named_and_nothing_ends(c) -> None:
    life.book_first(c, BEFORE)
    seen = affected.look(off(c), now=NOW).references
    life.neighbour_books(c, NOW)
    with pytest.raises(NotAsSeen, match=f"New since: {c.neighbour.name}, 9 March 2027 at 1:00pm"):
        call_off(off(c), seen=seen)
    with pytest.raises(NotAsSeen, match="1 show or kept time less"):
        call_off(off(c), seen=[*affected.look(off(c), now=NOW).references, "kept-99"])
    assert c.booking.ended_at is None


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_no_end(c, reason: str) -> None:
    life.book_first(c, BEFORE)
    with pytest.raises(CancelReasonMissing):
        call_off(off(c), reason=reason)


def test_a_span_must_make_sense(c) -> None:
    with pytest.raises(LastBeforeFirst):
        call_off(off(c, last=date(2027, 3, 8)))
    with pytest.raises(SpanTooLong):
        call_off(off(c, last=date(2027, 6, 8)))
    with pytest.raises(DayIsOver):
        call_off(off(c), now=wall(date(2027, 3, 10), time(8)))
    with pytest.raises(NothingToCallOff):
        call_off(off(c, first=date(2027, 3, 11), last=date(2027, 3, 12)))
    with pytest.raises(replacing.ReplyByPast):
        call_off(off(c), reply_by=date(2027, 1, 1))


def test_a_time_that_went_meanwhile_is_named_and_the_others_go(c) -> None:
    full(c)
    chosen = together(off(c))
    ours, theirs = chosen[c.booking.reference], f"kept-{c.of_neighbour.id}"
    done = call_off(off(c), chosen={c.booking.reference: ours, theirs: ours})
    lines = {line.booking_id or "kept": line for line in call_offs.lines(done)}
    assert lines[c.booking.id].new_proposal is not None
    assert (lines["kept"].new_proposal, "just been taken" in lines["kept"].why_none) == (None, True)
    assert lines["kept"].proposal.ended_as == "called off"


def test_a_time_of_a_day_that_is_called_off_too_is_no_other_time(c) -> None:
    full(c)
    what = off(c, last=life.NEXT_WEEK)
    key = f"{c.next_week.id}-0900"
    done = call_off(what, chosen={c.booking.reference: key})
    (line,) = [n for n in call_offs.lines(done) if n.booking_id == c.booking.id]
    assert (line.new_proposal, line.why_none) == (None, "That day is called off, too.")


def test_who_cannot_be_written_to_is_named(c) -> None:
    full(c)
    with transaction():
        for address in life.BOTH:
            make.dead_address(address)
    done = call_off(off(c), chosen=together(off(c)))
    (line,) = [n for n in call_offs.lines(done) if n.booking_id == c.booking.id]
    assert (line.new_proposal, "Ring the school." in line.why_none) == (None, True)
    assert c.booking.ended_at == NOW


def test_a_time_is_kept_on_a_school_day_and_with_the_notice_after_it_never_until_the_eve(c) -> None:
    full(c)
    done = call_off(off(c), chosen=together(off(c)), reply_by=date(2027, 7, 1))
    for new in (n.new_proposal for n in call_offs.lines(done) if n.new_proposal):
        assert new.reply_by == day_of(new.starts_at) - timedelta(days=12)  # ten days before is a Sunday
        assert new.starts_at >= c.booking.performance.starts_at


def test_another_time_is_kept_afterwards(c) -> None:
    full(c)
    done = call_off(off(c))
    lines = call_offs.lines(done)
    others = instead.of_lines(done, lines, now=NOW)
    chosen = {int(ref): other.planned.key for ref, other in others.items() if other.planned}
    assert len(chosen) == 2
    with transaction():
        assert replacing.keep_times(done, chosen, who="Priya", now=NOW) == {}
        assert replacing.keep_times(done, chosen, who="Priya", now=NOW) == {}
    assert db.session.query(Proposal).count() == 3
    assert instead.of_lines(done, call_offs.lines(done), now=NOW) == {}


def test_who_has_booked_again_needs_no_other_time(c) -> None:
    full(c)
    done = call_off(off(c))
    life.book_otherwise(c, NOW + timedelta(hours=1))
    (line,) = [n for n in call_offs.lines(done) if n.organisation_id == c.school.organisation_id]
    others = instead.of_lines(done, call_offs.lines(done), now=NOW + timedelta(hours=1))
    assert (others[str(line.id)].planned, others[str(line.id)].why_none) == (None, "It has booked again.")


def test_nobody_is_asked_to_be_ready_in_less_than_three_days(c) -> None:
    full(c)
    day(c, date(2027, 3, 11))
    eve = wall(date(2027, 3, 9), time(6))
    for other in instead.other_times_for(affected.look(off(c), now=eve), now=eve).values():
        assert other.choices and min(s.day for s in other.choices) >= date(2027, 3, 12)


@pytest.mark.parametrize("more", [0, 4])
def test_another_time_for_each_takes_the_same_queries_however_many(c, count_queries, more: int) -> None:
    life.book_first(c, BEFORE)
    for n in range(more):
        on = day(c, date(2027, 4, 12) + timedelta(days=n))
        with transaction():
            school = make.school(easting=452000 + 300 * n)
        life.book(c, BEFORE, day=on, school=school)
    what = off(c, last=date(2027, 4, 30))
    db.session.expunge_all()
    found = affected.look(what, now=NOW)
    assert len(found.hits) == 1 + more
    with count_queries() as queries:
        instead.other_times_for(found, now=NOW)
    assert len(queries) <= 8, "\n".join(queries)


def test_whom_to_ring_first_has_a_show_by_the_next_school_day_and_the_numbers_are_always_there(c) -> None:
    life.book_first(c, BEFORE)
    with transaction():
        c.school.telephone = "01632 960 111"
    starts = c.booking.performance.starts_at
    # The show is on a Tuesday: on the Friday before it Monday is the next school day, on the Sunday too.
    for ahead in (4, 3, 2):
        (hit,) = affected.look(off(c), now=starts - timedelta(days=ahead)).hits
        assert (hit.urgent, bool(hit.rings)) == (False, True)
    (hit,) = affected.look(off(c), now=starts - timedelta(hours=30)).to_ring
    with transaction():
        school_days.rule_out(c.school, (starts - timedelta(days=1)).date(), "INSET", who="Priya", now=BEFORE)
    assert affected.look(off(c), now=starts - timedelta(days=4)).to_ring != []
    assert hit.rings == (
        ("Joanna Fell", "safeguarding lead", life.FELL.phone),
        ("The school", "office", "01632 960 111"),
    )
    done = call_off(off(c), now=starts - timedelta(hours=2), rung=[c.booking.reference])
    (line,) = call_offs.lines(done)
    assert (line.to_ring, line.rung_by, affected.numbers_of([line])[line.id]) == (True, "Priya", hit.rings)


def test_every_calendar_agrees_with_the_diary_afterwards(c) -> None:
    """Built from the mails alone: who had Tuesday has it no more, and each other time stands where it is kept
    or booked."""
    both_halves(c)
    life.join_as_guest(c, BEFORE + timedelta(hours=2))
    mails = life.hand_over(BEFORE + timedelta(hours=3))
    done = call_off(off(c, last=life.NEXT_WEEK), chosen=together(off(c, last=life.NEXT_WEEK)))
    mails += life.hand_over(NOW + timedelta(minutes=1))
    new = {n.organisation_id: n.new_proposal for n in call_offs.lines(done) if n.new_proposal}
    assert set(new) == {c.school.organisation_id, c.neighbour.organisation_id}
    with transaction():
        proposing.accept(
            new[c.school.organisation_id], life.promise(), who="Joanna Fell", now=NOW + timedelta(hours=1)
        )
    mails += life.hand_over(NOW + timedelta(hours=2))
    calendars = {mail.to: PersonsCalendar(mail.to) for mail in mails}
    for mail in mails:
        calendars[mail.to].take(mail.raw)
    diary: dict[str, dict[str, Any]] = {address: {} for address in calendars}
    for booking in db.session.query(promises.Booking).filter_by(ended_at=None):
        for person in promises.people_of(booking):
            diary[person.address][booking.uid] = booking.performance.starts_at
        show = booking.performance
        diary[show.troupe.calendar_address][show.uid] = at_work(show)[
            0
        ]  # the van's day begins with setting up
    for proposal in db.session.query(Proposal).filter_by(ended_at=None):
        for to in proposal.people:
            diary[to.address][proposal.uid] = proposal.starts_at
    shown = {
        address: {uid: held.starts_at.replace(tzinfo=UTC) for uid, held in calendar.shown().items()}
        for address, calendar in calendars.items()
    }
    assert shown == diary
    assert shown[life.GUEST] == {} and len(shown[life.FELL.address]) == len(shown[life.NEIGHBOUR]) == 1


# Half a day


def both_halves(c: SimpleNamespace) -> None:
    life.book_first(c, BEFORE)
    life.neighbour_books(c, BEFORE + timedelta(hours=1))


@pytest.mark.parametrize(("part", "ends"), [(MORNING, "booking"), (AFTERNOON, "of_neighbour")])
def test_a_half_ends_its_own_shows_and_the_day_takes_no_more(c, part: str, ends: str) -> None:
    both_halves(c)
    call_off(off(c, part=part))
    ended = {name for name in ("booking", "of_neighbour") if getattr(c, name).ended_at}
    assert (ended, c.tuesday.ended_at, c.tuesday.shows_at_most) == ({ends}, None, 1)
    assert slots.find(c.programme, c.guest, f"{c.tuesday.id}-0900", now=NOW) is None


def test_an_empty_half_is_taken_off_the_hours(c) -> None:
    life.book_first(c, BEFORE)
    call_off(off(c, part=MORNING))
    assert (c.tuesday.leaves, c.tuesday.returns, c.tuesday.ended_at) == (time(12), time(18), None)
    call_off(off(c, part=AFTERNOON), key="two")
    assert c.tuesday.ended_at == NOW


# A troupe for two weeks


def test_a_troupe_lost_for_two_weeks_gets_times_after_them_or_with_another_troupe(c) -> None:
    both_halves(c)
    later = [day(c, date(2027, 4, 13) + timedelta(days=n)) for n in range(2)]
    third = life.book(c, BEFORE, day=c.next_week, school=c.guest, pupils={8: 30})
    what = off(c, last=date(2027, 3, 20))
    done = call_off(what, chosen=together(what))
    new = [n.new_proposal for n in call_offs.lines(done)]
    assert len(new) == 3 and all(new)
    assert {p.performance.tour_day_id for p in new} <= {c.wednesday.id, *(d.id for d in later)}
    assert (c.tuesday.ended_at, c.next_week.ended_at, c.wednesday.ended_at) == (NOW, NOW, None)
    assert third.ended_at == NOW and done.what == "Tuesday 9 March to Saturday 20 March, Red van"


def test_a_guest_is_not_sent_to_a_show_that_is_called_off_with_its_own(c) -> None:
    full(c)
    life.book(c, BEFORE, day=c.next_week, school=c.neighbour, pupils={8: 30})
    call_off(off(c, last=date(2027, 3, 20)))
    said = text_to(life.GUEST, "cancelled")
    assert c.neighbour.name not in said and "16 March" not in said
    assert "Wednesday 10 March" in said


# Snow


def snow(c: SimpleNamespace, **changes: Any) -> Scope:
    return off(c, **{"troupe_id": None, "schools_of": "E07000001"} | changes)


def test_snow_ends_the_shows_of_one_district_and_leaves_the_day_to_the_others(c) -> None:
    both_halves(c)
    with transaction():
        c.neighbour.district_code, c.neighbour.district_name = "E07000002", "Fenwold"
    done = call_off(snow(c), reason="Snow", chosen=together(snow(c)))
    assert (c.booking.ended_at, c.of_neighbour.ended_at, c.tuesday.ended_at) == (NOW, None, None)
    assert promises.cancellation_of(c.booking).cancelled_by == "coordinator"
    assert "was cancelled by Marlshire" in text_to(life.FELL.address, "cancelled")
    assert "is called off. The reason given: Snow." in text_to(life.FELL.address, "proposed")
    assert school_days.why_closed(c.school, [life.TUESDAY]) == {life.TUESDAY: "Snow"}
    assert school_days.why_closed(c.neighbour, [life.TUESDAY]) == {}
    assert done.what == "Tuesday 9 March, schools of Kestermere"


def test_snow_keeps_a_guest_at_home_though_its_host_plays(c) -> None:
    life.book_first(c, BEFORE)
    life.join_as_guest(c, BEFORE)
    with transaction():
        c.guest.district_code, c.guest.district_name = "E07000002", "Fenwold"
    call_off(snow(c, schools_of="E07000002"), reason="Snow")
    assert (c.booking.ended_at, c.of_guest.ended_at) == (None, NOW)
    assert c.booking.performance.released_at is None


def test_a_guest_from_another_district_has_school_though_its_host_is_snowed_in(c) -> None:
    life.book_first(c, BEFORE)
    life.join_as_guest(c, BEFORE)
    with transaction():
        c.guest.district_code, c.guest.district_name = "E07000002", "Fenwold"
    call_off(snow(c), reason="Snow")
    assert (c.booking.ended_at, c.of_guest.ended_at) == (NOW, NOW)
    assert school_days.why_closed(c.guest, [life.TUESDAY]) == {}
    assert school_days.why_closed(c.school, [life.TUESDAY]) == {life.TUESDAY: "Snow"}


def test_snow_over_the_county_takes_every_troupes_days(c) -> None:
    full(c)
    blue = life.book(c, BEFORE, day=c.wednesday, school=make_school(c), pupils={8: 20})
    what = snow(c, schools_of="", last=life.WEDNESDAY)
    done = call_off(what, reason="Snow", chosen=together(what))
    assert (c.booking.ended_at, blue.ended_at, c.of_guest.ended_at) == (NOW, NOW, NOW)
    assert (c.tuesday.ended_at, c.wednesday.ended_at, c.next_week.ended_at) == (NOW, NOW, None)
    assert done.what == "Tuesday 9 March to Wednesday 10 March, all schools"
    assert c.of_neighbour.ended_as == "withdrawn"


def make_school(c: SimpleNamespace) -> Any:
    with transaction():
        return make.school(easting=452500)


def test_snow_where_nobody_plays_is_nothing_to_call_off(c) -> None:
    full(c)
    with pytest.raises(NothingToCallOff):
        call_off(snow(c, schools_of="E07000009"), reason="Snow")


def test_another_partnerships_shows_are_never_hit(c) -> None:
    full(c)
    with transaction():
        other = make.partnership(("932",))
    assert affected.look(snow(c, schools_of="", partnership_id=other.id), now=NOW).hits == ()
    assert affected.look(off(c, partnership_id=other.id), now=NOW).hits == ()


# Given back


def test_days_are_given_back_and_what_ended_stays_ended(c) -> None:
    full(c)
    done = call_off(off(c))
    with transaction():
        assert undoing.give_back(done, who="Priya", now=NOW + timedelta(hours=1)) == []
    assert (c.tuesday.ended_at, c.tuesday.shows_at_most) == (None, c.programme.shows_a_day)
    assert c.booking.ended_at == NOW
    lost = call_offs.shows_called_off(c.programme.id)
    assert lost and lost[0] == (c.booking.performance.starts_at, done.reason)
    assert call_offs.shows_called_off(c.programme.id + 1) == []
    assert slots.find(c.programme, c.school, f"{c.tuesday.id}-0900", now=NOW) is not None
    with pytest.raises(undoing.NothingToGiveBack), transaction():
        undoing.give_back(done, who="Priya", now=NOW + timedelta(hours=2))


@pytest.mark.parametrize(("part", "booked"), [(MORNING, True), (AFTERNOON, True), (AFTERNOON, False)])
def test_half_days_get_their_hours_back(c, part: str, booked: bool) -> None:
    if booked:
        life.book_first(c, BEFORE)
    was = days.hours_of(c.tuesday)
    done = call_off(off(c, part=part))
    assert days.hours_of(c.tuesday) != was
    with transaction():
        undoing.give_back(done, who="Priya", now=NOW)
    assert days.hours_of(c.tuesday) == was


def test_a_day_that_was_given_anew_is_named_and_stays_as_it_is(c) -> None:
    done = call_off(off(c, last=life.NEXT_WEEK))
    new = day(c, life.TUESDAY)
    with transaction():
        left = undoing.give_back(done, who="Priya", now=NOW)
    assert left == ["9 March 2027 (the troupe has given it anew)"]
    assert (c.tuesday.ended_at, c.next_week.ended_at, new.ended_at) == (NOW, None, None)


def test_days_that_are_past_are_not_given_back(c) -> None:
    done = call_off(off(c))
    with pytest.raises(undoing.NothingToGiveBack), transaction():
        undoing.give_back(done, who="Priya", now=wall(date(2027, 3, 10), time(9)))


def test_after_snow_schools_have_their_days_again_but_what_they_said_themselves(c) -> None:
    both_halves(c)
    done = call_off(snow(c, last=life.WEDNESDAY), reason="Snow")
    with transaction():
        school_days.rule_out(c.school, life.WEDNESDAY, "Inspection", who="Joanna Fell", now=NOW)
        undoing.give_back(done, who="Priya", now=NOW)
    assert school_days.why_closed(c.school, [life.TUESDAY, life.WEDNESDAY]) == {life.WEDNESDAY: "Inspection"}
    assert school_days.why_closed(c.neighbour, [life.TUESDAY, life.WEDNESDAY]) == {}


# Killed in the middle

KILLED = """
import os, signal, sys
from outreach import create_app
from outreach.booking import bookings
from outreach.booking.calling_off import deeds, affected, instead, scope
from outreach.ground.db import transaction
from datetime import date, datetime
url, own, troupe_id, at, now = sys.argv[1:6]
app = create_app({"SQLALCHEMY_DATABASE_URI": url, "SECRET_KEY": "x", "OUTREACH_FOLDER": sys.argv[6], "MAIL_FOLDER": sys.argv[6]})
with app.app_context():
    now = datetime.fromisoformat(now)
    done, cancel = [], bookings.cancel
    def killed(*said, **more):
        done.append(1)
        if len(done) == int(at):
            os.kill(os.getpid(), signal.SIGKILL)
        return cancel(*said, **more)
    bookings.cancel = killed
    on = date(2027, 3, 9)
    what = scope.Scope(partnership_id=int(own), first=on, last=on, troupe_id=int(troupe_id))
    found = affected.look(what, now=now)
    chosen = {r: i.planned.key for r, i in instead.other_times_for(found, now=now).items() if i.planned}
    seen = found.references
    with transaction():
        deeds.call_off(what, key="one", reason="Ill", seen=seen, chosen=chosen, who="Priya", now=now)
"""


@pytest.mark.long
@pytest.mark.any_database
def test_killed_in_the_middle_nothing_has_happened_and_the_next_click_does_it_once(c, tmp_path: Path) -> None:
    """With -9, after the first booking and its new time were written and before the second."""
    both_halves(c)
    life.hand_over(BEFORE + timedelta(hours=2))
    before = db.session.query(Letter).count()
    url = c.app.config["SQLALCHEMY_DATABASE_URI"]
    own, troupe_id = str(c.partnership.id), str(c.red.id)
    db.session.remove()

    def run(at: int) -> int:
        return begun_and_done(
            ["-c", KILLED, url, own, troupe_id, str(at), NOW.isoformat(), str(tmp_path)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ).returncode

    assert run(2) == -9
    assert (db.session.query(CallOff).count(), db.session.query(Letter).count()) == (0, before)
    assert all(b.ended_at is None for b in db.session.query(promises.Booking))
    db.session.remove()
    assert run(99) == 0
    call_off(off(c), seen=[])  # the same form once more
    assert db.session.query(CallOff).count() == 1
    assert sorted(bool(b.ended_at) for b in db.session.query(promises.Booking)) == [True, True]
    assert len({n.new_proposal_id for n in db.session.query(CallOffLine)} - {None}) == 2
    assert [p.is_open(NOW) for p in proposals.still_open(1, now=NOW)] == [True, True]


def test_cancelling_beside_it_waits_and_is_told(c) -> None:
    life.book_first(c, BEFORE)
    seen, what, booked = affected.look(off(c), now=NOW).references, off(c), c.booking.id
    db.session.rollback()
    raised = at_once(
        c,
        lambda: bookings.cancel(
            db.session.get_one(promises.Booking, booked), reason="Exams", by="school", who="Jo", now=NOW
        ),
        lambda: deeds.call_off(what, key="one", reason="Ill", seen=seen, who="Priya", now=NOW),
    )
    assert [type(e) for e in raised] == [NotAsSeen]
    assert db.session.query(CallOff).count() == 0
