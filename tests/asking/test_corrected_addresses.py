"""An address from which mail came back: put right once, wherever the school uses it, and what was lost goes
again."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.asking import corrected_addresses, invitations
from outreach.asking.corrected_addresses import AlsoDead, NoSchool, SameAddress
from outreach.booking import bookings, holds, promises
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
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
        return promises.live(self.programme.id, self.school.urn)[0]


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
    return list(
        db.session.execute(
            select(Letter.recipient, Letter.method).where(Letter.status == WAITING).order_by(Letter.id)
        ).tuples()
    )


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
        (contact,) = contacts.contacts_of_school(case.school.urn)
        assert (contact.address, contact.name, contact.source) == (
            NEW,
            "Joanna Fell",
            "a call from the office",
        )
        open_ = [
            link.address for link in db.session.scalars(select(links.PersonalLink)) if link.open_at(LATER)
        ]
        assert open_ == [NEW]
        said = history.history_of("school", str(case.school.urn))
        assert [(h.what, h.before, h.after) for h in said if h.what == "address put right"] == [
            ("address put right", OLD, NEW)
        ]


def test_an_address_that_is_on_file_already_takes_over_without_a_second_row(case: Case) -> None:
    book(case, OLD, NEW)
    with transaction():
        make.contact(case.school, name="J Fell", address=NEW) if NEW not in {
            c.address for c in contacts.contacts_of_school(case.school.urn)
        } else None
        right(case.letter(OLD))
        assert [c.address for c in contacts.contacts_of_school(case.school.urn)] == [NEW]
        assert [p.address for p in promises.people_of(case.booking)] == [NEW]
        assert waiting() == []  # that person has it already


def test_an_invitation_that_came_back_is_written_to_the_right_address(case: Case) -> None:
    with transaction():
        (contact,) = contacts.contacts_of_school(case.school.urn)
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


def test_a_school_that_has_booked_meanwhile_is_not_invited_again_and_that_is_said(case: Case) -> None:
    with transaction():
        (contact,) = contacts.contacts_of_school(case.school.urn)
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
    assert [c.address for c in contacts.contacts_of_school(case.school.urn)] == [OLD] and waiting() == []


def test_a_letter_to_the_company_names_no_school(case: Case) -> None:
    with transaction():
        letter = make.letter("van@lantern.example", None, stream="a-performances-own-uid")
        assert corrected_addresses.lost_with(letter, now=make.NOW) is None
        with pytest.raises(NoSchool):
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
        assert "address works again" in [h.what for h in history.history_of("school", str(case.school.urn))]


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
