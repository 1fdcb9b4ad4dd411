"""The inbox: what waits for a coordinator, its one next action, what comes of it, and undo; never
another's."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import came_in
import make
from outreach.booking import bookings, colleagues, holds, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.numbers import Promise
from outreach.booking.promises import COORDINATOR, Booking
from outreach.booking.proposals import Proposal
from outreach.county.coordinators import Coordinator
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import copies
from outreach.post.incoming import inbox
from outreach.post.incoming.inbox import CalendarAnswer, CounterProposal, Incoming
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.programmes import Programme
from web.school_story import said
from worlds import World

pytestmark = pytest.mark.any_database

JO, SAM, VAN = "j.fell@redmere.example", "sam@redmere.example", "red.van@lanternrow.example"
AT = make.NOW + timedelta(days=1)


@dataclass
class Desk:
    """Priya's, with one school that booked 9 March; tour days on the 9th, 10th and 11th."""

    client: FlaskClient
    programme: Programme
    school: School
    reference: str

    def booking(self) -> Booking:
        db.session.rollback()
        return promises.get(self.reference)

    def comes(self, sender: str, partstat: str = "ACCEPTED", **more: Any) -> int:
        return came_in.take(came_in.answer(self.booking(), sender, partstat, **more))

    def wishes(self, starts_at: datetime, **more: Any) -> int:
        return self.comes(JO, "TENTATIVE", method="COUNTER", starts_at=starts_at, name="Joanna Fell", **more)

    def writes(self, sender: str, text: str, **more: Any) -> int:
        return came_in.take(came_in.letter(came_in.address_of(self.booking()), sender, text, **more))

    def page(self, path: str = "") -> str:
        answer = self.client.get(f"/desk/inbox{path}")
        assert answer.status_code == 200, answer.status_code
        return said(answer)

    def does(self, path: str, **typed: str) -> str:
        """Press a button; what the page says afterwards."""
        answer = self.client.post(f"/desk/inbox/{path}", data=typed)
        assert answer.status_code == 303, said(answer)
        return said(self.client.get(answer.headers["Location"]))


def one_booked() -> tuple[Coordinator, Programme, School, str]:
    """The coordinator, and a school that has booked: its reference."""
    with transaction():
        ours = make.partnership(("931",))
        programme = make.programme(ours)
        troupe = make.troupe(ours, calendar_address=VAN)
        for n in (9, 10, 11):
            make.tour_day(programme, troupe, date(2027, 3, n))
        school = make.school(name="Redmere Academy")
        person = make.person(ours)
    with transaction():
        reference = book(programme, school).reference
    return person, programme, school, reference


@pytest.fixture
def desk(client: FlaskClient, stopped: Any, world: World) -> Desk:
    person, *rows = world(one_booked)
    return Desk(make.signed_in(client, person), *rows)


def book(programme: Programme, school: School, nth: int = 0) -> Booking:
    slot = slots.offers(programme, school, now=make.NOW).days[nth].slots[0]
    (show,) = holds.hold(programme, school, [slot], who="Jo", now=make.NOW)
    people = (
        Colleague(name="Joanna Fell", address=JO, duty="safeguarding lead"),
        Colleague(name="Sam Okonkwo", address=SAM, duty="colleague"),
    )
    promise = Promise(pupils={8: 120}, hall="Main hall", people=people)
    (booking,) = bookings.book(programme, school, [(show.id, promise)], who="Jo", now=make.NOW)
    return booking


def new_letters() -> list[Letter]:
    """What was written since the booking's own letters, in order."""
    db.session.rollback()
    return list(db.session.scalars(select(Letter).where(Letter.dtstamp > make.NOW).order_by(Letter.id)))


@pytest.fixture(autouse=True)
def a_day_later(stopped: Any) -> None:
    """Whatever is done at the desk is done a day after the booking."""
    stopped.now = AT


def test_an_empty_inbox_says_what_will_stand_there(desk: Desk) -> None:
    assert "Nothing waits for you. When somebody asks for another time, declines" in desk.page()
    assert "Nothing has come in yet." in desk.page("/settled")


def test_an_answer_from_somebody_we_know_waits_for_nobody_and_is_kept(desk: Desk) -> None:
    desk.comes(JO)
    assert "Nothing waits for you" in desk.page()
    assert "Counted: yes" in desk.page("/settled")


