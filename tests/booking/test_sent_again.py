"""A letter asked for once more is true: where what was sent last is older than what stands, it is written
anew."""

from datetime import datetime, time, timedelta
from types import SimpleNamespace

import life
import pytest
from calendars_of_people import PersonsCalendar
from flask import Flask
from life import FELL, RED, WHITFIELD
from sqlalchemy import false

import make
from outreach.asking.confirming import corrected_addresses
from outreach.booking import bookings, colleagues, holds, promises
from outreach.booking.desk import proposing
from outreach.booking.promises import VisitContact
from outreach.ground.db import db, transaction
from outreach.post import again, letterbook, outbox
from outreach.post.incoming import receiving
from outreach.post.outbox import FAILED, SENT, SUPERSEDED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import claims
from outreach.tour.performances import Performance

LATER, SOON, NEXT_DAY = (make.NOW + timedelta(hours=h) for h in (2, 4, 24))
OLD, NEW = "20270309T090000", "20270316T100000"


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Booked and told, then moved to next week, and that letter was taken back before it went."""
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    assert {m.starts for m in life.hand_over(make.NOW) if m.to == FELL.address} == {OLD}
    life.move("next_week", time(10))(c, LATER)
    with transaction():
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letterbook.withdraw(letter, who="Priya", now=LATER)
    return c


def fell() -> str:
    return FELL.address


def sent(now=NEXT_DAY) -> list[tuple[str, str, int, str]]:
    return [(m.to, m.method, m.sequence, m.starts) for m in life.hand_over(now)]


def test_a_letter_sent_again_says_what_stands(c) -> None:
    with transaction():
        again.resend(c.booking.uid, fell(), now=SOON)
    (went,) = life.hand_over(NEXT_DAY)
    assert (went.to, went.method, went.sequence, went.starts) == (fell(), "REQUEST", 1, NEW)
    assert went.kind == "as it stands"
    assert len(went.attendees) == 2


def test_what_stands_is_repeated_and_not_written_anew_each_time(c) -> None:
    with transaction():
        again.resend(c.booking.uid, fell(), now=SOON)
    first = life.hand_over(SOON)[0]
    with transaction():
        again.resend(c.booking.uid, fell(), now=NEXT_DAY)
    second = life.hand_over(NEXT_DAY)[0]
    assert (second.kind, second.ics) == ("sent again", first.ics)


def test_the_button_of_a_person_sends_what_stands(c) -> None:
    person = next(p for p in promises.people_of(c.booking) if p.address == fell())
    with transaction():
        colleagues.send_again(c.booking, person.id, who="Priya", now=SOON)
    assert sent() == [(fell(), "REQUEST", 1, NEW)]


def test_a_calendar_that_asks_gets_what_stands(c) -> None:
    calendar = PersonsCalendar(fell())
    calendar.take(db.session.query(Letter).filter_by(recipient=fell(), status=SENT).first().raw)
    with transaction():
        receiving.receive(calendar.refresh(c.booking.uid, SOON), None, now=SOON)
    assert sent() == [(fell(), "REQUEST", 1, NEW)]


def test_the_company_gets_what_stands(c) -> None:
    with transaction():
        again.resend(c.booking.performance.uid, RED, now=SOON)
    assert sent() == [(RED, "REQUEST", 1, "20270316T090000")]


def test_a_visit_that_was_cancelled_is_not_sent_again_as_if_it_held(c) -> None:
    with transaction():
        bookings.cancel(c.booking, reason="Flood", by="company", who="Priya", now=SOON)
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letterbook.withdraw(letter, who="Priya", now=SOON)
    with transaction():
        again.resend(c.booking.uid, fell(), now=NEXT_DAY)
        again.resend(c.booking.performance.uid, RED, now=NEXT_DAY)
    assert [(m.to, m.method, m.sequence, m.kind) for m in life.hand_over(NEXT_DAY)] == [
        (fell(), "CANCEL", 2, "cancelled"),
        (RED, "CANCEL", 2, "troupe"),
    ]


def test_who_was_taken_out_is_not_sent_the_entry_again(c) -> None:
    left = next(p for p in promises.people_of(c.booking) if p.address == WHITFIELD.address)
    with transaction():
        colleagues.end(c.booking, left.id, who="Joanna", now=SOON)
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letterbook.withdraw(letter, who="Priya", now=SOON)
    with transaction():
        again.resend(c.booking.uid, WHITFIELD.address, now=NEXT_DAY)
    (went,) = life.hand_over(NEXT_DAY)
    assert (went.to, went.method, went.attendees) == (WHITFIELD.address, "CANCEL", (WHITFIELD.address,))
    assert went.kind == "colleague removed"
    with transaction():
        again.resend(c.booking.uid, WHITFIELD.address, now=NEXT_DAY + timedelta(hours=1))
    (repeated,) = life.hand_over(NEXT_DAY + timedelta(hours=1))
    assert (repeated.kind, repeated.ics) == ("sent again", went.ics), (
        "it says what stands: nothing is written anew"
    )


def test_a_place_that_the_register_corrected_is_in_what_is_sent_again(app: Flask) -> None:
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    life.hand_over(make.NOW)
    with transaction():
        c.school.street = "New Lane"
    with transaction():
        again.resend(c.booking.uid, fell(), now=NEXT_DAY)
    (went,) = life.hand_over(NEXT_DAY)
    assert "New Lane" in went.location


def test_a_kept_time_is_sent_again_as_it_stands(app: Flask) -> None:
    c = life.lay()
    life.propose("fell", "office")(c, make.NOW)
    life.hand_over(make.NOW)
    life.move_proposal("next_week", time(10))(c, LATER)
    with transaction():
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letterbook.withdraw(letter, who="Priya", now=LATER)
    with transaction():
        again.resend(c.proposal.uid, fell(), now=SOON)
    assert [(m.to, m.method, m.sequence, m.starts, m.kind) for m in life.hand_over(SOON)] == [
        (fell(), "REQUEST", 1, NEW, "proposed")
    ]
    with transaction():
        proposing.withdraw(c.proposal, who="Priya", now=SOON)
        for letter in db.session.query(Letter).filter_by(status=WAITING):
            letterbook.withdraw(letter, who="Priya", now=SOON)
    with transaction():
        again.resend(c.proposal.uid, fell(), now=NEXT_DAY)
    assert [(m.method, m.kind) for m in life.hand_over(NEXT_DAY)] == [("CANCEL", "proposal ended")]


def failed_with_the_old_time(c) -> Letter:
    """The first letter as one that never got through, and whose address works now."""
    first = db.session.query(Letter).filter_by(recipient=fell()).order_by(Letter.id).first()
    first.status, first.last_error, first.handed_at = FAILED, "550", None
    return first


def test_a_failed_letter_with_the_old_time_is_not_tried_again_as_it_was(c) -> None:
    with transaction():
        first = failed_with_the_old_time(c)
        going = again.try_again(first, who="Priya", now=SOON)
        assert (going.id != first.id, first.status) == (True, SUPERSEDED)
    assert sent() == [(fell(), "REQUEST", 1, NEW)]


def test_all_that_failed_is_tried_again_with_what_stands_alone(c) -> None:
    with transaction():
        failed_with_the_old_time(c)
        moved = db.session.query(Letter).filter_by(recipient=fell(), status=WITHDRAWN).one()
        moved.status = FAILED
    with transaction():
        again.try_all_again(c.partnership.id, false(), who="Priya", now=SOON)
    assert sent() == [(fell(), "REQUEST", 1, NEW)]


def test_an_address_that_is_said_to_work_gets_what_stands(c) -> None:
    with transaction():
        outbox.mark_dead(fell(), "no such user", SOON)
        first = db.session.query(Letter).filter_by(recipient=fell(), status=SENT).one()
        corrected_addresses.say_it_works(first, who="Priya", now=SOON)
        again.resend(first.stream, first.recipient, now=SOON)
    assert sent() == [(fell(), "REQUEST", 1, NEW)]


def test_an_address_that_is_put_right_gets_what_stands(c) -> None:
    with transaction():
        first = db.session.query(Letter).filter_by(recipient=fell(), status=SENT).one()
        corrected_addresses.put_right(
            first, "joanna.fell@redmere.example", source="a call", who="Priya", now=SOON
        )
    assert ("joanna.fell@redmere.example", "REQUEST", 1, NEW) in sent(SOON)
    with transaction():
        again.resend(c.booking.uid, "joanna.fell@redmere.example", now=NEXT_DAY)
    ((to, method, _, starts),) = sent()
    assert (to, method, starts) == ("joanna.fell@redmere.example", "REQUEST", NEW)


def refused(c: SimpleNamespace, now: datetime) -> None:
    """The offer had gone."""
    life.cancel("company")(c, now)
    life.propose("fell", "office")(c, now)
    life.hand_over(now)
    life.refuse(c, now)


def without_whitfield(c: SimpleNamespace, now: datetime) -> None:
    with transaction():
        left = next(p for p in promises.people_of(c.booking) if p.address == WHITFIELD.address)
        colleagues.end(c.booking, left.id, who="Joanna", now=now)


def whitfield_added_and_removed(c: SimpleNamespace, now: datetime) -> None:
    """Taken off, added again, and taken off before that letter went: what was told last is the first end."""
    without_whitfield(c, now)
    life.hand_over(now)
    with transaction():
        colleagues.add(c.booking, WHITFIELD, who="Joanna", now=now + timedelta(minutes=1))
    without_whitfield(c, now + timedelta(minutes=2))


ENDS = {
    "a cancelled booking": (life.cancel("company"), lambda c: c.booking.uid, FELL.address),
    "a troupe": (life.cancel("company"), lambda c: c.booking.performance.uid, RED),
    "a contact taken off": (without_whitfield, lambda c: c.booking.uid, WHITFIELD.address),
    "added and taken off": (whitfield_added_and_removed, lambda c: c.booking.uid, WHITFIELD.address),
    "a refused offer": (refused, lambda c: c.proposal.uid, FELL.address),
}


def postman_takes(now: datetime) -> list[tuple[str, str]]:
    """What goes, by the postman's own rules."""
    went: list[claims.Claimed] = []
    while taken := claims.turn("one", [claims.sent(o, now) for o in went[-9:]], now, most=9):
        went += taken
    return [(one.recipient, one.method) for one in went]


