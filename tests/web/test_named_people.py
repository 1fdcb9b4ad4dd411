"""Whom a school names outside its own domain waits for a coordinator, by every door; and the people of a
booking put right."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import HALL, PEOPLE, PUPILS, Story, lay, link_to, said
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import came_in
import make
from outreach.asking import open_door
from outreach.asking.confirming import vouching
from outreach.asking.confirming.requests import ConfirmationRecipient, ConfirmationRequest, write_to
from outreach.booking import named, promises
from outreach.booking.guest_places import GuestPlace
from outreach.booking.guests import hosting
from outreach.booking.named import NamedPerson
from outreach.booking.promises import Booking
from outreach.booking.sheets import day_sheet
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.ground.db import db, transaction
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter

PRIVATE = "sam.w@gmail.com"
ELSEWHERE = "sam@other-school.example"


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client, school={"website": "www.redmere-academy.example"})


def fresh() -> None:
    db.session.rollback()
    db.session.expire_all()


def booking(reference: str) -> Booking:
    fresh()
    return promises.get(reference)


def written_to(address: str) -> int:
    """Letters, links, contacts and calendar entries of an address: none may be before a coordinator has
    looked."""
    fresh()
    in_calendars = promises.VisitContact.booking_id.is_not(None)
    return sum(
        db.session.scalar(
            select(func.count()).select_from(table).where(func.lower(column) == address, *which)
        )
        for table, column, *which in (
            (Letter, Letter.recipient),
            (PersonalLink, PersonalLink.address),
            (Contact, Contact.address),
            (promises.VisitContact, promises.VisitContact.address, in_calendars),
        )
    )


def waiting() -> list[NamedPerson]:
    fresh()
    return list(db.session.scalars(select(NamedPerson).where(NamedPerson.decided_at.is_(None))))


def grant(story: Story, stopped, *, yes: bool = True) -> None:
    (one,) = waiting()
    with transaction():
        vouching.decide(story.partnership.id, one.id, grant=yes, who="Priya", now=stopped.now)


def people(address: str) -> dict[str, str]:
    return PEOPLE | {"day_name": "Sam Whitfield", "day_address": address, "day_phone": "01632 960 205"}


def through_form(story: Story, address: str) -> None:
    key = story.choose()
    for step, typed in (("/pupils", PUPILS), ("/hall", HALL), ("/people", people(address))):
        assert story.send(step, typed).status_code == 303
    page = said(story.get("/check"))
    assert "a coordinator looks at it before we write to it" in page
    assert "Joanna Fell gets a calendar invite" in page
    assert story.post("/book", slots=key).status_code == 303


def through_kept(story: Story, address: str) -> None:
    from outreach.booking.desk import proposing
    from outreach.booking.desk.proposing import ProposalDraft
    from outreach.tour import slots

    with transaction():
        slot = slots.find(story.programme, story.school, story.keys()[0], now=make.NOW)
        contact = make.contact(story.school, address="j.fell@redmere.example")
        offer = ProposalDraft(
            programme=story.programme,
            organisation=story.school,
            slot=slot,
            people=[contact],
            reply_by=story.programme.reply_by,
        )
        kept = proposing.propose(offer, who="Priya", now=make.NOW).id
    assert story.accept(kept, people=people(address)).status_code == 303


def through_colleague(story: Story, address: str) -> None:
    reference = story.book()
    typed = {"name": "Sam Whitfield", "address": address, "duty": "colleague"}
    assert story.send(f"/booked/{reference}/colleague", typed).status_code == 303
    page = said(story.get(f"/booked/{reference}"))
    assert "a coordinator looks at it" in page and "Sam Whitfield" in page


def through_correction(story: Story, address: str) -> None:
    reference = story.book()
    (person,) = promises.people_of(booking(reference))
    typed = {"name": "Sam Whitfield", "address": address, "duty": "safeguarding lead"}
    assert story.send(f"/booked/{reference}/person/{person.id}", typed).status_code == 303
    assert "Until then j.fell@redmere.example keeps the entry" in said(story.get(f"/booked/{reference}"))


def through_somebody_else(story: Story, address: str) -> None:
    answer = story.post("/somebody-else", name="Sam Whitfield", address=address, role="Head of Year 9")
    assert answer.headers["Location"].endswith("/answered/somebody-else-noted")


def host(story: Story, how: str) -> int:
    other = story.another_school(number_of_pupils=742)
    reference = other.book()
    with transaction():
        found = promises.get(reference)
        make.consent(found.performance, seats=100 if how == "open" else 0, how=how)
        performance = found.performance_id
    return performance


WISH = PUPILS | {"pupils-0-8": "5", "pupils-0-9": "4", "why": "no hall", "travels_by": "coach"}


def through_asking(story: Story, address: str) -> None:
    assert story.send(f"/hosts/{host(story, 'ask')}", WISH | people(address)).status_code == 303


def through_open_seats(story: Story, address: str) -> None:
    assert story.send(f"/hosts/{host(story, 'open')}", WISH | people(address)).status_code == 303


def fewer_seats(story: Story, asked_with: dict[str, str]) -> GuestPlace:
    """A host that gives the school ten seats, once it has asked for eleven; who was named then stands in the
    question."""
    assert (
        story.send(f"/hosts/{host(story, 'ask')}", WISH | {"pupils-0-8": "7"} | asked_with).status_code == 303
    )
    fresh()
    with transaction():
        (place,) = db.session.scalars(select(GuestPlace))
        hosting.agree(place, seats=10, terms="", who="The host", now=make.NOW)
    return place


FEWER = {"pupils-0-8": "5", "pupils-0-9": "4"}


def through_fewer_seats(story: Story, address: str) -> None:
    place = fewer_seats(story, PEOPLE)
    page = story.get(f"/asked/{place.id}")
    assert PEOPLE["lead_address"] in page.text
    assert story.send(f"/asked/{place.id}", FEWER | people(address)).status_code == 303


def through_fewer_seats_again(story: Story, address: str) -> None:
    """Named when the seats were asked for, and standing in the form of fewer seats, which is sent as it
    is."""
    place = fewer_seats(story, people(address))
    page = story.get(f"/asked/{place.id}")
    assert f'value="{address}"' in page.text and 'value="Sam Whitfield"' in page.text
    assert story.send(f"/asked/{place.id}", FEWER | people(address)).status_code == 303


def asked_for_contacts(story: Story) -> Story:
    with transaction():
        contact = make.contact(story.school, address="j.fell@redmere.example")
        request = write_to(
            story.programme,
            ConfirmationRecipient(organisation=story.school, contact=contact, people=(contact,)),
            who="Priya",
            now=make.NOW,
        )
        token = link_to(story.programme, story.school)
        link = db.session.scalar(select(PersonalLink).order_by(PersonalLink.id.desc()).limit(1))
        request.link_id = link.id
    return Story(story.client, story.partnership, story.programme, story.troupe, story.school, token)


def through_contacts_added(story: Story, address: str) -> None:
    asked = asked_for_contacts(story)
    assert asked.post("/contacts/add", name="Sam Whitfield", address=address).status_code == 303
    assert "a coordinator looks at it" in said(asked.get("/contacts"))


def through_contacts_changed(story: Story, address: str) -> None:
    asked = asked_for_contacts(story)
    (contact,) = contacts.contacts_of_organisation(story.school.organisation_id)
    assert asked.post(f"/contacts/{contact.id}", name="Sam Whitfield", address=address).status_code == 303
    fresh()
    assert [c.address for c in contacts.contacts_of_organisation(story.school.organisation_id)] == [
        "j.fell@redmere.example"
    ]
    assert (
        asked.get("/contacts").status_code == 200
    )  # its own link stands as long as nobody has taken the place


DOORS = {
    "people": through_form,
    "accept": through_kept,
    "colleague": through_colleague,
    "person": through_correction,
    "somebody_else": through_somebody_else,
    "join": through_asking,
    "join where seats are open": through_open_seats,
    "contacts_add": through_contacts_added,
    "take_fewer": through_fewer_seats,
    "take_fewer of who was named before": through_fewer_seats_again,
    "contacts_change": through_contacts_changed,
}
"""By the endpoint that takes an address."""


@pytest.mark.parametrize("address", [PRIVATE, ELSEWHERE])
@pytest.mark.parametrize("door", DOORS)
def test_whom_a_school_names_outside_its_domain_waits_by_every_door(
    story: Story, stopped, door: str, address: str
) -> None:
    DOORS[door](story, address)
    assert written_to(address) == 0
    (one,) = waiting()
    assert (one.address, one.name) == (address, "Sam Whitfield")
    grant(story, stopped)
    assert waiting() == [] and (written_to(address) > 0 or door == "join")
    if door == "join":
        (place,) = db.session.scalars(select(GuestPlace))
        assert place.people[-1].address == address


Yes = Callable[[], object]


def asks_for_its_link(story: Story, path: str, address: str) -> Yes:
    """Whoever asks at the open door names nobody but itself, and waits there."""
    assert story.client.post(path, data={"address": address, "name": "Sam Whitfield"}).status_code == 303
    for _ in range(3):  # as the post's rounds do
        with transaction():
            open_door.answer_next(now=make.NOW)
    (one,) = open_door.waiting_requests(story.partnership.id)
    whose, request_id = story.partnership.id, one.request.id

    def yes() -> None:
        with transaction():
            open_door.decide_request(whose, request_id, True, who="Priya", now=make.NOW)

    return yes


def through_find(story: Story, address: str) -> Yes:
    with transaction():
        make.contact(story.school, address="j.fell@redmere.example")
    return asks_for_its_link(story, f"/find/{story.school.organisation_id}", address)


def through_reference(story: Story, address: str) -> Yes:
    return asks_for_its_link(story, f"/b/{story.book()}", address)


def through_forwarded_invite(story: Story, address: str) -> Yes:
    """Somebody of the booking forwards the invite, and whoever gets it says yes."""
    reference = story.book()
    mail = came_in.take(came_in.answer(booking(reference), address, name="Sam Whitfield"))
    with transaction():
        priya = make.person(story.partnership)
    desk = make.signed_in(story.client, priya)
    assert "is not on the booking" in said(desk.get("/desk/inbox"))
    return lambda: desk.post(f"/desk/inbox/{mail}/take")


@pytest.mark.any_database
@pytest.mark.parametrize("address", [PRIVATE, ELSEWHERE])
@pytest.mark.parametrize("door", [through_find, through_reference, through_forwarded_invite])
def test_who_comes_by_itself_from_elsewhere_waits_for_a_coordinator_too(
    story: Story, stopped, door: Callable[[Story, str], Yes], address: str
) -> None:
    yes = door(story, address)
    assert written_to(address) == 0
    yes()
    assert written_to(address) > 0


@pytest.mark.parametrize("door", [d for d in DOORS if d not in ("people", "colleague", "person")])
def test_whom_the_coordinator_refuses_is_never_written_to(story: Story, stopped, door: str) -> None:
    DOORS[door](story, PRIVATE)
    grant(story, stopped, yes=False)
    assert written_to(PRIVATE) == 0 and waiting() == []


def test_a_coordinators_yes_to_who_was_named_with_the_question_holds_for_the_fewer_seats(
    story: Story, stopped
) -> None:
    place = fewer_seats(story, people(PRIVATE))
    grant(story, stopped)
    assert written_to(PRIVATE) == 0  # nobody hears before there is a booking
    assert story.send(f"/asked/{place.id}", FEWER | people(PRIVATE)).status_code == 303
    assert written_to(PRIVATE) > 0 and waiting() == []


@pytest.mark.any_database
def test_who_is_not_named_any_more_when_the_fewer_seats_are_taken_waits_for_nothing(
    story: Story, stopped
) -> None:
    place = fewer_seats(story, people(PRIVATE))
    (one,) = waiting()
    assert story.send(f"/asked/{place.id}", FEWER | PEOPLE).status_code == 303
    assert waiting() == [] and written_to(PRIVATE) == 0
    with pytest.raises(vouching.DecidedAlready), transaction():
        vouching.decide(story.partnership.id, one.id, grant=True, who="Priya", now=stopped.now)


@pytest.mark.any_database
def test_every_page_of_a_school_that_takes_an_address_is_such_a_door(app: Flask) -> None:
    """A form with an address in it that is not named above has not been looked at; that of places at a session is in
    test_places_pages.py."""
    import pathlib

    root = pathlib.Path(app.root_path).parent
    takes = set()
    for file in (root / "outreach/web/school").glob("*.py"):
        text = file.read_text()
        if re.search(r"forms\.address\(|people_form\(", text):
            takes.add(file.stem)
    assert takes == {"booked", "confirming", "forms", "hosts", "other_answers", "session_forms", "steps"}


@pytest.mark.any_database
def test_who_is_of_the_school_is_written_to_at_once(story: Story, stopped) -> None:
    reference = story.book()
    for n, address in enumerate(("a.b@redmere.example", "office@redmere-academy.example")):
        typed = {"name": f"Sam {n}", "address": address, "duty": "colleague"}
        assert story.send(f"/booked/{reference}/colleague", typed).status_code == 303
        assert written_to(address) > 0
    assert waiting() == []


@pytest.mark.any_database
def test_a_provider_where_anybody_has_an_address_is_no_schools_domain(client, stopped) -> None:
    """Though the link itself went to such an address, and it is on file."""
    story = lay(client)
    with transaction():
        make.contact(story.school, address="redmere.office@gmail.com")
        token = link_to(story.programme, story.school, address="redmere.office@gmail.com")
    story.token = token
    known = named.known_at(story.school, story.partnership.id, holder="redmere.office@gmail.com")
    assert [known(a) for a in ("redmere.office@gmail.com", "Redmere.Office@gmail.com", PRIVATE)] == [
        True,
        True,
        False,
    ]


@pytest.mark.any_database
def test_where_all_wait_whoever_holds_the_link_hears(story: Story, stopped) -> None:
    key = story.choose()
    all_private = {"lead_name": "Sam Whitfield", "lead_address": PRIVATE, "lead_phone": "01632 960 300"}
    for step, typed in (("/pupils", PUPILS), ("/hall", HALL), ("/people", all_private)):
        assert story.send(step, typed).status_code == 303
    assert story.post("/book", slots=key).status_code == 303
    fresh()
    (made,) = db.session.scalars(select(Booking))
    assert [p.address for p in promises.people_of(made)] == ["j.fell@redmere.example"]
    # The company still reads whom to ask for.
    (stop,) = day_sheet.sheet_of_day(made.performance.tour_day).stops
    assert (stop.lead.name, stop.lead.phone) == ("Sam Whitfield", "01632 960 300")


def test_a_link_without_an_address_must_name_somebody_of_the_school(story: Story, stopped) -> None:
    with transaction():
        story.token = link_to(story.programme, story.school, address="", name="")
    story.choose()
    assert story.send("/pupils", PUPILS).status_code == 303
    assert story.send("/hall", HALL).status_code == 303
    refused = story.send("/people", PEOPLE | {"lead_address": PRIVATE})
    assert refused.status_code == 422 and "at least one person with an address of your own" in said(refused)


def test_what_waits_stands_on_the_desk_and_another_partnership_sees_nothing_of_it(
    story: Story, client, stopped
) -> None:
    through_somebody_else(story, PRIVATE)
    (one,) = waiting()
    with transaction():
        ours, theirs = make.person(story.partnership), make.person(make.partnership(la_codes=("932",)))
    make.signed_in(client, theirs)
    assert PRIVATE not in client.get("/desk/requests").text
    assert client.post(f"/desk/requests/named/{one.id}", data={"decision": "grant"}).status_code == 404
    make.signed_in(client, ours)
    page = said(client.get("/desk/requests"))
    assert PRIVATE in page and "As who arranges it" in page
    assert len(vouching.organisations_waiting(story.partnership.id)) == 1
    for _ in range(2):
        answer = client.post(f"/desk/requests/named/{one.id}", data={"decision": "grant"})
        assert answer.status_code == 303
    assert written_to(PRIVATE) > 0 and waiting() == []


def test_the_database_lets_nobody_wait_twice_for_the_same(story: Story, stopped) -> None:
    through_colleague(story, PRIVATE)
    (one,) = waiting()
    row = {c.name: getattr(one, c.name) for c in NamedPerson.__table__.columns if c.name != "id"}
    for wrong in ({}, {"decision": "granted"}, {"door": "window"}, {"booking_id": None}):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(NamedPerson.__table__.insert().values(row | wrong))


# The people of a booking


def test_details_of_a_person_are_put_right_without_a_mail(story: Story, stopped) -> None:
    with transaction():
        make.contact(story.school, address="j.fell@redmere.example", phone="")
    reference = story.book()
    (person,) = promises.people_of(booking(reference))
    before = written_to("j.fell@redmere.example")
    page = story.get(f"/booked/{reference}/person/{person.id}")
    assert 'value="Joanna Fell"' in page.text
    typed = {
        "name": "Joanna Fell-Moss",
        "address": "J.Fell@redmere.example",
        "duty": "on the day",
        "role": "Head of Year 9",
        "phone": "01632 960 999",
    }
    for _ in range(2):
        assert story.send(f"/booked/{reference}/person/{person.id}", typed).status_code == 303
    (now_is,) = promises.people_of(booking(reference))
    assert (now_is.name, now_is.phone, now_is.role, now_is.duty) == (
        "Joanna Fell-Moss",
        "01632 960 999",
        "Head of Year 9",
        "on the day",
    )
    assert "fell-moss" in now_is.found_by or "moss" in now_is.found_by
    (on_file,) = contacts.contacts_of_organisation(story.school.organisation_id)
    assert (on_file.name, on_file.phone) == ("Joanna Fell-Moss", "01632 960 999")
    assert written_to("j.fell@redmere.example") == before + 1  # the contact's new row; no letter


def test_the_last_person_is_handed_on_and_the_entry_moves_with_it(story: Story, stopped) -> None:
    reference = story.book()
    (person,) = promises.people_of(booking(reference))
    typed = {"name": "Sam Whitfield", "address": "s.whitfield@redmere.example", "duty": "safeguarding lead"}
    assert story.send(f"/booked/{reference}/person/{person.id}", typed).status_code == 303
    found = booking(reference)
    assert [p.address for p in promises.people_of(found)] == ["s.whitfield@redmere.example"]
    letters = db.session.execute(select(Letter.recipient, Letter.method).order_by(Letter.id)).all()
    assert [tuple(row) for row in letters[-2:]] == [
        ("s.whitfield@redmere.example", "REQUEST"),
        ("j.fell@redmere.example", "CANCEL"),
    ]


def test_somebody_who_is_there_already_or_not_there_any_more_is_said(story: Story, stopped) -> None:
    reference = story.book()
    (person,) = promises.people_of(booking(reference))
    typed = {"name": "Sam Whitfield", "address": "s.whitfield@redmere.example", "duty": "colleague"}
    story.send(f"/booked/{reference}/colleague", typed)
    refused = story.send(f"/booked/{reference}/person/{person.id}", typed)
    assert refused.status_code == 422 and "has this booking in the calendar already" in said(refused)
    assert story.send(f"/booked/{reference}/person/99999", typed).status_code == 404
    sam = next(p for p in promises.people_of(booking(reference)) if p.name == "Sam Whitfield")
    assert story.post(f"/booked/{reference}/remove/{sam.id}").status_code == 303
    answer = story.send(f"/booked/{reference}/person/{sam.id}", typed)
    assert answer.status_code == 303
    assert "not in this booking any more" in said(story.get(f"/booked/{reference}"))


def test_who_waits_can_be_taken_back_by_the_school(story: Story, stopped) -> None:
    through_colleague(story, PRIVATE)
    (one,) = waiting()
    reference = db.session.get(Booking, one.booking_id).reference
    assert story.post(f"/booked/{reference}/named/{one.id}/take-back").status_code == 303
    page = story.get(f"/booked/{reference}")
    assert waiting() == [] and "Sam Whitfield is not named any more. Name them again" in said(page)
    again = story.get(f"/booked/{reference}/colleague?named={one.id}").text
    assert f"/colleague?named={one.id}" in page.text and 'value="Sam Whitfield"' in again and PRIVATE in again


def test_who_waits_or_is_another_bookings_is_not_offered_again(story: Story, stopped) -> None:
    through_colleague(story, PRIVATE)
    (one,) = waiting()
    reference = db.session.get(Booking, one.booking_id).reference
    for named_id in (one.id, 999999, "x", "9" * 30):
        assert "Sam Whitfield" not in story.get(f"/booked/{reference}/colleague?named={named_id}").text
    assert story.post(f"/booked/{reference}/named/{one.id}/take-back").status_code == 303
    other = story.another_school()
    theirs = other.book(other.keys()[3])
    assert "Sam Whitfield" not in other.get(f"/booked/{theirs}/colleague?named={one.id}").text


# Who names a replacement on the list of contacts


def test_who_names_a_replacement_is_told_that_the_own_link_ends_and_the_other_gets_a_letter(
    story: Story, stopped
) -> None:
    asked = asked_for_contacts(story)
    (contact,) = contacts.contacts_of_organisation(story.school.organisation_id)
    assert "your own link went to" in said(asked.get(f"/contacts/{contact.id}"))
    new = "s.whitfield@redmere.example"
    answer = asked.post(f"/contacts/{contact.id}", name="Sam Whitfield", address=new)
    assert "gets a letter with a link" in said(answer) and "closed now" in said(answer)
    assert asked.get("/contacts").status_code == 410
    fresh()
    letter = db.session.scalar(select(Letter).where(Letter.recipient == new))
    assert letter is not None and b"/contacts" in bytes(letter.raw)
    request = db.session.scalar(select(ConfirmationRequest).where(ConfirmationRequest.address == new))
    assert request is not None and request.letter_id == letter.id
