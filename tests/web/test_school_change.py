"""The booking that stands: move, numbers, cancel, colleagues, the calendar file; each until when, and what it
refuses."""

from datetime import date

import pytest
from flask.testing import FlaskClient
from school_story import HALL, PUPILS, Story, lay, link_to, said
from sqlalchemy import select

import make
from outreach.booking import promises
from outreach.booking.promises import Booking
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post.outbox import Letter

pytestmark = pytest.mark.any_database


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client)


def booking(reference: str) -> Booking:
    db.session.rollback()
    db.session.expire_all()
    return promises.get(reference)


def letters() -> list[tuple[str, str]]:
    db.session.rollback()
    return list(db.session.execute(select(Letter.recipient, Letter.method).order_by(Letter.id)))


def another_time(story: Story, reference: str) -> str:
    """A slot of the move page on another day."""
    page = story.get(f"/booked/{reference}/move").text
    day_id = booking(reference).performance.tour_day_id
    return next(k for k in _keys(page) if not k.startswith(f"{day_id}-"))


def _keys(page: str) -> list[str]:
    import re

    return re.findall(r'name="slot" value="([^"]+)"', page)


def test_move_asks_first_then_moves_and_offers_the_way_back(story: Story, client: FlaskClient) -> None:
    reference = story.book()
    was = booking(reference).performance.starts_at
    key = another_time(story, reference)
    asked = said(story.get(f"/booked/{reference}/move/to?slot={key}"))
    assert (
        "From Tuesday 9 March" in asked
        and "To Wednesday 10 March" in asked
        and "Joanna Fell gets a mail" in asked
    )
    assert booking(reference).performance.starts_at == was
    answer = story.post(f"/booked/{reference}/move/to", slot=key)
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))
    page = story.get(f"/booked/{reference}")
    assert "Moved to Wednesday 10 March" in said(page) and "Move it back" in said(page)
    moved = booking(reference)
    assert (moved.performance.starts_at > was, moved.sequence) == (True, 1)


def test_move_back_undoes_it(story: Story, client: FlaskClient) -> None:
    reference = story.book()
    was = booking(reference).performance.starts_at
    story.post(f"/booked/{reference}/move/to", slot=another_time(story, reference))
    page = story.get(f"/booked/{reference}").text
    back = (
        page[page.index("Move it back") - 200 : page.index("Move it back")]
        .rpartition("slot=")[2]
        .split("'")[0]
        .split('"')[0]
    )
    story.post(f"/booked/{reference}/move/to", slot=back)
    assert booking(reference).performance.starts_at == was


def test_move_sent_twice_moves_once(story: Story) -> None:
    reference = story.book()
    key = another_time(story, reference)
    for _ in range(2):
        assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 303
    assert booking(reference).sequence == 1


def test_move_to_a_time_taken_meanwhile_leaves_the_booking_and_shows_the_nearest(
    story: Story, client: FlaskClient
) -> None:
    reference = story.book()
    was = booking(reference).performance.starts_at
    key = another_time(story, reference)
    story.another_school().choose(key)
    for answer in (
        story.get(f"/booked/{reference}/move/to?slot={key}", follow_redirects=True),
        client.post(story.path(f"/booked/{reference}/move/to"), data={"slot": key}, follow_redirects=True),
    ):
        words = said(answer)
        assert (
            "That time has been taken meanwhile. These are the nearest that are left. Your booking stands as it was."
            in words
        )
        assert key not in answer.text
    assert booking(reference).performance.starts_at == was


@pytest.mark.parametrize("key", ["", "x", "1-9999", "9" * 2000, "1-0900+2-0900"])
def test_move_to_nonsense_leaves_the_booking(story: Story, key: str) -> None:
    reference = story.book()
    assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 303
    assert booking(reference).sequence == 0


@pytest.mark.both_databases
def test_too_late_says_whom_to_ring_and_changes_nothing(story: Story, stopped) -> None:
    reference = story.book()
    key = another_time(story, reference)
    stopped.now = wall(date(2027, 2, 24), stopped.now.time())
    for deed, rest in (("move", "/move"), ("move", f"/move/to?slot={key}"), ("cancel", "/cancel")):
        answer = story.get(f"/booked/{reference}{rest}")
        words = said(answer)
        assert answer.status_code == 200
        assert f"It is too late to {deed} this online Ring Priya Nandakumar on 01632 960 118" in words
    assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 422
    assert story.post(f"/booked/{reference}/cancel", reason="exams").status_code == 422
    stands = booking(reference)
    assert (stands.sequence, stands.ended_at) == (0, None)
    page = said(story.get(f"/booked/{reference}"))
    assert (
        "It is too late to move or cancel this online. For that, ring Priya Nandakumar on 01632 960 118"
        in page
    )
    assert "Change numbers or hall" in page and "Move to another time" not in page


