"""Schools say whether we hold the right people: who is asked, once, and what each answer does to what is on
file."""

from datetime import timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import make
from outreach.asking.confirming import contact_answers, requests
from outreach.asking.confirming.requests import ConfirmationRequest, NobodyToAsk
from outreach.asking.invitations import InvitationAddressDead, ReplyByPast
from outreach.booking.holds import ProgrammeClosed
from outreach.county import contacts
from outreach.county.contacts import ContactOnFile
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post.outbox import BOUNCED, SENT, Letter
from outreach.tour.programmes import Programme

WHO = "Priya Nandakumar"
LATER = make.NOW + timedelta(days=3)


class Story:
    def __init__(self) -> None:
        self.ours: Partnership = make.partnership()
        self.programme: Programme = make.programme(self.ours)
        self.school: School = make.school(name="Redmere Academy")
        self.joanna = make.contact(self.school, name="Joanna Fell", address="J.Fell@redmere.example")
        self.office = make.contact(self.school, name="", role="Office", address="office@redmere.example")

    def preview(self, *more: School) -> requests.Preview:
        return requests.preview(
            self.programme, {self.school.organisation_id, *(s.organisation_id for s in more)}, now=make.NOW
        )

    def send(self, *more: School) -> requests.ConfirmationsSent:
        found = self.preview(*more)
        seen = {r.organisation.organisation_id: r.contact.address for r in found.recipients}
        return requests.send(self.programme, seen, set(seen), who=WHO, now=make.NOW)

    def asked(self) -> ConfirmationRequest:
        self.send()
        return db.session.scalars(select(ConfirmationRequest)).one()

    def state(self) -> str:
        (asked,) = requests.of_year(self.ours.id, 2026)
        return asked.state

    def on_file(self) -> list[tuple[str, str, str]]:
        return [
            (c.name, c.address, c.source)
            for c in contacts.contacts_of_organisation(self.school.organisation_id)
        ]


@pytest.fixture
def story(app: Flask) -> Story:
    with transaction():
        return Story()


def read(letter: Letter) -> tuple[Any, str]:
    mail = message_from_bytes(letter.raw, policy=policy.default)
    return mail, mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def test_one_letter_goes_to_the_one_who_is_written_to_first_and_names_everybody(story: Story) -> None:
    with transaction():
        sent = story.send()
    assert [r.contact.address for r in sent.recipients] == ["J.Fell@redmere.example"]
    letter = db.session.scalars(select(Letter)).one()
    mail, text = read(letter)
    assert mail["Subject"] == "Are these still the right people at Redmere Academy?"
    assert "* Joanna Fell\n  Designated safeguarding lead\n* office@redmere.example\n  Office" in text
    assert text.count("/contacts") == 2 and "somebody-else" not in text


def test_the_preview_is_the_very_letter_and_writes_nothing(story: Story) -> None:
    with transaction():
        found = story.preview()
    assert found.letter is not None and db.session.scalar(select(func.count(Letter.id))) == 0
    with transaction():
        story.send()
    letter = db.session.scalars(select(Letter)).one()
    _, text = read(letter)
    token = text.split("/i/")[1].split("/")[0]
    assert text.strip() == found.letter.text.replace("a-link-of-its-own", token).strip()


def test_nobody_is_asked_twice(story: Story) -> None:
    with transaction():
        story.send()
    with transaction(), pytest.raises(NobodyToAsk):
        story.send()
    assert db.session.scalar(select(func.count(Letter.id))) == 1
    (left_out,) = story.preview().left_out
    assert left_out.why == "asked already on 19 January 2027 at j.fell@redmere.example"


def test_two_programmes_of_one_year_ask_once(story: Story) -> None:
    with transaction():
        story.send()
        other = make.programme(story.ours, (), title="For staff", for_adults=True)
    found = requests.preview(other, {story.school.organisation_id}, now=make.NOW)
    assert found.recipients == ()


def test_each_school_that_is_left_out_says_why(story: Story) -> None:
    with transaction():
        closed = make.school(name="A closed", status="Closed")
        bare = make.school(name="B bare")
        dead = make.school(name="C dead")
        make.contact(dead, address="gone@dead.example")
        make.dead_address("GONE@dead.example")
        elsewhere = make.school(name="D elsewhere", la_code="825")
        make.contact(elsewhere)
    found = story.preview(closed, bare, dead, elsewhere)
    assert [(o.organisation.name, o.why) for o in found.left_out] == [
        ("A closed", "closed in the register"),
        ("B bare", "no contact on file"),
        ("C dead", "mail to gone@dead.example came back"),
    ]


