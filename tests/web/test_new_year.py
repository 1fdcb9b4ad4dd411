"""The new year's pages: the checklist, the copy before it is made, whom to ask first, contacts that schools
confirm."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect
from sqlalchemy import func, select

import make
from browser import Page, Site
from outreach.asking.confirming.requests import ConfirmationRequest
from outreach.asking.invitations import Invitation
from outreach.county.partnerships import Partnership, Term
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.post.outbox import BOUNCED, Letter
from outreach.tour import days, programmes
from outreach.tour.programmes import Programme
from web.conftest import Clock

pytestmark = pytest.mark.any_database

SUMMER = datetime(2027, 7, 12, 9, tzinfo=UTC)
SHOW = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


class Desk:
    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.ours: Partnership = make.partnership()
        self.person = make.person(self.ours)
        for first, last in (
            (date(2027, 9, 6), date(2027, 10, 22)),
            (date(2027, 11, 1), date(2027, 12, 17)),
            (date(2028, 1, 5), date(2028, 2, 11)),
            (date(2028, 2, 21), date(2028, 3, 31)),
            (date(2028, 4, 18), date(2028, 5, 26)),
            (date(2028, 6, 5), date(2028, 7, 21)),
        ):
            db.session.add(Term(la_code="931", first_day=first, last_day=last))
        self.last: Programme = make.programme(self.ours, (8,))
        make.tour_day(self.last, make.troupe(self.ours), date(2027, 3, 2))
        self.seen: School = make.school(name="Alder School")
        self.never: School = make.school(name="Birch School")
        for school in (self.seen, self.never):
            make.contact(school, address=f"office@{school.name.split()[0].lower()}.example")
        booking = make.booking(make.show(self.last, self.seen, SHOW), {8: 150})
        make.report(booking, "school", SHOW + timedelta(days=1), {8: 150})

    def get(self, path: str) -> str:
        answer = self.client.get(f"/desk/new-year{path}")
        assert answer.status_code == 200, (answer.status_code, answer.location)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())

    def copy(self, **changes: Any) -> Any:
        asked = {"title": "Someone to Tell", "reply_by": "4/2/2028"}
        return self.client.post(f"/desk/new-year/copy/{self.last.id}?year=2027", data=asked | changes)

    def new(self) -> Programme:
        (found,) = (p for p in programmes.of_partnership(self.ours.id) if p.academic_year == 2027)
        return found


@pytest.fixture
def desk(client: FlaskClient, stopped: Clock) -> Desk:
    stopped.now = SUMMER
    with transaction():
        found = Desk(client)
    make.signed_in(client, found.person)
    return found


def test_the_checklist_says_what_is_done_and_what_is_next(desk: Desk) -> None:
    page = desk.get("")
    assert "New year 2027/28" in page and "1 of 7 done" in page
    assert "Not copied yet: Someone to Tell." in page and "copy it to 2027/28…" in page
    assert "Term dates for 2027/28 are here." in page


def test_a_partnership_without_a_programme_is_told_what_will_stand_here(
    client: FlaskClient, stopped: Clock
) -> None:
    with transaction():
        person = make.person(make.partnership())
    make.signed_in(client, person)
    page = client.get("/desk/new-year").get_data(as_text=True)
    assert "There is no programme yet to carry over" in page


def test_a_year_that_cannot_be_is_said(desk: Desk) -> None:
    for year in ("2030", "next", "2027'"):
        assert "so this is 2027/28" in desk.get(f"?year={year}")


def test_the_copy_shows_where_each_date_would_stand_and_makes_nothing(desk: Desk) -> None:
    page = desk.get(f"/copy/{desk.last.id}?year=2027")
    assert "Was Friday 5 February" in page and "Friday 4 February 2028" in page
    assert "Tuesday 2 March" in page and "Tuesday 29 February 2028" in page
    assert len(programmes.of_partnership(desk.ours.id)) == 1


@pytest.mark.both_databases
def test_the_copy_is_made_once_and_the_checklist_goes_on(desk: Desk) -> None:
    answer = desk.copy(with_days="y")
    assert (answer.status_code, answer.location) == (303, "/desk/new-year?year=2027")
    page = desk.get("?year=2027")
    assert "Someone to Tell is set up for 2027/28 with 2 tour days." in page
    assert [d.day for d in days.of_programme(desk.new().id)] == [date(2028, 2, 29), date(2028, 3, 7)]
    assert "3 of 7 done" in page
    answer = desk.copy()
    assert answer.status_code == 303
    assert "was copied to 2027/28 already. Nothing was done twice." in desk.get("?year=2027")
    assert desk.client.get(f"/desk/new-year/copy/{desk.last.id}?year=2027").status_code == 302


@pytest.mark.both_databases
def test_both_ticks_are_set_and_what_was_left_out_is_carried_over_later(desk: Desk) -> None:
    with transaction():
        make.decision(desk.last, desk.never, "exclude", reason="Hospital school")
    page = desk.client.get(f"/desk/new-year/copy/{desk.last.id}?year=2027").get_data(as_text=True)
    for name in ("with_days", "with_decisions"):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*checked', page)
    desk.copy()
    assert days.of_programme(desk.new().id) == []
    page = desk.client.get("/desk/new-year?year=2027").get_data(as_text=True)
    there = f"/desk/new-year/rest/{desk.last.id}?year=2027"
    assert there in page
    rest = desk.client.get(there).get_data(as_text=True)
    assert len(re.findall(r'<input[^>]*name="with_(?:days|decisions)"[^>]*checked', rest)) == 2
    assert "Hospital school" in rest and "Tuesday 29 February 2028" in rest
    for told in ("2 tour days and 1 decision about single schools", "nothing."):
        answer = desk.client.post(there, data={"with_days": "y", "with_decisions": "y"})
        assert (answer.status_code, answer.location) == (303, "/desk/new-year?year=2027")
        assert f"Carried over to Someone to Tell, 2027/28: {told}" in desk.get("?year=2027")
    assert len(days.of_programme(desk.new().id)) == 2
    assert desk.client.get(there).status_code == 303


@pytest.mark.both_databases
def test_a_date_outside_the_year_comes_back_with_what_was_typed(desk: Desk) -> None:
    answer = desk.copy(reply_by="4/2/2027", title="Another title")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Schools must reply inside the academic year 2027/28" in page
    assert 'value="Another title"' in page


def test_the_first_round_is_ticked_for_who_never_saw_it_and_leads_to_the_preview(desk: Desk) -> None:
    desk.copy()
    new = desk.new()
    page = desk.client.get(f"/desk/new-year/first-round?programme={new.id}").get_data(as_text=True)
    ticked = re.findall(r'value="(\d+)" id="u\d+" checked', page)
    assert ticked == [str(desk.never.organisation_id)]
    assert page.index("Birch School") < page.index("Alder School")
    answer = desk.client.post(
        "/desk/invitations/preview", data={"programme": new.id, "organisation_id": ticked}
    )
    assert answer.status_code == 200 and "Write to 1 school?" in answer.get_data(as_text=True)


def test_every_number_of_the_first_round_has_so_many_rows(desk: Desk) -> None:
    desk.copy()
    with transaction():
        for n in range(3):
            make.contact(make.school(name=f"More {n}"))
    page = desk.client.get("/desk/new-year?year=2027").get_data(as_text=True)
    numbers = re.findall(r'href="(/desk/new-year/first-round\?[^"]+)">(\d+)</a>', page)
    assert [int(n) for _, n in numbers] == [4, 0, 0, 1]
    for path, number in numbers:
        rows = desk.client.get(path.replace("&amp;", "&")).get_data(as_text=True)
        assert len(re.findall(r'name="organisation_id"', rows)) == int(number)


@pytest.mark.both_databases
def test_contacts_are_asked_once_and_what_came_of_it_is_counted(desk: Desk) -> None:
    desk.copy()
    new = desk.new()
    page = desk.client.get(f"/desk/new-year/contacts?programme={new.id}").get_data(as_text=True)
    to = re.findall(r'name="to" value="([^"]+)"', page)
    assert to == [
        f"{desk.seen.organisation_id} office@alder.example",
        f"{desk.never.organisation_id} office@birch.example",
    ]
    answer = desk.client.post("/desk/new-year/contacts/send", data={"programme": new.id, "to": to})
    assert answer.status_code == 303
    assert "2 letters waiting to go out." in desk.get(f"/contacts?programme={new.id}")
    answer = desk.client.post("/desk/new-year/contacts/send", data={"programme": new.id, "to": to})
    assert answer.status_code == 422 and "Nobody is left to ask" in answer.get_data(as_text=True)
    with transaction():
        first = db.session.scalars(select(Letter).order_by(Letter.id)).first()
        first.status = BOUNCED
    page = desk.client.get("/desk/new-year?year=2027").get_data(as_text=True)
    numbers = re.findall(r'href="(/desk/new-year/contacts\?[^"]+only=\w+)">(\d+)</a>', page)
    assert [int(n) for _, n in numbers] == [1, 1]
    for path, number in numbers:
        rows = desk.client.get(path.replace("&amp;", "&")).get_data(as_text=True)
        assert len(re.findall(r'<tr class="school">', rows)) == int(number)
    assert "There is no answer ‘perhaps’" in desk.get(f"/contacts?programme={new.id}&only=perhaps")


@pytest.mark.both_databases
def test_the_letter_of_each_school_can_be_read_before_it_goes(desk: Desk) -> None:
    desk.copy()
    path = f"/desk/new-year/contacts/letter/{desk.never.organisation_id}"
    page = desk.client.get(f"{path}?programme={desk.new().id}").get_data(as_text=True)
    assert "Are these still the right people at Birch School?" in page and "office@birch.example" in page
    framed = desk.client.get(f"{path}/html?programme={desk.new().id}")
    assert "sandbox" in framed.headers["Content-Security-Policy"]
    assert db.session.scalar(select(func.count(Letter.id))) == 0


@pytest.mark.both_databases
def test_nothing_of_another_partnership_can_be_seen_or_done(desk: Desk, client: FlaskClient) -> None:
    desk.copy()
    new = desk.new()
    with transaction():
        theirs = make.partnership(("825",))
        stranger = make.person(theirs)
        make.programme(theirs, title="Theirs")
    make.signed_in(client, stranger)
    for path in (
        f"/copy/{desk.last.id}",
        f"/first-round?programme={new.id}",
        f"/contacts?programme={new.id}",
        f"/contacts/letter/{desk.never.organisation_id}",
    ):
        assert client.get(f"/desk/new-year{path}").status_code == 404, path
    assert client.post(f"/desk/new-year/copy/{desk.last.id}", data={"title": "x"}).status_code == 404
    to = f"{desk.never.organisation_id} office@birch.example"
    assert (
        client.post("/desk/new-year/contacts/send", data={"programme": new.id, "to": to}).status_code == 404
    )
    assert client.post("/desk/new-year/contacts/send", data={"to": to}).status_code == 422
    assert "Birch" not in client.get("/desk/new-year").get_data(as_text=True)
    assert db.session.scalar(select(func.count(ConfirmationRequest.id))) == 0
    assert db.session.scalar(select(func.count(Invitation.id))) == 0


@pytest.mark.browser
@pytest.mark.any_database
def test_the_new_year_in_a_real_browser(site: Site, wide_page: Page, desk: Desk) -> None:
    """From the checklist through the copy, the contacts and the first round, with no script and no axe
    finding."""
    site.sign_in(wide_page, desk.person)
    site.check(wide_page, "/desk/new-year")
    wide_page.get_by_role("link", name="copy it to 2027/28…").click()
    site.check(wide_page)
    expect(wide_page.get_by_label("Carry the tour days over")).to_be_checked()
    wide_page.get_by_label("Carry the tour days over").uncheck()
    wide_page.get_by_role("button", name="Make this copy").click()
    expect(wide_page.get_by_text("is set up for 2027/28.")).to_be_visible()
    wide_page.get_by_role("link", name="what was not").click()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Carry these over").click()
    expect(wide_page.get_by_text("Carried over to Someone to Tell, 2027/28: 2 tour days.")).to_be_visible()
    wide_page.get_by_role("link", name="Still right?").click()
    site.check(wide_page)
    wide_page.get_by_role("link", name="Read the letter to Birch School").click()
    site.check(wide_page)
    wide_page.go_back()
    wide_page.get_by_role("button", name="Send 2 letters").click()
    site.check(wide_page)
    site.check(wide_page, "/desk/new-year?year=2027")
    wide_page.get_by_role("link", name="First invitations").click()
    site.check(wide_page)
    wide_page.get_by_role("button", name="Write to those ticked…").click()
    expect(wide_page.get_by_role("heading", name="Write to 1 school?")).to_be_visible()
