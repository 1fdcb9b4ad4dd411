"""The set-up names what comes next with its count of the target, and takes the file that brings it further."""

import io
import re

import pytest
from flask.testing import FlaskClient

import make
from outreach.county import authorities
from outreach.coverage.readiness import Step
from outreach.ground.db import transaction
from outreach.web.coordinator import setup_words


def steps(*states: tuple[str, bool, int | None, int | None]) -> list[Step]:
    return [Step(what=what, done=done, said="", has=has, of=of) for what, done, has, of in states]


@pytest.mark.parametrize(
    ("contacts", "title", "head", "state"),
    [
        ((False, 71, 84), "Set-up: contacts next, 71 of 84", "13 schools have nobody to write to", "In part"),
        ((False, 83, 84), "Set-up: contacts next, 83 of 84", "1 school has nobody to write to", "In part"),
        ((False, 0, 84), "Set-up: contacts next, 0 of 84", "84 schools have nobody to write to", "Not yet"),
        ((False, None, None), "Set-up: contacts next", "Contacts", "Not yet"),
    ],
)
def test_the_title_names_the_next_step_and_its_count_of_the_target(
    contacts: tuple[bool, int | None, int | None], title: str, head: str, state: str
) -> None:
    found = steps(("partnership", True, None, None), ("contacts", *contacts), ("invitations", False, 0, 84))
    step = setup_words.next_of(found)
    assert setup_words.title(found) == title
    assert step is not None and (step.head, step.takes) == (head, ".csv,.xlsx")
    assert [setup_words.state(one)[0] for one in found] == ["Done", state, "Not yet"]
    assert setup_words.how_far(found) == "1 of 3 done."


def test_when_all_is_done_nothing_is_next() -> None:
    found = steps(("partnership", True, None, None), ("contacts", True, 84, 84))
    assert setup_words.next_of(found) is None
    assert setup_words.title(found) == "Set-up: all is in place"


@pytest.mark.any_database
def test_the_file_of_the_next_step_goes_from_the_set_up_itself(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        programme = make.programme(partnership)
        make.tour_day(programme, make.troupe(partnership))
        make.contact(make.school())
        without = make.school(name="Otherwold Academy")
        person = make.person(partnership)
    desk = make.signed_in(client, person)
    page = desk.get("/desk/setup").text
    assert "<h1>Set-up: contacts next, 1 of 2</h1>" in page
    assert "1 school has nobody to write to" in page
    form = re.search(r'<form method="post" action="(/desk/contacts)" enctype="multipart/form-data">', page)
    assert form is not None and 'type="file" id="file" name="file" accept=".csv,.xlsx"' in page
    lines = f"URN,Email,Name\n{without.urn},office@otherwold.example,Office\n".encode()
    sent = desk.post(form[1], data={"file": (io.BytesIO(lines), "leads.csv")})
    assert sent.status_code == 303
    looked = desk.get(sent.location).text
    assert "office@otherwold.example" in looked


@pytest.mark.any_database
def test_term_dates_go_from_the_set_up_to_a_look_at_them(client: FlaskClient) -> None:
    with transaction():
        partnership = make.partnership()
        make.school()
        authority = authorities.add(partnership, "932", "Otherwold", who="Priya Nandakumar", now=make.NOW)
        person = make.person(partnership)
    desk = make.signed_in(client, person)
    page = desk.get("/desk/setup").text
    assert "<h1>Set-up: term dates and INSET days next</h1>" in page
    form = re.search(r'action="(/desk/setup/authorities/932)"', page)
    assert form is not None and 'accept=".csv,.xlsx,.ics,.txt"' in page
    looked = desk.post(
        form[1], data={"file": (io.BytesIO(b"4 January 2027 to 12 February 2027"), "terms.txt")}
    )
    assert "Add 1 term?" in looked.text
    assert authorities.terms_of([authority.la_code]) == []
