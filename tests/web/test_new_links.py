"""A school's link: renewed to the same address by whoever holds it, never used up, in no log and no index."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import lay, link_to, said
from sqlalchemy import func, select

import make
from outreach.asking import open_door
from outreach.asking.open_door import LinkRequest
from outreach.county import contacts
from outreach.ground.db import db, transaction
from outreach.post import links
from outreach.post.links import PersonalLink
from outreach.post.outbox import Letter

HOLDER = "j.fell@redmere.example"


class Held:
    """A school, whose one contact holds a link."""

    def __init__(self, client: FlaskClient) -> None:
        self.client, self.story = client, lay(client)
        with transaction():
            self.contact = make.contact(self.story.school, address=HOLDER, name="Joanna Fell")
            self.token = link_to(self.story.programme, self.story.school)

    def other(self, **changes: Any) -> str:
        with transaction():
            return link_to(self.story.programme, self.story.school, **changes)

    def ask(self, token: str) -> str:
        """The page that follows."""
        answer = self.client.post(f"/i/{token}/new-link")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/i/{token}/new-link/asked")
        page = self.client.get(answer.headers["Location"])
        assert page.status_code == 200
        return said(page)

    def sent(self) -> list[str]:
        """To whom new links went, once the post has looked."""
        while True:
            with transaction():
                if not open_door.answer_next(now=make.NOW):
                    break
        rows = select(Letter.recipient).where(Letter.kind == "link").order_by(Letter.id)
        return list(db.session.scalars(rows))


@pytest.fixture
def held(client: FlaskClient, stopped: Any) -> Held:
    return Held(client)


def asks() -> int:
    return db.session.scalar(select(func.count()).select_from(LinkRequest)) or 0


def test_whoever_holds_a_link_has_a_new_one_sent_to_the_same_address(held: Held) -> None:
    ended = held.other(expires_at=make.NOW)
    page = held.client.get(f"/i/{ended}")
    assert page.status_code == 410 and "Send me a new link" in said(page)
    held.ask(ended)
    assert held.sent() == [HOLDER]
    assert held.client.get(f"/i/{ended}").status_code == 410
    newest = db.session.scalars(select(PersonalLink).order_by(PersonalLink.id.desc())).first()
    assert newest is not None and newest.open_at(make.NOW) and newest.address == HOLDER
    opens = held.client.get(f"/i/{held.token}")
    assert f"/i/{held.token}/new-link" in opens.text
    assert "Yours opens until Thursday 1 July" in said(held.client.get(f"/i/{held.token}/new-link"))


def test_the_answer_is_the_same_whoever_asks_and_what_was_withdrawn_is_never_renewed(held: Held) -> None:
    with transaction():
        gone = make.contact(held.story.school, address="gone@redmere.example")
        contacts.end(gone, who="Priya", now=make.EARLIER)
    still_open = held.other(address="gone@redmere.example")
    withdrawn = held.other(withdrawn_at=make.EARLIER)
    on_paper = held.other(address="", name="", expires_at=make.NOW)
    answers = {held.ask(token) for token in (withdrawn, still_open, on_paper)}
    assert asks() == 0 and held.sent() == []
    answers.add(held.ask(held.token))
    assert len(answers) == 1
    assert held.sent() == [HOLDER]


def test_who_was_taken_off_the_list_waits_for_a_coordinator_at_the_open_door_too(held: Held) -> None:
    with transaction():
        office = make.contact(held.story.school, address="office@redmere.example")
        contacts.end(office, who="Priya", now=make.EARLIER)
        held.story.school.website = "www.redmere.example"
        open_door.ask_for_link(
            held.story.programme, held.story.school, "office@redmere.example", name="", now=make.NOW
        )
    assert held.sent() == []
    [waits] = open_door.waiting_requests(held.story.programme.partnership_id)
    assert waits.request.why_waiting == "This address was taken off the list of contacts."


def test_an_address_from_elsewhere_that_is_not_on_the_list_waits_for_a_coordinator(held: Held) -> None:
    """A coordinator granted it once; the list of contacts may know why it is not on it."""
    held.ask(held.other(address="sam@post.example", expires_at=make.NOW))
    assert held.sent() == []
    [waits] = open_door.waiting_requests(held.story.programme.partnership_id)
    assert waits.request.address == "sam@post.example"


def test_asking_is_slowed(held: Held) -> None:
    for _ in range(open_door.ASKS_OF_ONE + 5):
        held.ask(held.token)
    assert asks() == open_door.ASKS_OF_ONE
    assert held.sent() == [HOLDER]


def test_opening_a_link_uses_nothing_up_and_writes_nothing(held: Held) -> None:
    before = [sorted(map(repr, db.session.execute(select(t)).all())) for t in db.metadata.sorted_tables]
    for path in ("", "/new-link", "/new-link/asked"):
        for _ in range(3):  # mail scanners open every link, some by HEAD
            assert held.client.head(f"/i/{held.token}{path}").status_code == 200
            assert held.client.get(f"/i/{held.token}{path}").status_code == 200
    db.session.rollback()
    after = [sorted(map(repr, db.session.execute(select(t)).all())) for t in db.metadata.sorted_tables]
    assert after == before
    found = links.find(held.token)
    assert found is not None and found.open_at(make.NOW + timedelta(days=1))


def test_no_page_of_a_link_is_indexed_or_told_to_another_site(held: Held) -> None:
    ended = held.other(expires_at=make.NOW)
    for path in (f"/i/{held.token}", f"/i/{held.token}/new-link", f"/i/{ended}", f"/i/{ended}x"):
        answer = held.client.get(path)
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow", path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert answer.headers["Cache-Control"] == "no-store", path
        assert '<meta name="robots" content="noindex">' in answer.text, path


def test_no_log_of_ours_says_a_link(
    app: Flask, held: Held, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = held.other(expires_at=make.NOW)
    with caplog.at_level(logging.DEBUG):
        for token in (held.token, ended):
            held.client.get(f"/i/{token}")
            held.ask(token)
        held.client.get(f"/i/{held.token}/nothing")
        held.client.put(f"/i/{held.token}")
        # A fault of ours is logged with its trace.
        monkeypatch.setitem(app.config, "TESTING", False)
        monkeypatch.setattr(open_door, "renew", lambda *_a, **_k: 1 / 0)
        assert held.client.post(f"/i/{held.token}/new-link").status_code == 500
    assert "a page failed" in caplog.text
    assert held.token not in caplog.text and ended not in caplog.text
