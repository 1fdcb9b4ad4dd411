"""A form that writes over what stands: what somebody else changed after it was opened is told, and what was typed
waits for a second press. Two sessions, and two that press at once."""

import re
from datetime import timedelta
from html import unescape
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from outreach.county import contacts, schools
from outreach.ground.db import db, transaction
from outreach.tour import companies
from web.conftest import Clock

pytestmark = pytest.mark.both_databases

BOX = re.compile(r"<(?:input|textarea|select)\b[^>]*>(?:[^<]*</textarea>|.*?</select>)?", re.S)


class Story:
    """A page of each kind that writes over what stands, and two coordinators."""

    def __init__(self) -> None:
        ours = make.partnership()
        programme = make.programme(ours)
        self.school = make.school(name="Redmere Academy")
        self.contact = make.contact(self.school)
        show = make.show(programme, self.school, make.NOW + timedelta(days=50))
        booking = make.booking(show, {8: 120}, reference="MRL-7K4P")
        make.visit_contact(booking)
        self.troupe = show.tour_day.troupe
        self.ann, self.owen = make.person(ours, name="Ann Reed"), make.person(ours, name="Owen Bright")
        at = f"/desk/schools/{self.school.organisation_id}"
        self.pages: dict[str, tuple[str, dict[str, str], dict[str, str], str]] = {
            "fact": (
                f"{at}/facts/number_of_pupils",
                {"value": "900", "reason": "the office"},
                {"value": "950", "reason": "the head"},
                "Number of pupils: 900, was 1050",
            ),
            "own numbers": (
                f"{at}/numbers",
                {"y8": "140"},
                {"y8": "150"},
                "Pupils in Year 8: 140, was nothing",
            ),
            "hours": (
                f"{at}/hours",
                {"opens": "8:40"},
                {"opens": "8:50"},
                "School day: 8:40am to 3:00pm, was 9:00am to 3:00pm",
            ),
            "lunch": (
                f"{at}/lunch",
                {"begins": "12:00", "ends": "12:45", "in_hall": "yes"},
                {"begins": "12:30", "ends": "13:30", "in_hall": "no"},
                "Lunch: midday to 12:45pm in the hall, was not known",
            ),
            "contact": (
                f"{at}/contacts/{self.contact.id}",
                {"role": "Head"},
                {"role": "Deputy"},
                "Role: Head, was",
            ),
            "booking": (
                "/desk/bookings/MRL-7K4P/change",
                {"hall": "Gym"},
                {"hall": "Theatre"},
                "Hall or room: Gym, was",
            ),
            "programme": (
                f"/desk/programmes/{programme.id}",
                {"cost": "£50 a school"},
                {"cost": "£60 a school"},
                "What it costs the school: £50 a school, was Free",
            ),
            "company": (
                f"/desk/companies/{self.troupe.company_id}",
                {"contact_name": "Lee"},
                {"contact_name": "Max"},
                "Whom to ring there: Lee, was",
            ),
            "troupe": (f"/desk/troupes/{self.troupe.id}", {"name": "Red"}, {"name": "Blue"}, "Red, was"),
            "costs": (
                f"/desk/troupes/{self.troupe.id}/costs",
                {"day": "640"},
                {"day": "650"},
                "640, was nothing",
            ),
            "rules": (
                f"/desk/troupes/{self.troupe.id}/rules",
                {"rest_hours": "9"},
                {"rest_hours": "10"},
                "Hours of rest: 9, was",
            ),
            "settings": (
                "/desk/setup/partnership",
                {"hold_minutes": "20"},
                {"hold_minutes": "25"},
                "Minutes a slot is held: 20, was 15",
            ),
            "chasing": (
                "/desk/chasing",
                {"first_after_days": "12"},
                {"first_after_days": "14"},
                "First reminder, days after asking: 12, was 10",
            ),
        }


def story_of_two() -> Story:
    with transaction():
        return Story()


@pytest.fixture
def story(app: Flask, stopped: Clock, world: Any) -> Story:
    found: Story = world(story_of_two)
    return found


def opened(page: str) -> dict[str, Any]:
    """The boxes of the form that carries what stood along, as a browser would send them."""
    form = next(f for f in re.findall(r"<form\b.*?</form>", page, re.S) if 'name="opened"' in f)
    sent: dict[str, Any] = {}
    for box in BOX.findall(form):
        name = re.search(r'\bname="([^"]+)"', box)
        if name is None or ('type="radio"' in box or 'type="checkbox"' in box) and " checked" not in box:
            continue
        value = re.search(r'\bvalue="([^"]*)"', box)
        if box.startswith("<textarea"):
            words = re.sub(r"<[^>]*>", "", box)
        elif box.startswith("<select"):
            chosen = re.search(r'<option value="([^"]*)"[^>]*selected', box)
            words = chosen[1] if chosen else ""
        else:
            words = value[1] if value else ""
        sent.setdefault(name[1], []).append(unescape(words).strip())
    return sent


PAGES = (
    "fact",
    "own numbers",
    "hours",
    "contact",
    "booking",
    "programme",
    "company",
    "troupe",
    "costs",
    "rules",
    "settings",
    "chasing",
)


