"""An address from which mail came back: put right once, wherever the school uses it, and what was lost goes
again."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import make
from booking import neighbours
from outreach.asking import invitations
from outreach.asking.confirming import contact_answers, corrected_addresses, requests
from outreach.asking.confirming.corrected_addresses import AlsoDead, SameAddress, UsedNoMore, WentToNobody
from outreach.asking.confirming.requests import ConfirmationRecipient, ConfirmationRequest
from outreach.booking import bookings, holds, promises, proposals
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.guests import hosting
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import contacts
from outreach.county.contacts import BadAddress, SourceMissing
from outreach.county.schools import School
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies, links, outbox
from outreach.post.outbox import BOUNCED, FAILED, SENT, SUPERSEDED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import claims
from outreach.tour import slots
from outreach.tour.programmes import Programme

OLD, NEW = "j.fel@redmere.example", "j.fell@redmere.example"
SAM = "sam@redmere.example"
LATER = make.NOW + timedelta(hours=2)


@dataclass
class Case:
    programme: Programme
    school: School

    def letter(self, recipient: str, method: str = "REQUEST") -> Letter:
        return db.session.scalars(
            select(Letter)
            .where(Letter.recipient == recipient, Letter.method == method)
            .order_by(Letter.id.desc())
        ).all()[0]

    @property
    def booking(self) -> Booking:
        return promises.live(self.programme.id, self.school.organisation_id)[0]


@pytest.fixture
def case(app: Flask) -> Case:
    """A school with a contact whose address is misspelt."""
    with transaction():
        ours = make.partnership()
        programme = make.programme(ours)
        troupe = make.troupe(ours)
        make.tour_day(programme, troupe, date(2027, 3, 9))
        school = make.school(name="Redmere Academy")
        make.contact(school, name="Joanna Fell", role="Designated safeguarding lead", address=OLD)
    return Case(programme, school)


def book(case: Case, *people: str) -> None:
    """Booked; the letter to the first person came back, the others' arrived."""
    with transaction():
        slot = slots.offers(case.programme, case.school, now=make.NOW).days[0].slots[0]
        (show,) = holds.hold(case.programme, case.school, [slot], who="Jo", now=make.NOW)
        named = tuple(
            Colleague(name=a.split("@")[0], address=a, duty="safeguarding lead" if a == OLD else "colleague")
            for a in people
        )
        bookings.book(
            case.programme,
            case.school,
            [(show.id, Promise(pupils={8: 100, 9: 100}, hall="Hall", people=named))],
            who="Jo",
            now=make.NOW,
        )
        for letter in db.session.scalars(select(Letter)):
            letter.status, letter.handed_at = (BOUNCED if letter.recipient == OLD else SENT), make.NOW
        outbox.mark_dead(OLD, "550 5.1.1", make.NOW)


def right(letter: Letter, typed: str = NEW) -> corrected_addresses.Righted:
    return corrected_addresses.put_right(
        letter, typed, source="a call from the office", who="Priya", now=LATER
    )


def waiting() -> list[tuple[str, str]]:
    asked = select(Letter.recipient, Letter.method).where(Letter.status == WAITING).order_by(Letter.id)
    return [(recipient, method) for recipient, method in db.session.execute(asked)]


def test_the_invite_of_a_booking_goes_to_the_right_address_and_nobody_else_gets_mail(case: Case) -> None:
    book(case, OLD, SAM)
    with transaction():
        done = right(case.letter(OLD))
        assert (done.address, done.bookings, done.invited, done.not_asked) == (NEW, 1, False, "")
        assert {p.address for p in promises.people_of(case.booking)} == {NEW, SAM}
        assert waiting() == [(NEW, "REQUEST")]
        assert NEW.encode() in copies.read(case.letter(NEW).raw).calendar
    # The old one never had the entry, so there is nothing to cancel.
    assert case.letter(OLD, "CANCEL").status in (SUPERSEDED, WITHDRAWN)


