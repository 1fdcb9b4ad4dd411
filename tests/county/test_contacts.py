"""Contacts by hand: checked, ended and never overwritten."""

import threading
from datetime import date, timedelta

import pytest
from flask import Flask

import make
from outreach.county import contacts
from outreach.county.contacts import BadAddress, BadText, Contact, ContactOnFile, SourceMissing
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import links


def add(urn: int, address: str, **changes: str) -> Contact:
    said = {"name": "Joanna Fell", "role": "DSL", "phone": "", "source": "the school's website"} | changes
    return contacts.add(
        urn,
        name=said["name"],
        role=said["role"],
        address=address,
        phone=said["phone"],
        source=said["source"],
        source_date=date(2027, 1, 4),
        who="Priya",
        now=make.NOW,
    )


def on_file(urn: int) -> list[tuple[str, str, str]]:
    return [(c.name, c.role, c.address) for c in contacts.contacts_of_organisation(urn)]


def test_an_address_is_kept_with_its_domain_in_small_letters(app: Flask) -> None:
    with transaction():
        school = make.school()
        add(school.urn, "  mailto:J.Fell@Redmere.EXAMPLE ")
    assert on_file(school.urn) == [("Joanna Fell", "DSL", "J.Fell@redmere.example")]
    assert [h.what for h in history.history_of("school", school.urn)] == ["contact added"]


@pytest.mark.parametrize(
    "address", ["", "office", "a@b", "a b@c.example", "a@b.example, c@d.example", "a@b.example\x00", "ü@"]
)
def test_what_is_no_address_is_refused(app: Flask, address: str) -> None:
    with pytest.raises(BadAddress), transaction():
        add(make.school().urn, address)


@pytest.mark.parametrize("name", ["Jo\x07", "x" * 201])
def test_text_that_cannot_be_kept_is_refused(app: Flask, name: str) -> None:
    with pytest.raises(BadText), transaction():
        add(make.school().urn, "a@b.example", name=name)


def test_an_address_that_is_on_file_is_refused_whatever_its_capitals(app: Flask) -> None:
    with transaction():
        school = make.school()
        add(school.urn, "Office@redmere.example")
    with pytest.raises(ContactOnFile), transaction():
        add(school.urn, "office@Redmere.example")
    with transaction():
        add(make.school().urn, "office@redmere.example")


def test_an_address_without_source_is_refused(app: Flask) -> None:
    with pytest.raises(SourceMissing), transaction():
        add(make.school().urn, "a@b.example", source=" ")


def test_two_adds_at_once_leave_one_contact_and_one_refusal(app: Flask) -> None:
    with transaction():
        urn = make.school().urn
    ends: list[str] = []

    def one(address: str) -> None:
        with app.app_context():
            try:
                with transaction():
                    add(urn, address)
                ends.append("added")
            except ContactOnFile:
                ends.append("refused")

    threads = [threading.Thread(target=one, args=(a,)) for a in ("Office@b.example", "office@b.example")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["added", "refused"]
    assert len(contacts.contacts_of_organisation(urn)) == 1


def test_the_safeguarding_lead_is_written_to_first_and_the_head_last(app: Flask) -> None:
    with transaction():
        school = make.school()
        for n, role in enumerate(
            ["Headteacher", "Office", "Deputy DSL", "PSHE lead", "Designated safeguarding lead"]
        ):
            add(school.urn, f"a{n}@b.example", role=role)
    assert [c.role for c in contacts.contacts_of_organisation(school.urn)] == [
        "Designated safeguarding lead",
        "Deputy DSL",
        "PSHE lead",
        "Office",
        "Headteacher",
    ]


def test_a_contact_ends_once_and_stays_in_the_records(app: Flask) -> None:
    with transaction():
        school = make.school()
        contact = add(school.urn, "a@b.example")
        contacts.end(contact, who="Priya", now=make.NOW)
        contacts.end(contact, who="Priya", now=make.NOW)
    assert contacts.contacts_of_organisation(school.urn) == []
    assert [h.what for h in history.history_of("school", school.urn)] == ["contact ended", "contact added"]
    assert db.session.query(Contact).count() == 1
    with transaction():
        add(school.urn, "a@b.example")
    assert len(contacts.contacts_of_organisation(school.urn)) == 1


def test_links_of_a_contact_that_ends_are_closed_and_those_of_others_are_not(app: Flask) -> None:
    later = make.NOW + timedelta(days=30)
    with transaction():
        school, other, programme = make.school(), make.school(), make.programme(make.partnership())
        contact = add(school.urn, "a@b.example")
        closed, colleagues, elsewhere = (
            links.mint(
                organisation_id=urn,
                programme_id=programme.id,
                partnership_id=programme.partnership_id,
                address=address,
                now=make.EARLIER,
                expires_at=later,
            ).token
            for urn, address in (
                (school.urn, "A@b.example"),
                (school.urn, "c@b.example"),
                (other.urn, "a@b.example"),
            )
        )
        contacts.end(contact, who="Priya", now=make.NOW)
    assert [links.find(t).open_at(make.NOW) for t in (closed, colleagues, elsewhere)] == [False, True, True]


def test_an_address_with_a_domain_in_other_letters_is_kept_as_mail_and_calendars_write_it() -> None:
    assert contacts.clean_address("Office@Schule-MÜLLER.example") == "Office@xn--schule-mller-klb.example"
    with pytest.raises(BadAddress):
        contacts.clean_address("séan@redmere.example")
