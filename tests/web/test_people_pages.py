"""People at the desk: who is here and how far they may; roles changed, days set, schools handed over in the same deed."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

import make
from outreach.asking import owners
from outreach.county import coordinators, roles
from outreach.county.coordinators import Coordinator
from outreach.county.roles import BOARD, COORDINATOR, LEAD, READER
from outreach.ground import history
from outreach.ground.db import db, transaction

PEOPLE = "/desk/people"


class Desk:
    """A lead at the desk; a coordinator with three schools, one of another district; a reader."""

    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            self.of = make.partnership()
            self.programme = make.programme(self.of)
            self.priya = make.person(self.of, name="Priya Nandakumar")
            self.owen = make.person(self.of, COORDINATOR, name="Owen Bright")
            self.rea = make.person(self.of, READER, name="Rea Reader")
            north = [make.school(district_name="North Marl").organisation_id for _ in range(2)]
            saxby = [make.school(district_name="Saxby Downs").organisation_id]
            owners.assign(self.programme, [*north, *saxby], self.owen, who="Priya", now=make.EARLIER)
        self.client = make.signed_in(client, self.priya)

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return words(answer.text)

    def send(self, path: str, **typed: Any) -> Any:
        return self.client.post(path, data=typed)

    def whose(self) -> list[str]:
        db.session.expire_all()
        return sorted(o.name for o in owners.owners_of_programme(self.programme.id).values())

    def at(self, person: Coordinator, what: str) -> str:
        return f"{PEOPLE}/{person.id}/{what}"


def words(page: str) -> str:
    main = page.partition("<main")[2]
    return " ".join(re.sub("<[^>]+>", " ", main).split())


def hidden(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<main")[2])
    return {name: unescape(value) for name, value in found}


@pytest.fixture
def desk(client: FlaskClient, stopped: Any) -> Desk:
    return Desk(client)


def test_everybody_is_listed_with_role_sign_in_last_time_and_schools(desk: Desk) -> None:
    with transaction():
        coordinators.let_in(desk.owen, now=make.NOW - timedelta(hours=1))
    page = desk.page(PEOPLE)
    assert "1 lead coordinator, 1 coordinator and 1 reader." in page
    row = page.partition("Owen Bright ")[2].partition("Role…")[0]
    assert row.split()[1:] == "Coordinator One-time link today 3 of Owen Bright".split()
    assert "Priya Nandakumar (you)" in page
    assert "leaves" not in page and "Left:" not in page


def test_coordinators_and_readers_see_who_is_here_but_not_when_and_change_nothing(desk: Desk) -> None:
    for person in (desk.owen, desk.rea):
        make.signed_in(desk.client, person)
        page = desk.page(PEOPLE)
        assert "Owen Bright" in page and "Lead coordinator" in page
        assert "Last here" not in page and "Role…" not in page and "Leaves…" not in page
        assert "Another role…" not in desk.page(f"{PEOPLE}/{desk.owen.id}")
        for what in ("role", "leave", "stay"):
            assert desk.send(desk.at(desk.owen, what), when="now", sure="1").status_code == 403
    with transaction():
        board = make.person(desk.of, BOARD)
    make.signed_in(desk.client, board)
    assert desk.client.get(PEOPLE).status_code == 403
    assert desk.owen.ended_at is None


def test_a_longer_list_is_searched_and_sorted_with_as_many_questions_as_a_short_one(
    desk: Desk, count_queries: Any
) -> None:
    desk.page(PEOPLE)
    with count_queries() as few:
        desk.page(PEOPLE)
    with transaction():
        for n in range(20):
            make.person(desk.of, READER, name=f"Reader {n:02}", email=f"r{n}@marlshire.example")
    desk.page(PEOPLE)
    with count_queries() as many:
        desk.page(PEOPLE)
    assert len(many) == len(few)
    found = desk.page(f"{PEOPLE}?find=reader+r1@")
    assert "Reader 01" in found and "Reader 02" not in found and "Owen" not in found
    assert "Nobody here has ‘xyz’" in desk.page(f"{PEOPLE}?find=xyz")
    by_schools = desk.page(f"{PEOPLE}?sort=schools")
    assert by_schools.index("Owen Bright") < by_schools.index("Priya Nandakumar")
    assert desk.client.get(f"{PEOPLE}?sort=nonsense").status_code == 200


def test_who_leaves_hands_over_by_district_and_the_button_names_what_stays_with_nobody(desk: Desk) -> None:
    at = desk.at(desk.owen, "leave")
    assert "Owen Bright leaves: who takes their 3 schools?" in desk.page(at)
    again = desk.send(at, when="now", to_0=str(desk.priya.id))
    assert again.status_code == 200
    said = words(again.text)
    assert "North Marl: 2 schools to Priya Nandakumar" in said and "Saxby Downs: 1 school with nobody" in said
    assert "Hand over 2, leave 1 to nobody, end their sign-in now" in said
    assert desk.whose() == ["Owen Bright"] * 3, "nothing was done yet"
    done = desk.send(at, **hidden(again.text))
    assert done.status_code == 303
    page = desk.page(PEOPLE)
    assert "Owen Bright has left. 2 schools handed over. 1 school with nobody now." in page
    assert "Left: 1" in page
    assert desk.whose() == ["Priya Nandakumar"] * 2
    assert desk.client.get(at).status_code == 404
    assert "Left Tuesday 19 January" in desk.page(f"{PEOPLE}/{desk.owen.id}")


def test_a_last_day_is_shown_and_taken_back(desk: Desk, client: FlaskClient) -> None:
    at = desk.at(desk.owen, "leave")
    assert desk.send(at, when="on", day="", sure="1").status_code == 422
    past = desk.send(at, when="on", day="12 January 2027", sure="1")
    assert past.status_code == 422 and "is past" in past.text and "12 January 2027" in past.text
    assert desk.send(at, when="on", day="12 February", sure="1").status_code == 303
    assert "leaves Friday 12 February" in desk.page(PEOPLE)
    assert desk.send(desk.at(desk.owen, "stay")).status_code == 303
    assert "leaves" not in desk.page(PEOPLE).replace("leaves…", "")


def test_what_changed_since_the_page_was_opened_is_told_before_anything_is_handed_over(desk: Desk) -> None:
    at = desk.at(desk.owen, "leave")
    again = desk.send(at, when="now", to_0=str(desk.priya.id), to_1=str(desk.priya.id))
    typed = hidden(again.text)
    with transaction():
        one = make.school(district_name="Saxby Downs")
        owners.assign(desk.programme, [one.organisation_id], desk.owen, who="Priya", now=make.NOW)
    refused = desk.send(at, **typed)
    assert refused.status_code == 422
    assert "Saxby Downs: 2 schools, was 1 school" in words(refused.text)
    assert desk.owen.ended_at is None and desk.whose() == ["Owen Bright"] * 4


def test_a_change_of_role_says_what_changes_and_takes_effect_at_once(desk: Desk) -> None:
    at = desk.at(desk.rea, "role")
    choices = desk.page(at)
    assert "Another role for Rea Reader" in choices and "Board member" in choices
    page = desk.page(f"{at}?role=coordinator")
    assert "Make Rea Reader a coordinator?" in page
    gained = page.partition("May from now on")[2]
    assert "Take out as a file or a list and change: letters and invitations" in gained
    assert "May no more" not in page
    assert desk.send(f"{at}?role=coordinator", role="coordinator").status_code == 303
    db.session.expire_all()
    assert desk.rea.role == COORDINATOR
    assert desk.client.get(f"{at}?role=nonsense").status_code == 200
    assert desk.rea.role == COORDINATOR


def test_a_role_that_holds_no_schools_gives_them_away_in_the_same_deed(desk: Desk) -> None:
    at = desk.at(desk.owen, "role") + "?role=reader"
    assert "Who takes their 3 schools?" in desk.page(at)
    again = desk.send(at, to_0=str(desk.priya.id))
    assert "Make Owen Bright a reader, hand over 2, leave 1 to nobody" in words(again.text)
    assert desk.owen.role == COORDINATOR
    assert desk.send(at, to_0=str(desk.priya.id), sure="1").status_code == 303
    assert desk.whose() == ["Priya Nandakumar"] * 2
    assert desk.owen.role == READER


def test_the_last_lead_is_told_why_they_stay(desk: Desk) -> None:
    why = "Priya Nandakumar is the only lead coordinator here, and somebody must be able to manage people."
    for what in ("leave", "role", "role?role=reader"):
        assert why in desk.page(desk.at(desk.priya, what))
    for path, typed in (("leave", {"when": "now"}), ("role?role=reader", {})):
        refused = desk.send(desk.at(desk.priya, path), sure="1", **typed)
        assert why in words(refused.text)
    assert desk.priya.role == LEAD and desk.priya.ended_at is None


def test_a_lead_who_was_made_a_reader_meanwhile_changes_nobody(app: Flask, desk: Desk) -> None:
    """Read again behind the lock, as when two leads take each other's rights at once."""
    with pytest.raises(coordinators.MayNotManage), transaction():
        coordinators.change_role(desk.owen, LEAD, who="Priya", now=make.NOW)
        coordinators.change_role(desk.priya, READER, who="Owen", now=make.NOW)
        coordinators.let_manage(desk.priya.id)
    with pytest.raises(coordinators.MayNotManage), transaction():
        coordinators.let_manage(desk.owen.id, giving=READER)