@pytest.mark.parametrize("end", ENDS)
def test_an_end_that_was_lost_on_its_way_goes_again_as_often_as_it_is_asked_for(app: Flask, end) -> None:
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    deed, uid_of, to = ENDS[end]
    life.hand_over(make.NOW)
    deed(c, LATER)
    uid, calendar = uid_of(c), PersonsCalendar(to)
    life.hand_over(LATER)
    with transaction():  # an earlier release dropped each copy
        again.resend(uid, to, now=LATER + timedelta(minutes=10)).status = SUPERSEDED
    for letter in db.session.query(Letter).filter_by(stream=uid, recipient=to, method="REQUEST", status=SENT):
        calendar.take(letter.raw)
    of = (p for p in db.session.query(VisitContact).filter_by(address=to) if p.booking_id == c.booking.id)
    person = next(of, None) if uid == c.booking.uid else None
    for hours, ask in enumerate(
        [
            lambda now: again.try_again(letterbook.newest(uid, to), who="Priya", now=now),
            lambda now: (
                colleagues.send_again(c.booking, person.id, who="Priya", now=now)
                if person
                else again.resend(uid, to, now=now)
            ),
            lambda now: receiving.receive(calendar.refresh(uid, now), None, now=now),
        ]
    ):
        at = NEXT_DAY + timedelta(hours=2 * hours)
        with transaction():
            ask(at)
        assert postman_takes(at) == [(to, "CANCEL")], hours


