"""Words that name a child are erased wherever they stand, by who works at the desk: asked first, told, and for good."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import notes
from outreach.asking.notes import NoteOnOrganisation
from outreach.booking.promises import Booking
from outreach.county.partnerships import Partnership
from outreach.county.roles import READER
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post.outbox import Letter, LetterMail
from outreach.privacy import typed
from outreach.visits.reports import VisitReport

NAMED = "Ellie Smith of 8B fainted in the hall"


class Told:
    """One sentence that names a child, in a note, in a report, in a deed and in two letters; another that does not."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.of = make.partnership()
            self.school = make.school()
            programme = make.programme(self.of)
            booking = make.booking(
                make.show(programme, self.school, datetime(2027, 1, 12, 10, tzinfo=UTC)),
                {8: 90},
                arrival_note=NAMED,
            )
            make.report(booking, "school", make.NOW, took_place=False, why_not=NAMED)
            history.record(
                "put down", booking, who="Joanna Fell", now=make.NOW, after={"arrival_note": NAMED}
            )
            history.record("moved", booking, who="Joanna Fell", now=make.NOW, after={"seats": 90})
            for text in (NAMED, "The hall is free from 9."):
                notes.write(
                    self.school.organisation_id, text, partnership_id=self.of.id, who="Priya", now=make.NOW
                )
            body = NAMED.replace("8B ", "8B=\r\n ").replace(" of", "\r\nof").encode()
            raw = (
                b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nNote: "
                + body
            )
            self.sent = make.letter("a@b.example", make.NOW, partnership_id=self.of.id, raw=raw).id
            self.waits = make.letter("a@b.example", None, partnership_id=self.of.id, raw=raw).id
            self.other = make.letter(
                "a@b.example", make.NOW, partnership_id=self.of.id, raw=b"\r\n\r\nHello"
            ).id
            self.note_id = db.session.scalars(
                select(NoteOnOrganisation.id).where(NoteOnOrganisation.text == NAMED)
            ).one()
            self.person = make.person(self.of)
        self.client = make.signed_in(client, self.person)

    def erased(self, **changes: Any) -> Any:
        """As the page is sent from a browser: what was shown, and what is ticked."""
        page = self.client.get(self.here).text
        sent = {
            "shown": re.findall(r'name="shown" value="([^"]+)"', page),
            "copy": re.findall(r'name="copy" value="([^"]+)" checked', page),
        }
        return self.client.post(self.here, data=sent | changes)

    @property
    def here(self) -> str:
        return f"/desk/words/note/text/{self.note_id}/erase"


@pytest.fixture
def told(client: FlaskClient, stopped: Any) -> Told:
    return Told(client)


@pytest.mark.walled
def test_it_goes_from_every_place_in_which_it_stands_and_all_else_stays(told: Told) -> None:
    page = told.client.get(f"/desk/words?organisation_id={told.school.organisation_id}")
    assert page.text.count(NAMED) >= 3 and told.here in page.text
    asks = told.client.get(told.here)
    assert NAMED in asks.text and "this cannot be undone" in asks.text
    assert (
        db.session.scalars(select(NoteOnOrganisation.text).order_by(NoteOnOrganisation.id)).first() == NAMED
    )
    assert told.erased().status_code == 303
    db.session.expire_all()
    assert db.session.scalars(select(NoteOnOrganisation.text).order_by(NoteOnOrganisation.id)).all() == [
        "These words were erased.",
        "The hall is free from 9.",
    ]
    assert db.session.scalars(select(VisitReport.why_not)).all() == ["These words were erased."]
    assert db.session.scalars(select(Booking.arrival_note)).all() == ["These words were erased."]
    deeds = {one.what: one for one in db.session.scalars(select(History).order_by(History.id))}
    assert (deeds["put down"].after, deeds["put down"].who) == (None, "Joanna Fell")
    assert deeds["moved"].after == {"seats": 90}
    assert (deeds["erased words"].who, deeds["erased words"].after) == (
        told.person.name,
        {"where": "note.text", "row": str(told.note_id), "copies": 5},
    )
    assert db.session.scalars(select(LetterMail.letter_id)).all() == [told.other]
    assert {one.id: one.status for one in db.session.scalars(select(Letter))}[told.waits] == "withdrawn"
    assert NAMED not in told.client.get(f"/desk/schools/{told.school.organisation_id}").text
    assert told.client.get(told.here).status_code == 404, "there is nothing to erase any more"


@pytest.mark.any_database
def test_each_column_that_holds_typed_words_is_looked_through(told: Told) -> None:
    """By the list of what is kept: nothing is left out but what typed.py says why of."""
    assert {f"{one.table.name}.{one.name}" for one in typed.columns()} >= {
        "answer.reason",
        "booking.arrival_note",
        "follow_up.what",
        "guest_place.message",
        "note.text",
        "own_letter.words",
        "visit_report.why_not",
    }
    for column in typed.columns():
        typed.newest(told.of.id, organisation_id=told.school.organisation_id)
        assert column.type.python_type is str


@pytest.mark.any_database
def test_words_of_another_partnership_are_not_there_and_a_reader_erases_none(
    told: Told, client: FlaskClient
) -> None:
    with transaction():
        other: Partnership = make.partnership(("932",), name="Otherwick")
        theirs = make.person(other)
        reader = make.person(db.session.merge(told.of), READER)
    client = make.signed_in(client, theirs)
    assert NAMED not in client.get("/desk/words").text
    assert NAMED not in client.post("/desk/words", data={"find": "Ellie"}).text
    assert (client.get(told.here).status_code, client.post(told.here).status_code) == (404, 404)
    client = make.signed_in(client, reader)
    assert (client.get("/desk/words").status_code, client.post(told.here).status_code) == (403, 403)
    for address in ("history/who/1", "note/who/1", "note/text/x", "note/text/1,2", "person/name/1"):
        client = make.signed_in(client, db.session.merge(told.person))
        assert client.get(f"/desk/words/{address}/erase").status_code == 404, address
