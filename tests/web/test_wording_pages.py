"""The wording of letters as a lead writes it: kept as a draft, read as a real school gets it, tested, used, taken back."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import letter_cases, rounds
from outreach.booking import bookings, holds
from outreach.booking.colleagues import Colleague
from outreach.booking.numbers import Promise
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.post import worded
from outreach.post.copies import read
from outreach.post.letter_kinds import KINDS
from outreach.post.outbox import Letter
from outreach.tour import slots
from outreach.tour.programmes import Programme

pytestmark = pytest.mark.any_database

PAGE = "/desk/letters/wording/invitation"
WORDS = "Dear {name},\n\nCome & see it, {school}.\n\n{three times}\n\n{cost}"


@dataclass
class Desk:
    client: FlaskClient
    programme: Programme
    schools: list[School]
    address: str

    def keep(self, subject: str = "A time for {play}", words: str = WORDS) -> int:
        return self.client.post(PAGE, data={"subject": subject, "words": words}).status_code

    def page(self, **query: object) -> str:
        answer = self.client.get(PAGE, query_string=query)
        assert answer.status_code == 200
        return unescape(answer.text)


@pytest.fixture
def desk(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return desk_of(client, monkeypatch)


def desk_of(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(clock, "now", lambda: make.NOW)
    with transaction():
        ours = make.partnership()
        programme, troupe = make.programme(ours), make.troupe(ours)
        for n in range(4):
            make.tour_day(programme, troupe, date(2027, 3, 8) + timedelta(days=n))
        schools = [make.school(name=f"Redmere {n}") for n in range(3)]
        for school in schools[:2]:
            make.contact(school, name=f"Joanna Fell {school.name[-1]}")
        person = make.person(ours)
    make.signed_in(client, person)
    return Desk(client, programme, schools, person.email)


def invited(desk: Desk, school: School) -> str:
    with transaction():
        rounds.send_round(desk.programme, [school.organisation_id], who="Priya", now=make.NOW)
    return read(db.session.scalars(select(Letter).order_by(Letter.id.desc())).first().raw).text


def test_from_the_original_through_a_draft_into_letters_and_back(desk: Desk) -> None:
    assert "The original is in use" in desk.page()
    assert desk.keep() == 303
    page = desk.page(school=desk.schools[1].organisation_id)
    assert "This is a draft" in page
    assert "Subject: A time for ‘" in page
    assert "To Joanna Fell 1" in page
    framed = desk.client.get(f"{PAGE}/html?school={desk.schools[1].organisation_id}")
    assert "Come &amp; see it, Redmere 1." in framed.text
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert "Come & see it" not in invited(desk, desk.schools[0])

    number = re.search(r'name="number" value="(\d+)"', page)
    assert number
    assert desk.client.post(f"{PAGE}/use", data={"number": number[1]}).status_code == 303
    assert "Come & see it, Redmere 1." in invited(desk, desk.schools[1])
    page = " ".join(re.sub(r"<[^>]+>", " ", desk.page()).split())
    assert "Your words are in use." in page
    assert desk.client.post(f"{PAGE}/again").status_code == 303
    assert "The original is in use" in desk.page()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(desk: Desk) -> None:
    answer = desk.client.post(PAGE, data={"subject": "For {skool}", "words": "Come & see it."})
    assert answer.status_code == 422
    assert "There is no {skool}. Did you mean {school}?" in unescape(answer.text)
    assert 'value="For {skool}"' in answer.text
    assert "Come &amp; see it." in answer.text
    answer = desk.client.post(PAGE, data={"subject": "For {school}", "words": "Come & see it."})
    assert "Nobody could book: put {three times}" in unescape(answer.text)
    assert "This is a draft" not in desk.page()


def test_a_test_goes_to_oneself_alone_and_no_link_of_it_opens_anything(desk: Desk) -> None:
    desk.keep()
    school = desk.schools[0]
    answer = desk.client.post(f"{PAGE}/test", data={"school": school.organisation_id}, follow_redirects=True)
    assert f"A test goes to {desk.address}" in answer.text
    letter = db.session.scalars(select(Letter)).one()
    assert letter.recipient == desk.address
    assert letter.subject.startswith("Test: A time for")
    mail = read(letter.raw)
    for address in re.findall(r"http://outreach\.example(/i/\S+)", mail.text):
        assert desk.client.get(address).status_code in (404, 410)


def test_a_school_that_nobody_can_be_written_to_at_is_shown_too_and_another_partnerships_is_not(
    desk: Desk,
) -> None:
    page = desk.page(school=desk.schools[2].organisation_id)
    assert "nobody yet: no address is on file" in page
    with transaction():
        other = make.partnership(la_codes=("932",))
        theirs = make.school(la_code="932", name="Elsewhere")
        make.contact(theirs)
        person = make.person(other)
    assert "Elsewhere" not in desk.page(school=theirs.organisation_id)
    desk.keep()
    their_page = make.signed_in(desk.client, person).get(PAGE).text
    assert "This is a draft" not in their_page
    assert desk.client.post(f"{PAGE}/use", data={"number": 2}, follow_redirects=True).status_code in (
        200,
        404,
    )
    assert "Your words are in use" not in make.signed_in(desk.client, person).get(PAGE).text


def test_without_a_programme_a_made_up_school_stands_there(client: FlaskClient) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    page = client.get(PAGE).text
    assert "A made-up school stands here" in page
    assert "To Joanna Fell" in page
    assert client.post(PAGE, data={"subject": "S", "words": "{three times}"}).status_code == 303
    assert "A made-up school" in client.get(f"{PAGE}/html").text
    assert client.post(f"{PAGE}/test").status_code == 303


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_that_shows_each_of_its_cases_at_a_real_school(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Its words to begin with can be kept as they stand, used, and thrown back."""
    desk = desk_of(client, monkeypatch)
    page = f"/desk/letters/wording/{kind.replace(' ', '-')}"
    shown = unescape(client.get(page).text)
    assert KINDS[kind].title in shown
    for n, case in enumerate(letter_cases.cases_of(kind)):
        assert f">{case.title}</option>" in shown
        framed = client.get(
            f"{page}/html", query_string={"case": n, "school": desk.schools[1].organisation_id}
        )
        assert framed.status_code == 200
        assert "Dear " in framed.text
    assert client.get(f"{page}?case=99").status_code == 200
    words = worded.original(kind)
    answer = client.post(page, data={"subject": words.subject, "words": f"{words.words}\n\nYours, {{name}}"})
    assert answer.status_code == 303, unescape(answer.text)
    assert "Yours, " in client.get(f"{page}/html").text
    assert client.post(f"{page}/use", data={"number": 2}).status_code == 303
    assert "Your words, version 2" in client.get("/desk/letters/wording").text
    assert client.post(f"{page}/again").status_code == 303