def test_two_bookings_take_over_the_nearest_of_two_offers_and_free_their_times(app: Flask) -> None:
    c = life.lay()
    with transaction():
        c.programme.audience_ceiling = 160
    offers = []
    for day in (c.next_week, c.tuesday):
        with transaction():
            draft = proposing.ProposalDraft(
                programme=c.programme,
                organisation=c.school,
                slot=life.slot(c, day, time(9), make.NOW),
                people=[c.fell],
                reply_by=life.REPLY_BY,
            )
            offers.append(proposing.propose(draft, who="Priya", now=make.NOW))
    life.hand_over(make.NOW)
    uids = {offer.uid: offer.performance_id for offer in offers}
    with transaction():
        chosen = [life.slot(c, c.wednesday, at, LATER) for at in (time(9), time(13))]
        held = holds.hold(c.programme, c.school, chosen, who="J", now=LATER, whatever_the_notice=True)
        shows = [(show.id, life.promise(pupils={year: 150})) for show, year in zip(held, (8, 9), strict=True)]
        made = bookings.book(c.programme, c.school, shows, who="J", now=LATER)
    assert [b.uid for b in made] == [offer.uid for offer in reversed(offers)]
    told_of = [(m.to, m.method, m.sequence, m.uid) for m in life.hand_over(LATER) if m.uid in uids]
    assert sorted(told_of) == sorted((p, "REQUEST", 1, uid) for uid in uids for p in life.BOTH)
    assert all(db.session.get(Performance, gone).released_at for gone in uids.values())