def test_last_day_of_the_notice_still_moves(story: Story, stopped) -> None:
    reference = story.book()
    stopped.now = wall(date(2027, 2, 23), stopped.now.time())
    assert "Move to another time" in said(story.get(f"/booked/{reference}"))
    assert "Best times" in said(story.get(f"/booked/{reference}/move"))


@pytest.mark.both_databases
def test_numbers_change_and_the_calendar_is_told(story: Story) -> None:
    reference = story.book()
    page = story.get(f"/booked/{reference}/numbers").text
    assert 'value="108"' in page and 'value="Main hall"' in page and 'value="2"' in page
    typed = HALL | {
        "pupils-0-8": "100",
        "pupils-0-9": "104",
        "hall": "Sports hall",
        "access-0-wheelchair": "",
    }
    assert story.send(f"/booked/{reference}/numbers", typed).status_code == 303
    changed = booking(reference)
    assert promises.pupils_of(changed) == {8: 100, 9: 104}
    assert (changed.hall, changed.access_needs, changed.sequence) == ("Sports hall", {}, 1)
    assert "Changed." in said(story.get(f"/booked/{reference}"))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"pupils-0-8": "1080"}, "you entered 1,080. Is that right?"),
        ({"pupils-0-8": "x"}, "Year 8: enter a whole number in figures."),
        ({"pupils-0-8": "0", "pupils-0-9": "0"}, "not all of them"),
        ({"hall": ""}, "Say which room it is in"),
        ({"access-0-quiet": "-1"}, "must be between 0 and 500"),
    ],
)
def test_numbers_refused_keep_what_was_typed_and_what_stood(
    story: Story, typed: dict[str, str], sentence: str
) -> None:
    reference = story.book()
    answer = story.send(
        f"/booked/{reference}/numbers", PUPILS | HALL | {"arrival_note": "Ring at gate B"} | typed
    )
    assert answer.status_code == 422
    assert sentence in said(answer) and "Ring at gate B" in answer.text
    assert promises.pupils_of(booking(reference)) == {8: 108, 9: 104}


@pytest.mark.both_databases
def test_numbers_cannot_change_once_the_show_has_begun(story: Story, stopped) -> None:
    reference = story.book()
    stopped.now = booking(reference).performance.starts_at
    assert "The performance has begun" in said(story.get(f"/booked/{reference}/numbers"))
    assert story.send(f"/booked/{reference}/numbers", PUPILS | HALL).status_code == 422


def test_cancel_wants_a_reason_then_shows_the_way_back(story: Story) -> None:
    reference = story.book()
    for typed, wrong in (
        ({}, "Choose the reason that fits best."),
        ({"reason": "snow"}, "There is a problem"),
        ({"reason": "travel"}, "There is a problem"),
        ({"reason": "other", "more": "   "}, "Say what the reason is, in a few words."),
    ):
        refused = story.send(f"/booked/{reference}/cancel", typed)
        assert refused.status_code == 422 and wrong in said(refused), typed
    assert booking(reference).ended_at is None
    for _ in range(2):
        answer = story.post(f"/booked/{reference}/cancel", reason="exams", more="mocks that week")
        assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))
    page = said(story.get(f"/booked/{reference}"))
    for sentence in (
        "This booking is cancelled",
        "by your school",
        "Why Exams or mocks are in the way: mocks that week",
        "Choose a time again",
    ):
        assert sentence in page
    assert [method for _, method in letters()][-1] == "CANCEL" or [m for _, m in letters()] == ["REQUEST"]
    assert story.get().status_code == 200
    assert story.book() != reference


def test_cancelled_booking_can_no_longer_be_changed(story: Story) -> None:
    reference = story.book()
    story.post(f"/booked/{reference}/cancel", reason="other", more="mocks")
    assert "This booking is cancelled already" in said(story.get(f"/booked/{reference}/move"))
    assert story.send(f"/booked/{reference}/numbers", PUPILS | HALL).status_code == 422
    answer = story.get(f"/booked/{reference}/colleague")
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))
    assert story.get(f"/booked/{reference}/calendar.ics").status_code == 404


