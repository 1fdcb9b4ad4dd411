"""What stands in a school's boxes before it types: our count, its last hall, its people; asked all the same."""

import html
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import PEOPLE, PUPILS, Story, lay, link_to, said
from sqlalchemy import select

import make
from outreach.booking import promises
from outreach.booking.promises import Booking, VisitContact
from outreach.ground.db import db, transaction

pytestmark = pytest.mark.any_database


def boxes(story: Story, step: str) -> dict[str, str]:
    """The values of the boxes of a step; of radios and ticks those that are chosen."""
    page = story.get(f"/{step}").text
    found = {}
    for tag in re.findall(r"<input[^>]*>", page):
        told = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if told.get("type") not in ("radio", "checkbox", "hidden") or re.search(r"\schecked", tag):
            found[told["name"]] = html.unescape(told.get("value", ""))
    return found


def last_year(story: Story, **changes: Any) -> Booking:
    """A booking of the school in the programme of the year before."""
    with transaction():
        before = make.programme(story.partnership, title="Last Year", academic_year=2025)
        show = make.show(before, story.school, make.NOW.replace(year=2026))
        booking = make.booking(show, {8: 100})
        booking.hall, booking.step_free, booking.arrival_note = "Old gym", False, "Ring twice"
        booking.entrance, booking.parking = "Blue gate", "By the bins"
        booking.access_needs = {"wheelchair": 3}
        for name, value in changes.items():
            setattr(booking, name, value)
    return booking


def test_our_count_stands_in_the_boxes_to_be_checked_and_is_asked_all_the_same(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    story.choose()
    assert boxes(story, "pupils") == {"pupils-0-8": "106", "pupils-0-9": "106"}
    assert said(story.get("/pupils")).count("please check") == 2
    assert story.get("/form").headers["Location"] == story.path("/pupils")
    story.send("/pupils", PUPILS)
    assert boxes(story, "pupils") == PUPILS and "about 106 by our count" in said(story.get("/pupils"))


def test_a_count_that_no_show_takes_is_said_and_not_filled_in(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"number_of_pupils": 1050})
    story.choose(next(k for k in story.keys() if "+" not in k))
    assert set(boxes(story, "pupils").values()) == {""}
    assert "about 150 by our count" in said(story.get("/pupils"))


