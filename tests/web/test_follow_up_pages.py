"""A follow-up on the pages: set in one box on the school's page, done, undone, taken back, settled by itself."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from outreach.asking import follow_ups
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.usefixtures("stopped")

NOW = make.NOW
DAY = timedelta(days=1)


class Desk:
    def __init__(self, client: FlaskClient) -> None:
        with transaction():
            ours = make.partnership()
            self.programme = make.programme(ours)
            self.school = make.school(name="Redmere Academy")
            self.priya = make.person(ours, name="Priya Nandakumar")
            self.owen = make.person(ours, name="Owen Bright")
        self.client = make.signed_in(client, self.priya)
        self.page = f"/desk/schools/{self.school.organisation_id}"

    def set(self, day: str, what: str = "Ring the school", whose: Any = None, **more: Any) -> Any:
        return self.client.post(
            f"{self.page}/follow-up",
            data={"day": day, "what": what, "whose": (whose or self.priya).id},
            **more,
        )

    def stands(self) -> Any:
        db.session.rollback()
        return follow_ups.follow_ups_of_programme(self.programme.id).get(self.school.organisation_id)

    def panel(self) -> str:
        page = self.client.get(self.page).text
        found = re.search(r'<section class="panel" id="follow-up">.*?</section>', page, re.S)
        return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split()) if found else ""


@pytest.fixture
def desk(client: FlaskClient) -> Desk:
    return Desk(client)


def test_a_day_is_typed_as_people_say_it_and_kept(desk: Desk) -> None:
    assert NOW.date() == date(2027, 1, 19)  # a Tuesday
    answer = desk.set("Monday", follow_redirects=True)
    assert "Kept: on the desk of Priya Nandakumar on Monday 25 January" in answer.text
    assert (desk.stands().day, desk.stands().name) == (date(2027, 1, 25), "Priya Nandakumar")
    assert "Monday 25 January: ring the school, for you" in desk.panel()
    desk.set("2 Feb", "Ask Mrs Lund", desk.owen)
    assert "Tuesday 2 February: ask Mrs Lund, for Owen Bright" in desk.panel()
    assert "moved to another day by Priya Nandakumar on 19 January 2027" in desk.panel()
    desk.set("today")
    assert "Today: ring the school, for you" in desk.panel()


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("typed", "said", "stands"),
    [
        ("", "Enter the day.", ""),
        ("soon", "Enter it like 2 Nov, Monday or 15/2/2027", "soon"),
        ("1/1/2020", "1 January 2020 is past", "1 January 2020"),
        ("Friday 2 February", "2 February 2027 is a Tuesday, not a Friday", "Friday 2 February"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(
    desk: Desk, typed: str, said: str, stands: str
) -> None:
    answer = desk.set(typed, "Ask for Mrs Lund")
    assert answer.status_code == 422 and said in answer.text and desk.stands() is None
    assert 'value="Ask for Mrs Lund"' in answer.text and f'value="{stands}"' in answer.text


def test_done_is_undone_in_one_click_and_taking_back_loses_the_words(desk: Desk) -> None:
    desk.set("Monday", "Ask for Kayleigh")
    one = f"{desk.page}/follow-up/{desk.stands().follow_up_id}"
    assert desk.client.post(f"{one}/done").status_code == 303
    assert desk.stands() is None and "Undo" in desk.panel()
    desk.client.post(f"{one}/undo")
    assert desk.stands().what == "Ask for Kayleigh"
    assert "taken back" in desk.client.post(f"{one}/withdraw", follow_redirects=True).text.casefold()
    assert desk.stands() is None and "Kayleigh" not in desk.client.get(desk.page).text
    answer = desk.client.post(f"{one}/done", follow_redirects=True)
    assert "done, moved or taken back meanwhile" in answer.text


def test_a_school_that_booked_shows_it_as_settled_and_asks_for_none(desk: Desk) -> None:
    desk.set("Monday")
    with transaction():
        make.booking(make.show(desk.programme, desk.school, NOW + 30 * DAY), {8: 100, 9: 100})
    said = desk.panel()
    assert "Ring the school, 25 January 2027: settled, the school is missing no more" in said
    assert "On which day?" not in said
    answer = desk.set("Friday")
    assert answer.status_code == 422 and "nothing to follow up" in answer.text


@pytest.mark.any_database
def test_the_first_day_is_set_on_a_page_of_its_own_one_click_away(desk: Desk) -> None:
    page = desk.client.get(desk.page).text
    assert desk.panel() == "" and "On which day?" not in page
    assert re.search(rf'href="({desk.page}/follow-up[^"]*)">Set a day…', page)
    assert "On which day?" in desk.client.get(f"{desk.page}/follow-up").text
    desk.set("Monday")
    assert "Another day" in desk.panel()


def test_a_school_that_never_was_missing_has_no_panel(desk: Desk) -> None:
    with transaction():
        make.booking(make.show(desk.programme, desk.school, NOW + 30 * DAY), {8: 100, 9: 100})
    assert desk.panel() == ""


@pytest.mark.any_database
def test_it_leads_back_to_the_list_it_came_from(desk: Desk) -> None:
    answer = desk.client.post(
        f"{desk.page}/follow-up?at=programme%3D1%26district%3DE07",
        data={"day": "Monday", "what": "", "whose": desk.priya.id},
    )
    assert answer.location == "/desk/gaps?programme=1&district=E07"
    assert desk.stands().what == "Ring the school"


@pytest.mark.any_database
def test_another_partnerships_follow_up_is_not_there(desk: Desk, client: FlaskClient) -> None:
    desk.set("Monday")
    follow_up_id = desk.stands().follow_up_id
    with transaction():
        theirs = make.partnership(("999",))
        make.programme(theirs)
        school = make.school(la_code="999")
        stranger = make.person(theirs)
    make.signed_in(client, stranger)
    for deed in ("done", "undo", "withdraw"):
        for organisation_id in (desk.school.organisation_id, school.organisation_id):
            assert (
                client.post(f"/desk/schools/{organisation_id}/follow-up/{follow_up_id}/{deed}").status_code
                == 404
            )
    assert client.post(f"/desk/schools/{desk.school.organisation_id}/follow-up").status_code == 404
    assert desk.stands() is not None
