"""Text for a school's sign-in desk: said once by the company, copied from the school's page and from the day sheet."""

import re
from datetime import date, time
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from school_story import link_to

import make
from booking import sheet_days
from outreach.ground.db import db, transaction
from outreach.ground.history import History
from outreach.post import troupe_links

pytestmark = pytest.mark.any_database


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    with transaction():
        c = sheet_days.lay()
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.home = f"/t/{troupe_links.token_of(link, 'for tests')}"
        c.school = f"/i/{link_to(c.programme, c.abbey)}"
        c.guests = f"/i/{link_to(c.programme, c.hollybank)}"
    stopped.now = c.now
    return c


def said(c: Any, **words: str) -> None:
    with transaction():
        for name, value in words.items():
            setattr(db.session.merge(c.troupe), name, value)


def desk_texts(page: str) -> list[str]:
    return [
        unescape(text)
        for text in re.findall(r'<textarea[^>]*id="for-desk[^>]*>(.*?)</textarea>', page, re.DOTALL)
    ]


def test_the_school_copies_who_comes_in_which_vehicle_and_when(client: FlaskClient, c: Any) -> None:
    said(c, who_comes="Ana Reid, Tom Hale", vehicle="White Transit, AB12 CDE")
    (text,) = desk_texts(client.get(f"{c.school}/booked/{c.one.reference}").text)
    assert text.splitlines() == [
        f"Visitors on Tuesday 9 March: {c.troupe.company.name}, with ‘{c.programme.title}’.",
        "Arrive 8:30am, play 9:30am to 10:45am, leave by 11:15am.",
        "Who comes: Ana Reid, Tom Hale.",
        "Vehicle: White Transit, AB12 CDE.",
        "Entrance: Second gate.",
        "Parking: Bay kept for the van.",
        "Room: Main hall, ground floor.",
        f"Reference {c.one.reference}. Questions: Priya Nandakumar, 01632 960 118.",
    ]


def test_the_day_sheet_has_the_text_of_each_of_its_shows(client: FlaskClient, c: Any) -> None:
    said(c, who_comes="4 people")
    first, second = desk_texts(client.get(f"{c.home}/days/{c.day.id}").text)
    assert "Who comes: 4 people." in first and "Vehicle: ask the company." in first
    assert "Reference " + c.two.reference in second and "Room: Drama studio." in second


def test_of_two_shows_in_one_hall_the_school_reads_when_the_company_comes_and_when_it_goes(
    client: FlaskClient, c: Any
) -> None:
    """A third of the day, for which there is time to leave and come again, is a visit of its own."""
    with transaction():
        day = make.tour_day(
            c.programme, c.troupe, date(2027, 3, 10), leaves=time(6), returns=time(18), shows_at_most=3
        )
        starts = (time(9), time(10, 45), time(14))
        shows = [make.booking(sheet_days.show_on(day, c.abbey, at), {8: 9}) for at in starts]
    texts = [desk_texts(client.get(f"{c.school}/booked/{one.reference}").text)[0] for one in shows]
    assert [text.splitlines()[1] for text in texts] == [
        "Arrive 8:00am, play 9:00am to 10:15am, leave by 12:30pm.",
        "Arrive 8:00am, play 10:45am to midday, leave by 12:30pm.",
        "Arrive 1:00pm, play 2:00pm to 3:15pm, leave by 3:45pm.",
    ]


def test_what_was_typed_with_a_full_stop_ends_in_one(client: FlaskClient, c: Any) -> None:
    said(c, who_comes="Ana Reid and Tom Hale.", vehicle="White Transit. ")
    first, _ = desk_texts(client.get(f"{c.home}/days/{c.day.id}").text)
    assert "Who comes: Ana Reid and Tom Hale.\nVehicle: White Transit.\n" in first.replace("\r\n", "\n")


def test_who_presses_twice_is_not_told_that_somebody_changed_it(client: FlaskClient, c: Any) -> None:
    opened = re.findall(r'name="opened" value="([^"]*)"', client.get(f"{c.home}/who-comes").text)[0]
    typed = {"who_comes": "Ana  Reid", "vehicle": "White Transit", "opened": unescape(opened)}
    assert [client.post(f"{c.home}/who-comes", data=typed).status_code for _ in range(2)] == [303, 303]


def test_a_guest_has_no_desk_that_the_company_signs_in_at(client: FlaskClient, c: Any) -> None:
    page = client.get(f"{c.guests}/booked/{c.guest.reference}")
    assert page.status_code == 200 and desk_texts(page.text) == []


def test_the_company_says_it_by_its_link_and_no_name_stays_in_the_history(
    client: FlaskClient, c: Any
) -> None:
    assert f'href="{c.home}/who-comes"' in client.get(c.home).text
    typed = {"who_comes": "Ana Reid", "vehicle": "White Transit"}
    assert client.post(f"{c.home}/who-comes", data=typed).status_code == 303
    assert {name: getattr(db.session.merge(c.troupe), name) for name in typed} == typed
    (entry,) = db.session.scalars(db.select(History).where(History.what == "changed who comes"))
    assert (entry.before, entry.after) == (None, None)
    again = client.post(f"{c.home}/who-comes", data={"who_comes": "x" * 201, "vehicle": "Blue van"})
    assert again.status_code == 422 and "Blue van" in again.text
    assert db.session.merge(c.troupe).vehicle == "White Transit"


def test_a_coordinator_says_it_for_a_troupe_of_its_own_alone(client: FlaskClient, c: Any) -> None:
    with transaction():
        person, other = make.person(c.partnership), make.person(make.partnership(("932",)))
    path = f"/desk/troupes/{c.troupe.id}/who-comes"
    make.signed_in(client, person)
    assert path in client.get(f"/desk/troupes/{c.troupe.id}").text
    assert client.post(path, data={"who_comes": "", "vehicle": "Blue van"}).status_code == 303
    assert db.session.merge(c.troupe).vehicle == "Blue van"
    make.signed_in(client, other)
    assert client.get(path).status_code == client.post(path, data={"vehicle": "x"}).status_code == 404
