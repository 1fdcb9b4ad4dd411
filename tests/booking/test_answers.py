"""What people answered, and to which time: carried in the next invite while the time stands, and never
beyond."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import came_in
import make
from outreach.booking import bookings, colleagues, holds, invite_answers, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.booking.promises import COORDINATOR, Booking
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.outbox import Letter
from outreach.tour import slots

JO, SAM, VAN = "j.fell@redmere.example", "sam@redmere.example", "red.van@lanternrow.example"
AT = make.NOW + timedelta(days=1)
PEOPLE = (
    Colleague(name="Joanna Fell", address="J.Fell@redmere.example", duty="safeguarding lead"),
    Colleague(name="Sam Okonkwo", address=SAM, duty="colleague"),
)
PROMISE = Promise(pupils={8: 120}, hall="Main hall", people=PEOPLE)


@pytest.fixture
def reference(app: Flask) -> str:
    """A school that booked Tuesday 9 March at 9:30am; the company has its entry too."""
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        troupe = make.troupe(ours, calendar_address=VAN)
        for n in (9, 10):
            make.tour_day(programme, troupe, date(2027, 3, n))
        school = make.school()
    with transaction():
        slot = next(
            s for s in slots.offers(programme, school, now=make.NOW).days[0].slots if s.key.endswith("-0930")
        )
        (show,) = holds.hold(programme, school, [slot], who="Jo", now=make.NOW)
        (booking,) = bookings.book(programme, school, [(show.id, PROMISE)], who="Jo", now=make.NOW)
        return booking.reference


def booked(reference: str) -> Booking:
    db.session.rollback()
    return promises.get(reference)


def says(reference: str, sender: str, partstat: str, **more: Any) -> None:
    came_in.take(came_in.answer(booked(reference), sender, partstat, **more), now=AT)


def change(reference: str, at: datetime = AT, **changes: Any) -> None:
    with transaction():
        bookings.change(
            promises.get(reference), replace(PROMISE, **changes), who="Jo", now=at, by=COORDINATOR
        )


def move(reference: str, key_ends: str, at: datetime = AT) -> None:
    with transaction():
        booking = promises.get(reference)
        offers = slots.offers(
            booking.programme, booking.performance.host, now=at, instead_of=booking.performance_id
        )
        slot = next(s for d in offers.days for s in d.slots if s.key.endswith(key_ends))
        bookings.move(booking, slot, who="Jo", now=at)


def partstats(recipient: str) -> dict[str, str]:
    """What the newest invite to somebody says of each attendee."""
    db.session.rollback()
    letter = db.session.scalars(
        select(Letter).where(Letter.recipient == recipient, Letter.method != "").order_by(Letter.id.desc())
    ).first()
    assert letter is not None
    said = {}
    for line in copies.read(letter.raw).calendar.replace(b"\r\n ", b"").decode().splitlines():
        if line.startswith("ATTENDEE"):
            params, _, address = line.partition(":mailto:")
            said[address.lower()] = params.partition("PARTSTAT=")[2].partition(";")[0]
    return said


def test_nobody_has_answered_what_is_just_booked(reference: str) -> None:
    assert partstats(SAM) == {JO: "NEEDS-ACTION", SAM: "NEEDS-ACTION"}
    assert invite_answers.answers_to_booking(booked(reference)) == {}


def test_an_answer_is_carried_in_the_next_invite_while_the_time_stands(reference: str) -> None:
    says(reference, JO, "ACCEPTED")
    says(reference, SAM, "TENTATIVE", comment="If the bus comes")
    change(reference, pupils={8: 100})
    assert partstats(SAM) == {JO: "ACCEPTED", SAM: "TENTATIVE"}
    said = invite_answers.answers_to_booking(booked(reference))
    assert said[SAM].stands and (said[SAM].partstat, said[SAM].comment) == ("TENTATIVE", "If the bus comes")
    assert said[JO].to_starts_at == booked(reference).performance.starts_at


def test_the_newest_answer_holds_whatever_the_order_in_which_they_arrive(reference: str) -> None:
    says(reference, JO, "ACCEPTED", at=make.NOW + timedelta(hours=3))
    says(reference, JO, "DECLINED", at=make.NOW + timedelta(hours=2))
    change(reference, pupils={8: 100})
    assert partstats(SAM)[JO] == "ACCEPTED"


def test_a_colleague_who_is_added_sees_the_answers_of_the_others(reference: str) -> None:
    says(reference, JO, "ACCEPTED")
    with transaction():
        beth = Colleague(name="Beth Pryce", address="beth@redmere.example", duty="colleague")
        colleagues.add(promises.get(reference), beth, who="Jo", now=AT)
    assert partstats("beth@redmere.example") == {
        JO: "ACCEPTED",
        SAM: "NEEDS-ACTION",
        "beth@redmere.example": "NEEDS-ACTION",
    }


def test_taking_one_person_out_keeps_the_answers_of_the_others(reference: str) -> None:
    says(reference, JO, "ACCEPTED")
    with transaction():
        booking = promises.get(reference)
        sam = next(p for p in promises.people_of(booking) if p.address == SAM)
        colleagues.end(booking, sam.id, who="Jo", now=AT)
    assert booked(reference).sequence == 1
    assert invite_answers.answers_to_booking(booked(reference))[JO].stands


def test_a_move_asks_everybody_anew_and_remembers_what_they_said_before(reference: str) -> None:
    was = booked(reference).performance.starts_at
    says(reference, JO, "ACCEPTED")
    move(reference, "-1000")
    assert partstats(SAM) == {JO: "NEEDS-ACTION", SAM: "NEEDS-ACTION"}
    said = invite_answers.answers_to_booking(booked(reference))[JO]
    assert (said.stands, said.to_starts_at) == (False, was)


def test_an_answer_to_the_old_time_that_comes_after_the_move_counts_for_the_old_time(reference: str) -> None:
    was = booked(reference).performance.starts_at
    late = came_in.answer(booked(reference), JO, "ACCEPTED", at=AT + timedelta(hours=1))
    move(reference, "-1000")
    came_in.take(late, now=AT + timedelta(hours=2))
    said = invite_answers.answers_to_booking(booked(reference))[JO]
    assert (said.stands, said.to_starts_at) == (False, was)
    change(reference, AT + timedelta(hours=3), pupils={8: 100})
    assert partstats(SAM)[JO] == "NEEDS-ACTION"


def test_of_several_moves_each_answer_is_to_the_time_that_stood_then(reference: str) -> None:
    starts = [booked(reference).performance.starts_at]
    says(reference, JO, "ACCEPTED")
    move(reference, "-1000", AT)
    starts.append(booked(reference).performance.starts_at)
    says(reference, SAM, "DECLINED")
    move(reference, "-1045", AT + timedelta(hours=1))
    said = invite_answers.answers_to_booking(booked(reference))
    assert [(said[a].stands, said[a].to_starts_at) for a in (JO, SAM)] == [
        (False, starts[0]),
        (False, starts[1]),
    ]
    says(reference, JO, "ACCEPTED", at=AT + timedelta(hours=3))
    assert invite_answers.answers_to_booking(booked(reference))[JO].stands


def test_another_hall_is_another_place_to_answer(reference: str) -> None:
    says(reference, JO, "ACCEPTED")
    change(reference, hall="Sports hall")
    assert partstats(SAM)[JO] == "NEEDS-ACTION"
    said = invite_answers.answers_to_booking(booked(reference))[JO]
    assert (said.stands, said.to_starts_at) == (False, booked(reference).performance.starts_at)


def test_the_companys_answer_is_carried_in_its_own_entry(reference: str) -> None:
    show = booked(reference).performance
    raw = came_in.answer(booked(reference), VAN, "ACCEPTED", uid=show.uid, sequence=show.sequence)
    came_in.take(
        raw.replace(
            came_in.address_of(booked(reference)).encode(),
            f"bookings+{show.organizer_token}@outreach.example".encode(),
        ),
        now=AT,
    )
    change(reference, pupils={8: 100})
    assert partstats(VAN) == {VAN: "ACCEPTED"}
    move(reference, "-1000", AT + timedelta(hours=1))
    assert partstats(VAN) == {VAN: "NEEDS-ACTION"}


def test_booking_asks_nothing_about_answers_and_the_pages_ask_once(
    reference: str, app: Flask, count_queries: Any
) -> None:
    says(reference, JO, "ACCEPTED")
    booking = booked(reference)
    assert booking.performance.starts_at
    with count_queries() as queries:
        invite_answers.answers_to_booking(booking)
    assert len(queries) == 1
    with transaction():
        programme = booking.programme
        other = make.school()
        slot = slots.offers(programme, other, now=AT).days[1].slots[0]
        (show,) = holds.hold(programme, other, [slot], who="Jo", now=AT)
        with count_queries() as queries:
            bookings.book(programme, other, [(show.id, PROMISE)], who="Jo", now=AT)
    assert [q for q in queries if "calendar_answer" in q] == []


def test_an_address_in_other_letters_is_the_same_person_in_mail_and_on_the_booking(reference: str) -> None:
    """Mail writes the domain as IDNA; the booking keeps it as it was typed."""
    typed = "Beth@Köln-schule.example"
    in_mail = typed.lower().replace("köln-schule.example", "köln-schule.example".encode("idna").decode())
    with transaction():
        beth = Colleague(name="Beth Pryce", address=typed, duty="colleague")
        colleagues.add(promises.get(reference), beth, who="Jo", now=AT)
    says(reference, in_mail, "ACCEPTED", at=AT)
    booking = booked(reference)
    added = next(p for p in promises.people_of(booking) if p.name == "Beth Pryce")
    assert invite_answers.by_person(booking, promises.people_of(booking))[added.id].partstat == "ACCEPTED"
    change(reference, AT + timedelta(hours=1), pupils={8: 100})
    assert "ACCEPTED" in partstats(SAM).values()
