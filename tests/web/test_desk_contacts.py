"""Contacts from a file, as a coordinator meets them: upload, look, apply; every bad file gets its sentence."""

import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import make
from outreach.county import contacts
from outreach.county.contacts import Contact
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.usefixtures("stopped")


@pytest.fixture
def urn(client: FlaskClient) -> int:
    """Our one school; the client is signed in."""
    with transaction():
        ours = make.partnership(("931",))
        make.programme(ours)
        school = make.school(name="Redmere Academy")
        person = make.person(ours)
    make.signed_in(client, person)
    return school.urn


def send(client: FlaskClient, content: bytes, name: str = "contacts.csv") -> TestResponse:
    return client.post("/desk/contacts", data={"file": (io.BytesIO(content), name)})


def apply(client: FlaskClient, where: str, **changes: str) -> TestResponse:
    data = {"source": "the leads' list", "source_date": ["4", "1", "2027"]} | changes
    return client.post(where, data=data)


def test_a_file_is_looked_at_and_then_applied_once(client: FlaskClient, urn: int) -> None:
    looked = send(client, f"URN,Name,Role,Email\n{urn},Zoë Fell,DSL,Z@REDMERE.example\n{urn},,,z@redmere.example\n5,,,a@b.example\n".encode())  # fmt: skip
    assert looked.status_code == 303
    where = looked.location
    page = client.get(where).text
    assert "New: 1 contact" in page and "Said twice: 1 line" in page and "Left out: 1 line" in page
    assert "URN 5 is not in the register here" in page
    assert contacts.of(urn) == []
    assert apply(client, where).status_code == 303
    assert [(c.name, c.address, c.source) for c in contacts.of(urn)] == [
        ("Zoë Fell", "Z@redmere.example", "the leads' list")
    ]
    assert "1 contact added and 1 line left out." in client.get("/desk/contacts").text
    # The button pressed again, or the page left open: nothing more.
    again = apply(client, where)
    assert (again.status_code, again.location) == (303, "/desk/contacts")
    assert "was applied or laid aside" in client.get("/desk/contacts").text
    assert db.session.query(Contact).count() == 1


def test_applying_without_source_shows_the_page_again(client: FlaskClient, urn: int) -> None:
    where = send(client, f"URN,Email\n{urn},a@b.example\n".encode()).location
    refused = apply(client, where, source=" ", source_date=["31", "2", "2027"])
    assert refused.status_code == 422
    assert "Say where the addresses come from." in refused.text and "That is not a date." in refused.text
    assert 'value="31"' in refused.text
    assert contacts.of(urn) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (
            b"School,Email\nRedmere,a@b.example\n",
            "This file has no column &#39;URN&#39;. Nothing was changed.",
        ),
        (b"URN,Name\n1,Jo\n", "no column ‘Email’ or ‘Address’"),
        (b"PK\x03\x04 no workbook", "This workbook is damaged"),
        (b"URN,Email\n\x81,\x8d\n", "Save it as &#39;CSV UTF-8&#39;"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_a_bad_file_is_refused_and_nothing_is_kept(
    app: Flask, client: FlaskClient, urn: int, content: bytes, words: str
) -> None:
    refused = send(client, content)
    assert refused.status_code == 422
    assert words in refused.text
    assert list(Path(app.config["OUTREACH_FOLDER"]).glob("contact-files/*/*")) == []


def test_no_file_at_all_is_an_error_of_the_form(client: FlaskClient, urn: int) -> None:
    refused = client.post("/desk/contacts", data={})
    assert refused.status_code == 422 and "Choose a file." in refused.text


def test_a_kept_file_is_opened_by_its_own_partnership_only(client: FlaskClient, urn: int) -> None:
    where = send(client, f"URN,Email\n{urn},a@b.example\n".encode()).location
    with transaction():
        stranger = make.person(make.partnership(("999",)))
    make.signed_in(client, stranger)
    assert client.get(where).status_code == 303
    assert client.post(where + "/drop").status_code == 303
    assert client.get("/desk/contacts/..%2f..%2fetc").status_code in (303, 404)


def test_a_file_laid_aside_is_gone(app: Flask, client: FlaskClient, urn: int) -> None:
    where = send(client, f"URN,Email\n{urn},a@b.example\n".encode()).location
    client.post(where + "/drop")
    assert list(Path(app.config["OUTREACH_FOLDER"]).glob("contact-files/*/*")) == []
    assert apply(client, where).status_code == 303
    assert contacts.of(urn) == []


def test_schools_without_contact_come_as_a_list_to_fill_in(client: FlaskClient, urn: int) -> None:
    with transaction():
        make.school(name='=Odd, "School"')
        make.contact(db.session.get_one(make.School, urn))
        make.school(name="Elsewhere", la_code="999")
    listed = client.get("/desk/contacts/missing.csv").text
    assert [line.partition(",")[2] for line in listed.splitlines()[1:]] == ['"\'=Odd, ""School""",,,,']


def test_the_list_to_fill_in_can_be_only_those_the_programme_is_for(client: FlaskClient, urn: int) -> None:
    with transaction():
        make.school(name="Littlest Primary", statutory_low_age=4, statutory_high_age=11, phase_of_education="Primary")
    assert "only those that ‘" in client.get("/desk/contacts").text
    everybody = client.get("/desk/contacts/missing.csv").text
    only = client.get("/desk/contacts/missing.csv?target=1").text
    assert "Littlest" in everybody and "Littlest" not in only
    assert f"{urn}," in everybody and f"{urn}," in only
    assert "Littlest" in client.get("/desk/contacts/missing.csv?target=999").text


def test_ten_thousand_lines_are_looked_at(client: FlaskClient, urn: int) -> None:
    lines = "".join(f"{urn},a{n}@b.example\n" for n in range(10_000))
    where = send(client, f"URN,Email\n{lines}".encode()).location
    page = client.get(where).text
    assert "New: 10,000 contacts" in page and "and 9,900 more." in page