def test_a_booking_is_confirmed_in_words_that_are_in_use_and_what_was_sent_stays(desk: Desk) -> None:
    page = "/desk/letters/wording/booked"
    words = worded.original("booked").words.replace("comes to {place}", "is with you, {place},")
    desk.client.post(page, data={"subject": "{play}: it is yours", "words": words})
    desk.client.post(f"{page}/use", data={"number": 2})
    with transaction():
        slot = slots.offers(desk.programme, desk.schools[0], now=make.NOW).days[0].slots[0]
        (show,) = holds.hold(desk.programme, desk.schools[0], [slot], who="Jo", now=make.NOW)
        fell = Colleague(
            name="Joanna Fell", address="j.fell@redmere.example", duty="safeguarding lead", phone="1"
        )
        promise = Promise(pupils={8: 120, 9: 100}, hall="Main hall", people=(fell,))
        (booked,) = bookings.book(
            desk.programme, desk.schools[0], [(show.id, promise)], who="Jo", now=make.NOW
        )
        uid = booked.uid
    kept = select(Letter).where(Letter.stream == uid, Letter.kind == "booked")
    raw = db.session.scalars(kept).one().raw
    assert "is with you, Redmere 0, on " in " ".join(read(raw).text.split())
    assert ": it is yours" in read(raw).text
    desk.client.post(f"{page}/again")
    db.session.rollback()
    assert db.session.scalars(kept).one().raw == raw
    assert "1 letter" in desk.client.get(page).text


@pytest.mark.parametrize(
    "letter", ["second reminder", "new device", "digest", "before-visit", "Invitation", "second-reminder-"]
)
def test_other_letters_have_no_such_page(desk: Desk, letter: str) -> None:
    assert desk.client.get(f"/desk/letters/wording/{letter}").status_code == 404
    assert desk.client.get("/desk/letters/wording/second-reminder").status_code == 200


def test_a_coordinator_reads_the_words_and_a_lead_alone_writes_them(desk: Desk) -> None:
    with transaction():
        ours = db.session.get_one(Partnership, desk.programme.partnership_id)
        other = make.person(ours, role="coordinator")
    make.signed_in(desk.client, other)
    assert desk.client.get("/desk/letters/wording").status_code == 200
    assert desk.client.get(PAGE).status_code == 200
    for path in ("", "/use", "/again", "/test", "/preview", "/throw-away"):
        assert (
            desk.client.post(PAGE + path, data={"subject": "S", "words": "{three times}"}).status_code == 403
        )


def test_as_many_statements_whatever_the_versions(desk: Desk, count_queries) -> None:
    def asked() -> int:
        with count_queries() as sent:
            desk.page()
        return len(sent)

    desk.keep()
    asked()
    before = asked()
    for n in range(3):
        number = re.search(r'name="number" value="(\d+)"', desk.page())
        assert number
        desk.client.post(f"{PAGE}/use", data={"number": number[1]})
        desk.keep(subject=f"Another {n}")
    asked()
    assert asked() == before


def test_what_is_typed_is_read_as_a_letter_before_it_is_kept(desk: Desk) -> None:
    school = desk.schools[1].organisation_id
    typed = {"subject": "A time for {play}", "words": WORDS, "school": school}
    answer = desk.client.post(f"{PAGE}/preview", data=typed)
    assert answer.status_code == 200
    assert "Come &amp; see it, Redmere 1." in answer.text
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    for words, why in (
        ("Come to {skool}", "Did you mean {school}?"),
        ("Come", "Nobody could book"),
        ("<i>{", "A brace stands alone"),
        ("", "Enter what the letter says."),
    ):
        answer = desk.client.post(f"{PAGE}/preview", data=typed | {"words": words})
        assert answer.status_code == 422
        assert why in unescape(answer.text)
        assert "<i>" not in answer.text
    assert "The original is in use" in desk.page()
    assert "This is a draft" not in desk.page()
