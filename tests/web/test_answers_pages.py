"""Who answered what, and to which time, as a school and a coordinator read it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

import came_in
import make
from outreach.booking import promises
from outreach.ground.db import db, transaction
from web import school_story
from web.conftest import Clock
from web.school_story import Story, said

pytestmark = pytest.mark.any_database

JO = "j.fell@redmere.example"


@pytest.fixture
def booked(client: FlaskClient, stopped: Clock) -> tuple[Story, str]:
    story = school_story.lay(client)
    reference = story.book()
    stopped.now = make.NOW + timedelta(days=1)
    return story, reference


def comes(reference: str, partstat: str, **more: object) -> None:
    db.session.rollback()
    came_in.take(came_in.answer(promises.get(reference), JO, partstat, **more))  # type: ignore[arg-type]


def both(story: Story, reference: str) -> tuple[str, str]:
    """The school's page and the coordinator's."""
    school = said(story.get(f"/booked/{reference}"))
    with transaction():
        make.signed_in(story.client, make.person(story.partnership))
    return school, said(story.client.get(f"/desk/bookings/{reference}"))


@pytest.mark.parametrize(
    ("partstat", "words"), [("ACCEPTED", "Accepted"), ("TENTATIVE", "Maybe"), ("DECLINED", "Declined")]
)
def test_an_answer_is_shown_on_both_pages(booked: tuple[Story, str], partstat: str, words: str) -> None:
    story, reference = booked
    comes(reference, partstat)
    school, desk = both(story, reference)
    assert f"Joanna Fell {words}" in school
    assert words in desk and "sender not checked" in desk


@pytest.mark.both_databases
def test_what_was_said_to_a_time_that_is_no_more_is_told_apart(
    booked: tuple[Story, str], stopped: Clock
) -> None:
    story, reference = booked
    comes(reference, "ACCEPTED")
    key = next(k for k in slots_of(story, reference) if k.startswith("2-"))
    assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 303
    for page in both(story, reference):
        assert "Said yes to Tuesday 9 March, before it moved" in page and "Accepted, " not in page
    stopped.now = datetime(2027, 2, 1, 9, tzinfo=UTC)
    comes(reference, "DECLINED", at=stopped.now)
    school, desk = both(story, reference)
    assert "Declined" in school and "before it moved" not in school + desk


def slots_of(story: Story, reference: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', story.get(f"/booked/{reference}/move").text)


def test_before_any_answer_the_pages_say_how_far_the_letter_came(booked: tuple[Story, str]) -> None:
    story, reference = booked
    school, desk = both(story, reference)
    assert "Joanna Fell On its way" in school and "On its way" in desk


def test_what_came_in_about_a_booking_leads_from_its_page_to_the_mail(booked: tuple[Story, str]) -> None:
    story, reference = booked
    comes(reference, "DECLINED")
    _, desk = both(story, reference)
    assert "What came in about it Declined: Someone to Tell" in desk and "Waits for you" in desk