def test_the_only_person_of_a_booking_can_be_put_right(case: Case) -> None:
    book(case, OLD)
    with transaction():
        right(case.letter(OLD))
        assert [p.address for p in promises.people_of(case.booking)] == [NEW]


def test_the_row_on_file_takes_the_address_says_where_it_came_from_and_closes_the_old_links(
    case: Case,
) -> None:
    book(case, OLD)
    with transaction():
        right(case.letter(OLD))
        (contact,) = contacts.contacts_of_organisation(case.school.organisation_id)
        assert (contact.address, contact.name, contact.source) == (
            NEW,
            "Joanna Fell",
            "a call from the office",
        )
        open_ = [
            link.address for link in db.session.scalars(select(links.PersonalLink)) if link.open_at(LATER)
        ]
        assert open_ == [NEW]
        said = history.history_of("school", str(case.school.organisation_id))
        assert [(h.what, h.before, h.after) for h in said if h.what == "address put right"] == [
            ("address put right", OLD, NEW)
        ]


def test_an_address_that_is_on_file_already_takes_over_without_a_second_row(case: Case) -> None:
    book(case, OLD, NEW)
    with transaction():
        make.contact(case.school, name="J Fell", address=NEW) if NEW not in {
            c.address for c in contacts.contacts_of_organisation(case.school.organisation_id)
        } else None
        right(case.letter(OLD))
        assert [c.address for c in contacts.contacts_of_organisation(case.school.organisation_id)] == [NEW]
        assert [p.address for p in promises.people_of(case.booking)] == [NEW]
        assert waiting() == []  # that person has it already


def test_an_invitation_that_came_back_is_written_to_the_right_address(case: Case) -> None:
    with transaction():
        (contact,) = contacts.contacts_of_organisation(case.school.organisation_id)
        letter_id = invitations.invite(
            case.programme, case.school, contact, who="Priya", now=make.NOW
        ).letter_id
        letter = db.session.get_one(Letter, letter_id)
        letter.status = FAILED
        outbox.mark_dead(OLD, "550 5.1.1", make.NOW)
    with transaction():
        done = right(db.session.get_one(Letter, letter_id))
        assert (done.bookings, done.invited, done.not_asked) == (0, True, "")
        assert waiting() == [(NEW, "")]
    assert db.session.get_one(Letter, letter_id).status == WITHDRAWN


def test_what_was_put_right_once_is_not_said_to_be_put_right_by_another_word_for_the_old_address(
    case: Case,
) -> None:
    with transaction():
        (contact,) = contacts.contacts_of_organisation(case.school.organisation_id)
        letter_id = invitations.invite(
            case.programme, case.school, contact, who="Priya", now=make.NOW
        ).letter_id
        outbox.mark_dead(OLD, "550 5.1.1", make.NOW)
    with transaction():
        right(db.session.get_one(Letter, letter_id), "joana.fell@redmere.example")
    with pytest.raises(UsedNoMore, match=f"Redmere Academy does not use {OLD} any more"), transaction():
        right(db.session.get_one(Letter, letter_id))
    assert [c.address for c in contacts.contacts_of_organisation(case.school.organisation_id)] == [
        "joana.fell@redmere.example"
    ]
    assert waiting() == [("joana.fell@redmere.example", "")]
    with transaction():  # the same once more, as when the button is pressed twice
        assert right(db.session.get_one(Letter, letter_id), "joana.fell@redmere.example").goes == ()


def test_a_school_that_has_booked_meanwhile_is_not_invited_again_and_that_is_said(case: Case) -> None:
    with transaction():
        (contact,) = contacts.contacts_of_organisation(case.school.organisation_id)
        letter_id = invitations.invite(
            case.programme, case.school, contact, who="Priya", now=make.NOW
        ).letter_id
    book(case, SAM)
    with transaction():
        db.session.get_one(Letter, letter_id).status = BOUNCED
        done = right(db.session.get_one(Letter, letter_id))
        assert not done.invited and "nothing left to book" in done.not_asked