def test_a_letter_that_came_back_lets_somebody_else_there_be_asked(story: Story) -> None:
    with transaction():
        story.send()
        letter = db.session.scalars(select(Letter)).one()
        letter.status = BOUNCED
        make.dead_address("j.fell@redmere.example")
    assert story.state() == requests.BACK
    with transaction():
        sent = story.send()
    assert [r.contact.address for r in sent.recipients] == ["office@redmere.example"]
    with transaction():
        for letter in db.session.scalars(select(Letter)):
            letter.status = BOUNCED
    assert [o.why for o in story.preview().left_out] == [
        "asked already on 19 January 2027 at office@redmere.example, where it did not arrive"
    ]


def test_a_school_whose_address_changed_since_the_list_was_shown_is_named(story: Story) -> None:
    with transaction():
        other = make.school(name="Other School")
        make.contact(other, address="now@other.example")
    seen = {
        story.school.organisation_id: "J.Fell@redmere.example",
        other.organisation_id: "before@other.example",
    }
    with transaction():
        sent = requests.send(story.programme, seen, set(seen), who=WHO, now=make.NOW)
    assert [r.organisation.name for r in sent.recipients] == ["Redmere Academy"]
    assert [(o.organisation.name, o.why) for o in sent.left_out] == [
        ("Other School", "the address changed since the list was shown")
    ]


def test_nobody_is_asked_for_a_closed_programme_or_after_the_reply_by_date(story: Story) -> None:
    with pytest.raises(ReplyByPast):
        requests.preview(story.programme, {story.school.organisation_id}, now=make.NOW + timedelta(days=30))
    with transaction():
        story.programme.closed_at = make.NOW
    with pytest.raises(ProgrammeClosed):
        story.preview()


def test_all_right_makes_the_school_the_source_of_its_addresses_and_counts_once(story: Story) -> None:
    with transaction():
        asked = story.asked()
    for _ in range(2):
        with transaction():
            contact_answers.confirm(asked, story.school, who="Joanna Fell", now=LATER)
    assert story.on_file() == [
        ("Joanna Fell", "J.Fell@redmere.example", contacts.confirmed_by(1)),
        ("", "office@redmere.example", contacts.confirmed_by(1)),
    ]
    assert story.state() == requests.RIGHT
    assert db.session.scalar(select(func.count(requests.Confirmation.id))) == 1
    assert [o.why for o in story.preview().left_out] == ["it answered on 22 January 2027: all are right"]


def test_somebody_else_takes_the_place_and_the_links_of_the_one_before_are_closed(story: Story) -> None:
    from outreach.post.links import PersonalLink

    with transaction():
        asked = story.asked()
        kept = contacts.details("Amir Shah", "Designated safeguarding lead", "a.shah@redmere.example", "")
        contact_answers.change(asked, story.school, story.joanna, kept, who="Joanna Fell", now=LATER)
    assert [(name, address) for name, address, _ in story.on_file()] == [
        ("Amir Shah", "a.shah@redmere.example"),
        ("", "office@redmere.example"),
    ]
    link = db.session.get_one(PersonalLink, asked.link_id)
    assert not link.open_at(LATER) and story.state() == requests.OTHERS


def test_other_details_of_the_same_address_keep_the_link_open(story: Story) -> None:
    from outreach.post.links import PersonalLink

    with transaction():
        asked = story.asked()
        kept = contacts.details(
            "Joanna Fell-Smith", "Head of Year 8", "j.fell@redmere.example", "01632 960 111"
        )
        contact_answers.change(asked, story.school, story.joanna, kept, who="Joanna Fell", now=LATER)
    assert db.session.get_one(PersonalLink, asked.link_id).open_at(LATER)
    assert ("Joanna Fell-Smith", "j.fell@redmere.example", "the school") in story.on_file()


def test_the_same_details_again_change_nothing(story: Story) -> None:
    with transaction():
        asked = story.asked()
        contact_answers.change(
            asked, story.school, story.joanna, contacts.details_of(story.joanna), who="Jo", now=LATER
        )
    assert story.state() == requests.SILENT and contact_answers.newest(asked) is None


def test_one_more_is_added_and_one_is_taken_away(story: Story) -> None:
    with transaction():
        asked = story.asked()
        new = contacts.details("Sam Okonkwo", "Pastoral lead", "sam@redmere.example", "")
        contact_answers.add(asked, story.school, new, who="Joanna Fell", now=LATER)
        contact_answers.end(asked, story.school, story.office, who="Joanna Fell", now=LATER)
    assert [address for _, address, _ in story.on_file()] == ["J.Fell@redmere.example", "sam@redmere.example"]


def test_the_last_one_cannot_be_taken_away(story: Story) -> None:
    with transaction():
        asked = story.asked()
        contact_answers.end(asked, story.school, story.office, who="Joanna Fell", now=LATER)
    with transaction(), pytest.raises(contact_answers.NobodyLeft):
        contact_answers.end(asked, story.school, story.joanna, who="Joanna Fell", now=LATER)
    assert len(contacts.contacts_of_organisation(story.school.organisation_id)) == 1


