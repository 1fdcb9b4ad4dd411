"""What can be typed wrong about a training for adults: each is told in a clear sentence, and nothing is half-written."""

import re
from datetime import timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
import training
from every_address import but_noted, whole_database
from outreach.county import bodies
from outreach.ground.db import db, transaction
from training import hold

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]


@pytest.fixture
def c(client: FlaskClient) -> SimpleNamespace:
    """A training with venues, days and a session of thirty places; one body that is open, and one that has closed."""
    c = training.lay()
    with transaction():
        c.unit = make.body(c.partnership, name="Redmere Unit")
        c.gone = make.body(c.partnership, name="Fen Team", kind="Health")
        bodies.close(
            c.gone,
            make.EARLIER.date() + timedelta(days=9),
            who="Priya",
            now=make.EARLIER + timedelta(days=10),
            today=make.NOW.date(),
        )
        make.signed_in(client, make.person(c.partnership))
    c.session, c.desk = hold(c), client
    return c


BODY = {
    "name": "Ash Clinic",
    "kind": "Health",
    "district": "",
    "front_line_staff": "",
    "staff_counted_on": "",
}
SESSION = {"starts": "2pm", "house": "", "link": "", "places": "30", "joining": ""}
VENUE = {
    "name": "Ash Hall",
    "kind": "Hall",
    "street": "3 Mill Lane",
    "town": "Kestermere",
    "postcode": "",
    "base": "",
    "capacity": "",
}
AGAIN = "Not a valid choice any more: choose again."

WRONG = {
    "a body twice": (
        "/desk/bodies/new",
        BODY | {"name": "redmere  unit", "kind": "Police"},
        "Redmere Unit (Police) is in the list already.",
    ),
    "a body that has closed, once more": (
        "/desk/bodies/new",
        BODY | {"name": "Fen Team"},
        "Fen Team (Health) is in the list already, as closed. Open it again on its page.",
    ),
    "fewer than no staff": (
        "/desk/bodies/new",
        BODY | {"front_line_staff": "-1"},
        "must be between 0 and 100,000",
    ),
    "a number that is none": (
        "/desk/bodies/new",
        BODY | {"front_line_staff": "many"},
        "How many front-line staff? Enter a whole number",
    ),
    "a count without its day": (
        "/desk/bodies/new",
        BODY | {"front_line_staff": "12"},
        "Enter the day on which the staff were counted.",
    ),
    "a count of a day to come": (
        "/desk/bodies/new",
        BODY | {"front_line_staff": "12", "staff_counted_on": "1/2/2027"},
        "The staff cannot have been counted on a day to come.",
    ),
    "closed on a day to come": (
        "/desk/bodies/{unit}/close",
        {"day": "1/2/2027", "successor": "0"},
        "That day has not come. Close a body once it is there no more.",
    ),
    "followed by itself": ("/desk/bodies/{unit}/close", {"day": "4/1/2027", "successor": "{unit}"}, AGAIN),
    "followed by one that has closed": (
        "/desk/bodies/{unit}/close",
        {"day": "4/1/2027", "successor": "{gone}"},
        AGAIN,
    ),
    "merged with nobody": ("/desk/bodies/{unit}/merge", {"day": "4/1/2027"}, "Tick at least one body."),
    "more places than the hall holds": (
        "/desk/sessions/new",
        SESSION | {"venue": "{hall}", "places": "61"},
        "Mill Lane Hall holds 60. Enter that many places or fewer.",
    ),
    "no places": (
        "/desk/sessions/new",
        SESSION | {"venue": "{hall}", "places": "0"},
        "Places must be between 1 and",
    ),
    "neither venue nor link": (
        "/desk/sessions/new",
        SESSION | {"venue": "online"},
        "Choose a venue, or enter the link of the meeting.",
    ),
    "a link that is none": (
        "/desk/sessions/new",
        SESSION | {"venue": "online", "link": "meet.example/us"},
        "Enter the whole link of the meeting. It begins with https://",
    ),
    "nowhere": ("/desk/sessions/new", SESSION | {"venue": ""}, "There is a problem"),
    "a hall for nobody": ("/desk/venues/new", VENUE | {"capacity": "0"}, "must be between 1 and"),
    "a hall twice": (
        "/desk/venues/new",
        VENUE | {"name": "mill lane hall"},
        "Mill Lane Hall is in the list already.",
    ),
    "a hall that is smaller than its session": (
        "/desk/venues/{hall}",
        VENUE | {"name": "Mill Lane Hall", "capacity": "20"},
        "A session to come there has 30 places. Enter that many or more, or change it first.",
    ),
}
"""What is wrong -> the page, what is typed there, and the sentence."""


def said(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("what", WRONG)
def test_what_is_typed_wrong_is_told_and_nothing_is_written(c: Any, what: str) -> None:
    numbers = {name: str(getattr(c, name).organisation_id) for name in ("unit", "gone", "hall")}
    address, typed, sentence = WRONG[what]
    sent = {name: value.format(**numbers) for name, value in typed.items()}
    sent |= {"programme": str(c.programme.id), "day": str(c.days[1].id)} if "sessions" in address else {}
    before = but_noted(whole_database())
    answer = c.desk.post(address.format(**numbers), data=sent)
    assert answer.status_code == 422 and sentence in said(answer.text), said(answer.text)[:900]
    kept = [value for name, value in sent.items() if name in ("name", "places", "link", "capacity") and value]
    assert all(f'value="{value}"' in answer.text for value in kept), "what was typed stays"
    assert but_noted(whole_database()) == before
    db.session.rollback()
