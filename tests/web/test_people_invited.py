"""People invited by letter: the letter, its link, what a lead sees of it, and who presses at the same moment."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import select

import make
from outreach.asking import owners
from outreach.county import coordinators, person_invitations
from outreach.county.coordinators import Coordinator
from outreach.county.person_invitations import ChangedMeanwhile, PersonInvitation
from outreach.county.roles import BOARD, COORDINATOR, LEAD, READER
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.post import copies, outbox
from outreach.post.outbox import BOUNCED, SENT, WAITING, WITHDRAWN, Letter

PEOPLE = "/desk/people"
DAFYDD = {"name": "Dafydd Rhys", "email": "D.Rhys@marlshire.example", "role": "reader"}
CHOSEN = {"name": "Dafydd R. Rhys", "password": "lantern gravel otter", "again": "lantern gravel otter"}


class Desk:
    """A lead at the desk, who invites."""

    def __init__(self, app: Flask, client: FlaskClient) -> None:
        with transaction():
            self.of = make.partnership()
            self.priya = make.person(self.of, name="Priya Nandakumar")
        self.app, self.client = app, make.signed_in(client, self.priya)

    def send(self, path: str, **typed: Any) -> Any:
        g.pop("_login_user", None)
        return self.client.post(path, data=typed)

    def page(self, path: str = PEOPLE) -> str:
        g.pop("_login_user", None)
        db.session.expire_all()
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return words(answer.text)

    def invite(self, **changed: str) -> tuple[Coordinator, str]:
        """Who was invited, and the path of their link."""
        typed = DAFYDD | changed
        assert self.send(f"{PEOPLE}/new", **typed).status_code == 303
        person = coordinators.get(typed["email"])
        return person, path_in(letters_to(person)[-1])

    def again(self, person: Coordinator, what: str = "invitation") -> Any:
        """As the page that is open now sends it."""
        return self.send(f"{PEOPLE}/{person.id}/{what}", invitation=standing(person))

    def comes(self, path: str, **changed: str) -> Any:
        """A stranger's browser sends the form behind a link."""
        g.pop("_login_user", None)
        return self.app.test_client().post(path, data=CHOSEN | changed)


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.partition("<main")[2]).split())


def letters_to(person: Coordinator) -> list[Letter]:
    db.session.expire_all()
    rows = select(Letter).where(Letter.recipient == person.email, Letter.kind == "account invitation")
    return list(db.session.scalars(rows.order_by(Letter.id)))


def path_in(letter: Letter) -> str:
    [path] = set(re.findall(r"(/sign-in/invited/[\w-]{20,})", copies.read(letter.raw).text))
    return path


def standing(person: Coordinator) -> int:
    found = person_invitations.find_standing(person.id)
    assert found is not None
    return found.id


@pytest.fixture
def desk(app: Flask, client: FlaskClient, stopped: Any) -> Desk:
    return Desk(app, client)


@pytest.mark.walled
def test_a_lead_invites_by_letter_and_the_invited_chooses_name_and_password(desk: Desk) -> None:
    wrong = desk.send(f"{PEOPLE}/new", **DAFYDD | {"role": "operator"})
    assert wrong.status_code == 422 and "D.Rhys@marlshire.example" in wrong.text
    dafydd, link = desk.invite()
    [letter] = letters_to(dafydd)
    said = " ".join(copies.read(letter.raw).text.split())
    assert letter.recipient == "d.rhys@marlshire.example"
    assert f"Priya Nandakumar of {desk.of.name} invites you as a reader." in said
    assert "until Tuesday 2 February" in said
    page = desk.page()
    assert "1 lead coordinator; 1 invited." in page
    row = page.partition("Dafydd Rhys")[2]
    assert "Reader invited 19 January, lapses 2 February not yet never none Send again" in row
    opened = desk.app.test_client()
    for _ in range(3):  # as a mail scanner does
        assert opened.get(link).status_code == 200
    refused = desk.comes(link, again="lantern gravel ottre")
    assert refused.status_code == 422 and "Dafydd R. Rhys" in refused.text
    assert desk.comes(link, password="marlshire123", again="marlshire123").status_code == 422
    assert desk.comes(link).headers["Location"] == "/desk"
    assert coordinators.holder(dafydd.email, CHOSEN["password"]).id == dafydd.id
    page = desk.page()
    assert "1 lead coordinator and 1 reader." in page and "invited" not in page
    assert "Dafydd R. Rhys" in page
    told = {(row.what, row.who) for row in history.history_of("person", dafydd.id)}
    assert told >= {
        ("came in", "Dafydd R. Rhys"),
        ("chose a name", "Dafydd R. Rhys"),
        ("invited", "Priya Nandakumar"),
    }


