"""The coordinator's letters: what waits, went, failed; the exact mail, shown safely; again and withdraw."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

import make
from outreach.asking.confirming import requests
from outreach.asking.confirming.requests import ConfirmationRecipient
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.guest_places import GuestPlace
from outreach.county.partnerships import Partnership
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post import letters, outbox
from outreach.post.outbox import BOUNCED, FAILED, SENT, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import pauses, postman
from outreach.post.outgoing.pauses import Pause
from outreach.tour import slots
from post.facts import EXPIRES, JOANNA, asking, sender, visit

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> FlaskClient:
    """Signed in as the coordinator of partnership 1."""
    with transaction():
        who = make.person(make.partnership())
        make.programme(db.session.get_one(Partnership, 1))
        make.signed_in(client, who)
        assert who.partnership_id == 1
    return client


def put(n: int = 0, *, status: str = WAITING, partnership_id: int = 1, error: str | None = None) -> int:
    with transaction():
        letter = letters.booked(
            visit(uid=f"{n}@outreach.example", programme_id=partnership_id),
            JOANNA,
            sender(partnership_id),
            now=AT,
            expires_at=EXPIRES,
        )
        letter.status, letter.last_error = status, error
        return letter.id


def status_of(letter_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Letter, letter_id).status


@pytest.mark.any_database
def test_with_no_letter_the_page_says_what_will_stand_here(desk: FlaskClient) -> None:
    page = desk.get("/desk/letters").text
    assert "No letter has been written yet" in page and "invite schools" in page


@pytest.mark.any_database
def test_letters_are_listed_newest_first_with_where_they_stand(desk: FlaskClient) -> None:
    put(1, status=FAILED, error="550 no such person")
    put(2)
    page = desk.get("/desk/letters").text
    assert page.count("‘Someone to Tell’ at St Brannoc’s</a>") == 2
    assert page.index("Waiting</span>") < page.index("Failed</span>")
    assert "550 no such person" in page and "1 letter could not be delivered" in page
    failed = desk.get("/desk/letters?status=failed").text
    assert failed.count("‘Someone to Tell’ at St Brannoc’s</a>") == 1


def test_letters_are_found_by_address_and_subject(desk: FlaskClient) -> None:
    put(1)
    assert "j.fell@stbrannocs.example</td>" in desk.get("/desk/letters?find=j.fell").text
    assert "No letter here with ‘nobody’" in desk.get("/desk/letters?find=nobody").text


@pytest.mark.any_database
@pytest.mark.parametrize(
    "query", ["page=0", "page=99999999999", "page=x", "status=nonsense", "find=" + "x" * 5000]
)
def test_a_strange_address_shows_the_page_all_the_same(desk: FlaskClient, query: str) -> None:
    put(1)
    assert desk.get(f"/desk/letters?{query}").status_code == 200


def test_many_letters_take_as_many_queries_as_one(desk: FlaskClient) -> None:
    def queries() -> int:
        seen: list[str] = []

        def note(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", note)
        desk.get("/desk/letters")
        event.remove(db.engine, "before_cursor_execute", note)
        return len([statement for statement in seen if statement.startswith("SELECT")])

    put(1)
    with_one = queries()
    for n in range(2, 5):
        put(n)
    assert (with_one, queries()) == (7, 7)


@pytest.mark.any_database
def test_another_partnerships_letter_is_not_there(desk: FlaskClient) -> None:
    with transaction():
        other = make.programme(make.partnership(la_codes=("932",))).partnership_id
    letter_id = put(partnership_id=other)
    assert "Someone to Tell" not in desk.get("/desk/letters").text
    for path in ("", "/html", ".eml"):
        assert desk.get(f"/desk/letters/{letter_id}{path}").status_code == 404
    for verb in ("again", "withdraw"):
        assert desk.post(f"/desk/letters/{letter_id}/{verb}").status_code == 404
    assert status_of(letter_id) == WAITING


@pytest.mark.any_database
def test_the_exact_mail_is_read_in_headers_words_and_calendar(desk: FlaskClient) -> None:
    page = desk.get(f"/desk/letters/{put()}").text
    for said in (
        "Auto-Submitted",
        "bookings+a1b2c3d4e5f60718@outreach.example",
        "Dear Joanna Fell,",
        "Puts the visit into the calendar",
        "Joanna Fell (j.fell@stbrannocs.example), no answer yet",
    ):
        assert said in page
    assert "/i/hidden-once-sent" in page


@pytest.mark.any_database
def test_the_letters_own_html_runs_nothing_and_its_link_leads_nowhere(desk: FlaskClient) -> None:
    with transaction():
        letter, _ = letters.invitation(
            asking(organisation_name=EVIL, summary=EVIL),
            JOANNA,
            sender(partnership_name=EVIL),
            now=AT,
            expires_at=EXPIRES,
        )
        letter_id = letter.id
    page = desk.get(f"/desk/letters/{letter_id}")
    assert "<iframe" in page.text and " sandbox " in page.text and "<script>alert" not in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    html = desk.get(f"/desk/letters/{letter_id}/html")
    assert html.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "<script>alert" not in html.text and "<img" not in html.text and "href=" not in html.text


def test_the_file_is_offered_while_there_is_no_mail_server_and_bears_the_true_link(
    app: Flask, desk: FlaskClient
) -> None:
    letter_id = put()
    assert desk.get(f"/desk/letters/{letter_id}.eml").status_code == 404
    raw = db.session.get_one(Letter, letter_id).raw
    db.session.rollback()
    postman.send_waiting(postman.post_of(app.config), clock=lambda: AT, name="a")
    page = desk.get(f"/desk/letters/{letter_id}").text
    assert f"/desk/letters/{letter_id}.eml" in page
    file = desk.get(f"/desk/letters/{letter_id}.eml")
    assert (file.status_code, file.mimetype, file.data) == (200, "message/rfc822", raw)
    assert "attachment" in file.headers["Content-Disposition"]
    app.config["SMTP_URL"] = "smtp://mail.example"
    assert desk.get(f"/desk/letters/{letter_id}.eml").status_code == 404


@pytest.mark.any_database
def test_a_failed_letter_is_tried_again(desk: FlaskClient) -> None:
    letter_id = put(status=FAILED, error="550")
    answer = desk.post(f"/desk/letters/{letter_id}/again")
    assert (answer.status_code, status_of(letter_id)) == (303, WAITING)


def test_a_waiting_letter_is_withdrawn(desk: FlaskClient) -> None:
    letter_id = put()
    assert desk.post(f"/desk/letters/{letter_id}/withdraw").status_code == 303
    assert status_of(letter_id) == WITHDRAWN
    said = desk.post(f"/desk/letters/{letter_id}/withdraw", follow_redirects=True).text
    assert "This letter has gone, or is going this moment." in said


@pytest.mark.any_database
def test_a_get_withdraws_nothing(desk: FlaskClient) -> None:
    letter_id = put()
    assert desk.get(f"/desk/letters/{letter_id}/withdraw").status_code == 405
    assert status_of(letter_id) == WAITING


def test_a_paused_post_says_so_and_goes_on_at_a_click(desk: FlaskClient) -> None:
    with transaction() as session:
        session.add(Pause(recorded_at=AT, reason="535 bad password", tried_at=AT))
    assert "No letter goes out." in desk.get("/desk/letters").text
    desk.post("/desk/letters/resume")
    assert "No letter goes out." not in desk.get("/desk/letters").text
    assert pauses.standing() is None


def test_all_that_failed_goes_again_at_a_click_but_what_would_be_out_of_place(desk: FlaskClient) -> None:
    again, dead, over, waits = put(1, status=FAILED), put(2, status=FAILED), put(3, status=FAILED), put(4)
    with transaction():
        db.session.get_one(Letter, dead).recipient = "gone@stbrannocs.example"
        outbox.mark_dead("gone@stbrannocs.example", "550", AT)
        db.session.get_one(Letter, over).give_up_at = AT
    assert "Try all 2 again" in desk.get("/desk/letters?status=failed").text
    said = desk.post("/desk/letters/again", follow_redirects=True).text
    assert "1 letter will be sent again in a moment." in said
    assert [status_of(i) for i in (again, dead, over, waits)] == [WAITING, FAILED, FAILED, WAITING]
    assert "None of them can be sent again" in desk.post("/desk/letters/again", follow_redirects=True).text


def bounced(school: School) -> int:
    """The letter of a booking at that school, come back for good."""
    with transaction():
        programme = make.programme(db.session.get_one(Partnership, 1))
        show = make.show(programme, school, visit().starts_at)
        booking = make.booking(show, {8: 100}, uid="7@outreach.example")
        make.contact(school, name="Joanna Fell", address=JOANNA.address)
        make.visit_contact(
            booking,
            name="Joanna Fell",
            duty="colleague",
            role="",
            address=JOANNA.address,
            phone="",
            added_at=AT,
        )
    letter_id = put(7, status=BOUNCED, error="550 5.1.1 no such person")
    with transaction():
        outbox.mark_dead(JOANNA.address, "550 5.1.1 no such person", AT)
    return letter_id


def test_a_letter_that_came_back_leads_to_its_address_and_the_right_one_gets_the_invite(
    desk: FlaskClient,
) -> None:
    with transaction():
        school = make.school(name="Redmere Academy")
    letter_id = bounced(school)
    assert "Came back</span>" in desk.get("/desk/letters?status=bounced").text
    page = desk.get(f"/desk/letters/{letter_id}").text
    assert "Nothing more is sent to j.fell@stbrannocs.example" in page and "Try again" not in page
    form = desk.get(f"/desk/letters/{letter_id}/address").text
    assert "Redmere Academy" in form and "Tuesday 9 March" in form
    wrong = desk.post(f"/desk/letters/{letter_id}/address", data={"address": "j.fell", "source": "a call"})
    assert (
        wrong.status_code == 422
        and "is not an email address" in wrong.text
        and 'value="a call"' in wrong.text
    )
    said = desk.post(
        f"/desk/letters/{letter_id}/address",
        data={"address": "joanna@stbrannocs.example", "source": "a call"},
        follow_redirects=True,
    ).text
    assert "joanna@stbrannocs.example has taken its place. The invite is on the way there." in said
    db.session.rollback()
    rows = db.session.query(Letter).filter_by(status=WAITING).all()
    assert [(row.recipient, row.method) for row in rows] == [("joanna@stbrannocs.example", "REQUEST")]


def test_what_is_open_at_an_address_is_named_before_it_is_put_right_and_said_when_it_is_on_the_way(
    desk: FlaskClient, stopped
) -> None:
    with transaction():
        ours = db.session.get_one(Partnership, 1)
        programme = make.programme(ours)
        school, host = make.school(name="Redmere Academy"), make.school(name="Kestermere School")
        day = make.tour_day(programme, make.troupe(ours), visit().starts_at.date())
        contact = make.contact(school, name="Joanna Fell", address=JOANNA.address)
        slot = slots.find(programme, school, f"{day.id}-0900", now=make.NOW)
        assert slot
        proposing.propose(
            ProposalDraft(
                programme=programme,
                organisation=school,
                slot=slot,
                people=[contact],
                reply_by=date(2027, 2, 2),
            ),
            who="Priya",
            now=make.NOW,
        )
        show = make.show(programme, host, datetime(2027, 3, 10, 9, tzinfo=UTC))
        booking = make.booking(show, {8: 100})
        place = GuestPlace(
            programme=programme,
            organisation=school,
            performance=show,
            why="no hall",
            seats=9,
            pupils={8: 9},
            recorded_at=make.NOW,
            who="Joanna Fell",
        )
        db.session.add(place)
        db.session.flush()
        make.visit_contact(booking, booking_id=None, place_id=place.id, address=JOANNA.address)
        recipient = ConfirmationRecipient(organisation=school, contact=contact, people=(contact,))
        asked = requests.write_to(programme, recipient, who="Priya", now=make.NOW)
        letter = db.session.get_one(Letter, asked.letter_id)
        letter.status, letter_id = BOUNCED, letter.id
    page = " ".join(desk.get(f"/desk/letters/{letter_id}/address").text.split())
    assert "with the time that is kept until Tuesday 2 February: the letter is written again" in page
    assert "with its question to Kestermere School for seats" in page
    assert "and the school is asked again who is right" in page
    typed = {"address": "joanna@stbrannocs.example", "source": "a call"}
    said = desk.post(f"/desk/letters/{letter_id}/address", data=typed, follow_redirects=True).text
    assert "The time that is kept and the question about contacts are on the way there." in said


def test_an_address_that_works_after_all_gets_its_letter_again(desk: FlaskClient) -> None:
    with transaction():
        school = make.school(name="Redmere Academy")
    letter_id = bounced(school)
    with transaction():
        letter = db.session.get_one(Letter, letter_id)
        letter.handed_at = AT
    said = desk.post(f"/desk/letters/{letter_id}/works", follow_redirects=True).text
    assert "j.fell@stbrannocs.example is written to again." in said
    assert not outbox.is_dead(JOANNA.address)


def test_a_failed_letter_goes_again_when_its_address_is_said_to_work(desk: FlaskClient) -> None:
    letter_id = put(status=FAILED, error="550")
    with transaction():
        outbox.mark_dead(JOANNA.address, "550", AT)
    assert "bounced for good" in desk.post(f"/desk/letters/{letter_id}/again", follow_redirects=True).text
    assert (
        "This letter goes once more."
        in desk.post(f"/desk/letters/{letter_id}/works", follow_redirects=True).text
    )
    assert status_of(letter_id) == WAITING


@pytest.mark.any_database
def test_the_address_of_another_partnerships_school_or_letter_is_not_there(desk: FlaskClient) -> None:
    with transaction():
        other = make.partnership(la_codes=("932",)).id
        elsewhere = make.school(name="Otherton", la_code="932").organisation_id
        theirs = make.letter(
            "a@other.example", AT, partnership_id=other, status=BOUNCED, stream=f"invitation/1/{elsewhere}"
        ).id
        strange = make.letter(
            "b@other.example", AT, partnership_id=1, status=BOUNCED, stream=f"invitation/1/{elsewhere}"
        ).id
        company = make.letter("van@lantern.example", AT, partnership_id=1, status=BOUNCED, stream="a-uid").id
    for letter_id in (theirs, strange, company):
        assert desk.get(f"/desk/letters/{letter_id}/address").status_code == 404
        assert (
            desk.post(
                f"/desk/letters/{letter_id}/address", data={"address": "x@y.example", "source": "z"}
            ).status_code
            == 404
        )
    assert desk.post(f"/desk/letters/{theirs}/works").status_code == 404
    assert desk.get(f"/desk/letters/{company}").status_code == 200


def test_letters_are_for_coordinators_alone(client: FlaskClient) -> None:
    for path in ("/desk/letters", "/desk/letters/1", "/desk/letters/1/html", "/desk/letters/1.eml"):
        assert client.get(path).status_code == 302


def test_only_the_newest_invite_of_its_thread_is_sent_again(desk: FlaskClient) -> None:
    old, newest = put(8, status=SENT), put(9, status=SENT)
    with transaction():
        db.session.get_one(Letter, newest).stream, db.session.get_one(Letter, newest).sequence = (
            "8@outreach.example",
            1,
        )
    assert "Send again</button>" not in desk.get(f"/desk/letters/{old}").text
    assert "Send again</button>" in desk.get(f"/desk/letters/{newest}").text
    went = desk.post(f"/desk/letters/{newest}/again", follow_redirects=True)
    assert (
        "is on its way to j.fell@stbrannocs.example once more" in went.text
        and status_of(newest + 1) == WAITING
    )