def test_what_is_booked_already_is_not_counted_again(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.book(pupils={"pupils-0-8": "106", "pupils-0-9": "6"})
    story.choose(story.keys()[-1])
    assert boxes(story, "pupils") == {"pupils-0-9": "100"}


@pytest.mark.both_databases
def test_last_years_hall_stands_there_without_its_access_needs(client: FlaskClient, stopped) -> None:
    story = lay(client)
    last_year(story)
    story.choose()
    known = boxes(story, "hall")
    assert (known["hall"], known["step_free"]) == ("Old gym", "no")
    assert (known["entrance"], known["parking"]) == ("Blue gate", "By the bins")
    assert re.search(r"<details[^>]* open>\s*<summary><b>Entrance and parking", story.get("/hall").text)
    assert "Blue gate" in story.get("/hall").text
    assert all(not value for name, value in known.items() if name.startswith("access-"))
    story.send("/pupils", PUPILS)
    assert story.get("/form").headers["Location"] == story.path("/hall")


@pytest.mark.parametrize("why", ["a guest", "another partnership's", "another school's", "nothing said"])
def test_the_hall_of_somebody_else_does_not(client: FlaskClient, stopped, why: str) -> None:
    story = lay(client)
    if why == "another partnership's":
        with transaction():
            theirs = make.partnership(("932",))
            before = make.programme(theirs, title="Theirs", academic_year=2025)
            show = make.show(before, story.school, make.NOW.replace(year=2026))
            make.booking(show, {8: 100}).hall = "Old gym"
    elif why == "a guest":
        with transaction():
            before = make.programme(story.partnership, title="Last Year", academic_year=2025)
            show = make.show(before, make.school(), make.NOW.replace(year=2026))
            make.booking(show, {8: 9}, of=story.school).hall = "Old gym"
    elif why == "another school's":
        last_year(story.another_school())
    else:
        last_year(story, hall="")
    story.choose()
    assert boxes(story, "hall")["hall"] == ""


def test_the_lead_is_who_had_the_letter_with_the_phone_on_file(client: FlaskClient, stopped) -> None:
    story = lay(client, school={"telephone": "01632 960 500"})
    with transaction():
        make.contact(story.school, address="j.fell@redmere.example", phone="01632 960 771")
    story.choose()
    known = boxes(story, "people")
    assert {name: known[name] for name in PEOPLE} == PEOPLE | {"lead_phone": "01632 960 771"}
    assert "please check" not in said(story.get("/people"))


def test_the_registers_number_stands_in_for_an_unknown_one_to_be_checked(
    client: FlaskClient, stopped
) -> None:
    story = lay(client, school={"telephone": "01632 960 500"})
    story.choose()
    assert boxes(story, "people")["lead_phone"] == "01632 960 500"
    assert "the school’s number, please check" in said(story.get("/people"))


def test_a_letter_to_the_office_ticks_it_and_the_lead_on_file_stands_as_lead(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    with transaction():
        make.contact(story.school, name="Amir Shah", address="a.shah@redmere.example", role="DSL")
        make.contact(story.school, name="", role="Office", address="office@redmere.example")
        make.contact(story.school, name="", role="Admin office", address="admin@redmere.example")
        story.token = link_to(story.programme, story.school, address="office@redmere.example", name="")
    story.choose()
    known = boxes(story, "people")
    assert (known["lead_name"], known["lead_address"]) == ("Amir Shah", "a.shah@redmere.example")
    assert known["also"] == "Office <office@redmere.example>"
    assert 'value="Admin office &lt;admin@redmere.example&gt;">' in story.get("/people").text
    story.send("/pupils", PUPILS)
    story.send("/hall", {"hall": "Gym", "step_free": "yes"})
    typed = PEOPLE | {"lead_address": known["lead_address"], "also": known["also"]}
    assert story.send("/people", typed).status_code == 303
    assert boxes(story, "people")["also"] == known["also"]  # and the other is still offered
    assert "admin@redmere.example" in story.get("/people").text
    story.post("/book", slots=story.keys()[0])
    db.session.rollback()
    people = db.session.execute(
        select(VisitContact.address, VisitContact.duty).order_by(VisitContact.id)
    ).all()
    assert people == [
        ("a.shah@redmere.example", "safeguarding lead"),
        ("office@redmere.example", "colleague"),
    ]


def test_an_office_alone_is_nobodys_lead(client: FlaskClient, stopped) -> None:
    story = lay(client)
    with transaction():
        story.token = link_to(
            story.programme, story.school, address="office@redmere.example", name="The office"
        )
    story.choose()
    assert boxes(story, "people")["lead_name"] == ""


def test_a_link_on_paper_names_nobody(client: FlaskClient, stopped) -> None:
    story = lay(client)
    with transaction():
        story.token = link_to(story.programme, story.school, address="", name="")
    story.choose()
    assert set(boxes(story, "people").values()) == {""}


@pytest.mark.parametrize(
    "forged",
    ["Sam <nobody>", "<>", "Sam", "x" * 5000, "Sam\r\nBcc: <a@b.example>", "J <J.Fell@redmere.example>"],
)
def test_a_tick_that_names_nobody_or_somebody_twice_adds_nobody(
    client: FlaskClient, stopped, forged: str
) -> None:
    story = lay(client)
    key = story.choose()
    story.fill(people=PEOPLE | {"also": forged})
    story.post("/book", slots=key)
    db.session.rollback()
    (booking,) = promises.live(story.programme.id, story.school.organisation_id)
    named = [person.address for person in promises.people_of(booking)]
    assert named == ["j.fell@redmere.example"]


def test_whoever_is_ticked_by_hand_waits_when_the_address_is_not_the_schools(
    client: FlaskClient, stopped
) -> None:
    story = lay(client)
    story.choose()
    story.fill(people=PEOPLE | {"also": "Sam <sam@gmail.com>"})
    assert "a coordinator looks at it before we write to it" in said(story.get("/check"))


def test_each_step_leads_back_and_a_phone_shows_the_right_keys(client: FlaskClient, stopped) -> None:
    story = lay(client)
    story.choose()
    story.fill()
    for step, before in (("pupils", "times"), ("hall", "pupils"), ("people", "hall"), ("check", "people")):
        assert f'class="govuk-back-link" href="{story.path(f"/{before}")}"' in story.get(f"/{step}").text
    people = story.get("/people").text
    for box, wanted in (
        ("lead_name", ('autocomplete="section-lead name"',)),
        ("lead_address", ('type="email"', 'autocomplete="section-lead work email"')),
        ("lead_phone", ('type="tel"', 'inputmode="tel"', 'autocomplete="section-lead work tel"')),
        ("day_address", ('type="email"', 'autocomplete="section-day work email"')),
    ):
        (tag,) = re.findall(rf'<input[^>]*name="{box}"[^>]*>', people)
        assert all(part in tag for part in wanted), tag
    assert 'inputmode="numeric"' in story.get("/pupils").text


def test_a_programme_for_adults_asks_for_staff_in_its_first_step(client: FlaskClient, stopped) -> None:
    story = lay(client, for_adults=True)
    with transaction() as session:
        session.execute(db.text("DELETE FROM programme_target"))
    story.choose()
    page = story.get("/pupils")
    assert "Step 1 of 3" in said(page) and "How many staff will come?" in said(page)
    assert f'href="{story.path("/times")}"' in page.text
    nobody = story.send("/pupils", {"pupils-0-100": ""})
    assert (nobody.status_code, "Enter how many staff will come, in figures." in said(nobody)) == (422, True)