def test_a_link_works_once_and_for_14_days(desk: Desk, stopped: Any) -> None:
    dafydd, link = desk.invite()
    stopped.now = make.NOW + timedelta(days=14)
    assert desk.comes(link).status_code == 410
    make.signed_in(desk.client, desk.priya, began_at=stopped.now, last_seen_at=stopped.now)
    assert "invited 19 January, lapsed 2 February" in desk.page()
    assert desk.again(dafydd).status_code == 303
    newer = path_in(letters_to(dafydd)[-1])
    assert desk.comes(newer).status_code == 303
    assert (
        desk.comes(newer, password="another lantern gravel", again="another lantern gravel").status_code
        == 410
    )
    assert coordinators.holder(dafydd.email, CHOSEN["password"]).id == dafydd.id


def test_sent_again_the_older_link_is_dead_and_its_letter_does_not_go(desk: Desk) -> None:
    dafydd, older = desk.invite()
    assert desk.again(dafydd).status_code == 303
    first, second = letters_to(dafydd)
    assert (first.status, second.status) == (WITHDRAWN, WAITING)
    assert "/sign-in/invited/hidden-once-sent" in copies.read(first.raw).text
    assert desk.comes(older).status_code == 410
    assert desk.comes(path_in(second)).status_code == 303


def test_withdrawn_the_link_is_dead_and_the_address_can_be_invited_again(desk: Desk) -> None:
    dafydd, link = desk.invite()
    assert desk.again(dafydd, "invitation/withdraw").status_code == 303
    [letter] = letters_to(dafydd)
    assert letter.status == WITHDRAWN
    assert desk.comes(link).status_code == 410
    page = desk.page()
    assert "Dafydd Rhys , invitation withdrawn" in page or "Dafydd Rhys, invitation withdrawn" in page
    again, newer = desk.invite(name="Dafydd Rhys", role="board")
    assert again.id == dafydd.id and again.role == BOARD
    assert desk.comes(link).status_code == 410
    assert desk.comes(newer).status_code == 303


def test_who_left_comes_back_as_the_same_person_in_a_new_role_and_history_tells_it(desk: Desk) -> None:
    with transaction():
        owen = make.person(desk.of, LEAD, name="Owen Bright", email="owen@marlshire.example")
        old = coordinators.sign_in_link(owen, now=make.NOW)
        coordinators.change_password(
            owen, coordinators.hash_of(owen, "harbour violet staple"), now=make.NOW - timedelta(days=9)
        )
        coordinators.end(owen, who="Priya", now=make.NOW - timedelta(days=7))
    back, link = desk.invite(name="Owen Bright-Jones", email="Owen@marlshire.example", role="reader")
    assert (back.id, back.name, back.role, back.ended_at) == (owen.id, "Owen Bright-Jones", READER, None)
    with pytest.raises(coordinators.CannotSignIn):
        coordinators.holder("owen@marlshire.example", "harbour violet staple")
    g.pop("_login_user", None)
    assert desk.app.test_client().post(f"/sign-in/{old}").status_code == 410
    assert desk.comes(link).status_code == 303
    told = next(row for row in history.history_of("person", owen.id) if row.what == "came back")
    assert (told.who, told.before["name"], told.after) == (
        "Priya Nandakumar",
        "Owen Bright",
        {"name": "Owen Bright-Jones", "role": "reader"},
    )
    page = desk.page(f"{PEOPLE}/{owen.id}")
    assert "Reader From 19 January 2027 by Priya Nandakumar" in page and "Lead coordinator From" in page


