"""The coordinator's letters: what waits, went, failed; the exact mail, shown safely; again and withdraw."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

import make
from outreach.ground.db import db, transaction
from outreach.post import letters, postman
from outreach.post.outbox import FAILED, WAITING, WITHDRAWN, Letter
from outreach.post.outgoing import pauses
from outreach.post.outgoing.pauses import Pause
from post.facts import EXPIRES, JOANNA, asking, sender, visit

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"
AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.fixture
def desk(app: Flask, client: FlaskClient) -> FlaskClient:
    """Signed in as the coordinator of partnership 1."""
    with transaction():
        who = make.person(make.partnership())
        make.signed_in(client, who)
        assert who.partnership_id == 1
    return client


def put(n: int = 0, *, status: str = WAITING, partnership_id: int = 1, error: str | None = None) -> int:
    with transaction():
        letter = letters.booked(
            visit(uid=f"{n}@outreach.example"), JOANNA, sender(partnership_id), now=AT, expires_at=EXPIRES
        )
        letter.status, letter.last_error = status, error
        return letter.id


def status_of(letter_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Letter, letter_id).status


def test_with_no_letter_the_page_says_what_will_stand_here(desk: FlaskClient) -> None:
    page = desk.get("/desk/letters").text
    assert "No letter has been written yet" in page and "invite schools" in page


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
    assert (with_one, queries()) == (5, 5)


def test_another_partnerships_letter_is_not_there(desk: FlaskClient) -> None:
    with transaction():
        other = make.partnership(la_codes=("932",)).id
    letter_id = put(partnership_id=other)
    assert "Someone to Tell" not in desk.get("/desk/letters").text
    for path in ("", "/html", ".eml"):
        assert desk.get(f"/desk/letters/{letter_id}{path}").status_code == 404
    for verb in ("again", "withdraw"):
        assert desk.post(f"/desk/letters/{letter_id}/{verb}").status_code == 404
    assert status_of(letter_id) == WAITING


def test_the_exact_mail_is_read_in_headers_words_and_calendar(desk: FlaskClient) -> None:
    page = desk.get(f"/desk/letters/{put()}").text
    for said in ("Auto-Submitted", "bookings+a1b2c3d4e5f60718@outreach.example", "Dear Joanna Fell,",
                 "Puts the visit into the calendar", "Joanna Fell (j.fell@stbrannocs.example), no answer yet"):  # fmt: skip
        assert said in page
    assert "/i/hidden-once-sent" in page


def test_the_letters_own_html_runs_nothing_and_its_link_leads_nowhere(desk: FlaskClient) -> None:
    with transaction():
        letter, _ = letters.invitation(
            asking(school_name=EVIL, summary=EVIL),
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


def test_letters_are_for_coordinators_alone(client: FlaskClient) -> None:
    for path in ("/desk/letters", "/desk/letters/1", "/desk/letters/1/html", "/desk/letters/1.eml"):
        assert client.get(path).status_code == 302