def test_nobody_of_another_partnership_is_seen_or_takes_a_school(desk: Desk) -> None:
    with transaction():
        other = make.person(make.partnership(("932",)), name="Sam Elsewhere")
    assert "Sam Elsewhere" not in desk.page(PEOPLE)
    assert desk.client.get(f"{PEOPLE}/{other.id}").status_code == 404
    for what in ("role?role=reader", "leave", "stay"):
        assert desk.send(desk.at(other, what), when="now", sure="1").status_code == 404
    wrong = desk.send(desk.at(desk.owen, "leave"), when="now", to_0=str(other.id), sure="1")
    assert wrong.status_code == 422 and desk.whose() == ["Owen Bright"] * 3
    assert roles.history_of(other.id)[0].role == LEAD


def test_a_lead_ends_somebodys_sessions_who_can_sign_in_again(app: Flask, desk: Desk) -> None:
    owen = make.signed_in(app.test_client(), desk.owen)
    assert owen.get(PEOPLE).status_code == 200
    make.signed_in(desk.client, desk.priya)
    at = f"{PEOPLE}/{desk.owen.id}"
    assert "End their 1 session" in desk.page(at)
    assert desk.send(f"{at}/sessions/end").status_code == 303
    assert "Signed in Nowhere" in desk.page(at) and "End their" not in desk.page(at)
    g.pop("_login_user", None)
    assert owen.get(PEOPLE).status_code == 302
    done = history.history_of("person", desk.owen.id)[0]
    assert (done.what, done.who) == ("sessions ended", "Priya Nandakumar")
    make.signed_in(owen, desk.owen)
    assert owen.post(f"{at}/sessions/end").status_code == 403