def test_an_address_on_the_list_already_or_one_that_is_dead_is_refused(story: Story) -> None:
    with transaction():
        asked = story.asked()
        make.dead_address("gone@redmere.example")
    for address, refusal in (
        ("OFFICE@redmere.example", ContactOnFile),
        ("gone@redmere.example", InvitationAddressDead),
    ):
        kept = contacts.details("Somebody", "", address, "")
        with transaction(), pytest.raises(refusal):
            contact_answers.add(asked, story.school, kept, who="Jo", now=LATER)
        with transaction(), pytest.raises(refusal):
            contact_answers.change(asked, story.school, story.joanna, kept, who="Jo", now=LATER)


def test_somebody_who_is_off_the_list_by_now_cannot_be_changed(story: Story) -> None:
    with transaction():
        asked = story.asked()
        contacts.end(story.office, who=WHO, now=LATER)
    with transaction(), pytest.raises(contact_answers.PersonNotListed):
        contact_answers.end(asked, story.school, story.office, who="Jo", now=LATER)


def test_no_list_grows_without_end(story: Story) -> None:
    with transaction():
        asked = story.asked()
        for n in range(contact_answers.PEOPLE_AT_MOST - 2):
            make.contact(story.school, address=f"p{n}@redmere.example")
    with transaction(), pytest.raises(contact_answers.TooManyPeople):
        contact_answers.add(
            asked, story.school, contacts.details("A", "", "a@b.example", ""), who="Jo", now=LATER
        )


def test_a_school_that_came_of_another_takes_its_people_over_when_it_answers(story: Story) -> None:
    with transaction():
        heir = make.school(name="Redmere Trust Academy")
        story.school.status = "Closed"
        make.succession(story.school, heir)
        sent = story.send(heir)
        assert [r.organisation.name for r in sent.recipients] == ["Redmere Trust Academy"]
        asked = db.session.scalars(select(ConfirmationRequest)).one()
        contact_answers.end(asked, heir, story.office, who="Jo", now=LATER)
    assert [c.address for c in contacts.contacts_of_organisation(heir.organisation_id)] == [
        "J.Fell@redmere.example"
    ]
    assert len(contacts.contacts_of_organisation(story.school.organisation_id)) == 2


def test_the_database_refuses_a_second_request_to_one_address_in_a_year(story: Story) -> None:
    with transaction():
        asked = story.asked()
        letter = make.letter("x@y.example", None).id
        link = asked.link_id
    with pytest.raises(IntegrityError), transaction():
        db.session.add(
            ConfirmationRequest(
                partnership_id=asked.partnership_id,
                programme_id=asked.programme_id,
                academic_year=2026,
                organisation_id=asked.organisation_id,
                address=asked.address,
                letter_id=letter,
                link_id=link + 1,
                recorded_at=make.NOW,
                who=WHO,
            )
        )


def test_two_coordinators_at_once_send_one_letter(app: Flask, story: Story) -> None:
    seen, programme_id = {story.school.organisation_id: "J.Fell@redmere.example"}, story.programme.id
    db.session.remove()
    ready, came = Barrier(2), []

    def click() -> None:
        with app.app_context():
            ready.wait(timeout=120)
            try:
                with transaction():
                    programme = db.session.get_one(Programme, programme_id)
                    requests.send(programme, seen, set(seen), who=WHO, now=make.NOW)
                came.append("sent")
            except NobodyToAsk:
                came.append("refused")
            db.session.remove()

    clicks = [Thread(target=click) for _ in range(2)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(timeout=120)
    assert sorted(came) == ["refused", "sent"]
    assert db.session.scalar(select(func.count(Letter.id))) == 1


def test_a_list_of_many_takes_the_same_queries(story: Story, count_queries: Any) -> None:
    sent = []
    for more in (1, 6):
        with transaction():
            those = [make.school(name=f"School {more} {n}") for n in range(more)]
            for school in those:
                make.contact(school)
            organisation_ids = {s.organisation_id for s in those}
        with count_queries() as queries:
            requests.preview(story.programme, organisation_ids, now=make.NOW)
        sent.append(len(queries))
    assert sent[0] == sent[1] <= 10, sent


def test_what_came_of_it_is_told_by_school(story: Story) -> None:
    with transaction():
        story.send()
        letter = db.session.scalars(select(Letter)).one()
        letter.status, letter.handed_at = SENT, make.NOW
    assert [(a.organisation.name, a.state) for a in requests.of_year(story.ours.id, 2026)] == [
        ("Redmere Academy", requests.SILENT)
    ]
    assert requests.of_year(story.ours.id, 2027) == [] == requests.of_year(story.ours.id + 1, 2026)
