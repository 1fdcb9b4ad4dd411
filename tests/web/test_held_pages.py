"""What is held about one person, at the desk of a lead: found, read, taken out, erased; nobody else gets there."""

import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.county.contacts import Contact
from outreach.county.roles import BOARD, COORDINATOR, READER
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.history import History

HELD = "/desk/people/held"
JOANNA = "j.fell@redmere.example"


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> FlaskClient:
    with transaction():
        partnership = make.partnership()
        make.contact(make.school(), address=JOANNA, name="Joanna Fell", partnership_id=partnership.id)
        make.contact(
            make.school(), address="amir@saxby.example", name="Amir Aziz", partnership_id=partnership.id
        )
        other = make.partnership(("932",), name="Otherwick")
        make.contact(
            make.school(la_code="932"),
            address="zoe@otherwick.example",
            name="Zoe Far",
            partnership_id=other.id,
        )
        lead = make.person(partnership, name="Priya Nandakumar")
    return make.signed_in(client, lead)


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.partition("<main")[2]).split())


def deeds() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(History.what).order_by(History.id)))


@pytest.mark.any_database
def test_somebody_is_found_read_and_taken_out_and_no_address_of_a_page_names_them(desk: FlaskClient) -> None:
    found = desk.post(HELD, data={"find": "fell joanna"})
    assert found.status_code == 200 and JOANNA in found.text and "amir@" not in found.text
    page = desk.post(f"{HELD}/about", data={"address": JOANNA})
    assert page.status_code == 200
    assert "What Marlshire Safeguarding Children Partnership holds about Joanna Fell" in words(page.text) or (
        "holds about Joanna Fell" in words(page.text)
    )
    assert "Contact" in words(page.text) and "Designated safeguarding lead" in words(page.text)
    assert not any("fell" in href.lower() for href in re.findall(r'(?:href|action)="([^"]*)"', page.text))
    file = desk.post(f"{HELD}/file", data={"address": JOANNA})
    told = json.loads(file.text)
    assert told["about"] == {"addresses": [JOANNA], "names": ["Joanna Fell"]}
    assert [kind["kind"] for kind in told["kinds"]] == ["Contacts"]
    assert (
        "attachment" in file.headers["Content-Disposition"]
        and "fell" not in file.headers["Content-Disposition"]
    )
    assert deeds()[-2:] == ["looked at what is held about a person", history.TOOK_OUT]


@pytest.mark.any_database
@pytest.mark.walled
def test_erasing_says_what_goes_and_stays_asks_who_asked_and_when_and_is_done(desk: FlaskClient) -> None:
    asks = desk.post(f"{HELD}/erase", data={"address": JOANNA})
    said = words(asks.text)
    assert asks.status_code == 200 and "What goes" in said and "What stays, and why" in said
    wrong = desk.post(f"{HELD}/erase", data={"address": JOANNA, "sure": "1", "asked_on": "never"})
    assert wrong.status_code == 422 and "Choose who asked." in wrong.text and 'value="never"' in wrong.text
    late = {"address": JOANNA, "sure": "1", "asked_by": "themselves", "asked_on": "1 March 2027"}
    ahead = desk.post(f"{HELD}/erase", data=late)
    assert ahead.status_code == 422 and "it cannot lie ahead" in ahead.text
    assert db.session.scalars(select(Contact.name).order_by(Contact.id)).first() == "Joanna Fell"
    done = desk.post(f"{HELD}/erase", data=late | {"asked_on": "18 January 2027"})
    assert (done.status_code, done.location) == (303, HELD)
    names = db.session.scalars(select(Contact.name).order_by(Contact.id)).all()
    assert names == ["", "Amir Aziz", "Zoe Far"]
    deed = db.session.scalars(select(History).where(History.what == "erased a person")).one()
    assert (deed.who, deed.after["asked by"], deed.after["asked on"]) == (
        "Priya Nandakumar",
        "the person",
        "2027-01-18",
    )
    assert desk.post(f"{HELD}/about", data={"address": JOANNA}).status_code == 404


@pytest.mark.any_database
@pytest.mark.walled
def test_whom_another_partnership_knows_is_nobody_here(desk: FlaskClient) -> None:
    assert "Nobody here is known as" in words(desk.post(HELD, data={"find": "zoe"}).text)
    for page in ("about", "file", "erase"):
        answer = desk.post(f"{HELD}/{page}", data={"address": "zoe@otherwick.example", "sure": "1"})
        assert answer.status_code == 404, page
    assert desk.post(f"{HELD}/about", data={"find": "joanna"}).status_code == 422


@pytest.mark.any_database
@pytest.mark.parametrize("role", [COORDINATOR, READER, BOARD])
def test_who_is_no_lead_does_not_get_there(client: FlaskClient, stopped: Any, role: str) -> None:
    with transaction():
        partnership = make.partnership()
        make.person(partnership)
        make.contact(make.school(), address=JOANNA, partnership_id=partnership.id)
        person = make.person(partnership, role)
    signed_in = make.signed_in(client, person)
    assert signed_in.get(HELD).status_code == 403
    for page in ("about", "file", "erase"):
        assert signed_in.post(f"{HELD}/{page}", data={"address": JOANNA, "sure": "1"}).status_code == 403