def test_who_is_here_now_is_said_and_whose_last_day_is_over_is_let_in_nowhere(app: Flask, desk: Desk) -> None:
    owen = make.signed_in(app.test_client(), desk.owen)
    with transaction():
        make.session_of(desk.rea, last_seen_at=make.NOW)
    row = desk.page(PEOPLE).partition("Rea Reader ")[2].split()
    assert row[:5] == [desk.rea.email, "Reader", "One-time", "link", "now"]
    with transaction():
        db.session.merge(desk.owen).leaves_on = date(2027, 1, 18)
    g.pop("_login_user", None)
    assert owen.get(PEOPLE).status_code == 302
    g.pop("_login_user", None)
    make.signed_in(desk.client, desk.priya)
    assert "Left: 1" in desk.page(PEOPLE)


def test_only_a_lead_adds_people(desk: Desk) -> None:
    for person in (desk.owen, desk.rea):
        make.signed_in(desk.client, person)
        typed = {"name": "X", "email": "x@marlshire.example", "role": "lead"}
        assert desk.send(f"{PEOPLE}/new", **typed).status_code == 403
        for what in ("link", "invitation", "invitation/withdraw"):
            assert desk.send(f"{PEOPLE}/{desk.rea.id}/{what}").status_code == 403
        assert "Invite a person" not in desk.page(PEOPLE)