@pytest.mark.parametrize(
    ("typed", "source", "refusal"),
    [
        (OLD.upper(), "a call", SameAddress),
        ("nonsense", "a call", BadAddress),
        ("also.dead@redmere.example", "a call", AlsoDead),
        (NEW, " ", SourceMissing),
    ],
)
def test_what_cannot_be_right_is_refused_and_changes_nothing(
    case: Case, typed: str, source: str, refusal: type[Exception]
) -> None:
    book(case, OLD)
    with transaction():
        outbox.mark_dead("also.dead@redmere.example", "550", make.NOW)
    with pytest.raises(refusal), transaction():
        corrected_addresses.put_right(case.letter(OLD), typed, source=source, who="Priya", now=LATER)
    assert [c.address for c in contacts.contacts_of_organisation(case.school.organisation_id)] == [
        OLD
    ] and waiting() == []


def test_a_letter_to_the_company_names_no_school(case: Case) -> None:
    with transaction():
        letter = make.letter("van@lantern.example", None, stream="a-performances-own-uid")
        assert corrected_addresses.lost_with(letter, now=make.NOW) is None
        with pytest.raises(WentToNobody):
            right(letter)


def test_a_past_booking_keeps_the_address_it_had(case: Case) -> None:
    book(case, OLD)
    after = case.booking.performance.ends_at
    with transaction():
        lost = corrected_addresses.lost_with(case.letter(OLD), now=after)
        assert lost is not None and lost.bookings == () and lost.contact is not None


def test_an_address_that_works_after_all_is_written_to_again(case: Case) -> None:
    book(case, OLD)
    with transaction():
        corrected_addresses.say_it_works(case.letter(OLD), who="Priya", now=LATER)
        assert not outbox.is_dead(OLD)
        assert "address works again" in [
            h.what for h in history.history_of("school", str(case.school.organisation_id))
        ]


def test_a_cancel_for_a_replaced_address_is_on_nobodys_list(case: Case) -> None:
    """The first invite arrived, a later letter came back: the CANCEL to the dead address must not fail for
    ever."""
    book(case, OLD, SAM)
    with transaction():
        case.letter(OLD).status = SENT
        late = case.letter(OLD)
        right(late)
    assert claims.turn("a", [], LATER, most=10)[0].recipient == NEW
    statuses = {row.status for row in db.session.scalars(select(Letter).where(Letter.recipient == OLD))}
    assert statuses <= {SENT, SUPERSEDED, WITHDRAWN}


def keep(case: Case, *people: str) -> Proposal:
    """A time is kept for the school, and its letter went to some of its people."""
    with transaction():
        slot = slots.offers(case.programme, case.school, now=make.NOW).days[0].slots[0]
        on_file = {c.address: c for c in contacts.contacts_of_organisation(case.school.organisation_id)}
        offer = ProposalDraft(
            programme=case.programme,
            organisation=case.school,
            slot=slot,
            people=[on_file.get(a) or make.contact(case.school, address=a) for a in people],
            reply_by=date(2027, 2, 2),
        )
        kept = proposing.propose(offer, who="Priya", now=make.NOW)
        for letter in db.session.scalars(select(Letter)):
            letter.status, letter.handed_at = (BOUNCED if letter.recipient == OLD else SENT), make.NOW
        outbox.mark_dead(OLD, "550 5.1.1", make.NOW)
    return kept


