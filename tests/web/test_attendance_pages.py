"""Attendance of a session on the pages of whoever tells it: the trainer, each organisation, and a coordinator who
settles."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

import make
from outreach.booking.promises import FAILED, TOOK_PLACE, Booking
from outreach.county.partnerships import Partnership
from outreach.ground.db import db, transaction
from outreach.ground.school_year import STAFF
from outreach.post import links, troupe_links
from outreach.visits import reports
from web.conftest import Clock

pytestmark = pytest.mark.any_database

START = datetime(2027, 1, 19, 10, tzinfo=UTC)


class Session:
    """A session at one school to which two others come, just over; its trainer's page, and a coordinator's client."""

    def __init__(self, client: FlaskClient) -> None:
        partnership = make.partnership()
        training = make.programme(partnership, (), for_adults=True, audience_ceiling=300)
        schools = [make.school(name=name) for name in ("Alder Grove", "Beck House", "Cold Ash")]
        show = make.show(training, schools[0], START)
        self.a, self.b, self.c = (
            make.booking(show, {STAFF: n}, START - timedelta(days=40), of=school)
            for school, n in zip(schools, (20, 12, 8), strict=True)
        )
        link = troupe_links.make(show.troupe_id, partnership_id=partnership.id, who="Priya", now=make.NOW)
        self.trainers = f"/t/{troupe_links.token_of(link, 'for tests')}/shows/{show.id}/report"
        self.client = make.signed_in(client, make.person(partnership))

    def link_of(self, booking: Booking) -> str:
        with transaction():
            minted = links.mint(
                organisation_id=booking.organisation_id,
                partnership_id=booking.partnership_id,
                programme_id=booking.programme_id,
                address="office@redmere.example",
                name="Joanna Fell",
                now=START - timedelta(days=1),
                expires_at=START + timedelta(days=60),
            )
        return f"/i/{minted.token}/booked/{booking.reference}/report"

    def read(self, address: str) -> str:
        page = unescape(re.sub(r"<[^>]+>", " ", self.client.get(address).text))
        return re.sub(r"\s+", " ", page)


@pytest.fixture
def session(client: FlaskClient, stopped: Clock) -> Session:
    stopped.now = START + timedelta(hours=6)
    with transaction():
        return Session(client)


def test_the_trainer_has_a_box_for_each_organisation_with_its_places_beside_it(session: Session) -> None:
    page = session.read(session.trainers)
    for name, places in (("Alder Grove", 20), ("Beck House", 12), ("Cold Ash", 8)):
        assert f"{name} of {places} booked" in page
    assert "For example: snow." in page and "to their own safeguarding lead at once" in page
    assert "How many staff came?" in page and "Count all of them together" not in page
    boxes = {f"came_{b.id}": n for b, n in ((session.a, "18"), (session.b, "0"), (session.c, ""))}
    typed = {"key": "k" * 22, "took_place": "yes", "walked_in": "3"} | boxes
    assert session.client.post(session.trainers, data=typed).status_code == 422
    sent = session.client.post(session.trainers, data=typed | {"right": f"{session.b.id}-0"})
    assert sent.status_code == 303
    row = reports.newest(session.a, reports.COMPANY)
    assert row and reports.attendance_of(row) == {session.a.id: 18, session.b.id: 0}
    assert row.walked_in == 3
    assert [b.outcome for b in (session.a, session.b, session.c)] == [TOOK_PLACE, FAILED, TOOK_PLACE]


def test_of_a_session_at_a_venue_the_trainer_counts_whoever_has_places_and_never_the_venue(
    session: Session,
) -> None:
    training = session.a.programme
    ours = db.session.get_one(Partnership, training.partnership_id)
    with transaction():
        held = make.session(training, make.venue(ours, name="Mill Lane Hall"), START).performance
        link = troupe_links.make(held.troupe_id, partnership_id=ours.id, who="Priya", now=make.NOW)
    address = f"/t/{troupe_links.token_of(link, 'for tests')}/shows/{held.id}/report"
    page = session.read(address)
    assert "How many staff came" in page and "pupils" not in page and 'name="came_' not in page
    with transaction():
        police = make.booking(
            held, {STAFF: 9}, START - timedelta(days=40), of=make.body(ours, name="Fen Road Police")
        )
    page = session.read(address)
    assert "Fen Road Police of 9 booked" in page and "Mill Lane Hall of" not in page
    typed = {"key": "v" * 22, "took_place": "yes", f"came_{police.id}": "0", "right": f"{police.id}-0"}
    assert session.client.post(address, data=typed).status_code == 303
    assert police.outcome == FAILED


@pytest.mark.parametrize(
    ("boxes", "said"),
    [
        ({"came_999": "4"}, "Who has places has changed since. Look who stands here now, and count again."),
        ({"a": "-1"}, "Alder Grove must be between 0 and 5,000."),
        ({"a": "many"}, "Alder Grove: enter a whole number in figures."),
        ({"walked_in": "-2"}, "Came without a place must be between 0 and 5,000."),
    ],
)
def test_what_a_trainer_types_wrong_is_said_and_kept(
    session: Session, boxes: dict[str, str], said: str
) -> None:
    typed = {f"came_{session.a.id}" if name == "a" else name: n for name, n in boxes.items()}
    typed |= {f"came_{session.b.id}": "11"}
    answer = session.client.post(session.trainers, data={"key": "k" * 22, "took_place": "yes"} | typed)
    assert answer.status_code == 422 and said in unescape(answer.text)
    (box,) = re.findall(rf'<input[^>]*name="came_{session.b.id}"[^>]*>', answer.text)
    assert 'value="11"' in box
    assert reports.newest(session.a, reports.COMPANY) is None


def test_the_trainer_is_asked_once_more_about_a_number_far_from_what_was_booked(session: Session) -> None:
    boxes = {f"came_{b.id}": n for b, n in ((session.a, "900"), (session.b, "6"), (session.c, "15"))}
    typed: dict[str, Any] = {"key": "k" * 22, "took_place": "yes"} | boxes
    # A phone sends no name that the form, fetched anew, does not have.
    assert 'name="right"' in session.client.get(session.trainers).text
    asked = session.client.post(session.trainers, data=typed)
    said = unescape(asked.text)
    assert asked.status_code == 422 and reports.newest(session.a, reports.COMPANY) is None
    assert "Alder Grove: 900 came, of 20 booked. Is that right?" in said
    assert "Beck House: 6 came, of 12 booked. Is that right?" in said
    assert "Alder Grove: 900 is right" in said and "Cold Ash: 15" not in said
    right = [f"{session.a.id}-900"]
    half = session.client.post(session.trainers, data=typed | {"right": right})
    assert half.status_code == 422 and "Alder Grove: 900 came" not in unescape(half.text)
    # Of another number than the one that was said to be right one is asked anew.
    right += [f"{session.b.id}-6"]
    other = session.client.post(session.trainers, data=typed | {f"came_{session.a.id}": "90", "right": right})
    assert other.status_code == 422 and "Alder Grove: 90 came" in unescape(other.text)
    assert session.client.post(session.trainers, data=typed | {"right": right}).status_code == 303
    row = reports.newest(session.a, reports.COMPANY)
    assert row and reports.attendance_of(row) == {session.a.id: 900, session.b.id: 6, session.c.id: 15}


def test_an_organisation_says_by_its_link_that_nobody_came_and_it_is_open_to_book_again(
    session: Session,
) -> None:
    address = session.link_of(session.b)
    assert "How many staff came?" in session.read(address)
    typed = {"took_place": "yes", f"year_{STAFF}": "0", "right": f"{STAFF}-0"}
    assert session.client.post(address, data=typed).status_code == 303
    assert session.b.outcome == FAILED
    assert "Nobody came" in session.read(address)


def test_a_coordinator_sees_both_numbers_and_settles_one(session: Session) -> None:
    company: Any = reports.ReportAccount(
        took_place=True, attendance={session.a.id: 18, session.b.id: 5, session.c.id: 8}, walked_in=2
    )
    now = START + timedelta(hours=5)
    with transaction():
        reports.report(session.a, reports.COMPANY, company, who="Ada", now=now)
        own = reports.ReportAccount(took_place=True, pupils={STAFF: 12})
        reports.report(session.b, reports.SCHOOL, own, who="Bea", now=now)
    address = f"/desk/bookings/{session.b.reference}/report"
    page = session.read(address)
    assert "The reports disagree. Beck House counted 12 staff at this session, the trainer counted 5." in page
    assert "What The organisation The trainer Staff" in page and "as a guest" not in page
    assert "The trainer’s, a head count of the whole session" in page
    assert "They differ 12 5 Alder Grove: 18 Cold Ash: 8" in page
    assert "Came without a place 2" in page and "head count is of all of them" not in page
    typed = {"side": "settled", "took_place": "yes", f"year_{STAFF}": "11", "right": f"{STAFF}-11"}
    assert session.client.post(address, data=typed).status_code == 303
    assert "The reports disagree." not in session.read(address)
    assert reports.pupils_seen(session.b) == 11
    assert "The reports disagree" not in session.read(f"/desk/bookings/{session.a.reference}/report")
