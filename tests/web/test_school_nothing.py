"""A link of a school that has nothing to book: told in words, whatever is posted, and nothing is written."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from school_story import Story, lay, said
from sqlalchemy import func, select

import make
from outreach.booking import holds
from outreach.booking.promises import Booking
from outreach.ground.db import db, transaction
from outreach.tour.performances import Performance

pytestmark = pytest.mark.any_database


def _closed(story: Story) -> None:
    story.school.status = "Closed"


def _primary(story: Story) -> None:
    story.school.statutory_low_age, story.school.statutory_high_age = 4, 11


def _ended(story: Story) -> None:
    story.programme.closed_at = make.EARLIER


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("becomes", "words"),
    [
        (_closed, "Your school is closed in the register"),
        (_primary, "This programme is not for the year groups of your school"),
        (_ended, "has ended"),
    ],
)
def test_school_with_nothing_to_book_is_told_so_at_every_door(
    client: FlaskClient, stopped: Any, becomes: Any, words: str
) -> None:
    story = lay(client)
    key = story.keys()[0]
    with transaction():
        becomes(story)
    assert words in said(story.get())
    assert words in said(client.get(story.path("/times"), follow_redirects=True))
    answer = story.post("/choose", slot=key)
    assert answer.status_code == 422
    assert words in said(answer)
    assert "priya@marlshire.example" in said(answer)
    assert db.session.scalar(select(func.count()).select_from(Performance)) == 0


@pytest.mark.parametrize("pair", ["{0}+{1}", "{0}+{2}"])
def test_two_shows_for_a_school_that_fits_one_are_refused_in_words(
    client: FlaskClient, stopped: Any, pair: str
) -> None:
    story = lay(client, school={"number_of_pupils": 700})
    days = sorted({key.split("-")[0] for key in story.keys()}, key=int)
    keys = [f"{days[0]}-0900", f"{days[0]}-1300", f"{days[1]}-0900"]
    answer = story.post("/choose", slot=pair.format(*keys))
    assert answer.status_code == 422
    assert "Choose one time" in said(answer)
    assert db.session.scalar(select(func.count()).select_from(Performance)) == 0


@pytest.mark.both_databases
def test_form_left_open_until_the_day_is_over_books_nothing(client: FlaskClient, stopped: Any) -> None:
    story = lay(client)
    key = story.choose()
    story.fill()
    stopped.now = datetime(2027, 3, 20, 9, tzinfo=UTC)
    answer = client.post(story.path("/book"), data={"slots": key}, follow_redirects=True)
    assert answer.status_code == 200
    assert db.session.scalar(select(func.count()).select_from(Booking)) == 0


def test_step_sent_with_an_error_once_the_kept_time_is_gone_leads_to_the_times_that_are_left(
    client: FlaskClient, stopped: Any
) -> None:
    story = lay(client)
    story.choose()
    with transaction():
        holds.give_back(story.programme.id, story.school.organisation_id, who="a colleague", now=make.NOW)
    for step in ("/pupils", "/hall", "/people"):
        answer = story.send(step, {})
        assert (answer.status_code, answer.headers["Location"]) == (303, story.path("/times?lost=1")), step


def test_body_that_is_no_form_is_an_empty_form(client: FlaskClient, stopped: Any) -> None:
    story = lay(client)
    story.choose()
    for body in ([1, 2], {"a": {"b": 1}}, "words", None):
        assert client.post(story.path("/pupils"), json=body).status_code == 422
        assert client.post("/sign-in", json=body).status_code == 422