def test_a_time_that_is_kept_is_proposed_to_the_right_address_and_nobody_else_gets_mail(case: Case) -> None:
    kept = keep(case, OLD, SAM)
    with transaction():
        done = right(case.letter(OLD))
        assert (done.bookings, done.goes) == (0, ("the time that is kept",))
        assert (kept.people[0].address, kept.people[0].source) == (NEW, "a call from the office")
        assert waiting() == [(NEW, "REQUEST")]
        letter = copies.read(case.letter(NEW).raw)
        assert b"STATUS:TENTATIVE" in letter.calendar and NEW.encode() in letter.calendar
        assert "kept for you" in letter.text and "from a call from the office" in " ".join(
            letter.text.split()
        )
        assert (kept.sequence, kept.uid) == (0, case.letter(NEW).stream)
    assert [
        found.address
        for found in proposals.get(kept.id, case.programme.id, case.school.organisation_id).people
    ] == [
        NEW,
        SAM,
    ]


def test_whoever_has_the_kept_time_already_gets_no_second_letter(case: Case) -> None:
    kept = keep(case, OLD, NEW)
    with transaction():
        done = right(case.letter(OLD))
        assert done.goes == () and waiting() == []
        assert [p.address for p in kept.people] == [NEW]


@pytest.mark.parametrize("ended", ["refused", "lapsed"])
def test_a_time_that_is_not_kept_any_more_is_proposed_to_nobody(case: Case, ended: str) -> None:
    kept = keep(case, OLD)
    with transaction():
        if ended == "refused":
            proposing.refuse(kept, reason="Exams", who="The office", now=LATER)
        now = LATER if ended == "refused" else LATER + timedelta(days=60)
        done = corrected_addresses.put_right(
            case.letter(OLD), NEW, source="a call from the office", who="Priya", now=now
        )
        assert (done.goes, waiting()) == ((), [])
        assert [p.address for p in kept.people] == [OLD]


def test_another_partnerships_kept_time_stays_with_the_address_it_has(case: Case) -> None:
    kept = keep(case, OLD)
    with transaction():
        theirs = make.letter(
            OLD,
            None,
            partnership_id=make.partnership(("932",)).id,
            stream=f"invitation/{case.programme.id}/{case.school.organisation_id}",
        )
        lost = corrected_addresses.lost_with(theirs, now=LATER)
        assert lost is not None
        assert (lost.proposals, lost.bookings, lost.places, lost.asked_to_book) == ((), (), (), None)
        with pytest.raises(UsedNoMore):
            right(theirs)
        assert [p.address for p in kept.people] == [OLD]


@pytest.fixture
def beside(app: Flask):
    """A host, and a small school that asked it for seats; what was written so far has gone."""
    c = neighbours.lay()
    c.place = neighbours.ask(c)
    neighbours.hand_over()
    return c


def put_neighbour_right(old: str, new: str, stream: str = "") -> corrected_addresses.Righted:
    with transaction():
        letters = select(Letter).where(Letter.recipient == old).order_by(Letter.id.desc())
        letter = db.session.scalars(letters.where(Letter.stream.like(f"{stream}%"))).first()
        if letter is None:
            letter = make.letter(old, make.NOW, stream=stream, partnership_id=1)
        return corrected_addresses.put_right(letter, new, source="a call", who="Priya", now=neighbours.now())


def test_a_guest_reads_at_the_right_address_how_many_seats_its_host_gave(beside) -> None:
    with transaction():
        hosting.agree(beside.place, seats=10, terms="", who="The office", now=neighbours.now())
    neighbours.hand_over()
    put_neighbour_right(neighbours.GUEST, "ann.lea@littlemere.example", "guest/")
    assert neighbours.mail("ann.lea@littlemere.example") == [("seats: fewer", "", 0)]
    assert "10 seats" in neighbours.last("ann.lea@littlemere.example").text
    assert [p.address for p in beside.place.people] == ["ann.lea@littlemere.example"]