@pytest.mark.walled
def test_who_is_here_or_belongs_to_another_partnership_is_not_invited(desk: Desk) -> None:
    with transaction():
        other = make.partnership(("932",))
        make.person(other, name="Lea Elsewhere")
        gone = make.person(other, READER, name="Sam Elsewhere", email="sam@elsewhere.example")
        coordinators.end(gone, who="Lea", now=make.NOW)
    for email, why in (
        ("sam@elsewhere.example", "signs in for another partnership"),
        (desk.priya.email, "already belongs to somebody here"),
    ):
        refused = desk.send(f"{PEOPLE}/new", **DAFYDD | {"email": email})
        assert refused.status_code == 422 and why in refused.text
    assert db.session.get_one(Coordinator, gone.id).partnership_id == other.id
    assert db.session.scalars(select(PersonInvitation)).all() == []


def test_an_invitation_of_another_partnership_is_neither_sent_again_nor_withdrawn(desk: Desk) -> None:
    with transaction():
        other = make.partnership(("932",))
        make.person(other, name="Lea Elsewhere")
        sam = coordinators.add(
            other.id, "Sam", "sam@elsewhere.example", password=None, role=READER, now=make.NOW
        )
        made = coordinators.invite(sam, who="Lea", now=make.NOW)
    for what in ("link", "invitation", "invitation/withdraw"):
        assert desk.send(f"{PEOPLE}/{sam.id}/{what}", invitation=made.invitation.id).status_code == 404
    assert "Sam" not in desk.page()
    assert person_invitations.find_standing(sam.id) is not None
    assert desk.comes(f"/sign-in/invited/{made.token}").status_code == 303
    assert coordinators.get("sam@elsewhere.example").partnership_id == other.id


def test_a_link_handed_over_lets_in_once_and_kills_the_letters(desk: Desk) -> None:
    dafydd, mailed = desk.invite()
    shown = desk.again(dafydd, "link")
    [link] = re.findall(r'value="http[^"]*(/sign-in/invited/[^"]+)"', shown.text)
    assert link not in desk.client.get(PEOPLE).text
    assert "By a link that Priya Nandakumar handed over" in desk.page(f"{PEOPLE}/{dafydd.id}")
    assert desk.comes(mailed).status_code == 410
    assert desk.comes(link).status_code == 303
    assert desk.comes(link).status_code == 410
    refused = desk.send(f"{PEOPLE}/{dafydd.id}/link", invitation=0)
    assert refused.status_code == 303
    assert "has signed in already." in desk.page(f"{PEOPLE}/{dafydd.id}")


def test_without_a_letter_the_link_is_shown_once_and_nothing_is_sent(desk: Desk) -> None:
    made = desk.send(f"{PEOPLE}/new", **DAFYDD, by_hand="1")
    [link] = re.findall(r'value="http[^"]*(/sign-in/invited/[^"]+)"', made.text)
    assert letters_to(coordinators.get(DAFYDD["email"])) == []
    assert desk.comes(link).status_code == 303


def test_of_two_colleagues_who_press_at_once_one_sends_again_and_the_other_is_told(desk: Desk) -> None:
    dafydd, _ = desk.invite()
    shown = standing(dafydd)
    for _ in range(2):
        assert desk.send(f"{PEOPLE}/{dafydd.id}/invitation", invitation=shown).status_code == 303
    assert len(letters_to(dafydd)) == 2
    assert "was invited again by Priya Nandakumar since this page was opened" in desk.page(
        f"{PEOPLE}/{dafydd.id}"
    )
    desk.send(f"{PEOPLE}/{dafydd.id}/invitation/withdraw", invitation=shown)
    assert db.session.get_one(Coordinator, dafydd.id).ended_at is None
    again = desk.send(f"{PEOPLE}/new", **DAFYDD)
    assert again.status_code == 422 and "already belongs to somebody here" in again.text
    assert len(letters_to(dafydd)) == 2


def test_who_came_in_meanwhile_is_not_withdrawn(desk: Desk) -> None:
    dafydd, link = desk.invite()
    shown = standing(dafydd)
    assert desk.comes(link).status_code == 303
    with pytest.raises(ChangedMeanwhile, match="has signed in already"), transaction():
        coordinators.withdraw_invitation(dafydd, shown=shown, who="Priya", now=make.NOW)
    assert coordinators.get(dafydd.email).ended_at is None