@pytest.mark.parametrize("which", PAGES)
def test_what_somebody_changed_meanwhile_is_told_and_what_was_typed_waits(
    client: FlaskClient, story: Story, stopped: Clock, which: str
) -> None:
    address, theirs, mine, told = story.pages[which]
    ann, owen = story.ann, story.owen
    mine_opened = opened(make.signed_in(client, ann).get(address).text)
    stopped.after(minutes=2)
    theirs_opened = opened(make.signed_in(client, owen).get(address).text)
    stopped.after(minutes=2)
    assert client.post(address, data=theirs_opened | theirs).status_code == 303
    stopped.after(minutes=2)

    refused = make.signed_in(client, ann).post(address, data=mine_opened | mine)
    said = unescape(refused.text)
    assert refused.status_code == 422
    assert "Owen Bright changed this after you opened it: " in said and "9:04am" in said
    assert told in said, said[said.index("Owen Bright changed") :][:300]
    typed = next(iter(mine.values()))
    assert typed in unescape(refused.text.partition('name="opened"')[2]) and "press again" in said

    stands = unescape(client.get(address).text)
    assert next(iter(theirs.values())) in stands and f'value="{typed}"' not in stands
    again = client.post(address, data=opened(refused.text))
    assert again.status_code == 303, unescape(again.text)[:200]
    assert typed in unescape(client.get(again.location if which == "fact" else address).text)


@pytest.mark.any_database
def test_a_form_that_was_refused_for_something_else_does_not_take_a_change_for_seen(
    client: FlaskClient, story: Story, stopped: Clock
) -> None:
    address, theirs, mine, told = story.pages["fact"]
    mine_opened = opened(make.signed_in(client, story.ann).get(address).text)
    stopped.after(minutes=1)
    assert make.signed_in(client, story.owen).post(address, data=theirs).status_code == 303
    wrong = make.signed_in(client, story.ann).post(address, data=mine_opened | mine | {"value": "many"})
    assert wrong.status_code == 422 and "Owen Bright" not in wrong.text
    refused = client.post(address, data=opened(wrong.text) | mine)
    assert refused.status_code == 422 and told in unescape(refused.text)


@pytest.mark.any_database
def test_what_changed_beside_the_form_and_what_was_put_back_does_not_matter(
    client: FlaskClient, story: Story, stopped: Clock
) -> None:
    address, theirs, mine, _ = story.pages["fact"]
    mine_opened = opened(make.signed_in(client, story.ann).get(address).text)
    make.signed_in(client, story.owen).post(address, data=theirs)
    client.post(f"{address}/withdraw")
    other = address.replace("number_of_pupils", "town")
    client.post(other, data={"value": "Eelbridge", "reason": "moved"})
    assert make.signed_in(client, story.ann).post(address, data=mine_opened | mine).status_code == 303


@pytest.mark.any_database
@pytest.mark.parametrize(
    "sent", ["", "{", "[]", '{"at": 3}', '{"at": "2027-01-19", "stood": []}', "[" * 5000]
)
def test_what_was_opened_and_makes_no_sense_is_no_reason_to_write_over_anything(
    client: FlaskClient, story: Story, sent: str
) -> None:
    address, _, mine, _ = story.pages["fact"]
    refused = make.signed_in(client, story.ann).post(address, data=mine | {"opened": sent})
    assert refused.status_code == 422 and "changed this after you opened it" in refused.text
    assert client.post(address, data=opened(refused.text)).status_code == 303


@pytest.mark.any_database
def test_a_contact_that_ended_meanwhile_is_no_page_any_more(client: FlaskClient, story: Story) -> None:
    address, _, mine, _ = story.pages["contact"]
    mine_opened = opened(make.signed_in(client, story.ann).get(address).text)
    client.post(f"{address}/end")
    assert client.post(address, data=mine_opened | mine).status_code == 404
    db.session.rollback()
    assert contacts.contacts_of_organisation(story.school.organisation_id) == []


@pytest.mark.any_database
def test_a_contact_is_put_right_as_a_new_row_and_no_address_twice(client: FlaskClient, story: Story) -> None:
    address, _, mine, _ = story.pages["contact"]
    with transaction():
        make.contact(story.school, address="office@redmere.example")
    sent = opened(make.signed_in(client, story.ann).get(address).text)
    twice = client.post(address, data=sent | {"address": "Office@redmere.example"})
    assert twice.status_code == 422 and "already on file" in twice.text
    assert client.post(address, data=sent | {"address": "new@redmere.example"}).status_code == 303
    db.session.rollback()
    here = {c.address: c for c in contacts.contacts_of_organisation(story.school.organisation_id)}
    assert sorted(here) == ["new@redmere.example", "office@redmere.example"]
    assert here["new@redmere.example"].id != story.contact.id


def test_of_two_who_press_at_once_one_is_told(app: Flask, story: Story) -> None:
    """Each in its own session and connection, from the same page."""
    address = story.pages["troupe"][0]
    clients = [make.signed_in(app.test_client(), person) for person in (story.ann, story.owen)]
    sent = opened(clients[0].get(address).text)
    db.session.rollback()
    start, answers = Barrier(2), []

    def press(client: FlaskClient, name: str) -> None:
        start.wait()
        answers.append((client.post(address, data=sent | {"name": name}).status_code, name))

    threads = [Thread(target=press, args=(c, n)) for c, n in zip(clients, ("Red", "Blue"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(code for code, _ in answers) == [303, 422]
    kept = next(name for code, name in answers if code == 303)
    db.session.rollback()
    assert companies.get_troupe(story.troupe.company.partnership_id, story.troupe.id).name == kept
    assert schools.get(story.school.organisation_id).number_of_pupils == 1050