@pytest.mark.both_databases
def test_colleague_is_added_taken_out_and_put_back(story: Story) -> None:
    reference = story.book()
    typed = {"name": "School <office>", "address": "office@redmere.example", "duty": "colleague"}
    assert story.send(f"/booked/{reference}/colleague", typed).status_code == 303
    page = story.get(f"/booked/{reference}")
    assert "School &lt;office&gt;" in page.text and "School <office>" not in page.text
    person = promises.people_of(booking(reference))[1]
    assert "Take School &lt;office&gt; out?" in story.get(f"/booked/{reference}/remove/{person.id}").text
    assert len(promises.people_of(booking(reference))) == 2
    assert story.send(f"/booked/{reference}/remove/{person.id}", {}).status_code == 303
    page = story.get(f"/booked/{reference}")
    assert (
        "is out of this booking. Put them back" in said(page) and "School &lt;office&gt; is out" in page.text
    )
    assert [p.name for p in promises.people_of(booking(reference))] == ["Joanna Fell"]
    again = story.get(f"/booked/{reference}/colleague?again={person.id}").text
    assert 'value="office@redmere.example"' in again
    assert story.send(f"/booked/{reference}/colleague", typed).status_code == 303
    assert len(promises.people_of(booking(reference))) == 2


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter your colleague’s name."),
        ({"name": "Sam", "address": "sam", "duty": "colleague"}, "that is not an address"),
        ({"name": "Sam", "address": "sam@redmere.example"}, "Say what your colleague is there for."),
        ({"name": "Sam", "address": "sam@redmere.example", "duty": "head"}, "There is a problem"),
        (
            {"name": "Jo", "address": "J.Fell@redmere.example", "duty": "colleague"},
            "has this booking in the calendar already",
        ),
        (
            {"name": "x" * 5000, "address": "sam@redmere.example", "duty": "colleague"},
            "must be 120 characters or fewer",
        ),
    ],
)
def test_colleague_refused_says_why(story: Story, typed: dict[str, str], sentence: str) -> None:
    reference = story.book()
    answer = story.send(f"/booked/{reference}/colleague", typed)
    assert answer.status_code == 422 and sentence in said(answer)
    assert len(promises.people_of(booking(reference))) == 1


@pytest.mark.both_databases
def test_last_person_cannot_be_taken_out(story: Story) -> None:
    reference = story.book()
    (person,) = promises.people_of(booking(reference))
    assert "Take out" not in said(story.get(f"/booked/{reference}"))
    answer = story.send(f"/booked/{reference}/remove/{person.id}", {})
    assert answer.status_code == 422 and "Add somebody else first." in said(answer)


def test_taking_out_twice_is_no_fault(story: Story) -> None:
    reference = story.book()
    story.send(
        f"/booked/{reference}/colleague",
        {"name": "Sam", "address": "sam@redmere.example", "duty": "on the day"},
    )
    person = promises.people_of(booking(reference))[1].id
    for _ in range(2):
        assert story.send(f"/booked/{reference}/remove/{person}", {}).status_code == 303
    assert booking(reference).sequence == 1
    assert story.get(f"/booked/{reference}/colleague?again=9x").status_code == 200
    assert story.get(f"/booked/{reference}/colleague?again={'9' * 30}").status_code == 200


def test_calendar_file_carries_the_same_entry_and_no_people(story: Story) -> None:
    reference = story.book()
    answer = story.get(f"/booked/{reference}/calendar.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{reference}.ics"'
    lines = answer.data.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert not [line for line in lines if line.startswith(("METHOD", "ORGANIZER", "ATTENDEE"))]
    assert story.token not in answer.text and "Joanna" not in answer.text


def test_booking_page_says_what_became_of_each_invite(story: Story) -> None:
    reference = story.book()
    assert "Joanna Fell On its way" in said(story.get(f"/booked/{reference}"))


def test_page_after_the_show_offers_no_change(story: Story, stopped) -> None:
    reference = story.book()
    stopped.now = booking(reference).performance.ends_at
    page = said(story.get(f"/booked/{reference}"))
    assert "This show is over" in page and "It has taken place" not in page
    for words in ("Move to another time", "Cancel this booking", "Add a colleague", "Take out"):
        assert words not in page
    assert story.get().headers["Location"] == story.path(f"/booked/{reference}")


def test_a_link_opens_bookings_of_a_school_that_closed_and_none_of_one_that_stays_open(
    story: Story, client: FlaskClient
) -> None:
    """What was split off from an open school has nothing of its."""
    reference = story.book()
    with transaction():
        old, new = booking(reference).organisation, make.school(name="Kester Studio School")
        make.succession(old, new)
        theirs = link_to(story.programme, new)
    for page in ("", "/move", "/cancel"):
        assert client.get(f"/i/{theirs}/booked/{reference}{page}").status_code == 404, page
    with transaction():
        db.session.get_one(School, old.organisation_id).status = "Closed"
    assert client.get(f"/i/{theirs}/booked/{reference}").status_code == 200