def test_a_guest_who_waits_hears_at_the_right_address_what_its_host_says_later(beside) -> None:
    stream = f"invitation/{beside.programme.id}/{beside.small.organisation_id}"
    put_neighbour_right(neighbours.GUEST, "ann.lea@littlemere.example", stream)
    assert neighbours.mail("ann.lea@littlemere.example") == []
    with transaction():
        hosting.refuse(beside.place, reason="No room", who="The office", now=neighbours.now())
    assert neighbours.mail("ann.lea@littlemere.example") == [("seats: refused", "", 0)]
    assert ("seats: refused", "", 0) not in neighbours.mail(neighbours.GUEST)


def test_a_guest_reads_at_the_right_address_that_its_host_has_moved(beside) -> None:
    neighbours.move(beside)
    neighbours.hand_over()
    put_neighbour_right(neighbours.GUEST, "ann.lea@littlemere.example", "guest/")
    assert neighbours.mail("ann.lea@littlemere.example") == [("seats: host moved", "", 0)]
    assert "16 March" in neighbours.last("ann.lea@littlemere.example").text


def test_a_host_is_asked_at_the_right_address_for_the_seats_that_it_was_asked_for(beside) -> None:
    put_neighbour_right(neighbours.HOST, "hall@redmere.example", "guest/")
    assert [kind for kind, _, _ in neighbours.mail("hall@redmere.example")] == [
        "colleague added",
        "guest asks",
    ]
    assert "Littlemere School" in neighbours.last("hall@redmere.example").text


def test_a_host_that_has_answered_is_not_asked_again(beside) -> None:
    with transaction():
        hosting.agree(beside.place, seats=10, terms="", who="The office", now=neighbours.now())
    neighbours.hand_over()
    put_neighbour_right(neighbours.HOST, "hall@redmere.example", "guest/")
    assert [kind for kind, _, _ in neighbours.mail("hall@redmere.example")] == ["colleague added"]


@pytest.mark.parametrize("kind", ["reminder", "second reminder", "raised to head", "link"])
def test_any_letter_that_asked_to_book_becomes_an_invitation_at_the_right_address(
    case: Case, kind: str
) -> None:
    with transaction():
        stream = f"{kind}/{case.programme.id}/{case.school.organisation_id}"
        letter = make.letter(OLD, make.NOW, stream=stream, partnership_id=case.programme.partnership_id)
        done = right(letter)
        assert (done.invited, done.goes, waiting()) == (True, ("the invitation",), [(NEW, "")])


def who_is_right(case: Case) -> Letter:
    (contact,) = contacts.contacts_of_organisation(case.school.organisation_id)
    recipient = ConfirmationRecipient(organisation=case.school, contact=contact, people=(contact,))
    asked = requests.write_to(case.programme, recipient, who="Priya", now=make.NOW)
    letter = db.session.get_one(Letter, asked.letter_id)
    letter.status = BOUNCED
    return letter


def test_who_is_right_is_asked_at_the_right_address(case: Case) -> None:
    with transaction():
        letter = who_is_right(case)
        done = right(letter)
        assert (done.invited, done.goes, waiting()) == (False, ("the question about contacts",), [(NEW, "")])
        asked = db.session.scalars(select(ConfirmationRequest).order_by(ConfirmationRequest.id)).all()
        assert [a.address for a in asked] == [OLD, NEW]


def test_an_address_that_was_asked_this_year_is_not_asked_who_is_right_again(case: Case) -> None:
    with transaction():
        letter = who_is_right(case)
        other = make.contact(case.school, name="J Fell", address=NEW)
        recipient = ConfirmationRecipient(organisation=case.school, contact=other, people=(other,))
        requests.write_to(case.programme, recipient, who="Priya", now=make.NOW)
        assert right(letter).goes == ()
        assert waiting() == [(NEW, "")]


def test_a_school_that_has_said_who_is_right_is_not_asked_again(case: Case) -> None:
    with transaction():
        letter = who_is_right(case)
        asked = requests.unanswered(letter.id)
        assert asked is not None
        contact_answers.confirm(asked, case.school, who="The office", now=make.NOW)
        assert right(letter).goes == ()
        assert waiting() == []