def test_the_menu_says_how_much_waits(desk: Desk) -> None:
    assert "Letters <b" not in desk.client.get("/desk/bookings").text
    desk.comes(JO, "DECLINED")
    desk.writes(SAM, "Is there parking for a van?")
    page = re.sub(r"\s+", " ", desk.client.get("/desk/bookings").text)
    assert 'Letters <b class="waits">2<span class="vh"> to read</span></b>' in page


def test_whoever_declined_is_asked_whether_to_move_or_cancel_and_the_booking_stands(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED", name="Joanna Fell", comment="I am on a trip")
    page = desk.page()
    assert "Joanna Fell declined" in page and "I am on a trip" in page and "Ask: move or cancel?" in page
    before = desk.booking().sequence
    assert "The letter to Joanna Fell is on its way." in desk.does(f"{mail}/ask")
    (letter,) = new_letters()
    assert (letter.recipient, letter.method, letter.kind) == (JO, "", "move or cancel")
    words = copies.read(letter.raw).text
    assert "wrote ‘I am on a trip’" in words and "the visit still stands" in words
    assert re.search(r"http://outreach\.example/i/[\w-]{20,}", words)
    assert letter.sender_address == came_in.address_of(desk.booking())
    assert (desk.booking().sequence, desk.booking().ended_at) == (before, None)
    assert "Nothing waits for you" in desk.page()
    assert "Asked whether to move or cancel" in desk.page("/settled")


def test_the_same_click_twice_writes_one_letter(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED")
    desk.does(f"{mail}/ask")
    assert "This has been dealt with already." in desk.does(f"{mail}/ask")
    assert len(new_letters()) == 1


def test_somebody_who_has_answered_again_since_is_not_asked(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED", at=make.NOW + timedelta(hours=1))
    desk.comes(JO, "ACCEPTED", at=make.NOW + timedelta(hours=2))
    assert "Nothing waits for you" in desk.page()
    desk.client.post(f"/desk/inbox/{mail}/ask")
    assert new_letters() == []


def test_a_no_to_a_time_that_is_no_more_is_not_asked_about(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED")
    move(desk, "10")
    page = desk.page()
    assert "The visit has moved since; they have been asked anew." in page and "Ask: move" not in page
    was = len(new_letters())
    assert "not their answer to the present time any more" in desk.does(f"{mail}/ask")
    assert len(new_letters()) == was
    desk.does(f"{mail}/done")
    assert "Nothing waits for you" in desk.page()


def test_whoever_was_taken_out_since_gets_no_letter_with_a_link(desk: Desk) -> None:
    mail = desk.comes(SAM, "DECLINED")
    with transaction():
        booking = promises.get(desk.reference)
        sam = next(p for p in promises.people_of(booking) if p.address == SAM)
        colleagues.end(booking, sam.id, who="Jo", now=AT)
    was = len(new_letters())
    assert "sam@redmere.example does not have this visit in the calendar" in desk.does(f"{mail}/ask")
    assert len(new_letters()) == was


def test_a_cancelled_visit_asks_nobody(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED")
    with transaction():
        bookings.cancel(promises.get(desk.reference), reason="Flood", by=COORDINATOR, who="P", now=AT)
    assert "The visit was cancelled since." in desk.page()
    assert "This booking was cancelled." in desk.does(f"{mail}/ask")


def test_a_show_that_is_over_asks_nobody(desk: Desk, stopped: Any) -> None:
    mail = desk.comes(JO, "DECLINED")
    stopped.now = datetime(2027, 3, 12, 9, tzinfo=UTC)
    assert "The show is over." in desk.page()
    was = len(new_letters())
    assert "The performance is over" in desk.does(f"{mail}/ask") and len(new_letters()) == was


def test_somebody_unknown_is_added_by_one_click_and_the_answer_counts(desk: Desk) -> None:
    mail = desk.comes("beth@redmere.example", name="Beth Pryce")
    page = desk.page()
    assert "Beth Pryce answered, and is not on the booking" in page and "Add to the booking" in page
    assert [p.address for p in promises.people_of(desk.booking())] == [JO, SAM]
    assert "beth@redmere.example has the visit in the calendar now" in desk.does(f"{mail}/take")
    people = promises.people_of(desk.booking())
    assert [(p.name, p.address) for p in people[2:]] == [("Beth Pryce", "beth@redmere.example")]
    (letter,) = new_letters()
    assert (letter.recipient, letter.method, letter.sequence) == ("beth@redmere.example", "REQUEST", 0)
    entry = copies.read(letter.raw).calendar.replace(b"\r\n ", b"")
    assert b"PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:beth@redmere.example" in entry
    assert b"PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:" + JO.encode() in entry


@pytest.mark.both_databases
def test_somebody_unknown_can_be_left_out_and_that_can_be_undone(desk: Desk) -> None:
    mail = desk.comes("stranger@else.example")
    page = desk.does(f"{mail}/done")
    assert "Put aside: Accepted: Someone to Tell, from stranger@else.example. Undo" in page
    assert "Nothing waits for you" in page and new_letters() == []
    assert "Left out" in desk.page("/settled")
    assert "It is back under To read." in desk.does(f"{mail}/again")
    assert "stranger@else.example answered, and is not on the booking" in desk.page()
    assert db.session.query(CalendarAnswer).count() == 0


def test_what_a_click_has_done_is_not_undone_by_the_button(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED")
    desk.does(f"{mail}/ask")
    desk.does(f"{mail}/again")
    assert "Nothing waits for you" in desk.page()


def test_an_unknown_persons_answer_to_a_cancelled_visit_adds_nobody(desk: Desk) -> None:
    mail = desk.comes("beth@redmere.example")
    with transaction():
        bookings.cancel(promises.get(desk.reference), reason="Flood", by=COORDINATOR, who="P", now=AT)
    assert "This booking was cancelled." in desk.does(f"{mail}/take")
    assert db.session.query(CalendarAnswer).count() == 0
    assert db.session.get_one(Incoming, mail).settled_at is None


@pytest.mark.both_databases
def test_a_doubtful_answer_counts_once_somebody_takes_it(desk: Desk, app: Any) -> None:
    mail = desk.comes(JO, name="Joanna Fell", uid="another-event@elsewhere.example")
    page = desk.page()
    assert "An answer in the name of Joanna Fell" in page and "Look…" in page
    assert "says yes" in desk.page(f"/{mail}")
    assert "The answer is taken." in desk.does(f"{mail}/take")
    other = desk.comes(SAM, "DECLINED", uid="another-event@elsewhere.example")
    assert "It is a no: the visit stands" in desk.does(f"{other}/take")
    answers = inbox.answers_of([desk.booking().uid])[desk.booking().uid]
    assert answers[JO].partstat == "ACCEPTED"
    assert new_letters() == []


def move(desk: Desk, day: str) -> None:
    with transaction():
        booking = promises.get(desk.reference)
        offers = slots.offers(
            booking.programme, booking.performance.host, now=AT, instead_of=booking.performance_id
        )
        slot = next(s for d in offers.days for s in d.slots if d.day.day == int(day))
        bookings.move(booking, slot, who="Jo", now=AT)


def test_a_wish_that_fits_moves_the_visit_with_every_calendar(desk: Desk) -> None:
    wish = datetime(2027, 3, 10, 10, 0, tzinfo=UTC)
    mail = desk.wishes(wish, comment="Could we start after assembly?")
    assert "Joanna Fell asks for Wednesday 10 March, 10:00am" in desk.page()
    page = desk.page(f"/{mail}")
    assert "Move to Wednesday 10 March, 10:00am" in page and "Could we start after assembly?" in page
    assert "Joanna Fell and Sam Okonkwo, and the company" in page
    assert desk.booking().sequence == 0
    key = slot_key(desk, mail, "Wednesday 10 March, 10:00am")
    assert "Moved. Everybody who has it in the calendar is told" in desk.does(f"{mail}/grant", slot=key)
    moved = desk.booking()
    assert (moved.performance.starts_at, moved.sequence) == (wish, 1)
    assert sorted((x.recipient, x.method, x.kind) for x in new_letters()) == [
        (JO, "REQUEST", "moved"),
        (VAN, "REQUEST", "troupe"),
        (SAM, "REQUEST", "moved"),
    ]
    assert db.session.query(CounterProposal).one().ended_as == "accepted"
    assert "Nothing waits for you" in desk.page()


def slot_key(desk: Desk, mail: int, words: str) -> str:
    text = desk.client.get(f"/desk/inbox/{mail}").text
    found = re.search(r'name="slot" value="([^"]+)"><button[^>]*>[^<]*' + re.escape(words), text)
    assert found, words
    return found.group(1)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (datetime(2027, 3, 12, 10, 0, tzinfo=UTC), "The company is not on tour on Friday 12 March."),
        (datetime(2027, 3, 10, 10, 7, tzinfo=UTC), "No show can start at 10:07am that day"),
        (datetime(2027, 3, 10, 22, 0, tzinfo=UTC), "No show can start at 10:00pm that day"),
        (datetime(2026, 12, 1, 10, 0, tzinfo=UTC), "That time is past."),
    ],
)
def test_a_wish_that_cannot_be_had_says_why_and_offers_the_nearest(
    desk: Desk, wish: datetime, why: str
) -> None:
    mail = desk.wishes(wish)
    page = desk.page(f"/{mail}")
    assert f"It cannot be had. {why}" in page and "The nearest that are free:" in page
    assert page.count("Move to ") == 3
    near = re.findall(r'name="slot" value="([^"]+)"', desk.client.get(f"/desk/inbox/{mail}").text)
    desk.does(f"{mail}/grant", slot=near[0])
    assert desk.booking().sequence == 1
    assert db.session.query(CounterProposal).one().ended_as == "accepted"


def test_a_day_on_which_the_school_is_closed_says_so(desk: Desk) -> None:
    from outreach.county import school_days

    with transaction():
        school = db.session.get_one(School, desk.school.organisation_id)
        school_days.rule_out(school, date(2027, 3, 10), school_days.INSET_DAY, who="Jo", now=AT)
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    assert "Wednesday 10 March: the school’s INSET day." in desk.page(f"/{mail}")


def test_a_wished_time_taken_meanwhile_leaves_the_visit_where_it_was(desk: Desk) -> None:
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    for key in ("1-9999", "nonsense", "", "x" * 400):
        answer = desk.client.post(f"/desk/inbox/{mail}/grant", data={"slot": key})
        assert answer.headers["Location"].endswith(f"/desk/inbox/{mail}")
        assert "That time is not free any more." in desk.page(f"/{mail}")
    assert desk.booking().sequence == 0
    assert db.session.query(CounterProposal).one().ended_at is None


def test_a_wish_refused_is_answered_by_a_plain_letter_with_the_coordinators_words(desk: Desk) -> None:
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    assert "A letter says that the visit stays" in desk.does(f"{mail}/refuse", words="The van is elsewhere.")
    (letter,) = new_letters()
    assert (letter.recipient, letter.method, letter.kind) == (JO, "", "time stays")
    copy = copies.read(letter.raw)
    assert copy.calendar == b""
    for words in ("Wednesday 10 March at 10:00am", "The van is elsewhere.", "It stays on Tuesday 9 March"):
        assert words in copy.text
    assert (desk.booking().sequence, db.session.query(CounterProposal).one().ended_as) == (0, "refused")


@pytest.mark.both_databases
def test_too_many_words_come_back_as_they_were_typed_and_nothing_is_written(desk: Desk) -> None:
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    answer = desk.client.post(f"/desk/inbox/{mail}/refuse", data={"words": "o" * 1001})
    assert answer.status_code == 422
    assert "must be 1000 characters or fewer" in answer.text and "o" * 1001 in answer.text
    assert new_letters() == [] and db.session.query(CounterProposal).one().ended_at is None


def test_a_wish_of_somebody_not_on_the_booking_gets_no_letter_and_no_link(desk: Desk) -> None:
    mail = desk.comes(
        "head@redmere.example", "TENTATIVE", method="COUNTER", starts_at=datetime(2027, 3, 10, 10, tzinfo=UTC)
    )
    assert "No letter went: whoever asked has no link to this visit." in desk.does(f"{mail}/refuse")
    assert new_letters() == []


def test_a_wish_that_a_move_overtook_is_put_aside(desk: Desk) -> None:
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    move(desk, "11")
    assert "The visit has moved since; this was about the time before." in desk.page()
    desk.does(f"{mail}/done")
    assert db.session.query(CounterProposal).one().ended_as == "overtaken"
    assert "Nothing waits for you" in desk.page()


@pytest.mark.both_databases
def test_a_wish_can_be_granted_or_refused_once(desk: Desk) -> None:
    mail = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    key = slot_key(desk, mail, "Wednesday 10 March, 10:00am")
    desk.does(f"{mail}/refuse")
    assert "This has been dealt with already." in desk.does(f"{mail}/grant", slot=key)
    assert "This has been dealt with already." in desk.does(f"{mail}/refuse")
    assert desk.booking().sequence == 0 and len(new_letters()) == 1


def kept(desk: Desk) -> Proposal:
    """A time that is kept for another school, which has not booked it."""
    with transaction():
        school = make.school(name="Vale School")
        contact = make.contact(school, address="dsl@vale.example")
        slot = slots.offers(desk.programme, school, now=make.NOW).days[1].slots[0]
        offer = proposing.ProposalDraft(
            programme=desk.programme,
            organisation=school,
            slot=slot,
            people=[contact],
            reply_by=date(2027, 2, 1),
        )
        return proposing.propose(offer, who="Priya", now=make.NOW)


def replies_to_proposal(proposal: Proposal, partstat: str, method: str = "REPLY") -> int:
    db.session.rollback()
    starts = proposal.starts_at + timedelta(minutes=30 if method == "COUNTER" else 0)
    raw = came_in.reply(
        uid=proposal.uid or "",
        to=f"bookings+{proposal.organizer_token}@outreach.example",
        sender="dsl@vale.example",
        partstat=partstat,
        starts_at=starts,
        method=method,
    )
    return came_in.take(raw)


@pytest.mark.parametrize(("partstat", "method"), [("DECLINED", "REPLY"), ("TENTATIVE", "COUNTER")])
def test_what_a_school_says_of_a_time_kept_for_it_leads_to_the_proposal(
    desk: Desk, partstat: str, method: str
) -> None:
    proposal = kept(desk)
    mail = replies_to_proposal(proposal, partstat, method)
    page = desk.client.get("/desk/inbox").text
    assert "See the proposal" in page and f"/desk/schools/{proposal.organisation_id}" in page
    assert "kept for the school until the end of Monday 1 February" in desk.page(f"/{mail}")
    was = len(new_letters())
    desk.client.post(f"/desk/inbox/{mail}/ask")
    desk.client.post(f"/desk/inbox/{mail}/grant", data={"slot": "1-0900"})
    assert len(new_letters()) == was and proposal.ended_at is None
    desk.does(f"{mail}/done")
    assert "Nothing waits for you" in desk.page()


def returned(letter: Letter) -> bytes:
    lines = [
        "From: mailer-daemon@mx.example",
        "To: bookings@outreach.example",
        "Subject: Undelivered",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "No such mailbox.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {letter.recipient}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 no such mailbox",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {letter.message_id}",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_mail_that_came_back_leads_to_where_the_address_is_corrected(desk: Desk) -> None:
    with transaction():
        invited = make.letter(
            "office@vale.example",
            make.NOW,
            partnership_id=desk.programme.partnership_id,
            stream=f"invitation/{desk.programme.id}/{desk.school.organisation_id}",
        )
        booked = db.session.scalars(select(Letter).where(Letter.recipient == SAM)).one()
        booked.status, booked.handed_at = "sent", make.NOW
        mails = [returned(invited), returned(booked)]
    first, second = (came_in.take(raw) for raw in mails)
    page = desk.client.get("/desk/inbox").text
    assert (
        "Mail to office@vale.example comes back" in page and "Mail to sam@redmere.example comes back" in page
    )
    for mail, letter in ((first, invited.id), (second, booked.id)):
        leads = f"/desk/letters/{letter}/address"
        assert re.search(rf'href="{leads}">Correct the address', page)
        assert f'href="{leads}">Correct the address' in desk.client.get(f"/desk/inbox/{mail}").text


def test_once_the_address_is_put_right_its_mail_leaves_the_inbox(desk: Desk) -> None:
    with transaction():
        booked = db.session.scalars(select(Letter).where(Letter.recipient == SAM)).one()
        booked.status, booked.handed_at = "sent", make.NOW
        raw, letter = returned(booked), booked.id
    came_in.take(raw)
    right = {"address": "s.okonkwo@redmere.example", "source": "a call from the office"}
    assert desk.client.post(f"/desk/letters/{letter}/address", data=right).status_code == 303
    assert "Nothing waits for you" in desk.page() and "Put right" in desk.page("/settled")
    assert [p.address for p in promises.people_of(desk.booking())] == [JO, "s.okonkwo@redmere.example"]


def company_says(desk: Desk, partstat: str, method: str = "REPLY", later: int = 0) -> int:
    show = desk.booking().performance
    raw = came_in.reply(
        uid=show.uid,
        to=f"bookings+{show.organizer_token}@outreach.example",
        sender=VAN,
        name="Red van",
        partstat=partstat,
        starts_at=show.get_in_at + timedelta(minutes=later),
        method=method,
    )
    return came_in.take(raw)


def test_a_company_that_declines_is_rung_and_not_written_to(desk: Desk) -> None:
    mail = company_says(desk, "DECLINED")
    page = desk.page()
    assert "Redmere Academy, the company’s entry" in page and "Open the booking" in page
    assert "It is the company that declined. Ring them" in desk.page(f"/{mail}")
    desk.client.post(f"/desk/inbox/{mail}/ask")
    assert new_letters() == [] and desk.booking().ended_at is None
    assert "Declined in the company’s calendar" in said(desk.client.get(f"/desk/bookings/{desk.reference}"))


def test_nobody_but_the_company_gets_its_entry(desk: Desk) -> None:
    show = desk.booking().performance
    mail = came_in.take(
        came_in.reply(
            uid=show.uid,
            to=f"bookings+{show.organizer_token}@outreach.example",
            sender="stranger@else.example",
            partstat="ACCEPTED",
            starts_at=show.get_in_at,
        )
    )
    assert "See its calendar address" in desk.page() and "Add to the booking" not in desk.page(f"/{mail}")
    assert "goes to its own calendar address alone" in desk.does(f"{mail}/take")
    assert db.session.query(CalendarAnswer).count() == 0
    assert [p.address for p in promises.people_of(desk.booking())] == [JO, SAM]


@pytest.mark.both_databases
def test_a_company_wishes_by_its_own_entry_which_begins_with_the_set_up(desk: Desk) -> None:
    was = desk.booking().performance.starts_at
    mail = company_says(desk, "TENTATIVE", "COUNTER", later=45)
    page = desk.page(f"/{mail}")
    assert "Asked for Tuesday 9 March, 9:45am" in page and "with the set-up" in page
    desk.does(f"{mail}/grant", slot=slot_key(desk, mail, "Tuesday 9 March, 9:45am"))
    assert desk.booking().performance.starts_at == was + timedelta(minutes=45)


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def test_a_persons_mail_is_read_as_text_alone_and_answered_by_ones_own_program(desk: Desk) -> None:
    mail = desk.writes(
        f"{SAM}",
        f"Is there parking? {EVIL}",
        subject="Parking & more",
        html=f"<p>Is there parking?</p>{EVIL}",
    )
    answer = desk.client.get(f"/desk/inbox/{mail}")
    assert "Is there parking?" in answer.text and EVIL not in answer.text
    assert 'href="mailto:sam@redmere.example?subject=Re%3A%20Parking%20%26%20more"' in answer.text
    assert f"/desk/bookings/{desk.reference}" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Put aside: Parking & more" in desk.does(f"{mail}/done").replace("&amp;", "&")
    for _twice in range(2):
        assert "It is back under To read." in desk.does(f"{mail}/again")
    desk.does(f"{mail}/done")
    assert "Nothing waits for you" in desk.page()


def test_a_mail_that_names_a_child_is_erased_for_good(desk: Desk) -> None:
    mail = desk.writes(SAM, "A pupil, Xanthippe, told me", subject="About Xanthippe")
    assert "This cannot be undone" in desk.page(f"/{mail}/erase").replace("this", "This")
    assert "Xanthippe" in desk.page(f"/{mail}")
    assert "Its words were erased." in desk.does(f"{mail}/erase")
    assert "Nothing waits for you" in desk.page() and "Erased" in desk.page("/settled")
    for path in ("", "/settled", f"/{mail}"):
        assert "Xanthippe" not in desk.client.get(f"/desk/inbox{path}").text
    assert desk.client.get(f"/desk/inbox/{mail}.eml").status_code == 404
    row = db.session.get_one(Incoming, mail)
    assert (row.raw, row.subject, row.sender) == (b"", "", SAM)
    assert "Something came of it: it stays." in desk.does(f"{mail}/again")
    # The same mail once more is known by its digest, and stays away.
    assert db.session.query(Incoming).count() == 1


@pytest.mark.both_databases
def test_the_comment_of_a_no_is_erased_and_the_no_still_counts(desk: Desk) -> None:
    mail = desk.comes(JO, "DECLINED", comment="Xanthippe is in that class")
    desk.does(f"{mail}/erase")
    assert "Xanthippe" not in desk.page() + desk.page(f"/{mail}") and "Ask: move or cancel?" in desk.page()
    assert "Xanthippe" not in said(desk.client.get(f"/desk/bookings/{desk.reference}"))
    desk.does(f"{mail}/ask")
    (letter,) = new_letters()
    assert "Xanthippe" not in copies.read(letter.raw).text


def test_mail_that_cannot_be_read_is_downloaded_and_never_shown(desk: Desk) -> None:
    raw = b"From: x@y.example\r\nContent-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nnonsense"
    mail = came_in.take(raw)
    assert "Download it" in desk.page() or "Read" in desk.page()
    answer = desk.client.get(f"/desk/inbox/{mail}.eml")
    assert answer.data == raw
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.both_databases
def test_mail_of_which_nobody_can_tell_whose_it_is_belongs_to_whoever_deals_with_it(
    desk: Desk, client: FlaskClient
) -> None:
    with transaction():
        other = make.partnership(("932",))
        make.letter("x@far.example", make.NOW, partnership_id=other.id)
        them = make.person(other)
    mail = came_in.take(came_in.letter("bookings@outreach.example", "who@nowhere.example", "Hello"))
    assert db.session.get_one(Incoming, mail).partnership_id is None
    assert "A question" in desk.page()
    desk.does(f"{mail}/done")
    make.signed_in(client, them)
    assert "A question" not in desk.page() and client.get(f"/desk/inbox/{mail}").status_code == 404


def test_another_partnerships_mail_is_not_there(desk: Desk, client: FlaskClient) -> None:
    decline = desk.comes(JO, "DECLINED")
    wish = desk.wishes(datetime(2027, 3, 10, 10, 0, tzinfo=UTC))
    with transaction():
        them = make.person(make.partnership(("932",)))
    make.signed_in(client, them)
    assert "Nothing waits for you" in desk.page() and "Nothing has come in yet" in desk.page("/settled")
    for path in (f"/{decline}", f"/{decline}.eml", f"/{decline}/erase", f"/{wish}", "/99999"):
        assert client.get(f"/desk/inbox{path}").status_code == 404
    for path in (
        f"{decline}/ask",
        f"{decline}/done",
        f"{decline}/again",
        f"{decline}/erase",
        f"{wish}/grant",
        f"{wish}/refuse",
        f"{decline}/take",
    ):
        assert client.post(f"/desk/inbox/{path}").status_code == 404
    assert new_letters() == []


@pytest.mark.both_databases
def test_one_kind_can_be_looked_at_alone(desk: Desk) -> None:
    desk.comes(JO, "DECLINED", name="Joanna Fell")
    desk.writes(SAM, "Hello", subject="Parking")
    assert "Parking" not in desk.page("?task=decline") and "Joanna Fell declined" in desk.page(
        "?task=decline"
    )
    assert "Nothing of this kind waits." in desk.page("?task=wish")
    assert "Parking" in desk.page("?task=nonsense&page=99999999999&undone=x")


@pytest.mark.both_databases
def test_many_mails_take_as_many_queries_as_three(desk: Desk, count_queries: Any) -> None:
    def asked(path: str) -> int:
        with count_queries() as queries:
            desk.page(path)
        return len(queries)

    def more(n: int) -> None:
        with transaction():
            school = make.school(name=f"Vale School {n}")
            reference = book(desk.programme, school, nth=n % 3).reference
        other = Desk(desk.client, desk.programme, school, reference)
        other.comes(JO, "DECLINED")
        other.wishes(datetime(2027, 3, 11, 10, 0, tzinfo=UTC))
        other.comes(f"beth{n}@vale.example")
        other.writes(SAM, "Hello")

    more(1)
    once = asked("")
    for n in (2, 0):
        more(n)
    assert (once, asked("")) == (LISTED, LISTED)
    for mail in db.session.scalars(select(Incoming.id).order_by(Incoming.id)).all()[:8]:
        desk.client.post(f"/desk/inbox/{mail}/done")
    assert asked("/settled") == SETTLED


LISTED, SETTLED = 12, 10
