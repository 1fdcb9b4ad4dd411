"""What a school says short of booking, each with a confirmation and a way back."""

import pytest
from flask.testing import FlaskClient
from school_story import Story, lay, said
from sqlalchemy import func, select

import make
from outreach.asking import invitations
from outreach.asking.chasing import settings
from outreach.asking.chasing.settings import Schedule
from outreach.asking.invitations import Answer, Invitation
from outreach.county import contacts
from outreach.ground.db import db, transaction


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client)


def newest(story: Story) -> tuple[str, str] | None:
    db.session.rollback()
    db.session.expire_all()
    row = invitations.newest_answer(story.programme.id, story.school.organisation_id)
    return (row.kind, row.reason) if row else None


@pytest.mark.parametrize(
    ("path", "typed", "kept", "thanks"),
    [
        (
            "/not-this-year",
            {"reason": "exams", "more": "until July"},
            ("declined", "Exams or mocks are in the way: until July"),
            "We do not write to you about ‘Someone to Tell’ any more this year.",
        ),
        (
            "/not-this-year",
            {"reason": "room"},
            ("declined", "We have no hall or room for it"),
            "Thank you for telling us",
        ),
        (
            "/not-this-year",
            {"reason": "other", "more": "Building work"},
            ("declined", "Building work"),
            "Thank you for telling us",
        ),
        (
            "/other-days",
            {"weekdays": "mondays", "halves": "mornings"},
            ("other date", "Mondays, mornings"),
            "Thank you, we have your days",
        ),
        ("/waiting-list", {}, ("waiting list", ""), "You are on the waiting list"),
        (
            "/other-days",
            {"dates": "after Easter", "cannot": "3 to 14 May"},
            ("other date", "After Easter; not: 3 to 14 May"),
            "Nothing is booked yet.",
        ),
        (
            "/somebody-else",
            {"name": "Sam Okonkwo", "address": "sam@redmere.example", "role": "Head of Year 9"},
            ("somebody else", "Sam Okonkwo, Head of Year 9, sam@redmere.example"),
            "Thank you, we write to them",
        ),
    ],
)
def test_answer_is_kept_and_thanked_for_with_a_way_back(
    story: Story, path: str, typed: dict[str, str], kept: tuple[str, str], thanks: str
) -> None:
    assert story.get(path).status_code == 200 and newest(story) is None
    answer = story.send(path, typed)
    assert answer.status_code == 303
    assert newest(story) == kept
    page = said(story.client.get(answer.headers["Location"]))
    assert thanks in page and "See the times again" in page
    assert "Choose a time" in said(story.get())


@pytest.mark.parametrize(
    ("on", "before", "after"),
    [
        (
            True,
            "kept for the first on the list who could have it",
            "it is your turn, we keep it for you",
        ),
        (False, "the coordinator looks at the list and may write to you", "the coordinator may write to you"),
    ],
)
def test_the_waiting_list_promises_what_is_switched_on(
    story: Story, on: bool, before: str, after: str
) -> None:
    with transaction():
        settings.settle(story.programme, Schedule(offers_on=on), who="Priya", now=make.NOW)
    assert before in said(story.get("/waiting-list"))
    assert after in said(story.client.get(story.send("/waiting-list", {}).headers["Location"]))


@pytest.mark.parametrize(
    ("path", "typed", "sentence"),
    [
        ("/not-this-year", {}, "Choose the reason that fits best."),
        ("/not-this-year", {"reason": "bored"}, "There is a problem"),
        ("/not-this-year", {"reason": "other"}, "Say what the reason is, in a few words."),
        (
            "/not-this-year",
            {"reason": "exams", "more": "x" * 501},
            "say more? It must be 500 characters or fewer",
        ),
        ("/other-days", {}, "Tick a day that would suit, or write which dates would."),
        ("/other-days", {"weekdays": "sundays"}, "There is a problem"),
        ("/other-days", {"cannot": "3 May"}, "Tick a day that would suit, or write which dates would."),
        ("/somebody-else", {}, "Enter your colleague’s name."),
        ("/somebody-else", {"name": "Sam", "address": "sam at school"}, "that is not an address"),
        (
            "/somebody-else",
            {"name": "x" * 121, "address": "sam@redmere.example"},
            "must be 120 characters or fewer",
        ),
    ],
)
def test_answer_refused_says_why_and_keeps_nothing(
    story: Story, path: str, typed: dict[str, str], sentence: str
) -> None:
    answer = story.send(path, typed)
    assert answer.status_code == 422 and sentence in said(answer)
    assert newest(story) is None


@pytest.mark.any_database
def test_no_while_a_visit_is_booked_is_refused(story: Story) -> None:
    story.book()
    answer = story.send("/not-this-year", {"reason": "exams"})
    assert answer.status_code == 422 and "A visit is still booked. Cancel it first, or keep it." in said(
        answer
    )


def test_somebody_else_becomes_a_contact_and_is_written_to_once(story: Story) -> None:
    typed = {"name": "Sam Okonkwo", "address": "sam@redmere.example", "role": "Head of Year 9"}
    first, second = story.send("/somebody-else", typed), story.send("/somebody-else", typed)
    assert [a.headers["Location"].rpartition("/")[2] for a in (first, second)] == [
        "somebody-else",
        "somebody-else-noted",
    ]
    db.session.rollback()
    (contact,) = contacts.contacts_of_organisation(story.school.organisation_id)
    assert (contact.name, contact.role, contact.source) == (
        "Sam Okonkwo",
        "Head of Year 9",
        "a colleague at the school, Joanna Fell",
    )
    assert [db.session.scalar(select(func.count()).select_from(t)) for t in (Invitation, Answer)] == [1, 1]


@pytest.mark.any_database
def test_booking_after_a_no_takes_the_no_back(story: Story) -> None:
    story.send("/not-this-year", {"reason": "exams"})
    assert story.book().startswith("MRL-")


@pytest.mark.any_database
def test_page_says_what_the_school_told_us_until_it_books(story: Story, stopped) -> None:
    story.send("/not-this-year", {"reason": "exams", "more": "until July"})
    told = "On Tuesday 19 January your school told us: not this year (Exams or mocks are in the way: until July)."
    assert told in said(story.get())
    stopped.after(minutes=1)
    reference = story.book()
    story.post(f"/booked/{reference}/cancel", reason="exams")
    assert "your school told us" not in said(story.get())


def test_confirmation_of_something_unknown_is_a_404(story: Story) -> None:
    assert story.get("/answered/whatever").status_code == 404


@pytest.mark.any_database
def test_not_your_school_shows_both_ways_on(story: Story) -> None:
    page = said(story.get("/not-your-school"))
    assert f"This link opens the page of {story.school.name} and of no other." in page
    assert "Find your school" in page and "Tell us who does" in page