def test_a_letter_that_came_back_is_said_and_goes_to_that_address_no_more(desk: Desk) -> None:
    dafydd, _ = desk.invite()
    [letter] = letters_to(dafydd)
    with transaction():
        letter = db.session.get_one(Letter, letter.id)
        letter.status, letter.last_error = BOUNCED, "550 5.1.1 No such user"
        letter.raw = copies.masked(letter.raw)
        outbox.mark_dead(dafydd.email, "550 5.1.1 No such user", make.NOW)
    assert "invited 19 January, undelivered" in desk.page()
    assert "550 5.1.1 No such user" in desk.page(f"{PEOPLE}/{dafydd.id}")
    assert desk.again(dafydd).status_code == 303
    assert "Mail to d.rhys@marlshire.example comes back." in desk.page(f"{PEOPLE}/{dafydd.id}")
    assert len(letters_to(dafydd)) == 1
    assert desk.again(dafydd, "link").status_code == 200


def test_the_kept_letter_shows_no_link_to_whoever_reads_it(desk: Desk) -> None:
    dafydd, link = desk.invite()
    [letter] = letters_to(dafydd)
    for path in (f"/desk/letters/{letter.id}", f"/desk/letters/{letter.id}/html"):
        answer = desk.client.get(path)
        assert answer.status_code == 200 and "invites you as a reader" in answer.text
        assert link not in answer.text
    assert "/sign-in/invited/hidden-once-sent" in desk.client.get(f"/desk/letters/{letter.id}").text
    token = link.rpartition("/")[2].encode()
    assert token not in copies.masked(letter.raw).replace(b"=\r\n", b"")
    stored = str(
        [db.session.execute(select(t)).all() for t in db.metadata.sorted_tables if t.name != "letter_mail"]
    )
    assert token.decode() not in stored


def test_who_was_invited_counts_as_nobody_until_they_come_in(desk: Desk) -> None:
    """Neither as the lead who stays, nor as somebody who takes schools."""
    lead, _ = desk.invite(role="lead")
    coordinator, link = desk.invite(email="owen@marlshire.example", name="Owen", role="coordinator")
    assert "is the only lead coordinator here" in desk.page(f"{PEOPLE}/{desk.priya.id}")
    assert [one.name for one in owners.possible(desk.of.id)] == ["Priya Nandakumar"]
    assert desk.comes(link, name="Owen Bright").status_code == 303
    assert [one.name for one in owners.possible(desk.of.id)] == ["Owen Bright", "Priya Nandakumar"]
    assert (lead.role, coordinator.role) == (LEAD, COORDINATOR)


def test_who_comes_in_another_way_is_invited_no_more(desk: Desk) -> None:
    dafydd, link = desk.invite()
    with transaction():
        coordinators.use_link(coordinators.sign_in_link(dafydd, now=make.NOW), now=make.NOW)
    assert desk.comes(link).status_code == 410
    assert "invited" not in desk.page()


def test_an_invitation_that_lapsed_is_not_got_round_by_a_forgotten_password(desk: Desk) -> None:
    dafydd, link = desk.invite()
    with transaction():
        assert coordinators.forgotten(dafydd.email, now=make.NOW + timedelta(days=15)) is None
    assert desk.comes(link).status_code == 303
    with transaction():
        assert coordinators.forgotten(dafydd.email, now=make.NOW + timedelta(days=15)) is not None


def test_a_longer_list_of_invited_asks_no_more_questions(desk: Desk, count_queries: Any) -> None:
    desk.invite()
    desk.page()
    with count_queries() as few:
        desk.client.get(PEOPLE)
    for n in range(4):
        desk.invite(name=f"Reader {n}", email=f"r{n}@marlshire.example")
    desk.page()
    with count_queries() as many:
        desk.client.get(PEOPLE)
    assert len(many) == len(few)


def test_a_letter_that_has_gone_keeps_its_link_hidden(desk: Desk) -> None:
    dafydd, _ = desk.invite()
    [letter] = letters_to(dafydd)
    with transaction():
        letter = db.session.get_one(Letter, letter.id)
        letter.status, letter.raw = SENT, copies.masked(letter.raw)
    assert desk.again(dafydd).status_code == 303
    first, second = letters_to(dafydd)
    assert first.status == SENT and second.status == WAITING
